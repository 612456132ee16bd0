import { createAudit } from '#platform/audit';
import { type AccountId, type Clock, createIds, systemClock, systemRandom, usd } from '#platform/kernel';
import { databaseTime, makeAccount, makeGrant, stopTime } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { beforeAll, expect, test } from 'vitest';
import { catalogueOf, createEntitlements, createPlanRates, declareCatalogue, UNLIMITED } from './index.ts';

const { db } = await testDatabase();
const ids = createIds({ clock: systemClock, random: systemRandom });
const catalogue = catalogueOf(
  declareCatalogue({
    key: 'demo',
    name: 'Demo',
    holds: 'both',
    limits: {
      requests: { kind: 'rate', by: 'member' },
      heartbeats: { kind: 'rate', by: 'machine' },
      posts: { kind: 'quota', per: 'month', by: 'account' },
    },
    features: { post: { consumes: ['posts'], reserve: usd('0'), longestSeconds: 60 } },
    plans: {
      basic: {
        name: 'Basic',
        rank: 1,
        price: { currency: 'usd', monthly: 500 },
        grants: { requests: 20, heartbeats: 2, posts: 1 },
      },
      pro: {
        name: 'Pro',
        rank: 2,
        price: { currency: 'usd', monthly: 900 },
        grants: { requests: UNLIMITED, heartbeats: 10, posts: 9 },
      },
    },
    addOns: { boost: { name: 'Boost', price: { currency: 'usd', once: 900 }, days: 30, lifts: 'pro' } },
  }),
);
const entitlements = createEntitlements({ db, ids, audit: createAudit({ ids }), catalogues: [catalogue] });
let passed = 0;
let slept = 0;
const clock: Clock = { monotonic: () => passed, now: () => 1_700_000_000_000 + passed + slept };
const planRates = createPlanRates({ db, clock, catalogues: [catalogue] });

beforeAll(async () => {
  await entitlements.syncCatalogues();
  await stopTime(db);
});

const sizes = async (accountId: AccountId, by = planRates) =>
  [...(await by.now(accountId, 'demo')).rates.values()].map(({ name, by: of, perMinute }) => [
    name,
    of,
    perMinute,
  ]);
const BASIC = [
  ['requests', 'member', 20],
  ['heartbeats', 'machine', 2],
];
const PRO = [
  ['requests', 'member', null],
  ['heartbeats', 'machine', 10],
];

test('the rates of a plan are its grants of that kind; without a plan there are none', async () => {
  const { accountId } = await makeAccount(db);
  expect(await planRates.now(accountId, 'demo')).toEqual({ plan: null, rates: new Map(), grants: {} });
  expect(await planRates.now(accountId, 'elsewhere')).toEqual({ plan: null, rates: new Map(), grants: {} });
  const { accountId: customer } = await makeAccount(db);
  await makeGrant(db, customer, { catalogue, plan: 'basic' });
  expect(await sizes(customer)).toEqual(BASIC);
});

test('a changed plan counts at once where it is heard of, and seconds later where it is not', async () => {
  const { accountId } = await makeAccount(db);
  await makeGrant(db, accountId, { catalogue, plan: 'basic' });
  const withoutSignals = createPlanRates({
    db: { ...db, onSignal: () => () => {} },
    clock,
    catalogues: [catalogue],
  });
  expect([await sizes(accountId), await sizes(accountId, withoutSignals)]).toEqual([BASIC, BASIC]);
  await makeGrant(db, accountId, { catalogue, plan: 'pro' });
  entitlements.announce(accountId);
  await expect.poll(() => sizes(accountId)).toEqual(PRO);
  expect(await sizes(accountId, withoutSignals)).toEqual(BASIC);
  passed += 8_000;
  expect(await sizes(accountId, withoutSignals)).toEqual(PRO);
});

test('what was kept when the machine went to sleep is read again when it wakes', async () => {
  const { accountId } = await makeAccount(db);
  await makeGrant(db, accountId, { catalogue, plan: 'basic' });
  expect(await sizes(accountId)).toEqual(BASIC);
  await makeGrant(db, accountId, { catalogue, plan: 'pro' });
  expect(await sizes(accountId)).toEqual(BASIC);
  slept += 8_000;
  expect(await sizes(accountId)).toEqual(PRO);
});

test('an add-on that ends does so in what is kept, at its instant', async () => {
  const { accountId } = await makeAccount(db);
  const until = new Date((await databaseTime(db)).getTime() + 5_000);
  await makeGrant(db, accountId, { catalogue, plan: 'basic' });
  await makeGrant(db, accountId, { catalogue, addOn: 'boost', until });
  expect(await sizes(accountId)).toEqual(PRO);
  passed += 4_999;
  expect(await sizes(accountId)).toEqual(PRO);
  passed += 1;
  expect(await sizes(accountId)).toEqual(BASIC);
});
