import { beforeAll, describe, expect, test } from 'vitest';
import { createAudit } from '#platform/audit';
import { commitPoint, statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom, usd, type UserId } from '#platform/kernel';
import { testDatabase } from '@plinth/testkit/services';
import {
  type Catalogue,
  catalogueOf,
  createEntitlements,
  declareCatalogue,
  type NewGrant,
  UNLIMITED,
} from './index.ts';

const { db } = await testDatabase();
const ids = createIds({ clock: systemClock, random: systemRandom });
const audit = createAudit({ ids });
const point = commitPoint('test.entitlements', 'a grant of the entitlement tests');

const reel = declareCatalogue({
  key: 'demo',
  name: 'Demo',
  holds: 'both',
  limits: { posts: { kind: 'quota', per: 'month', by: 'account' } },
  options: { exports: 'boolean' },
  features: { post: { consumes: ['posts'], reserve: usd('0'), longestSeconds: 60 } },
  plans: {
    basic: {
      name: 'Basic',
      rank: 1,
      price: { currency: 'usd', monthly: 500 },
      grants: { posts: 10, exports: false },
    },
    plus: {
      name: 'Plus',
      rank: 2,
      price: { currency: 'usd', monthly: 1_000 },
      grants: { posts: 50, exports: true },
    },
    staff: {
      name: 'Staff',
      rank: 9,
      price: { currency: 'usd', monthly: 0 },
      grants: { posts: UNLIMITED, exports: true },
      hidden: true,
    },
    pro: {
      name: 'Pro',
      rank: 3,
      price: { currency: 'usd', monthly: 2_000 },
      grants: { posts: 100, exports: true },
    },
  },
  addOns: { boost: { name: 'Boost', price: { currency: 'usd', once: 900 }, days: 30, lifts: 'pro' } },
});
const demo = catalogueOf(reel);
const other = catalogueOf({
  ...reel,
  key: 'other',
  name: 'Other',
  plans: {
    ...reel.plans,
    free: {
      name: 'Free',
      rank: 0,
      price: { currency: 'usd', monthly: 0 },
      grants: { posts: 1, exports: false },
    },
  },
  defaultPlan: 'free',
});
const make = (...catalogues: Catalogue[]) => createEntitlements({ db, ids, audit, catalogues });
const entitlements = make(demo, other);

const admin: NewGrant['by'] = { kind: 'user', userId: ids.next<UserId>() };
const origin = { requestId: 'req_7', ip: '127.0.0.1', userAgent: 'test' };
const give = (accountId: AccountId, of: Partial<NewGrant>, by = entitlements) =>
  db.system('admin.grants', point, (tx) =>
    by.grantIn(tx, {
      accountId,
      product: 'demo',
      source: 'admin',
      cause: 'a test',
      by: admin,
      origin,
      ...of,
    }),
  );
const revoke = (grantId: string) =>
  db.system('admin.grants', point, (tx) => entitlements.revokeIn(tx, { grantId, by: admin, origin }));
const demoOf = async (accountId: AccountId, by = entitlements) =>
  (await by.current(accountId)).find(({ product }) => product === 'demo');

interface Snapshot {
  readonly version: number;
  readonly cause: string;
  readonly grant_id: string | null;
  readonly plans: string[];
}
const snapshotsOf = async (accountId: AccountId, product = 'demo') => {
  const [rows] = await db.tenant(accountId, [
    statement<Snapshot>(
      `select version, cause, grant_id, array(select coalesce(s->>'plan', '-') from jsonb_array_elements(timeline) as s) as plans
       from entitlements.snapshots where account_id = $1 and product = $2 order by version`,
      [accountId, product],
    ),
  ]);
  return rows;
};
const segmentOf = async (accountId: AccountId, product: string, at = 'app.now()') => {
  const [[row]] = await db.system('limits.admission', [
    statement<{ segment: { plan: string | null; grants: object } | null }>(
      `select entitlements.segment($1, $2, ${at}) as segment`,
      [accountId, product],
    ),
  ]);
  return row?.segment;
};
/** Accounts as they are opened, without the people that nothing here asks for. */
const openAccount = async (): Promise<AccountId> => {
  const account = ids.next<AccountId>();
  const opened = statement(
    `insert into accounts.accounts (account_id, kind, name, created_by) values ($1, 'organization', 'Ours', $1)`,
    [account],
  );
  await db.system('admin.grants', point, [opened]);
  return account;
};
const jump = (ahead: string) => db.script(`update app.clock set ahead = '${ahead}'`);
const code = (error: unknown) => (error as { code?: string }).code;

