import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertHolds } from '@plinth/testkit/property';
import type { DeniedAnswer } from './answers.ts';
import type { Change } from './changes.ts';
import { type Decision, decide, preview } from './decide.ts';
import { DAY, type Instant, type Request, SECOND, type State } from './state.ts';
import {
  boundsAt,
  endWork,
  KEY_SIZE,
  addSeconds,
  sweep,
  newState,
  NOON,
  numberRequests,
  RULES,
  SIZES,
  type Step,
  step,
  type RequestInput,
  requestInput,
} from '@plinth/testkit/fixtures/limits/histories';
import { windowOf } from './windows.ts';

/** Plays a history; `look` sees each batch with the state before and after. */
function play(
  steps: readonly Step[],
  look: (seen: {
    before: State;
    after: State;
    requests: readonly Request[];
    decisions: readonly Decision[];
    now: Instant;
  }) => void,
): State {
  let [state, now, number] = [newState(), NOON, 0];
  for (const one of steps) {
    if (one.do === 'pass') {
      now = addSeconds(now, one.seconds);
      state = sweep(state, now);
    }
    if (one.do === 'end') state = endWork(state, one.pick);
    if (one.do === 'ask') {
      const requests = numberRequests(one.wishes, number);
      number += requests.length;
      const { decisions, state: after } = decide(state, requests, boundsAt(now));
      look({ before: state, after, requests, decisions, now });
      state = after;
    }
  }
  return state;
}

const PAUSING: RequestInput = {
  userId: 'ann',
  keyId: undefined,
  feature: 'use',
  rules: {
    requires: [],
    longestSeconds: 600,
    rules: [...RULES.values()].filter(({ name }) => name === 'pause'),
  },
  units: 1,
  reserve: 0,
  least: 0,
  state: 'queued',
  subject: 'a',
  provider: 'sandbox',
  key: undefined,
};

const history = fc.array(step, { minLength: 5, maxLength: 30 });
/** Contents of a state, comparable: a draft and a state alike. */
const contents = ({ anchor, open, credits, meters, keys }: State) => ({
  anchor,
  open,
  credits,
  meters,
  keys,
});
const isDenied = (decision: Decision): decision is Decision & { answer: DeniedAnswer } =>
  decision.answer.kind === 'denied';

/** Sums of a meter's windows that are not over, limit by limit; of a slide, all that counts. */
function overfull(state: State, now: Instant): string[] {
  const at = Math.max(now, state.meters.get('demo')?.seen ?? 0);
  const counters = [...state.meters].flatMap(([scope, { windows }]) =>
    windows.map((window) => ({ scope, ...window })),
  );
  const over = counters.flatMap(({ scope, name, used }) => {
    const size = name === 'key_budget' ? KEY_SIZE : SIZES[name];
    return size !== undefined && RULES.get(name)?.kind !== 'cooldown' && used > size
      ? [`${scope} ${name}`]
      : [];
  });
  const slides = ['slide_minute', 'slide_hour'].flatMap((name) => {
    const length = name === 'slide_minute' ? 60 * SECOND : 3_600 * SECOND;
    return [...state.meters].flatMap(([scope, { windows }]) => {
      const used = windows
        .filter((window) => window.name === name && window.start > at - length && window.start <= at)
        .reduce((sum, window) => sum + window.used, 0);
      return used > (SIZES[name] ?? 0) ? [scope] : [];
    });
  });
  const overfullSlots = [...new Set(state.open.flatMap(({ slots }) => slots))].filter((slot) => {
    const taken = state.open.filter(
      ({ slots, dueAt, state: is }) => slots.includes(slot) && (is === 'queued' || dueAt > at),
    );
    return taken.length > (SIZES[slot.split(' ').at(-1) ?? ''] ?? 0);
  });
  const overdrawn = state.credits.filter(({ remaining, amount }) => remaining < 0 || remaining > amount);
  return [...over, ...slides, ...overfullSlots, ...overdrawn.map(({ id }) => id)];
}

