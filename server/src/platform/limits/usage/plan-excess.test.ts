import { commitPoint } from '#platform/db';
import { catalogueOf, UNLIMITED } from '#platform/entitlements';
import { micros } from '#platform/kernel';
import { advance, ids, makeAccount, makeGrant, makeMember, type Member } from '@plinth/testkit/factories';
import { openNode } from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { expect, test } from 'vitest';
import { createSeats } from '../index.ts';

const POINT = commitPoint('test.fitting', 'what an account of a test has stored');
const { db } = await testDatabase();
const price = (monthly: number) => ({ currency: 'usd' as const, monthly });
const catalogue = catalogueOf({
  key: 'demo',
  name: 'Demo',
  holds: 'both',
  limits: {
    visits: { kind: 'quota', per: 'month', by: 'account' },
    disk: { kind: 'gauge', by: 'account', unit: 'bytes' },
    people: { kind: 'gauge', by: 'account', unit: 'members' },
    machines: { kind: 'seats', by: 'account' },
  },
  features: { visit: { consumes: ['visits'], reserve: micros(0), longestSeconds: 60 } },
  plans: {
    none: { name: 'None', rank: 0, price: price(0), grants: { visits: 0, disk: 0, people: 1, machines: 0 } },
    seat: {
      name: 'Seat',
      rank: 1,
      price: price(100),
      grants: { visits: 1, disk: 5, people: 1, machines: 1 },
      perSeat: ['people', 'machines'],
    },
    all: {
      name: 'All',
      rank: 2,
      price: price(900),
      grants: { visits: 9, disk: UNLIMITED, people: UNLIMITED, machines: 9 },
    },
  },
});
const { limits } = await openNode(db, [catalogue]);
const seats = createSeats({ db, ids });

/** An account with three members, two machines at work, and so much stored. */
async function busy(stored: number): Promise<Member> {
  const member = await makeAccount(db);
  const { accountId } = member;
  await makeGrant(db, accountId, { catalogue, plan: 'all' });
  for (const _ of [2, 3]) await makeMember(db, accountId);
  for (const machine of ['one', 'two'])
    await seats.take({ accountId, product: 'demo', limit: 'machines' }, machine, { ttlSeconds: 360 });
  await db.tenant(accountId, POINT, [limits.gauging('demo', 'disk', stored)]);
  return member;
}

const fits = ({ accountId }: Member, plan: string, quantity = 1) =>
  limits.notFitting(accountId, { product: 'demo', plan, quantity });

test('what a plan has no room for is listed: stored things, members and machines at work, and nothing that comes back by itself', async () => {
  const ada = await busy(6);
  expect(await fits(ada, 'none')).toEqual([
    { limit: 'disk', used: 6, max: 0 },
    { limit: 'people', used: 3, max: 1 },
    { limit: 'machines', used: 2, max: 0 },
  ]);
  expect(await fits(ada, 'all')).toEqual([]);
});

test('a plan has room for as many as its seats, and what is not sold by the seat stays what it is', async () => {
  const ada = await busy(6);
  expect(await fits(ada, 'seat', 2)).toEqual([
    { limit: 'disk', used: 6, max: 5 },
    { limit: 'people', used: 3, max: 2 },
  ]);
  expect(await fits(ada, 'seat', 3)).toEqual([{ limit: 'disk', used: 6, max: 5 }]);
});

test('what exactly fills a plan fits', async () => {
  expect(await fits(await busy(5), 'seat', 3)).toEqual([]);
});

test('a machine whose lease has run out takes no room', async () => {
  const ada = await busy(5);
  await advance(db, '10 minutes');
  expect(await fits(ada, 'none')).not.toContainEqual(expect.objectContaining({ limit: 'machines' }));
});

test('what another account has takes no room', async () => {
  await busy(5_000);
  const member = await makeAccount(db);
  expect(await fits(member, 'none')).toEqual([]);
});
