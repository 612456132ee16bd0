import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { makeAccount } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import type { Denial } from '../denial.ts';
import { positionOfSum, createDenialCounts } from './denials.ts';

const { db } = await testDatabase();
const NOON = Date.parse('2027-05-01T12:20:00.000Z');
const HOUR = 3_600_000;

function open() {
  const failures: unknown[] = [];
  let now = NOON;
  const counts = createDenialCounts({
    db,
    clock: { now: () => now },
    onFailure: (error) => failures.push(error),
  });
  const deny = (accountId: AccountId, limit = 'posts', used = 10) =>
    counts.count(
      { accountId, product: 'demo', feature: 'post', requestId: `r-${limit}-${used}` },
      denialOf(limit, used),
    );
  return { counts, deny, failures, later: (milliseconds: number) => void (now += milliseconds) };
}

const denialOf = (limit: string, used: number): Denial => ({
  limit,
  of: 'quota',
  used,
  max: 10,
  resetsAt: null,
  retryAfter: undefined,
  plan: 'demo.free',
});
const all = { rows: 100 };

test('denials of two processes are added up by hour, and the last one of them is told', async () => {
  const { accountId } = await makeAccount(db);
  const [one, other] = [open(), open()];
  one.deny(accountId);
  one.deny(accountId, 'posts', 11);
  other.later(1_000);
  other.deny(accountId, 'posts', 12);
  other.later(HOUR);
  other.deny(accountId, 'calls');
  await Promise.all([one.counts.close(), other.counts.close()]);
  const rows = await one.counts.ofAccount(accountId, all);
  expect(rows.map(({ hour, limit, denied }) => [hour, limit, denied])).toEqual([
    ['2027-05-01T13:00:00.000Z', 'calls', 1],
    ['2027-05-01T12:00:00.000Z', 'posts', 3],
  ]);
  expect(rows[1]).toMatchObject({
    account_id: accountId,
    product: 'demo',
    feature: 'post',
    kind: 'quota',
    plan: 'demo.free',
    used: 12,
    max: 10,
    last_at: '2027-05-01T12:20:01.000Z',
    last_request_id: 'r-posts-12',
  });
});

test('of two processes the later denial is told, whichever is written first', async () => {
  const { accountId } = await makeAccount(db);
  const [one, other] = [open(), open()];
  one.deny(accountId);
  other.later(1_000);
  other.deny(accountId, 'posts', 12);
  await other.counts.close();
  await one.counts.close();
  expect(await one.counts.ofAccount(accountId, all)).toMatchObject([
    { denied: 2, used: 12, last_request_id: 'r-posts-12' },
  ]);
});

test('an account reads its own; all are read by filters and page by page', async () => {
  const [mine, theirs] = [await makeAccount(db), await makeAccount(db)];
  const { counts, deny } = open();
  for (const limit of ['a', 'b', 'c']) deny(mine.accountId, limit);
  deny(theirs.accountId, 'a');
  await counts.close();
  expect(await counts.ofAccount(theirs.accountId, all)).toHaveLength(1);
  const names = async (question: object) =>
    (await counts.ofAll({ ...all, account: mine.accountId, ...question })).map(({ limit }) => limit);
  expect(await names({})).toEqual(['a', 'b', 'c']);
  expect(await names({ limit: 'b' })).toEqual(['b']);
  expect(await names({ plan: 'demo.pro' })).toEqual([]);
  expect(await names({ product: 'other' })).toEqual([]);
  expect(await names({ from: new Date(NOON) })).toEqual([]);
  expect(await names({ until: new Date(NOON - HOUR) })).toEqual([]);
  const after = ['2027-05-01T12:00:00.000Z', mine.accountId, 'demo', 'post', 'a', 'demo.free'] as const;
  expect(await names({ after, rows: 1 })).toEqual(['b']);
});

test('what could not be written is counted on, and of an account that is gone nothing is written', async () => {
  const { accountId } = await makeAccount(db);
  const { counts, deny, failures } = open();
  deny(accountId);
  deny('0193a5c8-7d1d-7000-8000-3c1c5a5b0a00' as AccountId);
  await db.asMigrator(statement('alter table limits.denials rename to denials_away'));
  await counts.write();
  expect(failures).toHaveLength(1);
  deny(accountId);
  await db.asMigrator(statement('alter table limits.denials_away rename to denials'));
  await counts.close();
  expect(await counts.ofAll({ ...all, account: accountId })).toMatchObject([{ denied: 2 }]);
});

test('counts of more than 100 days ago are deleted', async () => {
  const { accountId } = await makeAccount(db);
  const { counts, deny, later } = open();
  later(Date.now() - NOON);
  deny(accountId);
  later(-101 * 24 * HOUR);
  deny(accountId);
  await counts.close();
  await counts.prune();
  expect(await counts.ofAccount(accountId, all)).toHaveLength(1);
});

test('denials of a span are added up by limit, by account and by day, the most denied first, in pages', async () => {
  const [ada, bob] = [await makeAccount(db), await makeAccount(db)];
  const at = open();
  for (let n = 0; n < 5; n += 1) at.deny(ada.accountId, 'summed');
  at.later(3 * HOUR);
  at.deny(ada.accountId, 'summed', 11);
  for (let n = 0; n < 4; n += 1) at.deny(bob.accountId, 'summed');
  at.deny(bob.accountId, 'other');
  await at.counts.close();
  const sums = (group: 'limit' | 'account' | 'day', more: object = {}) =>
    at.counts.sums({ group, limit: 'summed', rows: 10, zone: 'UTC', ...more });
  expect(await sums('limit')).toMatchObject([
    { account_id: null, account_name: null, accounts: 2, denied: 10, hours: 2, plan: 'demo.free', max: 10 },
  ]);
  const [first, second, ...rest] = await sums('account');
  expect(rest).toEqual([]);
  expect([first, second]).toMatchObject([
    { account_id: ada.accountId, accounts: 1, denied: 6, hours: 2, last_request_id: 'r-summed-11' },
    { account_id: bob.accountId, denied: 4, hours: 1 },
  ]);
  if (first === undefined || second === undefined) throw new Error('there are two');
  expect(await sums('account', { after: positionOfSum(first) })).toEqual([second]);
  const from = new Date(NOON + 2 * HOUR);
  expect(await sums('account', { from })).toMatchObject([
    { account_id: bob.accountId, denied: 4 },
    { account_id: ada.accountId, denied: 1 },
  ]);
  // Nine hours ahead of UTC the later ones are of the next day.
  const days = await sums('day', { zone: 'Asia/Tokyo' });
  expect(days.map(({ denied, accounts }) => [denied, accounts])).toEqual([
    [5, 1],
    [5, 2],
  ]);
  expect(days.map(({ day }) => day)).toEqual(['2027-05-01', '2027-05-02']);
  const [one, other] = days;
  if (one === undefined) throw new Error('there are two');
  expect(await sums('day', { zone: 'Asia/Tokyo', after: positionOfSum(one) })).toEqual([other]);
});
