import { describe, expect, test } from 'vitest';
import { DatabaseAway, statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import { databaseTime, makeAccount } from '@plinth/testkit/factories';
import { figures, ledgerLines, permits, plannedCall, windows } from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { jobRow, openJobs } from '@plinth/testkit/fixtures/jobs';

const { db } = await testDatabase();
const fixture = await openJobs(db);
const wanted = { reserve: 100 };

describe('a try that fails', () => {
  test('is made again, with what it called posted and the rest of the permit kept', async () => {
    const member = await fixture.member();
    const worker = await fixture.work();
    const attempts: number[] = [];
    const { id } = await fixture.enqueue(
      member,
      async (job) => {
        attempts.push(job.attempt);
        await job.permit?.send(plannedCall(40));
        if (job.attempt < 3) throw new Error('a fault of ours');
        job.permit?.served(figures(7));
      },
      { wanted: { reserve: 40 } },
    );
    await worker.process.waitForCount(3);
    await worker.stop(0);
    expect(attempts).toEqual([1, 2, 3]);
    expect(worker.process.ended.map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'done']);
    expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 3 });
    expect(await ledgerLines(db, member.accountId)).toEqual([
      'posted 40 estimated',
      'posted 40 estimated',
      'posted 7',
    ]);
    expect(await windows(db, member.accountId)).toMatchObject({ 'demo monthly': 1, 'demo cost': 87 });
  });

  test('before anything went out costs nothing', async () => {
    const member = await fixture.member();
    const worker = await fixture.work();
    await fixture.enqueue(
      member,
      async (job) => {
        if (job.attempt === 1) throw new Error('the database was away');
        await job.permit?.send(plannedCall(100));
        job.permit?.served(figures(7));
      },
      { wanted },
    );
    await worker.process.waitForCount(2);
    await worker.stop(0);
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided', 'posted 7']);
  });

  test.each([
    [1, 0.5, 250],
    [2, 0.5, 500],
    [2, 0.999, 999],
  ])(
    'the %ith time waits a random share (%d) of a doubling time: %i ms',
    async (failures, uniform, delay) => {
      const member = await makeAccount(db);
      const draws = [...Array.from({ length: failures - 1 }, () => 0), uniform];
      const worker = await fixture.work({ uniform: () => draws.shift() ?? 0 });
      const reached = Promise.withResolvers<void>();
      const done = Promise.withResolvers<void>();
      const { id } = await fixture.enqueue(member, async (job) => {
        if (job.attempt <= failures) throw new Error('no');
        reached.resolve();
        await done.promise;
      });
      await worker.process.waitForCount(failures);
      const { run_at: due, updated_at: failed } = await jobRow(db, id);
      expect(Math.abs(due.getTime() - failed.getTime() - delay)).toBeLessThan(15);
      await reached.promise;
      expect((await databaseTime(db)).getTime()).toBeGreaterThanOrEqual(due.getTime());
      done.resolve();
      await worker.process.waitForCount(failures + 1);
      await worker.stop(0);
    },
  );

  test('because the database went away does not count', async () => {
    const worker = await fixture.work({ uniform: () => 0 });
    let left = 5;
    const { id } = await fixture.enqueue(await makeAccount(db), async () => {
      if (left === 0) return;
      left -= 1;
      throw new DatabaseAway('The connection was lost.', Object.assign(new Error(), { code: 'ECONNRESET' }));
    });
    await worker.process.waitForCount(6);
    await worker.stop(0);
    expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 1 });
  });

  test('because a statement did not end in time counts: another try would not either', async () => {
    const worker = await fixture.work({ uniform: () => 0 });
    const { id } = await fixture.enqueue(await makeAccount(db), () =>
      Promise.reject(new DatabaseAway('Too late.', Object.assign(new Error(), { code: '57014' }))),
    );
    await worker.process.waitForCount(3);
    await worker.stop(0);
    expect(await jobRow(db, id)).toMatchObject({ state: 'dead', attempt: 3 });
  });

  test('with a time to come back at waits at least that long', async () => {
    const worker = await fixture.work({ uniform: () => 0.5 });
    const { id } = await fixture.enqueue(await makeAccount(db), async () => {
      throw new AppError('internal', { retryAfter: 30 });
    });
    await worker.process.waitForCount(1);
    const { run_at: due, updated_at: failed } = await jobRow(db, id);
    expect(Math.abs(due.getTime() - failed.getTime() - 30_250)).toBeLessThan(15);
    await worker.stop(0);
    await db.asMigrator(statement('delete from jobs.jobs where id = $1', [id]));
  });

  test('with a time to come back at in a day comes back after a minute: it has a place of its account', async () => {
    const worker = await fixture.work({ uniform: () => 0.5 });
    const { id } = await fixture.enqueue(await makeAccount(db), async () => {
      throw new AppError('internal', { retryAfter: 86_400 });
    });
    await worker.process.waitForCount(1);
    const { run_at: due, updated_at: failed } = await jobRow(db, id);
    expect(Math.abs(due.getTime() - failed.getTime() - 60_250)).toBeLessThan(15);
    await worker.stop(0);
    await db.asMigrator(statement('delete from jobs.jobs where id = $1', [id]));
  });

  const failing = [
    ['a fault without a name', () => new Error('oops'), 3],
    ['a fault of the server', () => new AppError('internal'), 3],
    ['what the caller or a rule caused', () => new AppError('conflict'), 1],
    [
      'a fault of 5xx that says that it lasts',
      () => Object.assign(new AppError('internal'), { retryable: false }),
      1,
    ],
    [
      'a refusal of 4xx that says that it passes',
      () => Object.assign(new AppError('conflict'), { retryable: true }),
      3,
    ],
  ] as const;
  test.each(failing)('by %s', async (_name, error, tries) => {
    const worker = await fixture.work();
    const { id } = await fixture.enqueue(await makeAccount(db), () => Promise.reject(error()));
    await worker.process.waitForCount(tries);
    await worker.stop(0);
    expect(await jobRow(db, id)).toMatchObject({ state: 'dead', attempt: tries });
  });

  test('for the last time is given up: the failure is stored, the permit released, the job dead', async () => {
    const member = await fixture.member();
    const worker = await fixture.work();
    const { id } = await fixture.enqueue(
      member,
      async (job) => {
        await job.permit?.send(plannedCall(100));
        job.permit?.notServed();
        throw new AppError('internal');
      },
      { wanted },
    );
    await worker.process.waitForCount(3);
    await worker.stop(0);
    expect(fixture.givenUp.at(-1)).toMatchObject({ job: { id, attempt: 3 }, failure: { code: 'internal' } });
    expect(await jobRow(db, id)).toMatchObject({ state: 'dead', error: 'internal' });
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'voided', reason: 'internal' }]);
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided', 'voided', 'voided']);
    expect(await windows(db, member.accountId)).toMatchObject({ 'demo monthly': 0, 'demo cost': 0 });
  });

  test('after several provider calls has used up as many tries: pipe and job count together', async () => {
    const worker = await fixture.work();
    const { id } = await fixture.enqueue(
      await fixture.member(),
      async (job) => {
        for (let call = 0; call < 2 && (job.permit?.calls ?? 0) < 3; call += 1) {
          await job.permit?.send(plannedCall(10));
          job.permit?.notServed();
        }
        throw new AppError('internal');
      },
      { wanted },
    );
    await worker.process.waitForCount(2);
    await worker.stop(0);
    expect(await jobRow(db, id)).toMatchObject({ state: 'dead', attempt: 2 });
    expect(fixture.givenUp.at(-1)?.job.permit?.calls).toBe(3);
  });
});
