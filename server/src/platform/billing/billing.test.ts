import { beforeAll, describe, expect, test } from 'vitest';
import { createAudit } from '#platform/audit';
import { commitPoint, statement } from '#platform/db';
import { catalogueOf, createEntitlements, UNLIMITED } from '#platform/entitlements';
import type { Caller, Once, Origin } from '#platform/http';
import { createIdempotency } from '#platform/idempotency';
import { type AccountId, AppError, usd, type UserId } from '#platform/kernel';
import { createCredits } from '#platform/limits';
import { answers } from '@plinth/testkit/answers';
import { ids } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { entitlementsReply, grantReply } from './views.ts';
import { billingRoutes, createBilling, type GrantOrder, type LimitInUse } from './index.ts';
import { priceListReply } from './price-list.ts';
import type { CreditsOrder } from './service.ts';

const { db } = await testDatabase();
const point = commitPoint('test.billing', 'accounts of the billing tests');
const price = (monthly: number) => ({ currency: 'usd' as const, monthly });

const demo = catalogueOf({
  key: 'demo',
  name: 'Demo',
  holds: 'both',
  limits: {
    posts: { kind: 'quota', per: 'month', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
  },
  options: { exports: 'boolean' },
  features: { post: { consumes: ['posts', 'cost'], reserve: usd('0'), longestSeconds: 60 } },
  plans: {
    // Not in the order of their prices, so that the list has something to sort.
    pro: {
      name: 'Pro',
      rank: 3,
      price: price(2_000),
      grants: { posts: UNLIMITED, cost: 5_000_000, exports: true },
    },
    basic: {
      name: 'Basic',
      rank: 1,
      price: price(500),
      grants: { posts: 10, cost: 500_000, exports: false },
    },
    staff: {
      name: 'Staff',
      rank: 9,
      price: price(0),
      grants: { posts: UNLIMITED, cost: 0, exports: true },
      hidden: true,
    },
  },
  addOns: { boost: { name: 'Boost', price: { currency: 'usd', once: 900 }, days: 30, lifts: 'pro' } },
});
const pipe = catalogueOf({
  ...demo,
  key: 'pipe',
  name: 'Pipe',
  plans: { free: { name: 'Free', rank: 0, price: price(0), grants: { posts: 5, cost: 0, exports: false } } },
  addOns: {},
  defaultPlan: 'free',
});

const metered = catalogueOf({
  key: 'metered',
  name: 'Metered',
  holds: 'both',
  limits: { credits: { kind: 'credits', per: 'month', by: 'account' } },
  features: { post: { consumes: ['credits'], reserve: usd('0'), longestSeconds: 60 } },
  plans: { only: { name: 'Only', rank: 1, price: price(500), grants: { credits: 10 } } },
});

const entitlements = createEntitlements({ db, ids, audit: createAudit({ ids }), catalogues: [demo, pipe] });
const idempotency = createIdempotency({ db, answers });
const inUse: LimitInUse[] = [
  { product: 'pipe', limit: 'posts', used: 3, max: 5, resetsAt: '2027-04-01T00:00:00.000Z' },
  { product: 'demo', limit: 'posts', used: 70, max: UNLIMITED, resetsAt: '2027-04-01T00:00:00.000Z' },
  { product: 'demo', limit: 'cost', used: 600_000, max: 500_000, resetsAt: '2027-03-02T00:00:00.000Z' },
];
const people = new Map<string, AccountId>();
const billing = createBilling({
  db,
  entitlements,
  usage: async () => inUse,
  // In place of a signature: what would be signed, and until when.
  signToken: async (token) => ({ token: JSON.stringify(token), expiresAt: token.expiresAt }),
  accountByName: async ({ account_id: id, email = '' }) => {
    const found = (id as AccountId | undefined) ?? people.get(email);
    if (found === undefined) throw new AppError('not_found');
    return found;
  },
  credits: createCredits({
    ids,
    audit: createAudit({ ids }),
    catalogues: [demo, metered],
    webhooks: { emitting: () => [] },
  }),
});

const adminId = ids.next<UserId>();
const caller: Caller = {
  userId: adminId,
  platformRole: 'admin',
  scopes: ['*'],
  accountId: ids.next<AccountId>(),
};
const origin: Origin = {
  requestId: 'req_1',
  ip: '127.0.0.1',
  userAgent: 'test',
  traceparent: undefined,
  signal: new AbortController().signal,
};
/** The `once` that the server hands to a handler of an admin's call. */
function onceWith(key: string | undefined, bodyHash = 'same'): Once {
  const scope = { user: adminId, use: 'admin.grants' } as const;
  const of = { scope, route: 'POST /v1/admin/grants', by: { userId: adminId } };
  const call = { ...of, key, bodyHash, private: false, secrets: [] };
  return (at, effect) => idempotency.once(call, at, effect);
}
const give = (order: GrantOrder, key?: string) =>
  billing.give(order, { caller, origin, once: onceWith(key) });

const giveCredits = (order: CreditsOrder, key?: string, bodyHash?: string) =>
  billing.giveCredits(order, { caller, origin, once: onceWith(key, bodyHash) });

async function openAccount(): Promise<AccountId> {
  const account = ids.next<AccountId>();
  const opened = statement(
    `insert into accounts.accounts (account_id, kind, name, created_by) values ($1, 'organization', 'Ours', $1)`,
    [account],
  );
  await db.system('admin.grants', point, [opened]);
  return account;
}

beforeAll(async () => {
  await entitlements.syncCatalogues();
});

describe('the price list', () => {
  test('has each product’s plans by price, what they differ in, and nothing that is not sold', () => {
    const list = billing.priceList(undefined, true);
    expect(priceListReply.parse(list)).toEqual(list);
    expect(list.data.map(({ id }) => id)).toEqual(['demo.basic', 'demo.pro', 'pipe.free']);
    expect(list.add_ons).toMatchObject([{ id: 'demo.boost', days: 30, lifts: 'demo.pro' }]);
    expect(list.comparison['demo']).toEqual([
      {
        name: 'posts',
        kind: 'quota',
        per: 'month',
        unit: 'uses',
        plans: { 'demo.basic': 10, 'demo.pro': null },
      },
      {
        name: 'cost',
        kind: 'budget',
        per: 'day',
        unit: 'micro_dollars',
        plans: { 'demo.basic': 500_000, 'demo.pro': 5_000_000 },
      },
      {
        name: 'exports',
        kind: 'boolean',
        per: null,
        unit: null,
        plans: { 'demo.basic': false, 'demo.pro': true },
      },
    ]);
  });

  test('can be asked for one product, or for one plan', () => {
    expect(billing.priceList('pipe').data.map(({ id }) => id)).toEqual(['pipe.free']);
    expect(billing.plan('pipe.free')).toMatchObject({ default: true, price: { monthly: 0, yearly: null } });
    expect(billing.plan('demo.pro', true).grants).toEqual({ posts: null, cost: 5_000_000, exports: true });
  });

  test.each(['demo.staff', 'demo.gold', 'staff', 'demo.boost'])('knows no plan %s', (id) => {
    expect(() => billing.plan(id)).toThrow('There is no such plan.');
  });

  test('knows no product that is not there', () => {
    expect(() => billing.priceList('constructor')).toThrow('There is no such product.');
  });
});

describe('what an account holds', () => {
  test('says for each product the plan, why, until when, and what is used and left', async () => {
    const account = await openAccount();
    await give({ account_id: account, product: 'demo', plan: 'demo.basic' });
    const boost = await give({ account_id: account, product: 'demo', add_on: 'boost' });
    const data = await billing.entitlements(account, true);
    expect(entitlementsReply.parse({ data })).toEqual({ data });
    const until = new Date(Date.parse(boost.body.starts_at) + 30 * 86_400_000).toISOString();
    expect(data).toEqual([
      {
        product: 'demo',
        name: 'Demo',
        plan: 'demo.pro',
        plan_name: 'Pro',
        source: 'admin',
        add_ons: [{ id: 'demo.boost', expires_at: until }],
        paid: [],
        quantity: null,
        overage: {},
        grants: { posts: null, cost: 5_000_000, exports: true },
        used: { posts: 70, cost: 600_000 },
        // A provider's overrun closes the budget: nothing is left, and never less than that.
        left: { posts: null, cost: 0 },
        resets_at: { posts: '2027-04-01T00:00:00.000Z', cost: '2027-03-02T00:00:00.000Z' },
        until,
        grace: null,
        trial_available: false,
        trial_without_card: false,
      },
      expect.objectContaining({
        plan: 'pipe.free',
        source: 'default',
        used: { posts: 3 },
        left: { posts: 2 },
        until: null,
      }),
    ]);
  });
});

describe('what an account holds, signed', () => {
  test('is what it is told, for the product, until anything of it changes', async () => {
    const account = await openAccount();
    await give({ account_id: account, product: 'demo', plan: 'demo.pro' });
    const boost = await give({ account_id: account, product: 'demo', add_on: 'boost' });
    const [entitlement] = await billing.entitlements(account);
    const { token } = await billing.entitlementToken(account, 'demo');
    expect(JSON.parse(token)).toEqual({
      type: 'entitlement+jwt',
      audience: 'demo',
      subject: account,
      claims: { entitlement },
      // The plan has no end, but the add-on has.
      expiresAt: Math.floor(Date.parse(boost.body.starts_at) / 1_000) + 30 * 86_400,
    });
    expect(entitlement?.until).toBeNull();
  });

  test('is of no product that is not there', async () => {
    const signing = billing.entitlementToken(await openAccount(), 'constructor');
    await expect(signing).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a grant by an admin', () => {
  test('goes to the default account of a user, named by email', async () => {
    const account = await openAccount();
    people.set('ada@example.com', account);
    const given = await give({
      email: 'ada@example.com',
      product: 'demo',
      plan: 'pro',
      until: '2999-01-01T00:00:00+01:00',
    });
    expect(given).toMatchObject({
      status: 201,
      body: { account_id: account, plan: 'demo.pro', created_by: adminId },
    });
    expect(grantReply.parse(given.body)).toEqual(given.body);
    expect((await billing.entitlements(account, true))[0]).toMatchObject({
      plan: 'demo.pro',
      until: '2998-12-31T23:00:00.000Z',
    });
  });

  test.each<[string, GrantOrder, string]>([
    ['an unknown email', { email: 'nobody@example.com', product: 'demo', plan: 'pro' }, 'not_found'],
    ['an unknown account', { account_id: ids.next(), product: 'demo', plan: 'pro' }, 'not_found'],
    ['an unknown plan', { account_id: ids.next(), product: 'demo', plan: 'pipe.free' }, 'validation_failed'],
    [
      'a past end',
      { account_id: ids.next(), product: 'demo', plan: 'pro', until: '2001-01-01T00:00:00Z' },
      'validation_failed',
    ],
  ])('for %s is refused', (_, order, code) => expect(give(order)).rejects.toMatchObject({ code }));

  test('has what the account agreed on, null without a cap, until nothing is agreed on', async () => {
    const account = await openAccount();
    const order = { account_id: account, product: 'demo', plan: 'basic', overrides: { posts: 500 } };
    const { body: grant } = await give(order);
    const held = async () => (await billing.entitlements(account, true))[0]?.grants;
    expect(await held()).toMatchObject({ posts: 500, exports: false });
    await billing.override(grant.id, { posts: null, exports: true }, { caller, origin });
    expect(await held()).toMatchObject({ posts: null, exports: true });
    expect(await billing.override(grant.id, {}, { caller, origin })).toMatchObject({ overrides: null });
  });

  test('repeated with its Idempotency-Key is given once', async () => {
    const account = await openAccount();
    const order = { account_id: account, product: 'demo', add_on: 'boost' };
    const first = await give(order, 'key-1');
    const again = await give(order, 'key-1');
    expect(again.body).toEqual(first.body);
    expect(again.headers).toEqual({ 'Idempotent-Replayed': 'true' });
    expect((await billing.grants({ account_id: account }, { limit: 5 })).data).toHaveLength(1);
  });

  test('leaves nothing under its key when it was refused', async () => {
    const account = await openAccount();
    const wrong = { account_id: account, product: 'demo', plan: 'gold' };
    await expect(give(wrong, 'key-2')).rejects.toMatchObject({ code: 'validation_failed' });
    const right = await billing.give(
      { ...wrong, plan: 'pro' },
      { caller, origin, once: onceWith('key-2', 'other') },
    );
    expect(right.status).toBe(201);
  });

  test('ends when it is revoked, and ending it again changes nothing', async () => {
    const account = await openAccount();
    const { body: grant } = await give({ account_id: account, product: 'demo', plan: 'pro' });
    const revoked = await billing.revoke(grant.id, { caller, origin });
    expect(revoked).toEqual({ ...grant, revoked_at: expect.any(String) as string });
    expect(await billing.revoke(grant.id, { caller, origin })).toEqual(revoked);
    expect((await billing.entitlements(account, true))[0]).toMatchObject({ plan: null });
    await expect(billing.revoke(ids.next(), { caller, origin })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is listed newest first, page by page', async () => {
    const account = await openAccount();
    for (const plan of ['basic', 'pro', 'basic']) await give({ account_id: account, product: 'demo', plan });
    const page = await billing.grants({ account_id: account }, { limit: 2 });
    expect(page.data.map(({ plan }) => plan)).toEqual(['demo.basic', 'demo.pro']);
    expect(page.next_cursor).not.toBeNull();
    const rest = await billing.grants({ account_id: account }, { limit: 2, before: page.data[1]?.id });
    expect(rest).toMatchObject({ data: [{ plan: 'demo.basic' }], next_cursor: null });
  });

  test('is announced to every process', async () => {
    const account = await openAccount();
    const heard: string[] = [];
    const stop = db.onSignal('entitlements', (id) => heard.push(id));
    const { body } = await give({ account_id: account, product: 'demo', plan: 'pro' });
    await billing.revoke(body.id, { caller, origin });
    stop();
    expect(heard).toEqual([account, account]);
  });
});

describe('credits that an admin gives', () => {
  test('are the account’s, until they expire, and given once under an Idempotency-Key', async () => {
    const account_id = await openAccount();
    const order = {
      account_id,
      product: 'metered',
      limit: 'credits',
      amount: 500,
      expires_at: '2999-01-01T00:00:00Z',
    };
    const given = await giveCredits(order, 'credits');
    expect(given).toMatchObject({ status: 201, body: { account_id, amount: 500, remaining: 500 } });
    expect((await giveCredits(order, 'credits')).body).toEqual(given.body);
    await expect(giveCredits({ ...order, amount: 1 }, 'credits', 'other')).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
    const counted = statement<{ n: number }>(
      'select count(*)::int as n from limits.credits where account_id = $1',
      [account_id],
    );
    expect(await db.asMigrator(counted)).toEqual([{ n: 1 }]);
  });

  test('of a product that sells none are refused', async () => {
    const order = { account_id: await openAccount(), product: 'demo', limit: 'posts', amount: 5 };
    await expect(giveCredits(order)).rejects.toMatchObject({ code: 'validation_failed' });
  });
});

describe('the body of a grant', () => {
  const body = billingRoutes.find(({ name }) => name === 'POST /v1/admin/grants')?.shape.body;
  const account_id = ids.next();
  test.each([
    { product: 'demo', plan: 'pro' },
    { account_id, email: 'ada@example.com', product: 'demo', plan: 'pro' },
    { account_id, product: 'demo' },
    { account_id, product: 'demo', plan: 'pro', add_on: 'boost' },
    { account_id, product: 'demo', plan: 'pro', until: 'tomorrow' },
    { account_id, product: 'demo', plan: 'pro', forever: true },
  ])('is refused: %j', (wrong) => {
    expect(body?.safeParse(wrong).success).toBe(false);
  });

  test('is taken with an account or an email, a plan or an add-on', () => {
    expect(body?.safeParse({ account_id, product: 'demo', plan: 'pro' }).success).toBe(true);
    expect(body?.safeParse({ email: 'a@example.com', product: 'demo', add_on: 'boost' }).success).toBe(true);
  });
});
