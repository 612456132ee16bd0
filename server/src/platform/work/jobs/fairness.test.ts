import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Database, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { advance, makeAccount, type Member } from '@plinth/testkit/factories';
import { engine, testDatabase } from '@plinth/testkit/services';
import { EFFECT, openJobs } from '@plinth/testkit/fixtures/jobs';
import type { Lane } from './index.ts';

/** A queue of its own, looked at by take-ups alone: what they take stays under way. */
async function openQueue() {
  const { db } = await testDatabase();
  const fixture = await openJobs(db);
  const { node, jobs } = await fixture.openProcess();
  return {
    db,
    async enqueue(member: Member, count: number, more: { lane?: Lane; delay?: number } = {}) {
      const { lane = 'batch', delay } = more;
      const job = {
        kind: 'work',
        lane,
        payload: {},
        requestId: 'r',
        ...(delay === undefined ? {} : { delay }),
      };
      const statements = Array.from({ length: count }, () => jobs.enqueueing(member.accountId, job)).flat();
      await db.tenant(member.accountId, EFFECT, statements);
    },
    /** Whose jobs were taken, in their order. */
    async take(count: number): Promise<AccountId[]> {
      const [rows] = await db.system('jobs.queue', EFFECT, [
        statement<{ account: AccountId }>(
          `select job->>'account' as account from jobs.take($1, '{work}', $2, $2, false)`,
          [node.holder.id, count],
        ),
      ]);
      return rows.map(({ account }) => account);
    },
    /** All that is under way has failed, and is due again later. */
    retry: (delay: string) =>
      db.asMigrator(
        statement(
          `update jobs.jobs set state = 'delayed', holder = null, run_at = app.now() + $1::interval where state = 'running'`,
          [delay],
        ),
      ),
    recover: () => db.asMigrator(statement(`select jobs.recover($1, '{}', '{work}')`, [node.holder.id])),
    clear: () => db.script('delete from jobs.jobs'),
  };
}

describe('between accounts', () => {
  test.each(['batch', 'interactive'] as const)(
    'one that has queued a thousand %s jobs does not delay another’s first',
    async (lane) => {
      const queue = await openQueue();
      const [many, one] = [await makeAccount(queue.db), await makeAccount(queue.db)];
      await queue.enqueue(many, 1_000, { lane });
      await queue.take(3);
      await queue.enqueue(one, 2, { lane });
      const taken = await queue.take(6);
      expect(taken.slice(0, 2)).toContain(one.accountId);
      expect(taken.slice(0, 4).filter((account) => account === one.accountId)).toHaveLength(2);
    },
  );

  test('however each queues and however many are taken at once, two that wait in a lane are served alike', async () => {
    const queue = await openQueue();
    const members = await Promise.all(Array.from({ length: 3 }, () => makeAccount(queue.db)));
    const step = fc.oneof(
      fc.record({ who: fc.integer({ min: 0, max: 2 }), queues: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ takes: fc.integer({ min: 1, max: 5 }) }),
    );
    const run = async (steps: readonly ({ who: number; queues: number } | { takes: number })[]) => {
      await queue.clear();
      const served = createTally(members.map(({ accountId }) => accountId));
      for (const one of steps) {
        if ('takes' in one) {
          for (const account of await queue.take(one.takes)) served.took(account);
        } else {
          const member = members[one.who];
          if (member === undefined) throw new Error('there is no such member');
          await queue.enqueue(member, one.queues);
          served.queued(member.accountId, one.queues);
        }
      }
      return served.widest();
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        expect(await run(steps)).toBeLessThanOrEqual(2);
      }),
      { numRuns: engine === 'pglite' ? 15 : 40 },
    );
  });

  test('jobs that are delayed cost the others nothing until they are due, and then have no right of way', async () => {
    const queue = await openQueue();
    const [late, other] = [await makeAccount(queue.db), await makeAccount(queue.db)];
    await queue.enqueue(late, 20, { delay: 60_000 });
    await queue.enqueue(other, 20);
    await queue.take(10);
    await advance(queue.db, '2 minutes');
    const taken = await queue.take(10);
    expect(taken.filter((account) => account === late.accountId)).toHaveLength(5);
  });

  test('a job that is tried again keeps its turn, but one that is left over from a busier time has none to wait for', async () => {
    const queue = await openQueue();
    const [busy, other] = [await makeAccount(queue.db), await makeAccount(queue.db)];
    await queue.enqueue(busy, 10);
    expect(await queue.take(1)).toHaveLength(1);
    await queue.retry('1 second');
    await advance(queue.db, '2 seconds');
    await queue.enqueue(other, 1);
    // The failed one is beside the next of its account, and not behind all nine.
    expect(await queue.take(3)).toEqual([busy.accountId, busy.accountId, other.accountId]);
    await queue.take(20);
    await queue.retry('1 minute');
    await queue.enqueue(other, 30);
    await queue.take(5);
    await advance(queue.db, '2 minutes');
    expect((await queue.take(4)).filter((account) => account === busy.accountId).length).toBeGreaterThan(0);
  });

  test('jobs of a dead worker come back to where the queue has come', async () => {
    const queue = await openQueue();
    const [first, second] = [await makeAccount(queue.db), await makeAccount(queue.db)];
    await queue.enqueue(first, 4);
    await queue.take(4);
    await queue.enqueue(second, 4);
    await queue.recover();
    expect(new Set(await queue.take(2)).size).toBeGreaterThan(0);
    expect(await queue.take(8)).toHaveLength(6);
  });
});

