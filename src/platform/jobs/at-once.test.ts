import { expect, test } from 'vitest';
import { makeAccount } from '#test/factories';
import { testDatabase } from '#test/services';
import { jobRow, openJobs, type Task } from '#test/jobs';

const { db } = await testDatabase();

test('of a kind of which two run at once the others wait in the queue by turns: twelve of one account let another’s pass, and count no try', async () => {
  const fixture = await openJobs(db);
  const [busy, other] = [await makeAccount(db), await makeAccount(db)];
  const begun: { readonly who: string; readonly attempt: number; readonly end: () => void }[] = [];
  let running = 0;
  let most = 0;
  const holds =
    (who: string): Task =>
    async ({ attempt }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      begun.push({ who, attempt, end: resolve });
      running += 1;
      most = Math.max(most, running);
      await promise;
      running -= 1;
    };
  const waiting = [];
  for (let count = 0; count < 12; count += 1)
    waiting.push(await fixture.enqueue(busy, holds('busy'), { quiet: true }));
  const worker = await fixture.work({ concurrency: 8, atOnce: 2 });
  const has = (count: number) => expect.poll(() => begun.length, { timeout: 120_000 }).toBe(count);
  await has(2);
  waiting.push(await fixture.enqueue(other, holds('other')));
  for (let count = 0; count < 13; count += 1) {
    await has(Math.min(13, count + 2));
    begun[count]?.end();
  }
  await expect
    .poll(() => worker.process.ended.filter(({ outcome }) => outcome === 'done').length, { timeout: 120_000 })
    .toBe(13);
  await worker.stop(0);
  expect(most).toBe(2);
  // Those that one take-up has too many of, and has not yet given back, count as begun: as many as there are slots.
  expect(begun.findIndex(({ who }) => who === 'other')).toBeLessThanOrEqual(8);
  expect(new Set(begun.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  for (const { id } of waiting) expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 1 });
});

test('a job that yields goes on when others have had their turn, and counts no try', async () => {
  const fixture = await openJobs(db);
  const [long, short] = [await makeAccount(db), await makeAccount(db)];
  const order: string[] = [];
  const { id } = await fixture.enqueue(
    long,
    async ({ attempt }) => {
      order.push(`long ${attempt}`);
      if (order.length < 4) throw Object.assign(new Error('a part is done'), { yields: true });
    },
    { quiet: true },
  );
  await fixture.enqueue(short, async () => void order.push('short'), { quiet: true });
  const worker = await fixture.work({ concurrency: 1 });
  await worker.process.until(4);
  await worker.stop(0);
  expect(order).toEqual(['long 1', 'short', 'long 1', 'long 1']);
  expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 1 });
});
