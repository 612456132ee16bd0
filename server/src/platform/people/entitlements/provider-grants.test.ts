import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createAudit } from '#platform/audit';
import { commitPoint, statement } from '#platform/db';
import { type AccountId, usd } from '#platform/kernel';
import { databaseTime, ids, makeAccount } from '@plinth/testkit/factories';
import { engine, testDatabase } from '@plinth/testkit/services';
import {
  catalogueOf,
  createEntitlements,
  type PlainDeclaration,
  type Segment,
  type ProviderGrant,
  type ProviderSource,
} from './index.ts';

const { db } = await testDatabase();
const audit = createAudit({ ids });
const POINT = commitPoint('test.store-grants', 'what a payment provider grants in a test');
const DAY = 86_400_000;

const price = (monthly: number) => ({ currency: 'usd' as const, monthly });
const declaration = {
  key: 'demo',
  name: 'Demo',
  holds: 'both',
  limits: {
    posts: { kind: 'quota', per: 'month', by: 'account' },
    disk: { kind: 'gauge', by: 'account', unit: 'bytes' },
  },
  features: { post: { consumes: ['posts'], reserve: usd('0'), longestSeconds: 60 } },
  plans: {
    basic: { name: 'Basic', rank: 1, price: price(500), grants: { posts: 10, disk: 100 } },
    pro: {
      name: 'Pro',
      rank: 2,
      price: price(900),
      grants: { posts: 50, disk: 1_000 },
      overage: [{ limit: 'posts', micros: usd('0.01') }],
    },
    team: {
      name: 'Team',
      rank: 3,
      price: price(1_500),
      grants: { posts: 60, disk: 500 },
      perSeat: ['posts'],
    },
  },
  addOns: { boost: { name: 'Boost', price: { currency: 'usd', once: 900 }, days: 30, lifts: 'pro' } },
} as const satisfies PlainDeclaration;
const make = (changed: Partial<PlainDeclaration> = {}) =>
  createEntitlements({ db, ids, audit, catalogues: [catalogueOf({ ...declaration, ...changed })] });
const entitlements = make();

/** A payment provider's sale, beginning and ending so many days from now. */
async function createGrant(
  from: number,
  until: number | null,
  of: Partial<ProviderGrant> = {},
): Promise<ProviderGrant> {
  const now = (await databaseTime(db)).getTime();
  const what = of.addOn === undefined ? { plan: 'pro' } : {};
  return {
    externalId: 'sub_1',
    product: 'demo',
    ...what,
    quantity: 1,
    startsAt: new Date(now + from * DAY),
    endsAt: until === null ? null : new Date(now + until * DAY),
    revokedAt: null,
    ...of,
  };
}

interface GrantCase {
  readonly source?: ProviderSource;
  readonly by?: Pick<typeof entitlements, 'providerGrantsIn'>;
}

const tell = (
  accountId: AccountId,
  grants: readonly ProviderGrant[],
  { source = 'stripe', by = entitlements }: GrantCase = {},
) => db.system('billing.inbox', POINT, (tx) => by.providerGrantsIn(tx, { accountId, source, grants }));

const present = async (accountId: AccountId) => {
  const [demo] = await entitlements.current(accountId);
  return demo;
};

const allow = (accountId: AccountId, most: number) =>
  db.system('billing.overage', POINT, (tx) =>
    entitlements.allowIn(tx, { accountId, product: 'demo', limit: 'posts', most, by: { kind: 'system' } }),
  );

const versions = async (accountId: AccountId) =>
  (
    await db.asMigrator(
      statement<{ cause: string }>(
        'select cause from entitlements.snapshots where account_id = $1 order by version',
        [accountId],
      ),
    )
  ).map(({ cause }) => cause);

