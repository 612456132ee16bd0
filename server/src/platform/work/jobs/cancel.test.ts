import { describe, expect, test } from 'vitest';
import { openDatabase, statement } from '#platform/db';
import type { AccountId, JobId } from '#platform/kernel';
import { makeAccount } from '@plinth/testkit/factories';
import {
  figures,
  kill,
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
const { jobs } = await fixture.openProcess();

/** Cancels as an account does, and tells the worker. Answers whether there was something to cancel. */
async function cancel(accountId: AccountId, id: JobId, how?: { keep: boolean }): Promise<boolean> {
  const [[answer]] = await db.tenant(accountId, EFFECT, [jobs.cancelling(accountId, id, how)]);
  jobs.interrupt(id);
  return answer?.cancelled === true;
}

/** Stores a result, ends the job and settles its permit, in one transaction. */
async function complete(job: RunningJob): Promise<void> {
  const settlement = job.permit === undefined ? [] : [job.permit.settlement()];
  await db.tenant(job.accountId, EFFECT, [leaveTrace(job.accountId), job.finishing(), ...settlement]);
}

/** A task whose call is out, and that waits for the end of its signal. */
function callingHandler(served = 30) {
  const began = Promise.withResolvers<RunningJob>();
  return {
    began: began.promise,
    async task(job: RunningJob) {
      await job.permit?.send(plannedCall(100));
      began.resolve(job);
      await new Promise((resolve) => job.signal.addEventListener('abort', resolve));
      job.permit?.served(figures(served));
      await complete(job);
    },
  };
}

describe('a job that is cancelled', () => {
  test('while it waits never runs, and gives quota, reserve and place back at once', async () => {
    const member = await fixture.member();
    let ran = false;
    const run = async () => {
      ran = true;
    };
    const { id } = await fixture.enqueue(member, run, { wanted, quiet: true });
    expect(await cancel(member.accountId, id)).toBe(true);
    expect(await jobRow(db, id)).toMatchObject({ state: 'cancelled', error: null });
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'voided', reason: 'cancelled' }]);
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided']);
    expect(await windows(db, member.accountId)).toMatchObject({
      'demo monthly': 0,
      'demo hourly': 1,
      'demo cost': 0,
    });
    const worker = await fixture.work();
    const next = await fixture.enqueue(member, async () => {});
    await worker.process.waitForCount(1);
    await worker.stop(0);
    expect(await jobRow(db, next.id)).toMatchObject({ state: 'done' });
    expect(ran).toBe(false);
  });

  test('between two tries is not tried again', async () => {
    const member = await fixture.member();
    const worker = await fixture.work({ uniform: () => 0.9 });
    const { id } = await fixture.enqueue(member, () => Promise.reject(new Error('no')), { wanted });
    await worker.process.waitForCount(1);
    expect(await jobRow(db, id)).toMatchObject({ state: 'delayed', attempt: 1 });
    expect(await cancel(member.accountId, id)).toBe(true);
    await worker.stop(0);
    expect(worker.process.ended).toHaveLength(1);
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'voided' }]);
  });

  test('while it runs is told so, stores nothing any more, and its call is booked as the provider says', async () => {
    const member = await fixture.member();
    const worker = await fixture.work();
    const work = callingHandler();
    const { id } = await fixture.enqueue(member, work.task, { wanted });
    await work.began;
    expect(await cancel(member.accountId, id)).toBe(true);
    await worker.process.waitForCount(1);
    await worker.stop(0);
    expect(worker.process.ended).toEqual([{ kind: 'work', outcome: 'stale' }]);
    expect(await traces(db, member.accountId)).toBe(0);
    expect(await jobRow(db, id)).toMatchObject({ state: 'cancelled' });
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'voided', reason: 'cancelled' }]);
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated', 'correction -70']);
    expect(await windows(db, member.accountId)).toMatchObject({ 'demo monthly': 0, 'demo cost': 30 });
  });

  test('and whose work was used keeps its charge', async () => {
    const member = await fixture.member();
    const worker = await fixture.work();
    const work = callingHandler();
    const { id } = await fixture.enqueue(member, work.task, { wanted });
    await work.began;
    expect(await cancel(member.accountId, id, { keep: true })).toBe(true);
    await worker.process.waitForCount(1);
    await worker.stop(0);
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'settled' }]);
    expect(await windows(db, member.accountId)).toMatchObject({ 'demo monthly': 1, 'demo cost': 30 });
  });

  test('stores no part of its result either: what tells its progress is undone with it', async () => {
    const member = await makeAccount(db);
    const worker = await fixture.work();
    const cancelled = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const { id } = await fixture.enqueue(member, async (job) => {
      await db.tenant(job.accountId, EFFECT, [leaveTrace(job.accountId), job.progressing(1, 3)]);
      began.resolve();
      await cancelled.promise;
      await db.tenant(job.accountId, EFFECT, [leaveTrace(job.accountId), job.progressing(2, 3)]);
    });
    await began.promise;
    const progress = () => jobs.listing.read(member.accountId, id);
    expect(await progress()).toMatchObject({ state: 'running', progress_done: 1, progress_total: 3 });
    await cancel(member.accountId, id);
    cancelled.resolve();
    await worker.process.waitForCount(1);
    await worker.stop(0);
    expect(worker.process.ended).toEqual([{ kind: 'work', outcome: 'stale' }]);
    expect(await traces(db, member.accountId)).toBe(1);
    expect(await progress()).toMatchObject({ state: 'cancelled', progress_done: 1 });
  });

  test.runIf(engine === 'postgres')('in another process is told so there', async () => {
    const there = await openDatabase({ engine: 'postgres', url });
    const member = await fixture.member();
    const worker = await fixture.work({ node: await openNode(there, [fixture.catalogue]) });
    const work = callingHandler();
    const { id } = await fixture.enqueue(member, work.task, { wanted });
    await work.began;
    await cancel(member.accountId, id);
    // Its connection may not listen yet.
    const toldAgain = setInterval(() => jobs.interrupt(id), 250);
    await worker.process.waitForCount(1);
    clearInterval(toldAgain);
    await worker.stop(0);
    await there.close();
    expect(await jobRow(db, id)).toMatchObject({ state: 'cancelled' });
  });

  test('a second time, or after its end, changes nothing', async () => {
    const member = await fixture.member();
    const { id } = await fixture.enqueue(member, async () => {}, { wanted, quiet: true });
    const both = await Promise.all([cancel(member.accountId, id), cancel(member.accountId, id)]);
    expect(both.toSorted()).toEqual([false, true]);
    const worker = await fixture.work();
    const done = await fixture.enqueue(member, complete, { wanted });
    await worker.process.waitForCount(1);
    await worker.stop(0);
    expect(await cancel(member.accountId, done.id)).toBe(false);
    expect(await jobRow(db, done.id)).toMatchObject({ state: 'done' });
    expect(await windows(db, member.accountId)).toMatchObject({ 'demo monthly': 1 });
  });

  test('by another account is not there', async () => {
    const [member, other] = [await fixture.member(), await makeAccount(db)];
    const { id } = await fixture.enqueue(member, async () => {}, { wanted, quiet: true });
    expect(await cancel(other.accountId, id)).toBe(false);
    const [[answer]] = await db.tenant(other.accountId, EFFECT, [jobs.cancelling(member.accountId, id)]);
    expect(answer).toEqual({ cancelled: false });
    expect(await jobRow(db, id)).toMatchObject({ state: 'ready' });
    expect(await cancel(member.accountId, id)).toBe(true);
  });

  test('in a transaction that is undone goes on', async () => {
    const member = await fixture.member();
    const { id } = await fixture.enqueue(member, async () => {}, { wanted, quiet: true });
    const undone = db.tenant(member.accountId, EFFECT, async (tx) => {
      await tx.run(jobs.cancelling(member.accountId, id));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await jobRow(db, id)).toMatchObject({ state: 'ready' });
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'queued' }]);
    expect(await cancel(member.accountId, id)).toBe(true);
  });
});

