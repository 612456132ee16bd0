import { describe, expect, test } from 'vitest';
import { type Database, statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import { advance, makeAccount } from '@plinth/testkit/factories';
import { figures, ledgerLines, permits, plannedCall, windows } from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { jobRow, openJobs } from '@plinth/testkit/fixtures/jobs';

const { db } = await testDatabase();
const fixture = await openJobs(db);
const wanted = { reserve: 100 };

/** The error of a handler whose provider has no room. */
const noRoom = (retryAfter?: number) =>
  Object.assign(new AppError('internal', retryAfter === undefined ? {} : { retryAfter }), {
    postponed: true,
  });

/** By whom a dead job is replayed. */
async function adminCall(of: Database) {
  const origin = {
    requestId: 'replay',
    ip: '127.0.0.1',
    userAgent: 'test',
    traceparent: undefined,
    signal: new AbortController().signal,
  };
  return { caller: { ...(await makeAccount(of)), platformRole: 'admin', scopes: ['*'] }, origin } as const;
}

describe('an attempt that finds no room at its provider', () => {
  test('does not count, however often: the job has all its tries left, and its permit waits with it', async () => {
    const member = await fixture.member();
    const worker = await fixture.work();
    const attempts: number[] = [];
    const { id } = await fixture.enqueue(
      member,
      async ({ attempt, permit }) => {
        attempts.push(attempt);
        await permit?.send(plannedCall(40));
        if (attempts.length <= 6) {
          permit?.notServed({ throttled: true });
          throw noRoom();
        }
        if (attempt < 3) throw new Error('a fault of ours');
        permit?.served(figures(7));
      },
      { wanted: { reserve: 40 } },
    );
    await worker.process.waitForCount(9);
    await worker.stop(0);
    expect(attempts).toEqual([1, 1, 1, 1, 1, 1, 1, 2, 3]);
    expect(worker.process.ended.map(({ outcome }) => outcome)).toEqual([
      ...Array.from({ length: 6 }, () => 'postponed'),
      'retry',
      'retry',
      'done',
    ]);
    expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 3 });
    expect(await windows(db, member.accountId)).toMatchObject({ 'demo monthly': 1, 'demo cost': 87 });
  });

  test.each([
    [0, undefined, 250],
    [3, undefined, 2_000],
    [9, undefined, 15_000],
    [0, 20, 20_250],
  ])(
    'after %i others waits a random share of a doubling time, and what it was told (%s s): %i ms',
    async (before, retryAfter, delay) => {
      const { id } = await fixture.enqueue(await makeAccount(db), () => Promise.reject(noRoom(retryAfter)), {
        quiet: true,
      });
      await db.asMigrator(statement('update jobs.jobs set postponed = $2 where id = $1', [id, before]));
      const worker = await fixture.work({ uniform: () => 0.5 });
      await worker.process.waitForCount(1);
      await worker.stop(0);
      const { run_at: due, updated_at: failed, ...row } = await jobRow(db, id);
      expect(row).toMatchObject({ state: 'delayed', attempt: 0, error: 'internal' });
      expect(due.getTime() - failed.getTime()).toBe(delay);
      await db.asMigrator(statement('delete from jobs.jobs where id = $1', [id]));
    },
  );

  test('after a failure of another kind begins with the shortest pause again', async () => {
    const ends = [noRoom(), noRoom(), noRoom(), new Error('a fault of ours'), noRoom()];
    const { id } = await fixture.enqueue(
      await makeAccount(db),
      () => Promise.reject(ends.shift() ?? new Error('one too many')),
      { quiet: true },
    );
    const worker = await fixture.work({ uniform: () => 0.5 });
    await worker.process.waitForCount(1);
    for (let run = 2; run <= 5; run += 1) {
      await advance(db, '1 minute');
      await worker.process.waitForCount(run);
    }
    await worker.stop(0);
    const { run_at: due, updated_at: failed, ...row } = await jobRow(db, id);
    expect(row).toMatchObject({ state: 'delayed', attempt: 1 });
    expect(due.getTime() - failed.getTime()).toBe(250);
    await db.asMigrator(statement('delete from jobs.jobs where id = $1', [id]));
  });

  test('for ever is given up when its permit is due, and not a moment after', async () => {
    const { db: own } = await testDatabase();
    const small = await openJobs(own);
    const member = await small.member();
    const { id } = await small.enqueue(member, () => Promise.reject(noRoom(60)), { wanted, quiet: true });
    const [permit] = await own.asMigrator(
      statement<{ due_at: Date }>(
        `update limits.permits set due_at = app.now() + interval '90 seconds' returning due_at`,
      ),
    );
    const worker = await small.work();
    await worker.process.waitForCount(1);
    await advance(own, '61 seconds');
    await worker.process.waitForCount(2);
    // The next minute would be too long: it is asked once more at the last instant.
    expect(await jobRow(own, id)).toMatchObject({ state: 'delayed', attempt: 0, run_at: permit?.due_at });
    await advance(own, '30 seconds');
    await worker.process.waitForCount(3);
    await worker.stop(0);
    expect(await jobRow(own, id)).toMatchObject({ state: 'dead', error: 'internal' });
    expect(small.givenUp.at(-1)).toMatchObject({ job: { id }, failure: { code: 'internal' } });
    expect(await permits(own, member.accountId)).toMatchObject([{ state: 'voided' }]);
    expect(await ledgerLines(own, member.accountId)).toEqual(['voided']);
  });

  test('without a permit is given up after a quarter of an hour', async () => {
    const { db: own } = await testDatabase();
    const small = await openJobs(own);
    const { id } = await small.enqueue(await makeAccount(own), () => Promise.reject(noRoom(600)), {
      quiet: true,
    });
    await advance(own, '2 hours');
    const worker = await small.work();
    await worker.process.waitForCount(1);
    await advance(own, '11 minutes');
    await worker.process.waitForCount(2);
    expect(await jobRow(own, id)).toMatchObject({ state: 'delayed' });
    await advance(own, '5 minutes');
    await worker.process.waitForCount(3);
    await worker.stop(0);
    expect(await jobRow(own, id)).toMatchObject({ state: 'dead', error: 'internal' });

    // Replayed, it has a quarter of an hour of its own, and begins with the shortest pause.
    const { deadLetters } = (await small.openProcess()).jobs;
    await deadLetters.replay(id, await adminCall(own));
    const again = await small.work({ uniform: () => 0.5 });
    await again.process.waitForCount(1);
    await again.stop(0);
    const { run_at: due, updated_at: failed, ...row } = await jobRow(own, id);
    expect(row).toMatchObject({ state: 'delayed', attempt: 0 });
    expect(due.getTime() - failed.getTime()).toBe(60_250);
  });
});
