import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { advance, advanceTo, type Member } from '@plinth/testkit/factories';
import { figures, permitOf, openLimits } from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';
import type { DelegatedPermit } from '../index.ts';

const { db } = await testDatabase();
const delegating = commitPoint('test.limits.delegated-model', 'a permit that a test delegates');
const SIZES = { monthly: 12, at_once: 3, cost: 500 } as const;
/** Seconds, in whole minutes: what the test itself takes does not count. */
const LONGEST = 150 * 60;
const fixture = await openLimits(db, {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    cost: { kind: 'budget', per: 'month', by: 'account' },
  },
  plans: { only: SIZES },
  longestSeconds: LONGEST,
});
const { delegated } = fixture.limits;

type Op =
  | { readonly do: 'take'; readonly units: number; readonly reserve: number; readonly seconds: number }
  | { readonly do: 'settle'; readonly pick: number; readonly units: number; readonly cost: number | null }
  | { readonly do: 'release'; readonly pick: number }
  | { readonly do: 'extend'; readonly pick: number; readonly seconds: number; readonly reserve: number }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'sweep' };

const seconds = fc.integer({ min: 1, max: 60 }).map((minutes) => minutes * 60);
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('take' as const),
      units: fc.integer({ min: 1, max: 4 }),
      reserve: fc.integer({ min: 0, max: 200 }),
      seconds,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      pick: fc.nat(),
      units: fc.integer({ min: 0, max: 4 }),
      cost: fc.option(fc.integer({ min: 0, max: 300 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), pick: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('extend' as const),
      pick: fc.nat(),
      seconds,
      reserve: fc.integer({ min: 0, max: 300 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds }) },
  { weight: 1, arbitrary: fc.constant({ do: 'sweep' as const }) },
);

/** A permit as its backend remembers it. */
interface DelegatedPermits {
  readonly found: DelegatedPermit;
  state: 'running' | 'settled' | 'voided' | 'expired';
  units: number;
  reserve: number;
  /** In seconds of the test; it was admitted at `from`. */
  due: number;
  readonly from: number;
  /** Its charge; and whether that is a guess. */
  cost: number;
  guessed: boolean;
  /** Figures that came after it was closed count once. */
  corrected: boolean;
}

/** The promises of delegated permits, as plainly as they can be written. */
class Model {
  now = 0;
  readonly all: DelegatedPermits[] = [];

  pass(time: number): void {
    this.now += time;
    for (const one of this.all) {
      if (one.state !== 'running' || one.due > this.now) continue;
      Object.assign(one, { state: 'expired', cost: one.reserve, guessed: true });
    }
  }

  get used() {
    const sum = (of: (one: DelegatedPermits) => number) =>
      this.all.reduce((total, one) => total + of(one), 0);
    return {
      monthly: sum((one) => (one.state === 'voided' ? 0 : one.units)),
      at_once: sum((one) => (one.state === 'running' ? 1 : 0)),
      cost: sum((one) => (one.state === 'running' ? one.reserve : one.cost)),
    };
  }

  settle(one: DelegatedPermits, units: number, cost: number | null): void {
    if (one.state === 'running') {
      Object.assign(one, { state: 'settled', units, cost: cost ?? one.reserve, guessed: cost === null });
    } else if (cost !== null && !one.corrected && (one.guessed || one.state === 'voided')) {
      Object.assign(one, { cost, guessed: false, corrected: true });
    }
  }

  release(one: DelegatedPermits): void {
    if (one.state === 'running') Object.assign(one, { state: 'voided', cost: 0 });
    else if (one.guessed && !one.corrected) Object.assign(one, { cost: 0, guessed: false, corrected: true });
  }

  extend(one: DelegatedPermits, { seconds: time, reserve }: { seconds: number; reserve: number }): boolean {
    if (one.state !== 'running') return false;
    const more = Math.max(0, reserve - one.reserve);
    if (more > 0 && this.used.cost + more > SIZES.cost) return false;
    one.reserve += more;
    one.due = Math.max(one.due, Math.min(this.now + time, one.from + LONGEST));
    return true;
  }
}

async function take(member: Member, model: Model, wanted: Extract<Op, { do: 'take' }>): Promise<void> {
  const { monthly, at_once: atOnce, cost } = model.used;
  const fits =
    monthly + wanted.units <= SIZES.monthly && atOnce < SIZES.at_once && cost + wanted.reserve <= SIZES.cost;
  const { units, reserve } = wanted;
  const admission = await fixture.admit(member, { as: 'job', units, reserve });
  expect(admission.kind).toBe(fits ? 'permit' : 'denied');
  if (!fits) return;
  const permit = permitOf(admission);
  await db.tenant(member.accountId, delegating, [permit.delegating('account', wanted.seconds)]);
  const found = await delegated.find({ accountId: member.accountId, backend: 'account', id: permit.id });
  if (found === undefined) throw new Error('a permit was delegated, and is not there');
  const times = { from: model.now, due: model.now + wanted.seconds };
  const money = { reserve, cost: 0, guessed: false, corrected: false };
  model.all.push({ found, state: 'running', units, ...times, ...money });
}

async function step(member: Member, model: Model, one: Op): Promise<void> {
  if (one.do === 'take') return take(member, model, one);
  if (one.do === 'sweep') return void (await fixture.limits.sweep());
  if (one.do === 'wait') {
    await advance(db, `${one.seconds} seconds`);
    return model.pass(one.seconds);
  }
  const picked = model.all[one.pick % Math.max(1, model.all.length)];
  if (picked === undefined) return;
  const wasRunning = picked.state === 'running';
  if (one.do === 'settle') {
    const units = Math.min(one.units, picked.units);
    const usage = one.cost === null ? undefined : figures(one.cost);
    expect((await delegated.settle(picked.found, { units, usage })) !== undefined).toBe(wasRunning);
    return model.settle(picked, units, one.cost);
  }
  if (one.do === 'release') {
    expect(await delegated.release(picked.found, 'no')).toBe(wasRunning);
    return model.release(picked);
  }
  const extended = await delegated.extend(picked.found, { ...one, longest: LONGEST });
  expect(extended.kind === 'extended').toBe(model.extend(picked, one));
}

async function check({ accountId }: Member, model: Model): Promise<void> {
  const rows = await fixture.limits.usage(accountId);
  expect(Object.fromEntries(rows.map(({ limit, used }) => [limit, used]))).toEqual(model.used);
  // Those that have expired and were not looked at since are posted by the sweep.
  await fixture.limits.sweep();
  const [ledger] = await db.asMigrator(
    statement<{ posted: number }>(
      `select coalesce(sum(cost), 0)::int as posted from limits.usage_events where account_id = $1 and state = 'posted'`,
      [accountId],
    ),
  );
  const posted = model.all.reduce((sum, one) => sum + (one.state === 'running' ? 0 : one.cost), 0);
  expect(ledger?.posted).toBe(posted);
  const after = await Promise.all(model.all.map(({ found }) => delegated.find(found)));
  expect(after.map((one) => [one?.status, one?.cost, one?.units])).toEqual(
    model.all.map(({ state, cost, units }) => [state, cost, units]),
  );
}

test('whatever backends do with their permits, and whenever, limits hold and each call is charged once', async () => {
  await advanceTo(db, '2033-01-05T00:00:00Z');
  await assertWithin(
    fc.asyncProperty(fc.array(op, { minLength: 8, maxLength: 16 }), async (ops) => {
      const [member, model] = [await fixture.member(), new Model()];
      for (const one of ops) await step(member, model, one);
      await check(member, model);
    }),
    { numRuns: 20, within: 10_000 },
  );
});