describe('whatever is asked, in any order and at any time', () => {
  test('no limit is ever passed', () => {
    assertHolds(
      fc.property(history, (steps) => {
        play(steps, ({ after, now }) => expect(overfull(after, now)).toEqual([]));
      }),
      { numRuns: 1_000 },
    );
  });

  test('one batch decides as its requests one after the other do', () => {
    assertHolds(
      fc.property(history, fc.nat(6), (steps, cut) => {
        play(steps, ({ before, after, requests, decisions, now }) => {
          const first = decide(before, requests.slice(0, cut), boundsAt(now));
          const second = decide(first.state, requests.slice(cut), boundsAt(now));
          expect([...first.decisions, ...second.decisions]).toEqual(decisions);
          expect(contents(second.state)).toEqual(contents(after));
        });
      }),
      { numRuns: 500 },
    );
  });

  test('who gets no permit changes nothing', () => {
    assertHolds(
      fc.property(history, (steps) => {
        play(steps, ({ before, after, decisions }) => {
          const without = decisions.filter(
            ({ answer }) => answer.kind !== 'granted' && answer.kind !== 'permit',
          );
          expect(without.flatMap(({ changes }) => changes)).toEqual([]);
          if (without.length === decisions.length) expect(contents(after)).toEqual(contents(before));
        });
      }),
      { numRuns: 500 },
    );
  });

  test('the state that was handed in is left as it was, and the same answer is given again', () => {
    assertHolds(
      fc.property(history, (steps) => {
        play(steps, ({ before, requests, decisions, now }) => {
          const copy = structuredClone(contents(before));
          expect(decide(before, requests, boundsAt(now)).decisions).toEqual(decisions);
          expect(contents(before)).toEqual(copy);
        });
      }),
      { numRuns: 200 },
    );
  });

  test('a denial is over when it says, if nothing else happens', () => {
    assertHolds(
      fc.property(history, (steps) => {
        play(steps, ({ before, requests, decisions, now }) => {
          for (const [index, decision] of decisions.entries()) {
            const request = requests[index];
            if (request === undefined || !isDenied(decision) || !isTimed(decision.answer, request)) continue;
            // Credits that a clock gave which was ahead are given, and not given again.
            if (before.credits.some(({ period }) => (period ?? 0) > now)) continue;
            const { resets_at, limit } = decision.answer;
            const at = Date.parse(resets_at ?? '') * 1_000 + Number((resets_at ?? '').slice(-4, -1));
            expect(at).toBeGreaterThan(decision.now);
            // Those after it in its batch may have been admitted.
            const { state } = decide(before, requests.slice(0, index), boundsAt(now));
            const again = preview(state, request, boundsAt(at));
            expect(again.kind === 'denied' ? again.limit : '').not.toBe(limit);
          }
        });
      }),
      { numRuns: 1_000 },
    );
  });

  test('what was decided holds until the instant that it says', () => {
    assertHolds(
      fc.property(history, fc.double({ min: 0, max: 1, noNaN: true }), (steps, part) => {
        play(steps, ({ before, requests, decisions }) => {
          const [request, decision] = [requests[0], decisions[0]];
          if (request === undefined || decision?.answer.kind !== 'granted') return;
          const last = Math.min(decision.until - 1, decision.now + DAY);
          const at = Math.floor(decision.now + (last - decision.now) * part);
          const [again] = decide(before, [request], boundsAt(at)).decisions;
          expect(again?.answer).toEqual(decision.answer);
        });
      }),
      { numRuns: 500 },
    );
  });
});

/** A reset that frees: of a place at once it is the latest instant alone, and more than there ever is is not freed. */
function isTimed({ of, max, size, needed }: DeniedAnswer, { units }: Request): boolean {
  if (of === 'concurrency') return false;
  return of === 'budget' ? (needed ?? 0) <= max : of !== 'credits' || units <= (size ?? 0);
}

describe('a clock that goes back', () => {
  test('by seconds begins no window anew: what was granted is counted in it', () => {
    assertHolds(
      fc.property(history, requestInput, fc.integer({ min: 1, max: 299 }), (steps, one, back) => {
        let last = NOON;
        const state = play(
          steps,
          ({ decisions }) => (last = Math.max(last, ...decisions.map(({ now }) => now))),
        );
        const [request] = numberRequests([one], 10_000);
        const seen = state.meters.get('demo')?.seen ?? 0;
        if (request === undefined || seen < last) return;
        const now = decide(state, [request], boundsAt(seen));
        const behind = decide(state, [request], { ...boundsAt(seen), now: seen - back * SECOND });
        expect(behind.decisions).toEqual(now.decisions);
      }),
      { numRuns: 1_000 },
    );
  });

  test('by more than servers are apart has what lies ahead dropped until it is that near again', () => {
    const [first, second] = numberRequests([PAUSING, PAUSING]) as [Request, Request];
    const { meters } = decide(newState(), [first], boundsAt(NOON)).state;
    const state = { ...newState(), meters };
    const [granted] = decide(state, [second], boundsAt(NOON - 310 * SECOND)).decisions;
    const near = NOON - 300 * SECOND;
    expect(granted).toMatchObject({ answer: { kind: 'granted' }, until: near });
    expect(preview(state, second, boundsAt(near - 1))).toMatchObject({ kind: 'granted' });
    expect(preview(state, second, boundsAt(near))).toMatchObject({ kind: 'denied', limit: 'pause' });
  });
});

