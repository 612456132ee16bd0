import { beforeAll, describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { catalogueOf, createEntitlements, declareCatalogue } from '#platform/entitlements';
import { type AccountId, usd } from '#platform/kernel';
import { defineProduct, productRoutes } from '#platform/product';
import { z } from 'zod';
import { createPeople, type Person } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';
import { serve, type ServedShop } from '@plinth/testkit/shop';

const POINT = commitPoint('test.holds', 'a grant that may be for the wrong kind of account');
const WRONG = { code: 'wrong_account_kind', status: 403 };
const { db } = await testDatabase();
const world = createPeople(db);

const route = productRoutes<undefined>();
const readRoute = (key: string) =>
  route(
    `GET /v1/${key}`,
    {
      summary: 'Read something',
      tag: 'Test',
      auth: 'account',
      may: 'viewer',
      scope: `${key}:read`,
      rate: { perMinute: 100, by: 'account' },
      reply: { 200: z.strictObject({ ok: z.literal(true) }) },
      example: { reply: { ok: true } },
    },
    async () => ({ ok: true }),
  );
/** A product that is free for its audience. */
const productFor = (holds: 'personal' | 'organization' | 'both') => {
  const sells = declareCatalogue({
    key: `for_${holds}`,
    name: 'A product',
    holds,
    limits: { calls: { kind: 'quota', per: 'month', by: 'account' } },
    features: { call: { consumes: ['calls'], reserve: usd('0.01'), longestSeconds: 60 } },
    plans: {
      free: { name: 'Free', rank: 0, price: { currency: 'usd', monthly: 0 }, grants: { calls: 10 } },
      pro: { name: 'Pro', rank: 1, price: { currency: 'usd', monthly: 100 }, grants: { calls: 100 } },
    },
    defaultPlan: 'free',
  });
  return defineProduct({ ...sells, routes: [readRoute(`for_${holds}`)], service: () => undefined });
};
const products = [productFor('personal'), productFor('organization'), productFor('both')];
const entitlements = createEntitlements({
  ...world,
  db,
  catalogues: products.map(({ catalogue }) => catalogue),
});

let person: Person;
let organization: AccountId;
let server: ServedShop;

beforeAll(async () => {
  await entitlements.syncCatalogues();
  person = await world.person();
  organization = await world.organization(person);
  server = await serve(
    {},
    {
      mounted: products.map(({ key, routes }) => ({ module: key, routes, service: undefined })),
      identify: async () => person.caller,
      roleOf: world.accounts.roleOf,
      kindOf: world.accounts.kindOf,
    },
  );
  return () => server.server.stop(1);
});

/** For each kind of account: the products that are for it. */
const FITTING = [
  ['personal', () => person.accountId, ['for_both', 'for_personal']],
  ['organization', () => organization, ['for_both', 'for_organization']],
] as const;

describe.each(FITTING)('a %s account', (_kind, account, fitting) => {
  const all = products.map(({ key }) => key);

  test('has the free plans of the products that are for it, and none of others, as admission reads it', async () => {
    const current = await entitlements.current(account());
    expect(current.map(({ product }) => product)).toEqual(fitting);
    const segments = statement<{ product: string }>(
      `select product from unnest($2::text[]) as t (product)
       where entitlements.segment($1, product, app.now()) is not null order by product`,
      [account(), all],
    );
    const [rows] = await db.system('limits.admission', [segments]);
    expect(rows.map(({ product }) => product)).toEqual(fitting);
  });

  test('is given plans of the products that are for it, and of no other', async () => {
    for (const product of all) {
      const giving = db.system('admin.grants', POINT, (tx) =>
        entitlements.grantIn(tx, {
          accountId: account(),
          product,
          plan: 'pro',
          source: 'admin',
          cause: 'test',
          by: { kind: 'system' },
        }),
      );
      const isFor = (fitting as readonly string[]).includes(product);
      await (isFor
        ? expect(giving).resolves.toMatchObject({ plan: 'pro' })
        : expect(giving).rejects.toMatchObject(WRONG));
    }
  });

  test('is let into the calls of the products that are for it, and of no other', async () => {
    for (const product of all) {
      const reply = await server.call(`/v1/${product}`, {
        as: 'token',
        headers: { 'x-account-id': account() },
      });
      const isFor = (fitting as readonly string[]).includes(product);
      expect([reply.status, reply.json.error?.code]).toEqual(isFor ? [200, undefined] : [403, WRONG.code]);
    }
  });
});

test('a product that turns to another kind of account takes the free plan from those who are not of it', async () => {
  const sold = products.find(({ key }) => key === 'for_both')?.catalogue;
  if (sold === undefined) throw new Error('there is no such product');
  const { product: key, ...rest } = sold;
  const turned = createEntitlements({
    ...world,
    db,
    catalogues: [catalogueOf({ key, ...rest, holds: 'organization' })],
  });
  await turned.syncCatalogues();
  const someone = await world.person();
  expect(await turned.current(someone.accountId)).toEqual([]);
});