/** The newest timeline from an instant on: what is and what comes. */
async function fromNowOn(accountId: AccountId, now: Date): Promise<Partial<Segment>[]> {
  const [row] = await db.asMigrator(
    statement<{ timeline: Segment[] | null }>(`select entitlements.timeline($1, 'demo') as timeline`, [
      accountId,
    ]),
  );
  const rest = (row?.timeline ?? []).filter(
    ({ until }) => until === null || Date.parse(until) > now.getTime(),
  );
  return rest.map(({ from, ...segment }) => ({
    ...segment,
    from: Date.parse(from) > now.getTime() ? from : 'now',
  }));
}

beforeAll(async () => {
  await entitlements.syncCatalogues();
});

describe('what a payment provider grants', () => {
  test('is in effect from its first instant to its last, and told twice it is one grant and one version', async () => {
    const { accountId } = await makeAccount(db);
    const bought = await createGrant(-1, 29);
    expect(await tell(accountId, [bought])).toBe(true);
    expect(await tell(accountId, [bought])).toBe(false);
    expect(await present(accountId)).toMatchObject({
      plan: 'demo.pro',
      source: 'stripe',
      until: bought.endsAt?.toISOString(),
      paid: [{ source: 'stripe', id: 'demo.pro', until: bought.endsAt?.toISOString() }],
    });
    expect(await versions(accountId)).toEqual(['store_changed']);
  });

  test('is changed in place: a renewal, another plan, an end at once', async () => {
    const { accountId } = await makeAccount(db);
    await tell(accountId, [await createGrant(-1, 29)]);
    await tell(accountId, [await createGrant(-1, 59, { plan: 'basic' })]);
    expect(await present(accountId)).toMatchObject({ plan: 'demo.basic', grants: { posts: 10 } });
    await tell(accountId, [await createGrant(-1, 0)]);
    expect(await present(accountId)).toMatchObject({ plan: null, paid: [] });
    const rows = statement('select id from entitlements.grants where account_id = $1', [accountId]);
    expect(await db.asMigrator(rows)).toHaveLength(1);
  });

  test('ends now when the provider grants it no more, and is back when it does', async () => {
    const { accountId } = await makeAccount(db);
    const bought = await createGrant(-1, 29);
    const next = {
      ...bought,
      externalId: 'sub_1/next',
      plan: 'basic',
      startsAt: bought.endsAt ?? bought.startsAt,
      endsAt: null,
    };
    await tell(accountId, [bought, next]);
    expect(await fromNowOn(accountId, await databaseTime(db))).toMatchObject([
      { plan: 'demo.pro' },
      { plan: 'demo.basic' },
    ]);
    await tell(accountId, []);
    expect(await fromNowOn(accountId, await databaseTime(db))).toMatchObject([{ plan: null }]);
    await tell(accountId, [bought]);
    expect(await present(accountId)).toMatchObject({ plan: 'demo.pro', until: bought.endsAt?.toISOString() });
  });

  test('that was over before it began gives nothing', async () => {
    const { accountId } = await makeAccount(db);
    await tell(accountId, [await createGrant(-1, -5)]);
    expect(await present(accountId)).toMatchObject({ plan: null, paid: [] });
  });

  test('of an add-on lasts as long as it was sold for, whatever the catalogue says later', async () => {
    const { accountId } = await makeAccount(db);
    const bought = await createGrant(0, null, { externalId: 'line_1', addOn: 'boost', quantity: 2 });
    await tell(accountId, [bought]);
    const ends = new Date(bought.startsAt.getTime() + 60 * DAY).toISOString();
    expect((await present(accountId))?.addOns).toEqual([{ id: 'demo.boost', expiresAt: ends }]);
    const shorter = make({ addOns: { boost: { ...declaration.addOns.boost, days: 7 } } });
    await tell(accountId, [bought], { by: shorter });
    expect((await present(accountId))?.addOns).toEqual([{ id: 'demo.boost', expiresAt: ends }]);
  });

  test('of a plan or an add-on that nobody knows gives nothing, and breaks nothing', async () => {
    const { accountId } = await makeAccount(db);
    await tell(accountId, [
      await createGrant(-1, 29),
      await createGrant(-1, 29, { externalId: 'sub_2', plan: 'gone' }),
      await createGrant(-1, null, { externalId: 'line_1', addOn: 'gone' }),
      await createGrant(-1, 29, { externalId: 'sub_3', product: 'gone' }),
    ]);
    expect(await present(accountId)).toMatchObject({ plan: 'demo.pro', addOns: [] });
  });

  test('stands beside what another provider grants: the best is in effect, and both are shown as paid', async () => {
    const { accountId } = await makeAccount(db);
    await tell(accountId, [await createGrant(-1, 29, { plan: 'basic' })], { source: 'app_store' });
    await tell(accountId, [await createGrant(-1, 20)]);
    const held = await present(accountId);
    expect(held).toMatchObject({ plan: 'demo.pro', source: 'stripe' });
    expect(held?.paid.map(({ source, id }) => `${source} ${id}`).sort()).toEqual([
      'app_store demo.basic',
      'stripe demo.pro',
    ]);
    await tell(accountId, []);
    expect(await present(accountId)).toMatchObject({ plan: 'demo.basic', source: 'app_store' });
  });

  test('has as many seats as were bought, of what is sold by the seat', async () => {
    const { accountId } = await makeAccount(db);
    await tell(accountId, [await createGrant(-1, 29, { plan: 'team', quantity: 4 })]);
    expect(await present(accountId)).toMatchObject({ quantity: 4, grants: { posts: 240, disk: 500 } });
    await tell(accountId, [
      await createGrant(-1, 29, { plan: 'team', quantity: 4 }),
      await createGrant(-1, 29, { externalId: 'sub_2', plan: 'team', quantity: 7 }),
    ]);
    expect(await present(accountId)).toMatchObject({ quantity: 7, grants: { posts: 420 } });
    // Also where the other one was bought later.
    await tell(accountId, [
      await createGrant(-2, 29, { plan: 'team', quantity: 7 }),
      await createGrant(-1, 29, { externalId: 'sub_2', plan: 'team', quantity: 4 }),
    ]);
    expect(await present(accountId)).toMatchObject({ quantity: 7, grants: { posts: 420 } });
  });

  test('reaches no other account', async () => {
    const [{ accountId }, other] = [await makeAccount(db), await makeAccount(db)];
    await tell(accountId, [await createGrant(-1, 29)]);
    await tell(other.accountId, [await createGrant(-1, 29, { plan: 'basic' })]);
    await tell(other.accountId, []);
    expect(await present(accountId)).toMatchObject({ plan: 'demo.pro' });
  });

  test('of two who tell it at once is one of both, whole', async () => {
    const { accountId } = await makeAccount(db);
    const [short, long] = [await createGrant(-1, 10), await createGrant(-1, 40, { plan: 'team' })];
    await Promise.all([tell(accountId, [short]), tell(accountId, [long])]);
    const held = await present(accountId);
    expect([short.endsAt?.toISOString(), long.endsAt?.toISOString()]).toContain(held?.until);
    expect(await versions(accountId)).toHaveLength(2);
  });
});

