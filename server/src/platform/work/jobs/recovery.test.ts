import { describe, expect, test } from 'vitest';
import { type Database, DatabaseAway, statement } from '#platform/db';
import { AppError, type Clock } from '#platform/kernel';
import { makeAccount } from '@plinth/testkit/factories';
import {
  denialOf,
  figures,
  permitOf,
  kill,
  ledgerLines,
  openNode,
  permits,
  plannedCall,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { EFFECT, jobRow, leaveTrace, openJobs, traces } from '@plinth/testkit/fixtures/jobs';
import type { RunningJob } from './index.ts';

const { db } = await testDatabase();
const fixture = await openJobs(db);
const wanted = { reserve: 100 };

/** Stores a result, ends the job and settles its permit, in one transaction. */
async function complete(job: RunningJob): Promise<void> {
  const settlement = job.permit === undefined ? [] : [job.permit.settlement()];
  await db.tenant(job.accountId, EFFECT, [leaveTrace(job.accountId), job.finishing(), ...settlement]);
}

describe('when a worker dies', () => {
  test('another takes over; whatever the dead one still does is undone, and what it knows becomes one correction', async () => {
    const member = await fixture.member();
    const dying = await fixture.work();
    const served = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { id } = await fixture.enqueue(
      member,
      async (job) => {
        await job.permit?.send(plannedCall(100));
        job.permit?.served(figures(job.attempt === 1 ? 30 : 50));
        if (job.attempt === 1) {
          served.resolve();
          await goOn.promise;
        }
        await complete(job);
      },
      { wanted },
    );
    await served.promise;
    await kill(dying.process.node);

    const successor = await fixture.work();
    await successor.process.waitForCount(1);
    expect(successor.process.ended).toEqual([{ kind: 'work', outcome: 'done' }]);
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated', 'posted 50']);
    goOn.resolve();
    await dying.process.waitForCount(1);
    await Promise.all([dying.stop(0), successor.stop(0)]);

    expect(dying.process.ended).toEqual([{ kind: 'work', outcome: 'stale' }]);
    expect(await traces(db, member.accountId)).toBe(1);
    expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 2 });
    expect(await ledgerLines(db, member.accountId)).toEqual([
      'posted 100 estimated',
      'correction -70',
      'posted 50',
    ]);
    expect(await windows(db, member.accountId)).toEqual({
      'demo monthly': 1,
      'demo hourly': 1,
      'demo cost': 80,
    });
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'settled', fence: 3 }]);
  });

  test('and fails late, its failure is undone too: the job of its successor goes on', async () => {
    const member = await fixture.member();
    const dying = await fixture.work();
    const began = Promise.withResolvers<void>();
    const fail = Promise.withResolvers<void>();
    const hold = Promise.withResolvers<void>();
    const heirBegan = Promise.withResolvers<void>();
    const { id } = await fixture.enqueue(
      member,
      async (job) => {
        if (job.attempt === 1) {
          began.resolve();
          await fail.promise;
          throw new AppError('conflict');
        }
        heirBegan.resolve();
        await hold.promise;
        await complete(job);
      },
      { wanted },
    );
    await began.promise;
    await kill(dying.process.node);
    const successor = await fixture.work();
    await heirBegan.promise;
    fail.resolve();
    await dying.process.waitForCount(1);
    expect(dying.process.ended).toEqual([{ kind: 'work', outcome: 'stale' }]);
    expect(await jobRow(db, id)).toMatchObject({ state: 'running', attempt: 2 });
    hold.resolve();
    await successor.process.waitForCount(1);
    await Promise.all([dying.stop(0), successor.stop(0)]);
    expect(await jobRow(db, id)).toMatchObject({ state: 'done' });
    expect(await traces(db, member.accountId)).toBe(1);
  });

  test('the same holds for a job without a permit: its own fence undoes what comes too late', async () => {
    const member = await makeAccount(db);
    const dying = await fixture.work();
    const began = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { id } = await fixture.enqueue(member, async (job) => {
      if (job.attempt === 1) {
        began.resolve();
        await goOn.promise;
      }
      await complete(job);
    });
    await began.promise;
    await kill(dying.process.node);
    const successor = await fixture.work();
    await successor.process.waitForCount(1);
    goOn.resolve();
    await dying.process.waitForCount(1);
    await Promise.all([dying.stop(0), successor.stop(0)]);
    expect(dying.process.ended).toEqual([{ kind: 'work', outcome: 'stale' }]);
    expect(await traces(db, member.accountId)).toBe(1);
    expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 2 });
  });

  test('over a job without a permit, the fence of the job alone undoes what comes late', async () => {
    const member = await makeAccount(db);
    const dying = await fixture.work();
    const began = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { id } = await fixture.enqueue(member, async (job) => {
      if (job.attempt === 1) {
        began.resolve();
        await goOn.promise;
      }
      await complete(job);
    });
    await began.promise;
    await kill(dying.process.node);
    const successor = await fixture.work();
    await successor.process.waitForCount(1);
    goOn.resolve();
    await dying.process.waitForCount(1);
    await Promise.all([dying.stop(0), successor.stop(0)]);
    expect(dying.process.ended).toEqual([{ kind: 'work', outcome: 'stale' }]);
    expect(await traces(db, member.accountId)).toBe(1);
    expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 2 });
  });

  test('its lease is what keeps it from taking more', async () => {
    const member = await makeAccount(db);
    const worker = await fixture.work();
    await kill(worker.process.node);
    const { id } = await fixture.enqueue(member, async () => {});
    await expect.poll(() => worker.process.logged).toContain('no jobs could be taken: the holder is dead');
    expect(await jobRow(db, id)).toMatchObject({ state: 'ready', attempt: 0 });
    await worker.stop(0);
    const other = await fixture.work();
    await other.process.waitForCount(1);
    await other.stop(0);
  });

  test('in each of its tries, the job is given up, and the calls that went out are charged', async () => {
    const member = await fixture.member();
    let began = Promise.withResolvers<void>();
    const { id } = await fixture.enqueue(
      member,
      async (job) => {
        await job.permit?.send(plannedCall(40));
        began.resolve();
        await new Promise(() => {});
      },
      { wanted: { reserve: 40 }, quiet: true },
    );
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      began = Promise.withResolvers<void>();
      const dying = await fixture.work();
      await began.promise;
      await kill(dying.process.node);
      void dying.stop(0);
    }
    const last = await fixture.work();
    await last.process.waitForCount(1);
    await last.stop(0);
    expect(fixture.givenUp.at(-1)).toMatchObject({
      job: { id, attempt: 4 },
      failure: { code: 'provider_unavailable' },
    });
    expect(await jobRow(db, id)).toMatchObject({ state: 'dead' });
    expect(await ledgerLines(db, member.accountId)).toEqual(
      Array.from({ length: 3 }, () => 'posted 40 estimated'),
    );
    expect(await windows(db, member.accountId)).toMatchObject({ 'demo monthly': 0, 'demo cost': 120 });
  });
});