beforeAll(async () => {
  await entitlements.syncCatalogues();
});

describe('a grant', () => {
  test('is in effect the moment it is committed, with its cause in the account’s history', async () => {
    const account = await openAccount();
    expect(await segmentOf(account, 'demo')).toMatchObject({ plan: null, grants: {} });
    const grant = await give(account, { plan: 'plus' });
    expect(await segmentOf(account, 'demo')).toMatchObject({ plan: 'demo.plus', grants: { posts: 50 } });
    expect(await snapshotsOf(account)).toEqual([
      { version: 1, cause: 'granted', grant_id: grant.id, plans: ['-', 'demo.plus'] },
    ]);
  });

  test('that changes nothing effective writes no new version', async () => {
    const account = await openAccount();
    await give(account, { plan: 'pro' });
    await give(account, { plan: 'basic' });
    expect(await snapshotsOf(account)).toHaveLength(1);
  });

  test('ends at its instant by the database’s time, without anybody writing', async () => {
    const account = await openAccount();
    await give(account, { plan: 'basic' });
    const boost = await give(account, { addOn: 'boost' });
    const end = new Date(boost.startsAt.getTime() + 30 * 86_400_000);
    const justBefore = new Date(end.getTime() - 1);
    expect(await segmentOf(account, 'demo', `'${justBefore.toISOString()}'`)).toMatchObject({
      plan: 'demo.pro',
    });
    expect(await segmentOf(account, 'demo', `'${end.toISOString()}'`)).toMatchObject({ plan: 'demo.basic' });
    await jump('31 days');
    expect(await demoOf(account)).toMatchObject({ plan: 'demo.basic', addOns: [], until: null });
    await jump('0');
    expect(await demoOf(account)).toMatchObject({
      plan: 'demo.pro',
      planName: 'Pro',
      source: 'admin',
      addOns: [{ id: 'demo.boost', expiresAt: end.toISOString() }],
    });
  });

  test('of an add-on bought twice lasts twice as long, and says until when', async () => {
    const account = await openAccount();
    const first = await give(account, { addOn: 'boost' });
    await give(account, { addOn: 'boost' });
    const until = new Date(first.startsAt.getTime() + 60 * 86_400_000).toISOString();
    expect(await demoOf(account)).toMatchObject({ until, addOns: [{ id: 'demo.boost', expiresAt: until }] });
  });

  test('is told to the audit, with who gave it', async () => {
    const account = await openAccount();
    const grant = await give(account, { plan: 'plus' });
    await revoke(grant.id);
    const [rows] = await db.tenant(account, [
      statement(
        'select action, user_id, target_id, request_id from audit.events where account_id = $1 order by id',
        [account],
      ),
    ]);
    const by = { user_id: 'userId' in admin ? admin.userId : '', target_id: grant.id, request_id: 'req_7' };
    expect(rows).toEqual([
      { action: 'grant.created', ...by },
      { action: 'grant.revoked', ...by },
    ]);
  });

  test('to an account that is not there is refused', async () => {
    await expect(give(ids.next<AccountId>(), { plan: 'plus' })).rejects.toMatchObject({ code: 'not_found' });
  });

  test.each<[string, Partial<NewGrant>]>([
    ['an unknown product', { product: 'nothing', plan: 'plus' }],
    ['an unknown plan', { plan: 'constructor' }],
    ['an unknown add-on', { addOn: 'toString' }],
    ['neither plan nor add-on', {}],
    ['both plan and add-on', { plan: 'plus', addOn: 'boost' }],
    ['an end in the past', { plan: 'plus', until: new Date(0) }],
  ])('of %s is refused and leaves nothing', async (_, of) => {
    const account = await openAccount();
    await expect(give(account, of)).rejects.toMatchObject({ code: 'validation_failed' });
    expect(await entitlements.grantsOf(account, { limit: 5 })).toEqual([]);
    expect(await snapshotsOf(account)).toEqual([]);
  });
});

