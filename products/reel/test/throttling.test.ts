import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { systemClock } from '#platform/kernel';
import { waitFor } from '@plinth/testkit/fixtures/calls';
import { advance } from '@plinth/testkit/factories';
import { reelFixture } from './fixture.ts';

const ROUNDS = 4;
const ROUND_SECONDS = 15;
const JOBS = 30;

/** A clock that the test moves on, beside the real one. */
let ahead = 0;
const clock = { now: () => systemClock.now() + ahead, monotonic: () => systemClock.monotonic() + ahead };

const app = await reelFixture({ clock });
const { db, sandbox } = app;
const { modules, telemetry } = app.app;

/** How often the provider answered 429. */
async function refusals(): Promise<number> {
  const counts = /_count\{[^}]*outcome="rate_limited"[^}]*\} (\d+)/.exec(await telemetry.prometheus());
  return Number(counts?.[1] ?? 0);
}

async function jobsIn(state: string): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ n: number }>('select count(*)::int as n from jobs.jobs where state = $1', [state]),
  );
  return row?.n ?? 0;
}

/** Lets time pass for the database and for this process, in steps in which it can keep its lease. */
async function passRounds(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await advance(db, `${ROUND_SECONDS} seconds`);
    ahead += ROUND_SECONDS * 1_000;
    await modules.holder.renew();
  }
  modules.jobs.wake();
}

test('while a provider throttles us for a minute jobs wait, it is asked a few times only, and each job completes by one call', async () => {
  sandbox.faults.always({ kind: 'status', status: 429, retry_after: ROUND_SECONDS });
  const creators = await Promise.all(Array.from({ length: JOBS / 5 }, () => app.creator('reel.pro')));
  const asked = await Promise.all(
    creators.flatMap((by) => Array.from({ length: 5 }, async () => ({ by, id: await by.asked() }))),
  );
  await waitFor(async () => (await jobsIn('delayed')) === JOBS);
  // The worker's eight places met it at once.
  let met = await refusals();
  expect(met).toBeLessThanOrEqual(8);
  for (let round = 0; round < ROUNDS; round += 2) {
    // The jobs' own jitter comes on top of what the provider asks for.
    await passRounds(2);
    await waitFor(async () => (await refusals()) > met && (await jobsIn('delayed')) === JOBS);
    met = await refusals();
  }
  expect(met).toBeLessThanOrEqual(8 + ROUNDS);
  sandbox.faults.clear();
  await passRounds(2);
  for (const { by, id } of asked) expect(await by.ended(id)).toMatchObject({ status: 'completed' });
  for (const { by } of asked) {
    expect(await app.count(by.by, 'limits.usage_events', "state = 'posted'")).toBe(5);
    expect(await by.used()).toMatchObject({ generations: 5, concurrent: 0 });
  }
  expect(sandbox.bill()).toHaveLength(JOBS);
});