/** Fails now and then, by its id; else it does what it must. */
async function unsteady(job: RunningJob): Promise<void> {
  await job.permit?.send(plannedCall(10));
  if (Number.parseInt(job.id.slice(-2), 16) % 3 === job.attempt % 3) throw new Error('a fault of ours');
  job.permit?.served(figures(5));
  await complete(job);
}

describe('a cancel at the same time', () => {
  test('as the end of the job: one of them counts, with all that belongs to it', async () => {
    const worker = await fixture.work({ concurrency: 20 });
    const outcomes = new Set<string>();
    for (let round = 0; round < 25; round += 1) {
      const member = await fixture.member();
      const began = Promise.withResolvers<void>();
      const finish = Promise.withResolvers<void>();
      const task = async (job: RunningJob) => {
        began.resolve();
        await finish.promise;
        await complete(job);
      };
      const { id } = await fixture.enqueue(member, task, { wanted });
      await began.promise;
      finish.resolve();
      for (let turns = 0; turns < round % 8; turns += 1) await Promise.resolve();
      const cancelled = await cancel(member.accountId, id);
      await worker.process.waitForCount(round + 1);
      const { state } = await jobRow(db, id);
      outcomes.add(state);
      expect(state).toBe(cancelled ? 'cancelled' : 'done');
      expect(await traces(db, member.accountId)).toBe(cancelled ? 0 : 1);
      expect(await permits(db, member.accountId)).toMatchObject([
        { state: cancelled ? 'voided' : 'settled' },
      ]);
      expect(await windows(db, member.accountId)).toMatchObject({
        'demo monthly': cancelled ? 0 : 1,
        'demo cost': 0,
      });
    }
    await worker.stop(0);
    expect([...outcomes].toSorted()).toEqual(['cancelled', 'done']);
  });

  test('as take-ups, ends, failures, deaths of workers and sweeps: each job ends once, and nothing stays open', async () => {
    const members = await Promise.all(Array.from({ length: 4 }, () => fixture.member()));
    const enqueued: (EnqueuedJob & { accountId: AccountId })[] = [];
    for (let index = 0; index < 80; index += 1) {
      const member = members[index % 4];
      if (member === undefined) continue;
      const lane = index % 2 === 0 ? 'interactive' : 'batch';
      enqueued.push({
        ...(await fixture.enqueue(member, unsteady, { wanted, quiet: true, lane })),
        ...member,
      });
    }
    const workers = await Promise.all([1, 2, 3].map(() => fixture.work({ concurrency: 6 })));
    const cancels = enqueued
      .filter((_, index) => index % 2 === 0)
      .map(async ({ accountId, id }, index) => {
        for (let turns = 0; turns < index * 7; turns += 1) await new Promise(setImmediate);
        return { id, cancelled: await cancel(accountId, id, { keep: index % 4 === 0 }) };
      });
    const dying = workers[0]?.process.node;
    if (dying !== undefined) await kill(dying);
    await Promise.all([fixture.limits.sweep(), fixture.limits.sweep()]);
    const cancelled = new Map(
      (await Promise.all(cancels)).map(({ id, ...answer }) => [id, answer.cancelled]),
    );
    const open = statement<{ n: number }>(
      `select ((select count(*) from jobs.jobs where state in ('ready', 'delayed', 'running') and account_id = any($1::uuid[]))
         + (select count(*) from limits.permits where state in ('queued', 'running') and account_id = any($1::uuid[])))::integer as n`,
      [`{${members.map(({ accountId }) => accountId).join()}}`],
    );
    await expect.poll(async () => (await db.asMigrator(open))[0]?.n, { timeout: 120_000 }).toBe(0);
    await Promise.all(workers.map((worker) => worker.stop(0)));
    const ends = await Promise.all(enqueued.map(async ({ id }) => (await jobRow(db, id)).state));
    for (const [index, { id }] of enqueued.entries()) {
      if (cancelled.has(id)) expect(ends[index] === 'cancelled').toBe(cancelled.get(id));
    }
    const done = ends.filter((state) => state === 'done').length;
    const left = await Promise.all(members.map(({ accountId }) => traces(db, accountId)));
    expect(left.reduce((sum, count) => sum + count, 0)).toBe(done);
    const lines = workers.flatMap(({ process: { logged } }) =>
      logged.filter((line) => line.includes('deadlock')),
    );
    expect(lines).toEqual([]);
  });
});
