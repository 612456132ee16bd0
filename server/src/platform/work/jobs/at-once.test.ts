import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { makeAccount } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { jobRow, openJobs, type Task } from '@plinth/testkit/fixtures/jobs';

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
  // Two have begun, and one more had its turn.
  expect(begun.findIndex(({ who }) => who === 'other')).toBeLessThanOrEqual(3);
  // None was taken up to be given back.
  expect(worker.process.ended).toEqual(begun.map(() => ({ kind: 'work', outcome: 'done' })));
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
  await worker.process.waitForCount(4);
  await worker.stop(0);
  expect(order).toEqual(['long 1', 'short', 'long 1', 'long 1']);
  expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 1 });
});

test('a job that is delivered while as many of its kind run as may is not begun, and is delivered again', async () => {
  const fixture = await openJobs(db);
  const member = await makeAccount(db);
  const process = await fixture.openProcess({ atOnce: 1 });
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = await fixture.enqueue(member, () => promise, { quiet: true });
  const second = await fixture.enqueue(member, async () => {}, { quiet: true });
  const running = process.jobs.deliver(member.accountId, first.id);
  await expect.poll(async () => (await jobRow(db, first.id)).state).toBe('running');
  expect(await process.jobs.deliver(member.accountId, second.id)).toBe('busy');
  expect(await jobRow(db, second.id)).toMatchObject({ state: 'ready', attempt: 0 });
  resolve();
  expect(await running).toBe('done');
  expect(await process.jobs.deliver(member.accountId, second.id)).toBe('done');
});

test('a kind with room for one leaves the other slots to other kinds, of either lane', async () => {
  const fixture = await openJobs(db);
  const member = await makeAccount(db);
  const taken = async (roomOf: Readonly<Record<string, number>>) =>
    (
      await db.asMigrator(
        statement<{ kinds: string }>(
          `select string_agg(job->>'kind', ' ' order by job->>'kind') as kinds
           from jobs.take($1, '{work,other}', 6, 4, false, $2::jsonb)`,
          [fixture.node.holder.id, JSON.stringify(roomOf)],
        ),
      )
    )[0]?.kinds;
  for (const lane of ['interactive', 'batch'] as const)
    for (const kind of ['work', 'work', 'other', 'other']) {
      const { id } = await fixture.enqueue(member, async () => {}, { lane, quiet: true });
      await db.asMigrator(statement('update jobs.jobs set kind = $1 where id = $2', [kind, id]));
    }
  expect(await taken({ work: 1, other: 0 })).toBe('work');
  expect(await taken({ work: 1 })).toBe('other other other other work');
  expect(await taken({})).toBe('work work');
});
