import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance, makeAccount, stopTime } from '@plinth/testkit/factories';
import { holdMeters, holdRows, waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import { EFFECT, jobRow, openJobs, type Task } from '@plinth/testkit/fixtures/jobs';
import type { Lane } from './index.ts';

/** A database of its own, with jobs that wait, and the order in which they ran. */
async function queueJobs(lanes: readonly Lane[], wait?: string) {
  const commits: string[] = [];
  const { db, url } = await testDatabase({
    crashHook: (point, when) => when === 'before' && commits.push(point),
  });
  // How long they have waited is said to the second, however long it takes to say it.
  if (wait !== undefined) await stopTime(db);
  const fixture = await openJobs(db);
  const member = await makeAccount(db);
  const order: string[] = [];
  const run: Task = async ({ lane }) => void order.push(lane);
  for (const lane of lanes) await fixture.enqueue(member, run, { lane, quiet: true });
  if (wait !== undefined) await advance(db, wait);
  const add = (lane: Lane) => fixture.enqueue(member, run, { lane, quiet: true });
  const looks = () => commits.filter((point) => point === 'jobs.take').length;
  return { db, url, fixture, member, order, add, looks };
}

describe('lanes', () => {
  test('interactive jobs go before batch jobs that waited for less than half a minute', async () => {
    const { fixture, order, add } = await queueJobs(['batch', 'batch'], '29 seconds');
    await add('interactive');
    await add('interactive');
    const worker = await fixture.work({ concurrency: 1 });
    await worker.process.waitForCount(4);
    await worker.stop(0);
    expect(order).toEqual(['interactive', 'interactive', 'batch', 'batch']);
  });

  test('batch jobs that waited for half a minute and interactive ones alternate: neither lane starves', async () => {
    const { fixture, order, add } = await queueJobs(['batch', 'batch', 'batch'], '31 seconds');
    for (let more = 0; more < 4; more += 1) await add('interactive');
    const worker = await fixture.work({ concurrency: 1 });
    await worker.process.waitForCount(7);
    await worker.stop(0);
    const alternating = [
      'batch',
      'interactive',
      'batch',
      'interactive',
      'batch',
      'interactive',
      'interactive',
    ];
    expect(order).toEqual(alternating);
  });

  test('the same holds within one take-up of several jobs', async () => {
    const { fixture, order, add } = await queueJobs(['batch', 'batch', 'batch'], '31 seconds');
    for (let more = 0; more < 3; more += 1) await add('interactive');
    const worker = await fixture.work({ concurrency: 4, batchConcurrency: 2 });
    await worker.process.waitForCount(6);
    await worker.stop(0);
    expect(order.slice(0, 4)).toEqual(['batch', 'interactive', 'batch', 'interactive']);
  });

  test('batch jobs take no more than their places, and an interactive one finds room at once', async () => {
    const { fixture, member, db } = await queueJobs([]);
    const open = Promise.withResolvers<void>();
    const begun: Lane[] = [];
    const hold: Task = async ({ lane }) => {
      begun.push(lane);
      await open.promise;
    };
    for (let count = 0; count < 5; count += 1)
      await fixture.enqueue(member, hold, { lane: 'batch', quiet: true });
    const worker = await fixture.work({ concurrency: 4, batchConcurrency: 2 });
    await expect.poll(() => begun, { timeout: 120_000 }).toEqual(['batch', 'batch']);
    await advance(db, '5 minutes');
    await fixture.enqueue(member, hold);
    await fixture.enqueue(member, hold);
    await expect
      .poll(() => begun, { timeout: 120_000 })
      .toEqual(['batch', 'batch', 'interactive', 'interactive']);
    const last = await fixture.enqueue(member, hold);
    expect(await jobRow(db, last.id)).toMatchObject({ state: 'ready' });
    open.resolve();
    await worker.process.waitForCount(8);
    await worker.stop(0);
  });

  test('interactive jobs may have all places', async () => {
    const { fixture, member } = await queueJobs([]);
    const open = Promise.withResolvers<void>();
    let begun = 0;
    const hold: Task = async () => {
      begun += 1;
      await open.promise;
    };
    for (let count = 0; count < 4; count += 1) await fixture.enqueue(member, hold, { quiet: true });
    const worker = await fixture.work({ concurrency: 4, batchConcurrency: 2 });
    await expect.poll(() => begun, { timeout: 120_000 }).toBe(4);
    open.resolve();
    await worker.process.waitForCount(4);
    await worker.stop(0);
  });
});

describe('when a job ends, its worker', () => {
  test('does not look for others, if it had slots left when it looked last', async () => {
    const { fixture, member, looks } = await queueJobs(['interactive']);
    const worker = await fixture.work({ bySignals: true, concurrency: 2 });
    await worker.process.waitForCount(1);
    for (let more = 2; more < 5; more += 1) {
      await fixture.enqueue(member, async () => {});
      await worker.process.waitForCount(more);
    }
    await worker.stop(0);
    expect(looks()).toBe(4);
  });

  test.each([
    ['had no slot left', { concurrency: 1 }],
    ['had no slot left for its lane', { concurrency: 4, batchConcurrency: 1 }],
  ])('looks at once, if it %s', async (_why, slots) => {
    const { fixture } = await queueJobs(['batch', 'batch', 'batch']);
    const worker = await fixture.work({ bySignals: true, ...slots });
    await worker.process.waitForCount(3);
    await worker.stop(0);
  });

  test('looks when it is due again, if it was tried in vain', async () => {
    const { fixture, member } = await queueJobs([]);
    const worker = await fixture.work({ bySignals: true });
    await fixture.enqueue(member, async ({ attempt }) => {
      if (attempt === 1) throw new Error('in vain');
    });
    await worker.process.waitForCount(2);
    await worker.stop(0);
    expect(worker.process.ended.map(({ outcome }) => outcome)).toEqual(['retry', 'done']);
  });

  test.skipIf(engine === 'pglite')(
    'looks at once, if it was looking for what took the last slot',
    async () => {
      const { fixture, member, url, order, db } = await queueJobs([]);
      const begun = Promise.withResolvers<void>();
      const end = Promise.withResolvers<void>();
      const worker = await fixture.work({ bySignals: true, concurrency: 2 });
      await fixture.enqueue(await makeAccount(db), async () => {
        begun.resolve();
        await end.promise;
      });
      await begun.promise;
      const other = Promise.withResolvers<void>();
      const waits: Task = async () => {
        await other.promise;
        order.push('one');
      };
      await fixture.enqueue(await fixture.member(), waits, { wanted: { reserve: 1 }, quiet: true });
      const letGo = await holdRows(url, [statement('select from limits.usage_events for update')]);
      await fixture.enqueue(member, async () => {
        order.push('other');
        other.resolve();
      });
      await expect.poll(() => waitsForLocks(db), { timeout: 120_000 }).toBe(1);
      end.resolve();
      await worker.process.waitForCount(1);
      await letGo();
      await worker.process.waitForCount(3);
      await worker.stop(0);
      expect(order).toEqual(['other', 'one']);
    },
  );
});

// A take-up that waited with the permits of other jobs locked would wait in a circle with a batch of late settlements.
test.skipIf(engine === 'pglite')(
  'a take-up passes over a job whose permit somebody settles, and the job runs soon after',
  async () => {
    const { fixture, url, order } = await queueJobs([]);
    const member = await fixture.member();
    const waits =
      (name: string): Task =>
      async () =>
        void order.push(name);
    await fixture.enqueue(member, waits('held'), { wanted: { reserve: 1 }, quiet: true });
    const letGo = await holdRows(url, [statement('select from limits.permits for update')]);
    await fixture.enqueue(member, waits('free'), { wanted: { reserve: 1 }, quiet: true });
    const worker = await fixture.work({ bySignals: true, concurrency: 2 });
    await worker.process.waitForCount(1);
    expect(order).toEqual(['free']);
    await letGo();
    await worker.process.waitForCount(2);
    await worker.stop(0);
    expect(order).toEqual(['free', 'held']);
    expect(worker.process.ended.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
  },
);

// A settlement that holds the meter and comes for the permit would wait in a circle with such a job.
test.skipIf(engine === 'pglite')(
  'a job that tells its progress in the commit of its end locks its permit behind the meter',
  async () => {
    const { db, url, fixture } = await queueJobs([]);
    const member = await fixture.member();
    const began = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const task: Task = async (job) => {
      began.resolve();
      await goOn.promise;
      const settlement = job.permit === undefined ? [] : [job.permit.settlement()];
      await db.tenant(job.accountId, EFFECT, [job.progressing(1, 1), job.finishing(), ...settlement]);
    };
    await fixture.enqueue(member, task, { wanted: { reserve: 1 } });
    const worker = await fixture.work();
    await began.promise;
    const letGo = await holdMeters(url, member.accountId);
    goOn.resolve();
    await expect.poll(() => waitsForLocks(db), { timeout: 120_000 }).toBe(1);
    const free = await db.asMigrator(statement('select id from limits.permits for update skip locked'));
    expect(free).toHaveLength(1);
    await letGo();
    await worker.process.waitForCount(1);
    await worker.stop(0);
    expect(worker.process.ended.map(({ outcome }) => outcome)).toEqual(['done']);
  },
);
