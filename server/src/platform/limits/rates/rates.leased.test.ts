import { AsyncLocalStorage } from 'node:async_hooks';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '#platform/kernel';
import { assertWithin } from '@plinth/testkit/property';
import { createLeasedRates, LEASED_SHARE, type RateRequest, type RateStore } from './rates.leased.ts';
import type { RateEntry, Rates } from './rates.ts';

const MINUTE = 60_000;

/** A minute of a key as the store has it, and the calls that were made in it. */
interface Minute {
  readonly key: string;
  readonly startsAt: number;
  used: number;
  made: number;
}

/** Requests of a call to the store, so that the rest is known to have been made under a lease. */
const asked = new AsyncLocalStorage<Set<string>>();

/** Processes over one store, in a time that is driven; the store's clock shows another hour. */
function fixture() {
  let now = 5_000;
  let slept = 0;
  let lag = 0;
  let isAway = false;
  let trips = 0;
  const minutes: Minute[] = [];
  let works: { readonly at: number; readonly work: () => void }[] = [];
  const clock: Clock = { now: () => 1_700_000_000_000 + now + slept, monotonic: () => now };
  const storeTime = () => now + slept + 7_200_000;

  const minuteOf = (key: string): Minute | undefined =>
    minutes.findLast((minute) => minute.key === key && storeTime() < minute.startsAt + MINUTE);

  function begin(key: string): Minute {
    const minute = { key, startsAt: storeTime(), used: 0, made: 0 };
    minutes.push(minute);
    return minute;
  }

  /** The rules of the two stores, written down once more. */
  function decide(requests: readonly RateRequest[]) {
    const of = requests.map(({ key }) => minuteOf(key) ?? begin(key));
    const isAllowed = requests.every(({ perMinute }, at) => perMinute > (of[at]?.used ?? 0));
    return requests.map(({ key, perMinute, spare }, at) => {
      const minute = of[at] ?? begin(key);
      const left = perMinute - minute.used;
      const leased = isAllowed ? Math.min(spare, Math.floor((left - 1) / LEASED_SHARE)) : 0;
      if (isAllowed) {
        minute.used += 1 + leased;
        minute.made += 1;
        asked.getStore()?.add(key);
      }
      const endsAt = minute.startsAt + MINUTE;
      return { left, spare: leased, endsAt, milliseconds: endsAt - storeTime() };
    });
  }

  const store: RateStore = {
    async take(requests) {
      trips += 1;
      now += lag;
      const answers = decide(requests);
      await Promise.resolve();
      now += lag;
      return isAway ? undefined : answers;
    },
    async giveBack(unused) {
      for (const { key, endsAt, count } of unused) {
        const minute = minuteOf(key);
        if (minute !== undefined && minute.startsAt + MINUTE === endsAt) minute.used -= count;
      }
    },
    sweep: () => Promise.resolve(0),
  };

  function after(milliseconds: number, work: () => void) {
    const due = { at: now + milliseconds, work };
    works.push(due);
    return () => {
      works = works.filter((one) => one !== due);
    };
  }

  /** One call; what it makes under a lease counts in the minute that the store has at that instant. */
  async function call(rates: Rates, entries: readonly RateEntry[]) {
    const keys = new Set<string>();
    const before = entries.map(({ key }) => minuteOf(key));
    const verdict = await asked.run(keys, () => rates.take(entries));
    if (verdict?.allowed !== true) return verdict;
    entries.forEach(({ key }, at) => {
      if (keys.has(key)) return;
      const minute = before[at] ?? minuteOf(key);
      if (minute === undefined) throw new Error(`a call of ${key} was made in no minute of the store`);
      minute.made += 1;
    });
    return verdict;
  }

  return {
    minutes,
    call,
    process: () => createLeasedRates({ store, clock, after }),
    trips: () => trips,
    sleep: (milliseconds: number) => void (slept += milliseconds),
    setLag: (milliseconds: number) => void (lag = milliseconds),
    setAway: (away: boolean) => void (isAway = away),
    pass(milliseconds: number) {
      now += milliseconds;
      const due = works.filter(({ at }) => at <= now);
      works = works.filter(({ at }) => at > now);
      for (const { work } of due) work();
    },
  };
}

const often = (key: string, perMinute: number): RateEntry => ({ key, perMinute });

async function countAllowed(count: number, call: () => Promise<{ readonly allowed: boolean } | undefined>) {
  let passed = 0;
  for (let n = 0; n < count; n += 1) if ((await call())?.allowed === true) passed += 1;
  return passed;
}

test('a process alone makes all calls of a minute and no more, with a trip for a few of them', async () => {
  const { process, call, trips, pass } = fixture();
  const rates = process();
  const ask = () => call(rates, [often('a', 600)]);
  expect(await countAllowed(700, ask)).toBe(600);
  // The last eight are asked for one by one, and each refusal is the store's.
  expect(trips() - 100).toBeLessThan(50);
  pass(MINUTE);
  expect(await ask()).toMatchObject({ allowed: true, remaining: 599, seconds: 60 });
});

test('a small limit is never lent of: two processes share five calls one by one', async () => {
  const { process, call } = fixture();
  const [one, other] = [process(), process()];
  const remaining = [];
  for (const rates of [one, one, one, other, other, one])
    remaining.push((await call(rates, [often('a', 5)]))?.remaining);
  expect(remaining).toEqual([4, 3, 2, 1, 0, 0]);
  expect(await call(other, [often('a', 5)])).toMatchObject({ allowed: false });
});

