import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { type Denial, createSeats, gaugeDenial } from '../index.ts';
import { advance, databaseTime, ids, makeGrant, stopTime } from '#test/factories';
import { openLimits } from '#test/limits';
import { assertWithin } from '#test/property';
import { testDatabase } from '#test/services';
import { readDenial } from '../denial.ts';
import type { Answer } from './answers.ts';
import { segmentAt } from './state.ts';
import { decideGauge, decideSeat } from './standing.ts';
import { readFresh } from './testing/asked.ts';

const { db } = await testDatabase();
await stopTime(db);
const fixture = await openLimits(db, {
  limits: { seats: { kind: 'seats', by: 'account' }, bytes: { kind: 'gauge', by: 'account' } },
  plans: { small: { seats: 2, bytes: 10 }, big: { seats: 4, bytes: 30 }, none: { seats: 0, bytes: 0 } },
  features: { use: [] },
});
const seats = createSeats({ db, ids });
const effect = commitPoint('test.limits.standing', 'a gauge that is moved');

interface Step {
  readonly machine: string;
  readonly seconds: number;
  readonly delta: number;
  readonly pass: number;
}
const step: fc.Arbitrary<Step> = fc.record({
  machine: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  seconds: fc.integer({ min: 1, max: 60 }),
  delta: fc.integer({ min: -8, max: 12 }),
  pass: fc.constantFrom(0, 0, 1, 20, 100),
});

type Asked = Awaited<ReturnType<typeof fixture.member>>;

/** What both are told of: the plan's segment, the leases and the gauge of this moment. */
async function hereOf({ accountId }: Asked, name: string) {
  const { state } = await readFresh(db, { accountId, product: 'demo', holder: fixture.holder.id }, []);
  const now = (await databaseTime(db)).getTime() * 1_000;
  return { product: 'demo', name, now, segment: segmentAt(state.timeline, now) };
}

const denialOf = (answer: Answer): Denial | undefined =>
  answer.kind === 'denied' ? readDenial({ ...answer }) : undefined;

async function alertsOf({ accountId }: Asked): Promise<string[]> {
  const rows = await db.asMigrator(
    statement<{ line: string }>(
      `select name || ' ' || starts || ' ' || size || ' ' || threshold as line from limits.alerts where account_id = $1`,
      [accountId],
    ),
  );
  return rows.map(({ line }) => line);
}

async function takeSeat(member: Asked, { machine, seconds }: Step): Promise<readonly string[]> {
  const here = await hereOf(member, 'seats');
  const rows = await db.asMigrator(
    statement<{ machine: string; fence: number; expires: number }>(
      'select machine, fence, limits.micros(expires_at) as expires from limits.seats where account_id = $1',
      [member.accountId],
    ),
  );
  const leases = rows.map(({ expires, ...seat }) => ({ ...seat, expiresAt: expires }));
  const { answer, changes } = decideSeat(here, leases, { machine, seconds });
  const told = await seats.take({ accountId: member.accountId, product: 'demo', limit: 'seats' }, machine, {
    ttlSeconds: seconds,
  });
  if (told.kind === 'denied')
    expect({ kind: answer.kind, denial: denialOf(answer as Answer) }).toEqual({
      kind: told.kind,
      denial: told.denial,
    });
  else if (told.kind === 'seat') {
    const { fence, expiresAt } = told.seat;
    expect(answer).toMatchObject({ kind: 'seat', fence });
    expect(answer.kind === 'seat' && Math.floor(answer.expiresAt / 1_000)).toBe(expiresAt.getTime());
  } else expect({ ...answer, ended: told.ended }).toEqual(told);
  return changes.flatMap((change) => (change.do === 'alert' ? [lineOf(change)] : []));
}

async function moveGauge(member: Asked, { delta }: Step): Promise<readonly string[]> {
  const here = await hereOf(member, 'bytes');
  const [row] = await db.asMigrator(
    statement<{ used: number }>('select used from limits.gauges where account_id = $1', [member.accountId]),
  );
  const { answer, changes } = decideGauge(here, row?.used ?? 0, delta);
  try {
    const [[moved]] = await db.tenant(member.accountId, effect, [
      fixture.limits.gauging('demo', 'bytes', delta),
    ]);
    expect(answer).toEqual({ kind: 'moved', used: moved?.used });
  } catch (error) {
    const told = gaugeDenial(error);
    if (told === undefined) throw error;
    expect(denialOf(answer as Answer)).toEqual(told);
  }
  return changes.flatMap((change) => (change.do === 'alert' ? [lineOf(change)] : []));
}

const lineOf = ({
  name,
  starts,
  size,
  threshold,
}: {
  name: string;
  starts: number;
  size: number;
  threshold: number;
}) => `${name} ${starts} ${size} ${threshold}`;

test('seats and gauges are decided as the living PL/pgSQL does, alerts with them', async () => {
  await assertWithin(
    fc.asyncProperty(
      fc.constantFrom('small', 'big', 'none'),
      fc.array(step, { minLength: 10, maxLength: 25 }),
      async (plan, steps) => {
        const member = await fixture.member(plan);
        const alerts = new Set<string>();
        for (const [place, one] of steps.entries()) {
          if (one.pass > 0) await advance(db, `${one.pass} seconds`);
          if (place === 8)
            await makeGrant(db, member.accountId, { catalogue: fixture.catalogue, plan: 'big' });
          for (const line of await takeSeat(member, one)) alerts.add(line);
          for (const line of await moveGauge(member, one)) alerts.add(line);
        }
        expect(new Set(await alertsOf(member))).toEqual(alerts);
      },
    ),
    { numRuns: 15, within: 10_000 },
  );
}, 300_000);