describe('when the end of a job cannot be written', () => {
  test('the worker that lives on takes it up again, instead of holding it for ever', async () => {
    const member = await fixture.member();
    const worker = await fixture.work({ polls: { recovery: 100 } });
    let breaks = 1;
    const { id } = await fixture.enqueue(
      member,
      async (job) => {
        if (breaks > 0) {
          breaks -= 1;
          // The job's last step fails, and so does putting it back: its fence is hidden from the database for a while.
          await db.asMigrator(statement('update jobs.jobs set fence = fence + 100 where id = $1', [id]));
          throw new Error('the database went away');
        }
        await complete(job);
      },
      { wanted },
    );
    await worker.process.waitForCount(2);
    await worker.stop(0);
    expect(await jobRow(db, id)).toMatchObject({ state: 'done', error: null, attempt: 2 });
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'settled' }]);
  });

  test('a handler that can never store its failure is left out in the end, and nothing stays open', async () => {
    const member = await fixture.member();
    const { id } = await fixture.enqueue(member, async () => {}, { wanted, quiet: true, kind: 'work' });
    await db.asMigrator(statement(`update jobs.jobs set kind = 'broken', attempt = 8 where id = $1`, [id]));
    const jobProcess = await fixture.openProcess();
    const broken = {
      kind: 'broken',
      attempts: 3,
      run: async () => {},
      giveUp: () => Promise.reject(new Error('a bug')),
    };
    jobProcess.jobs.handle(broken);
    const worker = jobProcess.jobs.work();
    await jobProcess.waitForCount(1);
    await worker.stop(0);
    expect(await jobRow(db, id)).toMatchObject({ state: 'dead', error: 'provider_unavailable' });
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'voided' }]);
  });

  test('and its handler fails at giving up, the job is tried again by the next recovery', async () => {
    const member = await fixture.member();
    const { id } = await fixture.enqueue(member, async () => {}, { wanted, quiet: true });
    await db.asMigrator(statement(`update jobs.jobs set kind = 'shaky' where id = $1`, [id]));
    const jobProcess = await fixture.openProcess({ polls: { recovery: 100 } });
    let isBroken = true;
    jobProcess.jobs.handle({
      kind: 'shaky',
      attempts: 1,
      run: () => Promise.reject(new AppError('conflict')),
      async giveUp(job) {
        if (isBroken) {
          isBroken = false;
          throw new Error('the database was away');
        }
        const releasing = job.permit === undefined ? [] : [job.permit.releasing('conflict')];
        await db.tenant(job.accountId, EFFECT, [job.finishing({ failed: 'conflict' }), ...releasing]);
      },
    });
    const worker = jobProcess.jobs.work();
    await jobProcess.waitForCount(2);
    await worker.stop(0);
    expect(jobProcess.logged).toContain('job could not be ended: the database was away');
    expect(await jobRow(db, id)).toMatchObject({ state: 'dead', error: 'conflict', attempt: 2 });
  });
});

