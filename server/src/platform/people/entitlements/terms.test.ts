import { describe, expect, test } from 'vitest';
import { createAudit } from '#platform/audit';
import { commitPoint, statement } from '#platform/db';
import { type AccountId, usd } from '#platform/kernel';
import { databaseTime, ids, makeAccount } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import {
  catalogueOf,
  createEntitlements,
  type Entitlements,
  type Grants,
  type PlainDeclaration,
} from './index.ts';

const { db } = await testDatabase();
const POINT = commitPoint('test.terms', 'purchases of a test');
const DAY = 86_400_000;

const quota = { kind: 'quota', per: 'month', by: 'account' } as const;
const price = (monthly: number) => ({ currency: 'usd' as const, monthly });

/** A state of a product's plans; each test has a product of its own. */
function programOf(
  product: string,
  pro: PlainDeclaration['plans'][string]['grants'],
  of: object = {},
): Entitlements {
  const limits = Object.fromEntries(Object.keys(pro).map((name) => [name, quota]));
  const free = Object.fromEntries(Object.keys(pro).map((name) => [name, 1]));
  const catalogue = catalogueOf({
    key: product,
    name: 'Demo',
    holds: 'both',
    limits,
    features: { use: { consumes: Object.keys(pro), reserve: usd('0'), longestSeconds: 60 } },
    plans: {
      free: { name: 'Free', rank: 0, price: price(0), grants: free },
      pro: { name: 'Pro', rank: 1, price: price(900), grants: pro, ...of },
      team: { name: 'Team', rank: 2, price: price(1_900), grants: pro, perSeat: Object.keys(pro) },
    },
    defaultPlan: 'free',
  });
  return createEntitlements({ db, ids, audit: createAudit({ ids }), catalogues: [catalogue] });
}

interface Bought {
  readonly by: Entitlements;
  readonly product: string;
  readonly plan?: string;
  readonly until?: number;
  /** A change that waits, for the end of the period. */
  readonly next?: string;
}

/** A subscription as its store tells of it, paid until so many days from now. */
async function tell(accountId: AccountId, { by, product, plan = 'pro', until = 30, next }: Bought) {
  const now = (await databaseTime(db)).getTime();
  const [startsAt, endsAt] = [new Date(now - DAY), new Date(now + until * DAY)];
  const present = { externalId: 'sub_1', product, plan, quantity: 1, startsAt, endsAt, revokedAt: null };
  const waits = {
    ...present,
    externalId: 'sub_1/next',
    plan: next,
    startsAt: endsAt,
    endsAt: new Date(now + 99 * DAY),
  };
  const grants = next === undefined ? [present] : [present, waits];
  await db.system('billing.inbox', POINT, (tx) =>
    by.providerGrantsIn(tx, { accountId, source: 'stripe', grants }),
  );
}

const give = (
  accountId: AccountId,
  by: Entitlements,
  { product, source }: { product: string; source: 'admin' | 'import' },
) =>
  db.system('admin.grants', POINT, (tx) =>
    by.grantIn(tx, { accountId, product, plan: 'pro', source, cause: 'a test', by: { kind: 'system' } }),
  );

const grantsOf = async (by: Entitlements, accountId: AccountId) => (await by.current(accountId))[0]?.grants;
const versionOf = async (by: Entitlements, accountId: AccountId) =>
  (await by.grantsOf(accountId, { limit: 9 })).map(({ version }) => version);

const account = async () => (await makeAccount(db)).accountId;

