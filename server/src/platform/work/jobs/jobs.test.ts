import { describe, expect, test } from 'vitest';
import { openDatabase, statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import { advance, databaseTime, makeAccount, suspendAccount } from '@plinth/testkit/factories';
import {
  figures,
  ledgerLines,
  openNode,
  permits,
  plannedCall,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import {
  EFFECT,
  type EnqueuedJob,
  jobRow,
  leaveTrace,
  openJobs,
  traces,
} from '@plinth/testkit/fixtures/jobs';
import type { RunningJob } from './index.ts';

const { db, url } = await testDatabase();
const fixture = await openJobs(db);
const wanted = { reserve: 100 };

/** A gate that a job waits at, and the news that it has come there. */
function gate() {
  const reached = Promise.withResolvers<RunningJob>();
  const open = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: () => open.resolve(),
    task: async (job: RunningJob) => {
      reached.resolve(job);
      await open.promise;
    },
  };
}

describe('enqueueing', () => {
  test('happens with the transaction that it belongs to, or not at all', async () => {
    const member = await makeAccount(db);
    const { jobs } = await fixture.openProcess();
    const job = { kind: 'work', lane: 'batch', payload: {}, requestId: 'r' } as const;
    const undone = db.tenant(member.accountId, EFFECT, async (tx) => {
      await tx.runAll(jobs.enqueueing(member.accountId, job));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    const count = statement<{ n: number }>('select count(*)::int as n from jobs.jobs where account_id = $1', [
      member.accountId,
    ]);
    expect((await db.asMigrator(count))[0]?.n).toBe(0);
    await db.tenant(member.accountId, EFFECT, jobs.enqueueing(member.accountId, job));
    expect((await db.asMigrator(count))[0]?.n).toBe(1);
    const worker = await fixture.work();
    await worker.process.waitForCount(1);
    await worker.stop(0);
  });

  test('makes the job the owner of the permit: nobody else can settle it from then on', async () => {
    const member = await fixture.member();
    const { permit, id } = await fixture.enqueue(member, async () => {}, { wanted, quiet: true });
    await expect(permit?.settle()).rejects.toMatchObject({ code: 'permit_stale' });
    await expect(permit?.release('a handler that failed late')).rejects.toMatchObject({
      code: 'permit_stale',
    });
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'queued', job_id: id }]);
    const worker = await fixture.work();
    await worker.process.waitForCount(1);
    await worker.stop(0);
  });

  test('needs a handler of that kind', async () => {
    const { jobs } = await fixture.openProcess();
    const { accountId } = await makeAccount(db);
    const unknown = { kind: 'dance', lane: 'batch', payload: {}, requestId: 'r' } as const;
    expect(() => jobs.enqueueing(accountId, unknown)).toThrow('no handler');
    expect(() =>
      jobs.handle({ kind: 'work', attempts: 1, run: async () => {}, giveUp: async () => {} }),
    ).toThrow('two handlers');
  });
});

