import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { makeAccount } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { createCallErrors } from './call-errors.ts';

const { db } = await testDatabase();
const NOON = Date.parse('2027-05-01T12:20:00.000Z');
const HOUR = 3_600_000;
const all = { rows: 100 };

function open(at = NOON) {
  let now = at;
  const errors = createCallErrors({ db, clock: { now: () => now }, onFailure: () => {} });
  return { errors, at: (instant: number) => void (now = instant) };
}

test('failed calls are added up by code and route, the most frequent first, and nobody reads those of others', async () => {
  const [mine, theirs] = [await makeAccount(db), await makeAccount(db)];
  const { errors, at } = open();
  const fail = (code: string, status: number, requestId = 'r') =>
    errors.count({ accountId: mine.accountId, route: 'POST /v1/create', requestId }, { code, status });
  fail('plan_required', 402);
  fail('limit_exceeded', 429);
  at(NOON + HOUR);
  fail('limit_exceeded', 429, 'last');
  // The caller who left got no answer, so this one does not count.
  fail('client_gone', 499);
  errors.count({ ...theirs, route: 'POST /v1/create', requestId: 'r' }, { code: 'internal', status: 500 });
  await errors.close();
  const rows = await errors.ofAccount(mine.accountId, all);
  expect(rows).toMatchObject([
    { code: 'limit_exceeded', status: 429, failed: 2, last_request_id: 'last' },
    { code: 'plan_required', status: 402, failed: 1, last_at: '2027-05-01T12:20:00.000Z' },
  ]);
  const codes = async (question: object) =>
    (await errors.ofAccount(mine.accountId, { ...all, ...question })).map(({ code, failed }) => [
      code,
      failed,
    ]);
  expect(await codes({ until: new Date(NOON) })).toEqual([
    ['limit_exceeded', 1],
    ['plan_required', 1],
  ]);
  expect(await codes({ code: 'plan_required' })).toEqual([['plan_required', 1]]);
  expect(await codes({ route: 'GET /v1/me' })).toEqual([]);
  expect(await codes({ after: [2, 'limit_exceeded', 'POST /v1/create'] })).toEqual([['plan_required', 1]]);
  expect(await errors.ofAccount(theirs.accountId, all)).toMatchObject([{ code: 'internal' }]);
});

test('counts of more than 100 days ago are deleted', async () => {
  const account = await makeAccount(db);
  const { errors, at } = open(Date.now());
  const fail = () =>
    errors.count({ ...account, route: 'GET /v1/me', requestId: 'r' }, { code: 'forbidden', status: 403 });
  fail();
  at(Date.now() - 101 * 24 * HOUR);
  fail();
  await errors.close();
  const [before] = await db.asMigrator(
    statement<{ n: number }>('select count(*)::int as n from limits.errors where account_id = $1', [
      account.accountId,
    ]),
  );
  await errors.prune();
  expect([before?.n, await errors.ofAccount(account.accountId, all)]).toMatchObject([2, [{ failed: 1 }]]);
});