describe('a revocation', () => {
  test('takes effect at once, and happens once', async () => {
    const account = await openAccount();
    const grant = await give(account, { plan: 'pro' });
    const [first, second] = await Promise.all([revoke(grant.id), revoke(grant.id)]);
    expect(first?.revokedAt).not.toBeNull();
    expect(second).toEqual(first);
    expect(await segmentOf(account, 'demo')).toMatchObject({ plan: null });
    expect((await snapshotsOf(account)).map(({ cause }) => cause)).toEqual(['granted', 'revoked']);
  });

  test('of an unknown grant finds nothing', async () => {
    expect(await revoke(ids.next())).toBeUndefined();
  });
});

test('grants to one account at once all end up in its newest snapshot, with no version twice', async () => {
  const account = await openAccount();
  await Promise.all([
    ...Array.from({ length: 6 }, () => give(account, { addOn: 'boost' })),
    give(account, { plan: 'basic' }),
    give(account, { product: 'other', plan: 'pro' }),
  ]);
  const versions = (await snapshotsOf(account)).map(({ version }) => version);
  expect(versions).toEqual(versions.map((_, index) => index + 1));
  const now = await demoOf(account);
  const [first] = (await entitlements.grantsOf(account, { limit: 20 })).sort(
    (a, b) => Number(a.startsAt) - Number(b.startsAt),
  );
  const boosted = Date.parse(now?.until ?? '') - (first?.startsAt.getTime() ?? 0);
  // Each purchase adds 30 days to the end of the one before; the first of the seven may have been the plan.
  expect(boosted).toBeGreaterThanOrEqual(180 * 86_400_000);
  expect(boosted).toBeLessThan(180 * 86_400_000 + 20_000);
  expect(await segmentOf(account, 'other')).toMatchObject({ plan: 'other.pro' });
});

test('the pages of an account’s grants have each grant once, newest first', async () => {
  const account = await openAccount();
  const made: string[] = [];
  for (let n = 0; n < 5; n += 1) made.push((await give(account, { plan: 'basic' })).id);
  await give(await openAccount(), { plan: 'basic' });
  const page = await entitlements.grantsOf(account, { limit: 3 });
  const rest = await entitlements.grantsOf(account, { limit: 3, before: page.at(-1)?.id });
  expect([...page, ...rest].map(({ id }) => id)).toEqual(made.toReversed());
});

describe('an account without a grant', () => {
  test('has the product’s default plan, or none', async () => {
    const account = await openAccount();
    expect(await entitlements.current(account)).toMatchObject([
      { product: 'demo', plan: null, planName: null, source: null, grants: {}, until: null },
      { product: 'other', plan: 'other.free', planName: 'Free', source: 'default', grants: { posts: 1 } },
    ]);
    expect(await segmentOf(account, 'other')).toMatchObject({ plan: 'other.free' });
  });

  test('has nothing in a product that nobody declared', async () => {
    expect(await segmentOf(ids.next<AccountId>(), 'nothing')).toBeNull();
  });
});

const posts = (least: number) => (grants: Readonly<Record<string, unknown>>) =>
  Number(grants['posts']) >= least;