describe('a job', () => {
  test('runs with its permit, whose call is marked as sent before it begins; one transaction stores, ends and settles', async () => {
    const member = await fixture.member();
    const worker = await fixture.work();
    const { id } = await fixture.enqueue(
      member,
      async (job) => {
        expect(await ledgerLines(db, member.accountId)).toEqual(['sent']);
        expect(await permits(db, member.accountId)).toMatchObject([{ state: 'running', fence: 2 }]);
        await job.permit?.send(plannedCall(100));
        job.permit?.served(figures(30));
        const settlement = job.permit === undefined ? [] : [job.permit.settlement()];
        await db.tenant(job.accountId, EFFECT, [leaveTrace(job.accountId), job.finishing(), ...settlement]);
      },
      { wanted },
    );
    await worker.process.waitForCount(1);
    expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 1, error: null });
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'settled' }]);
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 30']);
    expect(await traces(db, member.accountId)).toBe(1);
    await worker.stop(0);
  });

  test('whose handler leaves its end to the worker is ended and settled', async () => {
    const member = await fixture.member();
    const worker = await fixture.work();
    const { id } = await fixture.enqueue(member, async () => {}, { wanted });
    await worker.process.waitForCount(1);
    expect(await jobRow(db, id)).toMatchObject({ state: 'done' });
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'settled' }]);
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided']);
    await worker.stop(0);
  });

  test('of a suspended account does not run, and gives everything back', async () => {
    const member = await fixture.member();
    let ran = false;
    const { id } = await fixture.enqueue(
      member,
      async () => {
        ran = true;
      },
      { wanted, quiet: true },
    );
    await suspendAccount(db, member.accountId);
    const worker = await fixture.work();
    await worker.process.waitForCount(1);
    await worker.stop(0);
    expect(ran).toBe(false);
    expect(await jobRow(db, id)).toMatchObject({ state: 'dead', error: 'forbidden' });
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided']);
    expect(await windows(db, member.accountId)).toEqual({
      'demo monthly': 0,
      'demo hourly': 1,
      'demo cost': 0,
    });
  });

  test('of a kind that this process does not know is left to those that do, and hinders no other', async () => {
    const member = await fixture.member();
    const { id, permit } = await fixture.enqueue(member, async () => {}, { wanted, quiet: true });
    await db.asMigrator(statement(`update jobs.jobs set kind = 'dance' where id = $1`, [id]));
    const known = await fixture.enqueue(member, async () => {}, { quiet: true });
    const worker = await fixture.work({ concurrency: 1 });
    await worker.process.waitForCount(1);
    await worker.stop(0);
    expect(await jobRow(db, known.id)).toMatchObject({ state: 'done' });
    expect(await jobRow(db, id)).toMatchObject({ state: 'ready', attempt: 0 });
    expect(await permits(db, member.accountId)).toMatchObject([{ id: permit?.id, state: 'queued' }]);
    const newer = await fixture.openProcess();
    newer.jobs.handle({ kind: 'dance', attempts: 1, run: async () => {}, giveUp: async () => {} });
    const next = newer.jobs.work();
    await newer.waitForCount(1);
    await next.stop(0);
    expect(await jobRow(db, id)).toMatchObject({ state: 'done' });
  });

  test('of the interactive lane goes before those of the batch lane that waited longer', async () => {
    const member = await makeAccount(db);
    const order: string[] = [];
    const first = gate();
    await fixture.enqueue(member, first.task, { quiet: true });
    const worker = await fixture.work({ concurrency: 1 });
    await first.reached;
    for (const lane of ['batch', 'batch', 'interactive', 'interactive'] as const) {
      await fixture.enqueue(member, async (job) => void order.push(job.lane), { lane });
    }
    first.open();
    await worker.process.waitForCount(5);
    await worker.stop(0);
    expect(order).toEqual(['interactive', 'interactive', 'batch', 'batch']);
  });

  test('that is delayed runs at its time: not before, and not a poll later', async () => {
    const member = await makeAccount(db);
    const worker = await fixture.work();
    const ran = Promise.withResolvers<Date>();
    const { id } = await fixture.enqueue(member, async () => ran.resolve(await databaseTime(db)), {
      delay: 300,
    });
    const { run_at: due } = await jobRow(db, id);
    const late = (await ran.promise).getTime() - due.getTime();
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(500);
    await worker.process.waitForCount(1);
    await worker.stop(0);
  });
});