test('taking up and enqueueing read a few pages however many jobs of one account are ready', async () => {
  const { db } = await testDatabase();
  const fixture = await openJobs(db);
  const { node } = await fixture.openProcess();
  const { accountId } = await makeAccount(db);
  const count = engine === 'pglite' ? 20_000 : 100_000;
  for (let first = 1; first < count / 2; first += count / 20)
    await db.asMigrator(
      statement(
        `insert into jobs.jobs (account_id, id, kind, lane, payload, state, turn, attempts, request_id)
         select $1, gen_random_uuid(), 'work', lane, '{}', 'ready', n, 3, 'r'
         from generate_series($2::integer, $3::integer) n, unnest(array['interactive', 'batch']) lane`,
        [accountId, first, first + count / 20 - 1],
      ),
    );
  await db.script('analyze jobs.jobs');
  const enqueues = await pages(db, `select jobs.turn_for('${accountId}', 'batch', null, '{work}')`);
  const takes = await pages(db, `select * from jobs.take('${node.holder.id}', '{work}', 4, 2, false)`);
  const table = await db.asMigrator(
    statement<{ pages: number }>(
      `select relpages::integer as pages from pg_class where oid = 'jobs.jobs'::regclass`,
    ),
  );
  expect(table[0]?.pages).toBeGreaterThan(500);
  expect(enqueues).toBeLessThan(60);
  expect(takes).toBeLessThan(400);
});

/** How many pages a statement touches, as its plan tells, when its connection has run it so often that plans are kept. */
async function pages(db: Database, sql: string): Promise<number> {
  const answers = await db.system('jobs.queue', EFFECT, [
    ...Array.from({ length: 7 }, () => statement<never>(sql)),
    statement<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
      `explain (analyze, buffers, format json) ${sql}`,
    ),
  ]);
  const plan = answers.at(-1)?.[0]?.['QUERY PLAN'][0].Plan ?? {};
  return (plan['Shared Hit Blocks'] ?? Number.NaN) + (plan['Shared Read Blocks'] ?? Number.NaN);
}

/** Counts who was served while others waited, and by how much any two of them differ at most. */
function createTally(accounts: readonly AccountId[]) {
  const waiting = new Map(accounts.map((account) => [account, 0]));
  const pairs = accounts.flatMap((a, i) =>
    accounts.slice(i + 1).map((b) => ({ a, b, ahead: 0, low: 0, high: 0 })),
  );
  let widest = 0;
  const bothWait = ({ a, b }: { a: AccountId; b: AccountId }) =>
    (waiting.get(a) ?? 0) > 0 && (waiting.get(b) ?? 0) > 0;
  const move = (account: AccountId, by: number) => {
    waiting.set(account, (waiting.get(account) ?? 0) + by);
    for (const pair of pairs) if (!bothWait(pair)) Object.assign(pair, { ahead: 0, low: 0, high: 0 });
  };
  return {
    queued: (account: AccountId, count: number) => move(account, count),
    took(account: AccountId) {
      for (const pair of pairs.filter(bothWait)) {
        pair.ahead += account === pair.a ? 1 : account === pair.b ? -1 : 0;
        pair.low = Math.min(pair.low, pair.ahead);
        pair.high = Math.max(pair.high, pair.ahead);
        widest = Math.max(widest, pair.high - pair.low);
      }
      move(account, -1);
    },
    widest: () => widest,
  };
}