const anyPlan = fc.record({
  externalId: fc.constantFrom('sub_1', 'sub_2', 'sub_2/next'),
  from: fc.integer({ min: -20, max: 20 }),
  until: fc.integer({ min: -20, max: 60 }),
  plan: fc.constantFrom('basic', 'pro', 'team'),
  quantity: fc.integer({ min: 1, max: 3 }),
});
const anyPlans = fc.uniqueArray(anyPlan, { selector: ({ externalId }) => externalId, maxLength: 3 });
/** Purchases are never undone but by a refund; so each list has all of them. */
const anyBoosts = fc.array(
  fc.record({ from: fc.integer({ min: -20, max: 5 }), back: fc.option(fc.integer({ min: -20, max: 5 })) }),
  {
    maxLength: 3,
  },
);

// The guarantee hangs on no engine, and PGlite takes long for it.
test.runIf(engine === 'postgres')(
  'whatever a payment provider told before, the present and the future are those that it tells last',
  async () => {
    const now = await databaseTime(db);
    const at = (days: number) => new Date(now.getTime() + days * DAY + DAY / 2);
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyPlans, { minLength: 1, maxLength: 4 }),
        anyBoosts,
        async (lists, boosts) => {
          const bought = boosts.map(({ from, back }, line) => ({
            externalId: `line_${line}`,
            addOn: 'boost',
            quantity: 1,
            startsAt: at(from),
            endsAt: null,
            revokedAt: back === null ? null : at(Math.max(back, from)),
          }));
          const told = lists.map((list): ProviderGrant[] =>
            [
              ...list.map(({ from, until, ...of }) => ({
                ...of,
                startsAt: at(from),
                endsAt: at(until),
                revokedAt: null,
              })),
              ...bought,
            ].map((one) => ({ product: 'demo', ...one })),
          );
          const [often, once] = [await makeAccount(db), await makeAccount(db)];
          for (const list of told) await tell(often.accountId, list);
          await tell(once.accountId, (told.at(-1) ?? []).toReversed());
          const end = await databaseTime(db);
          expect(await fromNowOn(often.accountId, end)).toEqual(await fromNowOn(once.accountId, end));
        },
      ),
      { numRuns: 40 },
    );
  },
);

