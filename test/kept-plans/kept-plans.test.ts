import { describe, expect, test } from 'vitest';
import { commitPoint, openDatabase } from '#platform/db';
import { answers } from '@plinth/testkit/answers';
import { atEndOfFile } from '@plinth/testkit/closing';
import { ids, type Member } from '@plinth/testkit/factories';
import { openJobs, type JobsFixture } from '@plinth/testkit/fixtures/jobs';
import { figures, permitOf, plannedCall } from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase, type TestDatabase } from '@plinth/testkit/services';
import { answer } from '#platform/http';
import { createIdempotency } from '#platform/idempotency';
import { micros } from '#platform/kernel';
import { addHistory, adminOf } from './history.ts';
import { keysReadBadly } from './keys.ts';
import { rowsRead } from './reads.ts';

const EFFECT = commitPoint('test.kept-plans.effect', 'what a path of a test does');
/** Rows of a table that a call may read, on average: what it is about, and what its account has under way. */
const MOST = 20;
const TIMES = 5;
const HISTORY = 2_000;

/** One call of a path, for a member of an account. */
type Path = (member: Member) => Promise<unknown>;

/** A process whose one connection keeps one plan of each statement, and the paths that cost most when they read too much. */
async function openPaths(database: TestDatabase) {
  const kept = new URL(database.settings['DIRECT_URL'] ?? database.url);
  kept.searchParams.set('options', '-c plan_cache_mode=force_generic_plan');
  const db = await openDatabase({ engine: 'postgres', url: kept.href, poolSize: 1 });
  atEndOfFile(() => db.close());
  const fixture = await openJobs(db);
  const idempotency = createIdempotency({ db, answers });
  const admit = async (member: Member, as: 'inline' | 'job' = 'inline') =>
    permitOf(await fixture.admit(member, { reserve: 100, key: ids.next(), as }));

  const paths: Readonly<Record<string, Path>> = {
    async 'a call that is admitted, sent and settled'(member) {
      const permit = await admit(member);
      await permit.send(plannedCall(100));
      permit.served(figures(50));
      await permit.settle();
    },
    async 'a call that came to nothing'(member) {
      await (await admit(member)).release('nothing');
    },
    async 'two calls under one permit'(member) {
      const permit = await admit(member);
      await permit.send(plannedCall(100));
      permit.served(figures(50));
      await permit.send(plannedCall(100));
      permit.served(figures(50));
      await permit.settle();
    },
    async 'a permit that is used elsewhere'(member) {
      const permit = await admit(member, 'job');
      await db.tenant(member.accountId, EFFECT, [permit.delegating('account', 60)]);
      const { delegated } = fixture.limits;
      const found = await delegated.find({ accountId: member.accountId, id: permit.id, backend: 'account' });
      if (found !== undefined) await delegated.settle(found, { units: 1, usage: figures(30) });
    },
    async 'a report of what was used elsewhere'(member) {
      const use = { product: 'demo', feature: 'use', units: 1, at: undefined, subject: undefined };
      const reporter = { userId: member.userId, backend: 'account', requestId: 'r' } as const;
      const uses = [{ ...use, id: ids.next(), usage: figures(5) }];
      await db.tenant(member.accountId, EFFECT, [fixture.limits.reporting(reporter, uses)]);
    },
    async 'an effect under an Idempotency-Key, and its repeat'(member) {
      const by = { userId: member.userId };
      const call = { scope: { account: member.accountId }, route: 'POST /v1/things', by, key: ids.next() };
      const keyed = { ...call, bodyHash: 'a', private: false, secrets: [] };
      await idempotency.once(keyed, EFFECT, async () => answer(201, {}));
      await idempotency.once(keyed, EFFECT, async () => answer(201, {}));
    },
    'a job, from its order to its end': await jobPath(fixture),
  };
  /** A call that the provider broke: the operator bears what it cost. */
  const failCall = async (member: Member) => {
    const permit = await admit(member);
    await permit.send(plannedCall(100));
    permit.unknown(figures(90, { charged: micros(0), estimated: true }));
    await permit.release('provider_unavailable');
  };
  return { db, paths, failed: failCall, member: () => fixture.member() };
}

async function jobPath(fixture: JobsFixture): Promise<Path> {
  const { process, stop } = await fixture.work({ bySignals: true, concurrency: 1 });
  atEndOfFile(() => stop(0));
  let ended = 0;
  return async ({ accountId, ...member }) => {
    const permit = permitOf(await fixture.admit({ accountId, ...member }, { reserve: 100, as: 'job' }));
    const task = ids.next();
    fixture.tasks.set(task, async (job) => {
      await job.permit?.send(plannedCall(100));
      job.permit?.served(figures(50));
      const settlement = job.permit === undefined ? [] : [job.permit.settlement()];
      await fixture.db.tenant(accountId, EFFECT, [job.finishing(), ...settlement]);
    });
    const order = { kind: 'work', lane: 'interactive', payload: { task }, requestId: 'r', permit } as const;
    await fixture.db.tenant(accountId, EFFECT, process.jobs.enqueueing(accountId, order));
    process.jobs.wake();
    await process.waitForCount((ended += 1));
  };
}

describe.runIf(engine === 'postgres')('a plan that is kept, and was made when tables were', () => {
  test.each([
    ['empty', false],
    ['those of many accounts that each had made one call', true],
  ])('%s, reads no history of the account that has one', async (_, analyzed) => {
    const database = await testDatabase();
    const admin = await adminOf(database);
    const { db, paths, member } = await openPaths(database);
    const one = await member();
    const walkAll = async () => {
      for (const path of Object.values(paths)) await path(one);
    };
    await walkAll();
    if (analyzed) {
      await addHistory(admin, { account: one.accountId, rows: 300, elsewhere: true });
      await admin('analyze');
      await walkAll();
    }
    await addHistory(admin, { account: one.accountId, rows: HISTORY, elsewhere: false });
    const badly: string[] = [];
    for (const [name, path] of Object.entries(paths)) {
      const before = await rowsRead(db, admin);
      for (let n = 0; n < TIMES; n += 1) await path(one);
      for (const [table, read] of await rowsRead(db, admin)) {
        const each = (read - (before.get(table) ?? 0)) / TIMES;
        if (each > MOST) badly.push(`${name} reads ${each} rows of ${table}`);
      }
    }
    expect(badly).toEqual([]);
  });

  test('empty, reads what failed calls cost without the meters of an account’s members and keys', async () => {
    const database = await testDatabase();
    const admin = await adminOf(database);
    const { db, paths, member, failed } = await openPaths(database);
    const one = await member();
    await failed(one);
    await admin(
      'set session_replication_role = replica',
      `insert into limits.meters (account_id, scope, names, starts, used)
       select '${one.accountId}', 'demo/' || gen_random_uuid(), array['hourly'], array[0], array[1] from generate_series(1, ${HISTORY})`,
    );
    const calls = ['a call that is admitted, sent and settled', 'a call that came to nothing'];
    const before = await rowsRead(db, admin);
    for (let n = 0; n < TIMES; n += 1) for (const call of calls) await paths[call]?.(one);
    const after = await rowsRead(db, admin);
    const table = 'limits.meters';
    const each = ((after.get(table) ?? 0) - (before.get(table) ?? 0)) / (TIMES * calls.length);
    expect(each).toBeGreaterThan(0);
    expect(each).toBeLessThanOrEqual(MOST);
  });

  test('empty, finds a row by its key through an index that finds one row', async () => {
    const admin = await adminOf(await testDatabase());
    expect(await keysReadBadly(admin)).toEqual([]);
  });
});
