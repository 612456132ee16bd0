import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { JobId } from '#platform/kernel';
import { advance, ids, makeAccount } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { jobRow, openJobs, type Task } from '@plinth/testkit/fixtures/jobs';

const { db } = await testDatabase();
const fixture = await openJobs(db);

/** A task that waits until it is let go. */
function held() {
  const began = Promise.withResolvers<AbortSignal>();
  const go = Promise.withResolvers<void>();
  const task: Task = async ({ signal }) => {
    began.resolve(signal);
    await go.promise;
  };
  return { began: began.promise, go: () => go.resolve(), task };
}

describe('a delivery', () => {
  test('runs the very job that it names, before others that wait, in a process without a worker', async () => {
    const { accountId, userId } = await makeAccount(db);
    const { jobs } = await fixture.openProcess();
    const first = await fixture.enqueue({ accountId, userId }, async () => {}, { quiet: true });
    const named = await fixture.enqueue({ accountId, userId }, async () => {}, { quiet: true });
    expect(await jobs.deliver(accountId, named.id)).toBe('done');
    expect(await jobRow(db, named.id)).toMatchObject({ state: 'done', attempt: 1 });
    expect(await jobRow(db, first.id)).toMatchObject({ state: 'ready', attempt: 0 });
    expect(await jobs.deliver(accountId, first.id)).toBe('done');
  });

  test('that comes twice runs the job once', async () => {
    const { accountId, userId } = await makeAccount(db);
    const processes = [await fixture.openProcess(), await fixture.openProcess()];
    let runs = 0;
    const run: Task = async () => void (runs += 1);
    const { id } = await fixture.enqueue({ accountId, userId }, run, { quiet: true });
    const outcomes = await Promise.all(processes.map(({ jobs }) => jobs.deliver(accountId, id)));
    expect(outcomes.toSorted()).toEqual(['absent', 'done']);
    expect(runs).toBe(1);
  });

  test('finds nothing to run where the job is unknown, another’s, not due, final, or of an unknown kind', async () => {
    const [member, other] = [await makeAccount(db), await makeAccount(db)];
    const { jobs } = await fixture.openProcess();
    const expectAbsent = async (id: JobId, accountId = member.accountId) =>
      expect(await jobs.deliver(accountId, id)).toBe('absent');
    await expectAbsent(ids.next());
    const ready = await fixture.enqueue(member, async () => {}, { quiet: true });
    await expectAbsent(ready.id, other.accountId);
    const late = await fixture.enqueue(member, async () => {}, { quiet: true, delay: 60_000 });
    await expectAbsent(late.id);
    expect(await jobs.deliver(member.accountId, ready.id)).toBe('done');
    await expectAbsent(ready.id);
    await advance(db, '2 minutes');
    await db.asMigrator(statement(`update jobs.jobs set kind = 'dance' where id = $1`, [late.id]));
    await expectAbsent(late.id);
    await db.asMigrator(statement(`update jobs.jobs set kind = 'work' where id = $1`, [late.id]));
    expect(await jobs.deliver(member.accountId, late.id)).toBe('done');
  });

  test('finds no place where as many run as may, of all lanes or of batch', async () => {
    const member = await makeAccount(db);
    const { jobs } = await fixture.openProcess({ concurrency: 2, batchConcurrency: 1 });
    const [one, two] = [held(), held()];
    const enqueue = async (task: Task, lane: 'interactive' | 'batch') =>
      (await fixture.enqueue(member, task, { quiet: true, lane })).id;
    const running = [jobs.deliver(member.accountId, await enqueue(one.task, 'batch'))];
    await one.began;
    const batch = await enqueue(async () => {}, 'batch');
    expect(await jobs.deliver(member.accountId, batch)).toBe('busy');
    running.push(jobs.deliver(member.accountId, await enqueue(two.task, 'interactive')));
    await two.began;
    const more = await enqueue(async () => {}, 'interactive');
    expect(await jobs.deliver(member.accountId, more)).toBe('busy');
    one.go();
    two.go();
    expect(await Promise.all(running)).toEqual(['done', 'done']);
    expect(await jobs.deliver(member.accountId, more)).toBe('done');
    expect(await jobs.deliver(member.accountId, batch)).toBe('done');
  });

  test('says what its attempt came to', async () => {
    const member = await makeAccount(db);
    const { jobs } = await fixture.openProcess({ uniform: () => 0.9 });
    const failing = await fixture.enqueue(member, () => Promise.reject(new Error('no')), { quiet: true });
    expect(await jobs.deliver(member.accountId, failing.id)).toBe('retry');
    expect(await jobs.deliver(member.accountId, failing.id)).toBe('absent');
    await advance(db, '1 minute');
    expect(await jobs.deliver(member.accountId, failing.id)).toBe('retry');
    await advance(db, '1 minute');
    expect(await jobs.deliver(member.accountId, failing.id)).toBe('failed');
  });

  test('is not taken by a process that stops, and the one under way is handed over', async () => {
    const member = await makeAccount(db);
    const { jobs } = await fixture.openProcess();
    const began = Promise.withResolvers<void>();
    const { id } = await fixture.enqueue(
      member,
      async ({ signal }) => {
        began.resolve();
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('stopped'))),
        );
      },
      { quiet: true },
    );
    const running = jobs.deliver(member.accountId, id);
    await began.promise;
    await jobs.close(0);
    expect(await running).toBe('retry');
    expect(await jobRow(db, id)).toMatchObject({ state: 'ready', attempt: 0 });
    expect(await jobs.deliver(member.accountId, id)).toBe('busy');
    await db.asMigrator(statement('delete from jobs.jobs where id = $1', [id]));
  });

  test('whose end could not be written is run again, without a worker here', async () => {
    const member = await makeAccount(db);
    const { jobs, logged } = await fixture.openProcess();
    const { id } = await fixture.enqueue(
      member,
      async ({ attempt }) => {
        if (attempt > 1) return;
        await db.asMigrator(
          statement(`alter table jobs.jobs add constraint away check (state <> 'done') not valid`),
        );
      },
      { quiet: true },
    );
    expect(await jobs.deliver(member.accountId, id)).toBe('retry');
    expect(logged.join()).toContain('job could not be ended');
    await db.asMigrator(statement('alter table jobs.jobs drop constraint away'));
    await expect.poll(async () => (await jobRow(db, id)).state, { timeout: 120_000 }).toBe('ready');
    expect(await jobs.deliver(member.accountId, id)).toBe('done');
    expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 2 });
  });
});
