import { describe, expect, test } from 'vitest';
import { advance, makeAccount } from '#test/factories';
import { testDatabase } from '#test/services';
import { jobRow, openJobs, type Task } from '#test/jobs';
import type { Lane } from './index.ts';

/** A database of its own, with jobs that wait, and the order in which they ran. */
async function waiting(lanes: readonly Lane[], wait?: string) {
  const { db } = await testDatabase();
  const fixture = await openJobs(db);
  const member = await makeAccount(db);
  const order: string[] = [];
  const run: Task = async ({ lane }) => void order.push(lane);
  for (const lane of lanes) await fixture.enqueue(member, run, { lane, quiet: true });
  if (wait !== undefined) await advance(db, wait);
  const add = (lane: Lane) => fixture.enqueue(member, run, { lane, quiet: true });
  return { db, fixture, member, order, add };
}

describe('lanes', () => {
  test('interactive jobs go before batch jobs that waited for less than half a minute', async () => {
    const { fixture, order, add } = await waiting(['batch', 'batch'], '29 seconds');
    await add('interactive');
    await add('interactive');
    const worker = await fixture.work({ concurrency: 1 });
    await worker.process.until(4);
    await worker.stop(0);
    expect(order).toEqual(['interactive', 'interactive', 'batch', 'batch']);
  });

  test('batch jobs that waited for half a minute and interactive ones alternate: neither lane starves', async () => {
    const { fixture, order, add } = await waiting(['batch', 'batch', 'batch'], '31 seconds');
    for (let more = 0; more < 4; more += 1) await add('interactive');
    const worker = await fixture.work({ concurrency: 1 });
    await worker.process.until(7);
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
    const { fixture, order, add } = await waiting(['batch', 'batch', 'batch'], '31 seconds');
    for (let more = 0; more < 3; more += 1) await add('interactive');
    const worker = await fixture.work({ concurrency: 4, batchConcurrency: 2 });
    await worker.process.until(6);
    await worker.stop(0);
    expect(order.slice(0, 4)).toEqual(['batch', 'interactive', 'batch', 'interactive']);
  });

  test('batch jobs take no more than their places, and an interactive one finds room at once', async () => {
    const { fixture, member, db } = await waiting([]);
    const open = Promise.withResolvers<void>();
    const begun: Lane[] = [];
    const hold: Task = async ({ lane }) => {
      begun.push(lane);
      await open.promise;
    };
    for (let count = 0; count < 5; count += 1)
      await fixture.enqueue(member, hold, { lane: 'batch', quiet: true });
    const worker = await fixture.work({ concurrency: 4, batchConcurrency: 2 });
    await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['batch', 'batch']);
    await advance(db, '5 minutes');
    await fixture.enqueue(member, hold);
    await fixture.enqueue(member, hold);
    await expect
      .poll(() => begun, { timeout: 10_000 })
      .toEqual(['batch', 'batch', 'interactive', 'interactive']);
    const last = await fixture.enqueue(member, hold);
    expect(await jobRow(db, last.id)).toMatchObject({ state: 'ready' });
    open.resolve();
    await worker.process.until(8);
    await worker.stop(0);
  });

  test('interactive jobs may have all places', async () => {
    const { fixture, member } = await waiting([]);
    const open = Promise.withResolvers<void>();
    let begun = 0;
    const hold: Task = async () => {
      begun += 1;
      await open.promise;
    };
    for (let count = 0; count < 4; count += 1) await fixture.enqueue(member, hold, { quiet: true });
    const worker = await fixture.work({ concurrency: 4, batchConcurrency: 2 });
    await expect.poll(() => begun, { timeout: 10_000 }).toBe(4);
    open.resolve();
    await worker.process.until(4);
    await worker.stop(0);
  });
});