/** How many connections of all processes hear signals by now. */
async function listeners(): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where datname = current_database()
       and application_name = 'plinth-listen' and state = 'idle' and query like 'listen%'`,
    ),
  );
  return row?.n ?? 0;
}

describe('workers', () => {
  test.runIf(engine === 'postgres')('of another process are woken by a signal', async () => {
    const before = await listeners();
    const there = await openDatabase({ engine: 'postgres', url });
    const node = await openNode(there, [fixture.catalogue]);
    const worker = await fixture.work({ node, concurrency: 20, bySignals: true });
    await expect.poll(listeners).toBe(before + 1);
    const member = await makeAccount(db);
    const gates = Array.from({ length: 9 }, gate);
    // None ends, so that nothing else wakes it.
    for (const { task, reached } of gates) {
      await fixture.enqueue(member, task);
      await reached;
    }
    for (const { open } of gates) open();
    await worker.stop(10_000);
    await there.close();
  });

  test('find a job whose signal was lost', async () => {
    const worker = await fixture.work({ polls: { slow: 100 } });
    await fixture.enqueue(await makeAccount(db), async () => {}, { quiet: true });
    await worker.process.waitForCount(1);
    await worker.stop(0);
  });

  test('of several processes run 200 jobs, and none of them twice', async () => {
    const connections =
      url === ''
        ? []
        : [await openDatabase({ engine: 'postgres', url }), await openDatabase({ engine: 'postgres', url })];
    const runs = new Map<string, number>();
    const members = await Promise.all(Array.from({ length: 10 }, () => fixture.member()));
    const enqueued: EnqueuedJob[] = [];
    for (let job = 0; job < 200; job += 1) {
      const task = async ({ id }: RunningJob) => void runs.set(id, (runs.get(id) ?? 0) + 1);
      const member = members[job % 10];
      if (member !== undefined)
        enqueued.push(await fixture.enqueue(member, task, { wanted: { reserve: 1 }, quiet: true }));
    }
    const nodes = await Promise.all(
      [db, connections[0] ?? db, connections[1] ?? db, db].map((one) => openNode(one, [fixture.catalogue])),
    );
    const workers = await Promise.all(nodes.map((node) => fixture.work({ node, concurrency: 8 })));
    await expect
      .poll(() => workers.reduce((sum, { process: { ended } }) => sum + ended.length, 0), {
        timeout: 120_000,
      })
      .toBe(200);
    await Promise.all(workers.map((worker) => worker.stop(1_000)));
    expect([...runs.values()].every((count) => count === 1)).toBe(true);
    expect(runs.size).toBe(enqueued.length);
    for (const { accountId } of members) {
      expect(await windows(db, accountId)).toMatchObject({ 'demo monthly': 20, 'demo cost': 0 });
      expect((await permits(db, accountId)).every(({ state }) => state === 'settled')).toBe(true);
    }
    for (const connection of connections) await connection.close();
  });

  test('that stop take nothing new, and wait for what is under way', async () => {
    const member = await makeAccount(db);
    const worker = await fixture.work({ concurrency: 1 });
    const work = gate();
    const first = await fixture.enqueue(member, work.task);
    const { signal } = await work.reached;
    const second = await fixture.enqueue(member, async () => {});
    const stopped = worker.stop(60_000);
    work.open();
    await stopped;
    expect(signal.aborted).toBe(false);
    expect(await jobRow(db, first.id)).toMatchObject({ state: 'done' });
    expect(await jobRow(db, second.id)).toMatchObject({ state: 'ready', attempt: 0 });
    const next = await fixture.work();
    await next.process.waitForCount(1);
    await next.stop(0);
  });

  test('are one to a process', async () => {
    const worker = await fixture.work();
    expect(() => worker.process.jobs.work()).toThrow('a worker already');
    await worker.stop(0);
    await worker.process.jobs.work().stop(0);
  });

  test('that must stop at once hand over what is under way: it does not count, and what went out is posted', async () => {
    const member = await fixture.member();
    const worker = await fixture.work();
    const began = Promise.withResolvers<void>();
    const attempts: number[] = [];
    const { id } = await fixture.enqueue(
      member,
      async ({ signal, attempt, permit }) => {
        await permit?.send(plannedCall(100));
        began.resolve();
        if (attempts.push(attempt) > 1) return permit?.served(figures(30));
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new AppError('conflict'))),
        );
      },
      { wanted },
    );
    await began.promise;
    await worker.stop(0);
    expect(worker.process.ended).toEqual([{ kind: 'work', outcome: 'handed_over' }]);
    expect(await jobRow(db, id)).toMatchObject({ state: 'ready', attempt: 0 });
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'queued' }]);
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated']);
    const next = await fixture.work();
    await next.process.waitForCount(1);
    await next.stop(0);
    expect(attempts).toEqual([1, 1]);
    expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 1 });
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated', 'posted 30']);
    expect(await windows(db, member.accountId)).toMatchObject({ 'demo monthly': 1, 'demo cost': 130 });
  });
});

test('the depth of the queue is told by lane and state, and done jobs are forgotten after a day', async () => {
  const { db: own } = await testDatabase();
  const small = await openJobs(own);
  const member = await makeAccount(own);
  await small.enqueue(member, async () => {}, { quiet: true });
  await small.enqueue(member, async () => {}, { quiet: true, lane: 'batch', delay: 3_600_000 });
  const { jobs } = await small.openProcess();
  const depth = await jobs.depth();
  expect(depth.toSorted((a, b) => (a.lane < b.lane ? -1 : 1))).toEqual([
    { lane: 'batch', state: 'delayed', count: 1 },
    { lane: 'interactive', state: 'ready', count: 1 },
  ]);
  const worker = await small.work();
  await worker.process.waitForCount(1);
  await worker.stop(0);
  await advance(own, '23 hours');
  expect(await jobs.prune()).toBe(0);
  await advance(own, '2 hours');
  expect(await jobs.prune()).toBe(1);
});