const countOf = (changes: readonly Change[]) => changes.filter((change) => change.do === 'count');

describe('what is written', () => {
  test('are sums with the bounds that they were decided under: each holds for the batch as a whole', () => {
    assertHolds(
      fc.property(history, (steps) => {
        play(steps, ({ before, decisions }) => {
          const sums = new Map<string, number>();
          for (const { scope, name, start, add, max } of countOf(
            decisions.flatMap(({ changes }) => changes),
          )) {
            const stored = before.meters.get(scope)?.windows.find((window) => window.name === name);
            const id = `${scope} ${name} ${start}`;
            const sum = (sums.get(id) ?? (stored?.start === start ? stored.used : 0)) + add;
            sums.set(id, sum);
            expect(sum).toBeLessThanOrEqual(max);
          }
        });
      }),
      { numRuns: 400 },
    );
  });

  test('of a preview is nothing, and it says what a request would be told', () => {
    const [request] = numberRequests([
      {
        userId: 'ann',
        feature: 'use',
        rules: { requires: ['gold'], longestSeconds: 1, rules: [] },
        units: 1,
        reserve: 0,
        least: 0,
        state: 'running',
        provider: 'sandbox',
      },
    ]);
    if (request === undefined) throw new Error('there is a request');
    const lack = { kind: 'plan_required', grant: 'gold', needed: true, plan: 'demo.only' };
    expect(preview(newState(), request, boundsAt(NOON))).toEqual(lack);
  });
});

const at = (text: string) => Date.parse(text) * 1_000;

const endOf = (zone: string, per: string, now: string) =>
  new Date(
    windowOf({ ...newState(), zone }, per, { now: at(now), stored: undefined }).ends / 1_000,
  ).toISOString();

describe('a window', () => {
  test.each([
    ['Europe/Berlin', 'day@account', '2027-03-27T23:00:00Z', '2027-03-28T22:00:00.000Z'],
    ['Africa/Cairo', 'day@account', '2027-04-29T22:00:00Z', '2027-04-30T21:00:00.000Z'],
    ['America/Havana', 'day@account', '2027-11-07T05:00:00Z', '2027-11-08T05:00:00.000Z'],
    ['Australia/Lord_Howe', 'week@account', '2027-04-03T13:00:00Z', '2027-04-04T13:30:00.000Z'],
    ['Pacific/Kiritimati', 'month@account', '2027-06-30T10:00:00Z', '2027-07-31T10:00:00.000Z'],
    ['UTC', 'week', '2027-03-28T23:59:59Z', '2027-03-29T00:00:00.000Z'],
    ['UTC', 'month', '2028-02-29T23:59:59Z', '2028-03-01T00:00:00.000Z'],
  ])('in %s of a %s, at %s, ends at %s', (...[zone, per, now, ends]) => {
    expect(endOf(zone, per, now)).toBe(ends);
  });

  test('of a billing period from the 31st ends on the last day of a short month, and on the 31st again', () => {
    const state = { ...newState(), anchor: at('2026-12-31T06:00:00Z') };
    const periods = ['2027-02-01T00:00:00Z', '2027-03-01T00:00:00Z'].map((now) =>
      windowOf(state, 'billing_period', { now: at(now), stored: undefined }),
    );
    expect(periods).toEqual([
      { starts: at('2027-01-31T06:00:00Z'), ends: at('2027-02-28T06:00:00Z') },
      { starts: at('2027-02-28T06:00:00Z'), ends: at('2027-03-31T06:00:00Z') },
    ]);
  });
});

test('a pause that no plan has any more holds nobody up until it might be one of an hour', () => {
  const [first, second] = numberRequests([PAUSING, PAUSING]) as [Request, Request];
  const { timeline } = newState();
  const longer = timeline.map((segment) => ({ ...segment, grants: { ...SIZES, pause: 7_200 } }));
  const { meters } = decide({ ...newState(), timeline: longer }, [first], boundsAt(NOON)).state;
  const state = { ...newState(), meters };
  const anHourLater = NOON + 3_600 * SECOND;
  const [granted] = decide(state, [second], boundsAt(NOON + SECOND)).decisions;
  expect(granted).toMatchObject({ answer: { kind: 'granted' }, until: anHourLater });
  expect(preview(state, second, boundsAt(anHourLater))).toMatchObject({
    kind: 'denied',
    limit: 'pause',
  });
});
