import { describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import type { AccountId, JobId } from '#platform/kernel';
import { ids } from '@plinth/testkit/factories';
import {
  figures,
  permitOf,
  openLimits,
  permits,
  plannedCall,
  request,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const attempt = commitPoint('test.limits.tenancy', 'what a tenant tries');
const fixture = await openLimits(db, {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
  },
  plans: { only: { monthly: 50, cost: 1_000 } },
});
const [mine, theirs] = [await fixture.member(), await fixture.member()];
for (const member of [mine, theirs]) {
  const done = permitOf(await fixture.admit(member, { reserve: 100, key: 'done' }));
  await done.send(plannedCall(100));
  done.served(figures(10));
  await done.settle();
}
const TABLES = ['limits.permits', 'limits.usage_events', 'limits.meters'] as const;
const asTenant = (accountId: AccountId, text: string, values: unknown[] = []) =>
  db.tenant(accountId, attempt, [statement(text, values)]);
const DENIED = { code: '42501' };

describe.each(TABLES)('a tenant and %s', (table) => {
  test('reads the rows of its own account, and no other', async () => {
    const [rows] = await db.tenant(mine.accountId, [
      statement<{ account_id: string }>(`select account_id from ${table}`),
    ]);
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map(({ account_id }) => account_id))).toEqual(new Set([mine.accountId]));
  });

  test('writes nothing, not even its own', async () => {
    const own = [mine.accountId];
    await expect(
      asTenant(mine.accountId, `delete from ${table} where account_id = $1`, own),
    ).rejects.toMatchObject(DENIED);
    await expect(
      asTenant(mine.accountId, `update ${table} set created_at = created_at where account_id = $1`, own),
    ).rejects.toMatchObject(DENIED);
    await expect(
      asTenant(mine.accountId, `insert into ${table} select * from ${table} where account_id = $1`, own),
    ).rejects.toMatchObject(DENIED);
  });

  test('finds an error, not an empty list, where the scope was forgotten', async () => {
    // As a user, and not for an account.
    await expect(db.user(mine.userId, [statement(`select * from ${table}`)])).rejects.toMatchObject({
      code: 'PL001',
    });
  });
});

test('processes and their leases are nobody’s but the system’s', async () => {
  await expect(asTenant(mine.accountId, 'select * from limits.holders')).rejects.toMatchObject(DENIED);
});

test('no function can be called by a tenant but those for its own transactions', async () => {
  const rows = await db.asMigrator(
    statement<{ call: string; allowed: boolean }>(
      `select p.oid::regprocedure::text as call, has_function_privilege('plinth_tenant', p.oid, 'execute') as allowed
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname in ('limits', 'jobs') order by 1`,
    ),
  );
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter(({ allowed }) => allowed).map(({ call }) => call.replace(/\(.*/, ''))).toEqual([
    'jobs.cancel',
    'jobs.finish',
    'jobs.hand_over',
    'jobs.has_begun',
    'jobs.postpone',
    'jobs.progress',
    'jobs.replay',
    'jobs.retry',
    'jobs.turn_for',
    'limits.answer_here',
    'limits.attach',
    'limits.end_seats',
    'limits.free_seat',
    'limits.gauge_here',
    'limits.key_usage_here',
    'limits.lend',
    'limits.report',
    'limits.resolve_here',
    'limits.room_for_members',
    'limits.take_seat',
    'limits.usage_here',
  ]);
  await expect(asTenant(mine.accountId, `select limits.sweep(1)`)).rejects.toMatchObject(DENIED);
  await expect(
    asTenant(
      mine.accountId,
      `select * from limits.admit('{}', '{}', '{}', '{}', '{}', '{}', null, false, false)`,
    ),
  ).rejects.toMatchObject(DENIED);
});

test('functions that run as the system have a search path that nobody can bend', async () => {
  const rows = await db.asMigrator(
    statement<{ call: string }>(
      `select p.oid::regprocedure::text as call from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname in ('limits', 'jobs') and p.prosecdef
         and not coalesce(p.proconfig, '{}') @> array['search_path=pg_catalog, pg_temp']`,
    ),
  );
  expect(rows).toEqual([]);
});

/** Says to the database, in the scope of an account, that it releases a permit of the other one. */
async function releaseTheirs(accountId: AccountId, forged: Record<string, unknown> = {}) {
  const permit = permitOf(await fixture.admit(theirs, { reserve: 100, as: 'job' }));
  const { id, holder: h, fence: f } = permit;
  const item = { p: 'demo', id, h, f, op: 'release', calls: [], ...forged };
  const releasing = asTenant(accountId, 'select limits.resolve_here($1::jsonb)', [JSON.stringify(item)]);
  return { permit, releasing };
}

describe('a permit of another account', () => {
  test('can be settled, released or attached by nobody else, whatever they say', async () => {
    const before = (await windows(db, theirs.accountId))['demo monthly'] ?? 0;
    const { permit, releasing } = await releaseTheirs(mine.accountId, { a: theirs.accountId });
    await expect(releasing).rejects.toMatchObject({ code: 'PL010' });
    const attach = asTenant(mine.accountId, 'select limits.attach($1, $2, 1, $3)', [
      permit.id,
      permit.holder,
      ids.next<JobId>(),
    ]);
    await expect(attach).rejects.toMatchObject({ code: 'PL010' });
    expect((await permits(db, theirs.accountId)).find(({ id }) => id === permit.id)).toMatchObject({
      state: 'queued',
    });
    expect((await windows(db, theirs.accountId))['demo monthly']).toBe(before + 1);
    await permit.release('done with it');
  });

  test('has no answer that anybody else could store under its key', async () => {
    const permit = permitOf(await fixture.admit(theirs, { key: 'answer' }));
    const forged = asTenant(
      mine.accountId,
      `select limits.answer_here($1, 'POST /use', $2, 200, null, '"forged"', null)`,
      [permit.id, 'hash'],
    );
    await forged;
    expect(await fixture.admit(theirs, { key: 'answer' })).toEqual({ kind: 'running' });
  });

  test('under the meter of another product is refused: nothing would be locked', async () => {
    const { permit, releasing } = await releaseTheirs(theirs.accountId, { p: 'sample' });
    await expect(releasing).rejects.toThrow('of another product');
    await permit.release('done with it');
  });
});

test('the two accounts of a batch are settled each by its own permit', async () => {
  const permitsOfBoth = await Promise.all(
    [mine, theirs].map(async (member) =>
      permitOf(await fixture.limits.admit(request(member, { reserve: 100 }))),
    ),
  );
  await Promise.all(permitsOfBoth.map((permit) => permit.release('no')));
  for (const { accountId } of [mine, theirs]) {
    expect((await permits(db, accountId)).at(-1)).toMatchObject({ state: 'voided', reason: 'no' });
  }
});