describe('a plan that changes after it was sold', () => {
  test('stays as it was for those who bought it, and is new for those who buy it then, were given it, or have it by default', async () => {
    const before = programOf('kept', { posts: 100 });
    await before.syncCatalogues();
    const [bought, imported, given, none, later] = await Promise.all([
      account(),
      account(),
      account(),
      account(),
      account(),
    ]);
    await tell(bought, { by: before, product: 'kept' });
    await give(imported, before, { product: 'kept', source: 'import' });
    await give(given, before, { product: 'kept', source: 'admin' });
    const now = programOf('kept', { posts: 50 }, { price: price(1_100) });
    await now.syncCatalogues();
    await tell(later, { by: now, product: 'kept' });
    expect(await grantsOf(now, bought)).toEqual({ posts: 100 });
    expect(await grantsOf(now, imported)).toEqual({ posts: 100 });
    expect(await grantsOf(now, given)).toEqual({ posts: 50 });
    expect(await grantsOf(now, none)).toEqual({ posts: 1 });
    expect(await grantsOf(now, later)).toEqual({ posts: 50 });
    expect(await versionOf(now, bought)).toEqual([1]);
    expect(await versionOf(now, given)).toEqual([null]);
    expect(await versionOf(now, later)).toEqual([2]);
  });

  test('is kept through a renewal, lost with another plan, and what waited has the terms of its day', async () => {
    const before = programOf('renewed', { posts: 100 });
    const [renews, changes, waits] = await Promise.all([account(), account(), account()]);
    for (const one of [renews, changes]) await tell(one, { by: before, product: 'renewed' });
    await tell(waits, { by: before, product: 'renewed', next: 'team' });
    const now = programOf('renewed', { posts: 50 });
    await now.syncCatalogues();
    await tell(renews, { by: now, product: 'renewed', until: 60 });
    expect(await grantsOf(now, renews)).toEqual({ posts: 100 });
    await tell(changes, { by: now, product: 'renewed', plan: 'team' });
    expect(await grantsOf(now, changes)).toEqual({ posts: 50 });
    await tell(waits, { by: now, product: 'renewed', plan: 'team', until: 99 });
    expect(await grantsOf(now, waits)).toEqual({ posts: 100 });
  });

  test('has what its product has since, and nothing that it has no more; seats and price are terms too', async () => {
    const before = programOf('grown', { posts: 100, old: 7 });
    const one = await account();
    await tell(one, { by: before, product: 'grown', plan: 'team' });
    const now = programOf('grown', { posts: 50, fresh: 3 });
    await now.syncCatalogues();
    expect(await grantsOf(now, one)).toEqual({ posts: 100, fresh: 3 });
  });

  test('is one version for all who buy at once, in two processes; terms that come again are that version again', async () => {
    const programs = [programOf('raced', { posts: 5 }), programOf('raced', { posts: 5 })];
    const accounts = await Promise.all(Array.from({ length: 12 }, account));
    await Promise.all(
      accounts.map((one, place) =>
        tell(one, { by: programs[place % 2] ?? programOf('raced', {}), product: 'raced' }),
      ),
    );
    const other = programOf('raced', { posts: 6 });
    const [second, third] = await Promise.all([account(), account()]);
    await tell(second, { by: other, product: 'raced' });
    const again = programOf('raced', { posts: 5 });
    await tell(third, { by: again, product: 'raced' });
    const [rows] = await db.system('admin.grants', [
      statement<{ plan_version: number; accounts: number }>(
        `select plan_version, count(*)::int as accounts from entitlements.grants where product = 'raced' group by 1 order by 1`,
      ),
    ]);
    expect(rows).toEqual([
      { plan_version: 1, accounts: 13 },
      { plan_version: 2, accounts: 1 },
    ]);
  });

  test('was bought before there were terms: it keeps those that it has at the next start', async () => {
    const before = programOf('old', { posts: 100 });
    await before.syncCatalogues();
    const one = await account();
    await tell(one, { by: before, product: 'old' });
    await db.asMigrator(
      statement(`update entitlements.grants set plan_version = null where product = 'old'`),
    );
    await programOf('old', { posts: 100 }).syncCatalogues();
    expect(await versionOf(before, one)).toEqual([1]);
    const now = programOf('old', { posts: 50 });
    await now.syncCatalogues();
    expect(await grantsOf(now, one)).toEqual({ posts: 100 });
  });
});