describe('how far an account lets a limit be passed', () => {
  test('is granted with the plan that sells it, at once, and is audited', async () => {
    const { accountId } = await makeAccount(db);
    await tell(accountId, [await createGrant(-1, 29)]);
    await allow(accountId, 25);
    expect(await present(accountId)).toMatchObject({ grants: { posts: 75 }, overage: { posts: 25 } });
    await allow(accountId, 0);
    expect(await present(accountId)).toMatchObject({ grants: { posts: 50 }, overage: {} });
    expect(await versions(accountId)).toEqual(['store_changed', 'overage_chosen', 'overage_chosen']);
    const audited = statement<{ action: string }>(
      `select changes from audit.events where account_id = $1 and action = 'overage.chosen' order by id`,
      [accountId],
    );
    expect(await db.asMigrator(audited)).toEqual([
      { changes: { former: 0, most: 25 } },
      { changes: { former: 25, most: 0 } },
    ]);
  });

  test('is nothing on a plan that does not sell it, or that no provider with meters bills', async () => {
    const { accountId } = await makeAccount(db);
    await allow(accountId, 25);
    await tell(accountId, [await createGrant(-1, 29, { plan: 'basic' })]);
    expect(await present(accountId)).toMatchObject({ grants: { posts: 10 }, overage: {} });
    await tell(accountId, []);
    await tell(accountId, [await createGrant(-1, 29)], { source: 'google_play' });
    expect(await present(accountId)).toMatchObject({ grants: { posts: 50 }, overage: {} });
    await tell(accountId, [await createGrant(-1, 29, { externalId: 'line_1', addOn: 'boost' })]);
    expect(await present(accountId)).toMatchObject({ overage: {} });
  });

  test('is nothing in a trial, which no provider bills units of, and granted by itself when it ends', async () => {
    const { accountId } = await makeAccount(db);
    const tried = await createGrant(-1, 29);
    const meteredFrom = new Date(tried.startsAt.getTime() + 14 * DAY);
    await tell(accountId, [{ ...tried, meteredFrom }]);
    await allow(accountId, 25);
    expect(await present(accountId)).toMatchObject({ grants: { posts: 50 }, overage: {}, sellsPast: [] });
    expect(await fromNowOn(accountId, await databaseTime(db))).toMatchObject([
      { plan: 'demo.pro', grants: { posts: 50 } },
      { from: meteredFrom.toISOString(), overage: { posts: 25 }, grants: { posts: 75 } },
      { plan: null },
    ]);
    await tell(accountId, [tried]);
    expect(await present(accountId)).toMatchObject({
      overage: { posts: 25 },
      sellsPast: [{ limit: 'posts' }],
    });
  });
});