test('remaining is what the process holds and what the store had left', async () => {
  const { process, call } = fixture();
  const rates = process();
  for (let left = 99; left >= 0; left -= 1)
    expect(await call(rates, [often('a', 100)])).toMatchObject({
      allowed: true,
      remaining: left,
      limit: 100,
    });
});

test('a lease that is not used for a second is given back, and then another process has it', async () => {
  const { process, call, pass, minutes } = fixture();
  const [one, other] = [process(), process()];
  await countAllowed(10, () => call(one, [often('a', 100)]));
  expect(minutes[0]?.used).toBeGreaterThan(10);
  pass(1_000);
  expect(minutes[0]?.used).toBe(10);
  expect(await countAllowed(100, () => call(other, [often('a', 100)]))).toBe(90);
});

test('a process that stops gives back what it holds; one that is killed loses it until the minute is over', async () => {
  const { process, call, pass, minutes } = fixture();
  const [graceful, killed, third] = [process(), process(), process()];
  const entry = [often('a', 100)];
  await countAllowed(10, () => call(graceful, entry));
  await graceful.close();
  expect(minutes[0]?.used).toBe(10);
  await countAllowed(10, () => call(killed, entry));
  const lost = (minutes[0]?.used ?? 0) - 20;
  expect(lost).toBeGreaterThan(0);
  expect(await countAllowed(100, () => call(third, entry))).toBe(80 - lost);
  pass(MINUTE);
  expect(await countAllowed(200, () => call(third, entry))).toBe(100);
});

test('a process that has stopped still answers, and is lent nothing', async () => {
  const { process, call, minutes } = fixture();
  const rates = process();
  await rates.close();
  expect(await countAllowed(50, () => call(rates, [often('a', 20)]))).toBe(20);
  expect(minutes[0]?.used).toBe(20);
});

test('a lease is over with the minute of the store, however young it is', async () => {
  const { process, call, pass, minutes } = fixture();
  const rates = process();
  const entry = [often('a', 100)];
  await call(rates, entry);
  pass(MINUTE - 500);
  await countAllowed(9, () => call(rates, entry));
  expect(minutes[0]?.used).toBeGreaterThan(10);
  pass(600);
  expect(await call(rates, entry)).toMatchObject({ allowed: true, remaining: 99 });
});

test('a lease is over when the machine slept, though its own clock stood still', async () => {
  const { process, call, sleep, minutes } = fixture();
  const rates = process();
  const entry = [often('a', 100)];
  await countAllowed(10, () => call(rates, entry));
  sleep(MINUTE);
  expect(await call(rates, entry)).toMatchObject({ allowed: true, remaining: 99 });
  expect(minutes).toHaveLength(2);
});

test('another limit of the same key counts at once: what was lent under the old one goes back', async () => {
  const { process, call, minutes } = fixture();
  const rates = process();
  await countAllowed(8, () => call(rates, [often('a', 1_000)]));
  expect(minutes[0]?.used).toBeGreaterThan(8);
  expect(await call(rates, [often('a', 11)])).toMatchObject({ limit: 11 });
  expect(minutes[0]?.used).toBeLessThanOrEqual(minutes[0]?.made ?? 0);
});

test('a call that one entry refuses costs the lease of the other nothing', async () => {
  const { process, call } = fixture();
  const rates = process();
  await countAllowed(20, () => call(rates, [often('wide', 200)]));
  await call(rates, [often('narrow', 1)]);
  const refused = [often('wide', 200), often('narrow', 1)];
  expect(await countAllowed(20, () => call(rates, refused))).toBe(0);
  expect(await call(rates, refused)).toMatchObject({ entry: 1, limit: 1 });
  expect(await call(rates, [often('wide', 200)])).toMatchObject({ remaining: 179 });
});

const LIMITS = { a: 100, b: 20, c: 9 } as const;
const at = fc.integer({ min: 0, max: 2 });
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('calls' as const),
      process: at,
      keys: fc.subarray(['a', 'b', 'c'] as const, { minLength: 1 }),
      times: fc.integer({ min: 1, max: 40 }),
      together: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), milliseconds: fc.nat(1_500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), milliseconds: fc.nat(70_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const), process: at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const), process: at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lag' as const), milliseconds: fc.nat(700) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('away' as const), away: fc.boolean() }) },
);

test('in no minute of the store are more calls made than its limit, whichever process is killed or late', async () => {
  await assertWithin(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const { process, call, minutes, pass, setLag, setAway } = fixture();
      const processes = [process(), process(), process()];
      const of = (index: number): Rates => processes[index] ?? process();
      for (const one of steps) {
        if (one.kind === 'calls') {
          const entries = one.keys.map((key) => often(key, LIMITS[key]));
          const takeOnce = () => call(of(one.process), entries);
          if (one.together) await Promise.all(Array.from({ length: one.times }, takeOnce));
          else await countAllowed(one.times, takeOnce);
        } else if (one.kind === 'pass') pass(one.milliseconds);
        else if (one.kind === 'lag') setLag(one.milliseconds);
        else if (one.kind === 'away') setAway(one.away);
        else {
          if (one.kind === 'stop') await of(one.process).close();
          processes[one.process] = process();
        }
        for (const { key, made, used } of minutes) {
          expect(made).toBeLessThanOrEqual(LIMITS[key as keyof typeof LIMITS]);
          // Every call was taken before: nothing that is given back makes room for a call that was.
          expect(used).toBeGreaterThanOrEqual(made);
        }
      }
    }),
    { numRuns: 300, within: 8_000 },
  );
});