describe('what one account has by agreement', () => {
  const by = { kind: 'system' } as const;
  async function agree(of: Entitlements, accountId: AccountId, overrides: Grants | null) {
    const [grant] = await of.grantsOf(accountId, { limit: 1 });
    return db.system('admin.grants', POINT, (tx) =>
      of.overrideIn(tx, { grantId: grant?.id ?? ids.next(), overrides, by }),
    );
  }

  test('stands in place of the plan, through renewals and other terms, until it is ended', async () => {
    const before = programOf('agreed', { posts: 100, images: 10 });
    await before.syncCatalogues();
    const one = await account();
    await tell(one, { by: before, product: 'agreed' });
    await agree(before, one, { posts: 5_000 });
    expect(await grantsOf(before, one)).toEqual({ posts: 5_000, images: 10 });
    const now = programOf('agreed', { posts: 50, images: 20 });
    await now.syncCatalogues();
    await tell(one, { by: now, product: 'agreed', until: 60 });
    expect(await grantsOf(now, one)).toEqual({ posts: 5_000, images: 10 });
    await db.system('entitlements.rewrite', POINT, (tx) =>
      now.moveTermsIn(tx, {
        accountIds: [one],
        move: { product: 'agreed', plan: 'pro', from: [1], to: 2, at: 'now' },
      }),
    );
    await agree(now, one, { posts: 7_000 });
    expect(await grantsOf(now, one)).toMatchObject({ posts: 7_000 });
    await agree(now, one, null);
    expect(await grantsOf(now, one)).not.toMatchObject({ posts: 7_000 });
  });

  test('ends where another plan is bought in its place, and does not come back with the former', async () => {
    const of = programOf('replaced', { posts: 100 });
    await of.syncCatalogues();
    const one = await account();
    await tell(one, { by: of, product: 'replaced' });
    await agree(of, one, { posts: 5_000 });
    await tell(one, { by: of, product: 'replaced', plan: 'team' });
    expect(await grantsOf(of, one)).toEqual({ posts: 100 });
    await tell(one, { by: of, product: 'replaced' });
    expect(await grantsOf(of, one)).toEqual({ posts: 100 });
  });

  test('holds where the account has the same plan without it, and the last agreement holds', async () => {
    const of = programOf('twice', { posts: 100 });
    await of.syncCatalogues();
    const one = await account();
    const grant = (overrides: Grants | null) =>
      db.system('admin.grants', POINT, (tx) =>
        of.grantIn(tx, {
          accountId: one,
          product: 'twice',
          plan: 'pro',
          overrides,
          source: 'admin',
          cause: 'a test',
          by,
        }),
      );
    await grant(null);
    await grant({ posts: 500 });
    expect(await grantsOf(of, one)).toEqual({ posts: 500 });
    await grant({ posts: 300 });
    expect(await grantsOf(of, one)).toEqual({ posts: 300 });
    await grant(null);
    expect(await grantsOf(of, one)).toEqual({ posts: 300 });
  });

  test('is the account’s whole, and not of one seat', async () => {
    const of = programOf('seats', { posts: 100, images: 10 });
    await of.syncCatalogues();
    const one = await account();
    await db.system('admin.grants', POINT, (tx) =>
      of.grantIn(tx, {
        accountId: one,
        product: 'seats',
        plan: 'team',
        quantity: 3,
        overrides: { posts: 1_000 },
        source: 'admin',
        cause: 'a test',
        by,
      }),
    );
    expect(await grantsOf(of, one)).toEqual({ posts: 1_000, images: 30 });
  });

  test('outlives a limit that its product has no more', async () => {
    const before = programOf('shrunk', { posts: 100, images: 10 });
    const one = await account();
    await give(one, before, { product: 'shrunk', source: 'admin' });
    await agree(before, one, { images: 99 });
    const now = programOf('shrunk', { posts: 50 });
    await now.syncCatalogues();
    expect(await grantsOf(now, one)).toEqual({ posts: 50 });
  });

  test.each<[string, Grants, RegExp]>([
    ['a limit that there is not', { post: 5 }, /"post", which is neither limit nor option/],
    ['a part of a unit', { posts: 0.5 }, /^posts is no whole number/],
    ['less than none', { posts: -1 }, /^posts is no whole number/],
    ['whether a size is had', { posts: true }, /^posts is no whole number/],
    ['a name that every object has', { constructor: 5 }, /"constructor", which is neither/],
  ])('on %s is refused by a sentence', async (what, overrides, sentence) => {
    const product = `refused_${what.replaceAll(' ', '_')}`.slice(0, 40);
    const of = programOf(product, { posts: 100 });
    const one = await account();
    await give(one, of, { product, source: 'admin' });
    await expect(agree(of, one, overrides)).rejects.toMatchObject({
      code: 'validation_failed',
      details: { issues: [{ path: 'body.overrides', message: expect.stringMatching(sentence) as string }] },
    });
  });

  test('of a grant that is over is refused', async () => {
    const of = programOf('ended', { posts: 100 });
    const one = await account();
    const { id: grantId } = await give(one, of, { product: 'ended', source: 'admin' });
    await db.system('admin.grants', POINT, (tx) => of.revokeIn(tx, { grantId, by }));
    await expect(agree(of, one, { posts: 5 })).rejects.toMatchObject({ code: 'grant_over' });
  });
});