test('a permit that its job left open is closed, so that its place is never lost', async () => {
  const member = await fixture.member();
  const worker = await fixture.work();
  await fixture.enqueue(
    member,
    async (job) => {
      await job.permit?.send(plannedCall(100));
      // It ends the job, and forgets its permit.
      await db.tenant(job.accountId, EFFECT, [job.finishing()]);
    },
    { wanted },
  );
  await worker.process.waitForCount(1);
  await worker.stop(0);
  expect(await permits(db, member.accountId)).toMatchObject([{ state: 'running' }]);
  const next = await fixture.work();
  await expect.poll(async () => (await permits(db, member.accountId))[0]?.state).toBe('settled');
  await next.stop(0);
  expect(await permits(db, member.accountId)).toMatchObject([{ reason: 'job ended' }]);
  expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated']);
});

test('a job whose permit was closed before it began does not run', async () => {
  const member = await fixture.member();
  let ran = false;
  const { id, permit } = await fixture.enqueue(
    member,
    async () => {
      ran = true;
    },
    { wanted, quiet: true },
  );
  await db.asMigrator(statement(`update limits.permits set state = 'voided' where id = $1`, [permit?.id]));
  const worker = await fixture.work();
  await worker.process.waitForCount(1);
  await worker.stop(0);
  expect(ran).toBe(false);
  expect(await jobRow(db, id)).toMatchObject({ state: 'dead', error: 'permit_stale' });
});

test('a place stays taken while its job waits between two tries', async () => {
  const gate = Promise.withResolvers<void>();
  const member = await fixture.member();
  const worker = await fixture.work({ uniform: () => 0.9 });
  await fixture.enqueue(
    member,
    async (job) => {
      if (job.attempt === 1) throw new Error('no');
      await gate.promise;
    },
    { wanted: { ...wanted, units: 300 } },
  );
  await worker.process.waitForCount(1);
  expect(await permits(db, member.accountId)).toMatchObject([{ state: 'queued' }]);
  expect((await fixture.limits.usage(member.accountId)).find(({ limit }) => limit === 'at_once')?.used).toBe(
    1,
  );
  denialOf(await fixture.admit(member, { units: 300 }));
  permitOf(await fixture.admit(member, { units: 1 }));
  gate.resolve();
  await worker.process.waitForCount(2);
  await worker.stop(0);
});

test('a take-up whose answer is lost is no try of the job', async () => {
  const member = await fixture.member();
  let lost = 4;
  const losing: Database = Object.assign(Object.create(db), {
    system: async (...call: Parameters<Database['system']>) => {
      const answer = await db.system(...call);
      if (call[1] !== 'jobs.take' || lost === 0) return answer;
      lost -= 1;
      throw new DatabaseAway('The connection was lost.', undefined, true);
    },
  });
  const node = await openNode(losing, [fixture.catalogue]);
  const taking = await fixture.openProcess({ node, polls: { recovery: 50 } });
  const worker = taking.jobs.work();
  const { id } = await fixture.enqueue(member, complete, { wanted, quiet: true });
  await taking.waitForCount(1);
  await worker.stop(0);
  expect(lost).toBe(0);
  expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 1 });
});

test('a job that was taken up by a process that was away from then on for longer than its lease is not begun there', async () => {
  const away = { ms: 0 };
  const clock: Clock = { monotonic: () => away.ms, now: () => away.ms };
  const member = await fixture.member();
  const begun: string[] = [];
  const { id } = await fixture.enqueue(
    member,
    async (job) => {
      begun.push(job.permit?.holder ?? '');
      await complete(job);
    },
    { wanted, quiet: true },
  );
  // The answer of the take-up lies in its socket.
  const slow: Database = Object.assign(Object.create(db), {
    system: async (...call: Parameters<Database['system']>) => {
      const answer = await db.system(...call);
      if (call[1] === 'jobs.take') away.ms = 40_000;
      return answer;
    },
  });
  const node = await openNode(slow, [fixture.catalogue], clock);
  const stopped = await fixture.openProcess({ node });
  expect(await stopped.jobs.deliver(member.accountId, id)).toBe('retry');
  expect(stopped.ended).toEqual([{ kind: 'work', outcome: 'handed_over' }]);
  expect(node.lost).toHaveLength(1);
  const other = await fixture.openProcess();
  expect(await other.jobs.deliver(member.accountId, id)).toBe('done');
  expect(begun).toEqual([other.node.holder.id]);
  expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 1 });
});