describe('the cheapest plan that would admit', () => {
  test.each<[string | null, number, string | null]>([
    [null, 1, 'demo.basic'],
    ['demo.basic', 1, 'demo.plus'],
    ['demo.basic', 60, 'demo.pro'],
    ['demo.pro', 200, null],
    [null, 200, null],
  ])('beyond %s for %i posts is %s', (present, least, plan) => {
    expect(entitlements.upgradeFor('demo', present, posts(least))?.plan ?? null).toBe(plan);
  });

  test('is told with its price', () => {
    expect(entitlements.upgradeFor('demo', 'demo.plus', posts(1))).toEqual({
      plan: 'demo.pro',
      name: 'Pro',
      price: { currency: 'usd', monthly: 2_000 },
    });
    expect(entitlements.upgradeFor('nothing', null, posts(1))).toBeNull();
  });
});

const count = (table: string) =>
  statement<{ found: number }>(`select count(*)::int as found from entitlements.${table}`);

describe('row security', () => {
  test.each(['grants', 'snapshots'])(
    '%s: an account sees its own rows alone, and no scope sees none',
    async (table) => {
      const [one, two] = [await openAccount(), await openAccount()];
      await give(one, { plan: 'basic' });
      await give(two, { plan: 'basic' });
      const [[row]] = await db.tenant(one, [count(table)]);
      expect(row?.found).toBe(1);
      await expect(db.user(ids.next<UserId>(), [count(table)])).rejects.toSatisfy(
        (error) => code(error) === 'PL001',
      );
    },
  );

  test('timelines of another account read as those of one that has nothing', async () => {
    const [one, two] = [await openAccount(), await openAccount()];
    await give(two, { plan: 'pro' });
    const [[row]] = await db.tenant(one, [
      statement<{ segment: { plan: string | null } }>(
        `select entitlements.segment($1, 'demo', app.now()) as segment`,
        [two],
      ),
    ]);
    expect(row?.segment.plan).toBeNull();
  });

  test('an account grants itself nothing', async () => {
    const account = await openAccount();
    const own = {
      accountId: account,
      product: 'demo',
      plan: 'pro',
      source: 'admin',
      cause: 'theft',
      by: admin,
    } as const;
    const theft = db.tenant(account, point, (tx) => entitlements.grantIn(tx, own));
    await expect(theft).rejects.toSatisfy((error) => code(error) === '42501');
    const grant = `insert into entitlements.grants (account_id, id, product, plan, source, starts_at, cause)
      values ($1, $2, 'demo', 'pro', 'admin', app.now(), 'theft')`;
    const snapshot = `insert into entitlements.snapshots (account_id, product, version, timeline, cause, request_id)
      values ($1, 'demo', 1, '[{}]', 'granted', $2)`;
    const thefts = [
      statement(grant, [account, ids.next()]),
      statement(snapshot, [account, 'req']),
      statement(`update entitlements.defaults set timeline = '[{}]'`),
    ];
    for (const one of thefts) {
      await expect(db.tenant(account, point, [one])).rejects.toSatisfy((error) => code(error) === '42501');
    }
  });

  test.each([
    `update entitlements.snapshots set timeline = '[{}]'`,
    'delete from entitlements.snapshots',
    'delete from entitlements.grants',
  ])('history stays as it was: %s', async (sql) => {
    const change = db.system('admin.grants', point, [statement(sql)]);
    await expect(change).rejects.toSatisfy((error) => code(error) === '42501');
  });
});

test('grants and snapshots go with their account when it is erased', async () => {
  const [one, two] = [await openAccount(), await openAccount()];
  await give(one, { plan: 'basic' });
  await give(two, { plan: 'basic' });
  const erased = statement('delete from accounts.accounts where account_id = $1', [one]);
  await db.system('admin.grants', point, [erased]);
  expect(await entitlements.grantsOf(one, { limit: 5 })).toEqual([]);
  expect(await snapshotsOf(one)).toEqual([]);
  expect(await snapshotsOf(two)).toHaveLength(1);
});

test('a change of grants is announced to listeners', async () => {
  const account = await openAccount();
  const heard: string[] = [];
  const stop = db.onSignal('entitlements', (id) => heard.push(id));
  await give(account, { plan: 'basic' });
  entitlements.announce(account);
  stop();
  expect(heard).toEqual([account]);
});
