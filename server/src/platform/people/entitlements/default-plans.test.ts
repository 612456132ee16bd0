import { beforeAll, describe, expect, test } from 'vitest';
import { createAudit } from '#platform/audit';
import { commitPoint, statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom, usd } from '#platform/kernel';
import { waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import { catalogueOf, createEntitlements, type Segment, timelineOf } from './index.ts';
import { withoutDefault } from './effective.ts';

const { db } = await testDatabase();
const ids = createIds({ clock: systemClock, random: systemRandom });
const point = commitPoint('test.defaults', 'accounts and grants of the tests of default plans');
const price = (monthly: number) => ({ currency: 'usd' as const, monthly });
const productFor = (key: string, holds: 'personal' | 'organization' | 'both') =>
  catalogueOf({
    key,
    name: key,
    holds,
    limits: { posts: { kind: 'quota', per: 'month', by: 'account' } },
    features: { post: { consumes: ['posts'], reserve: usd('0'), longestSeconds: 60 } },
    plans: {
      free: { name: 'Free', rank: 0, price: price(0), grants: { posts: 1 } },
      plus: { name: 'Plus', rank: 1, price: price(900), grants: { posts: 10 } },
    },
    defaultPlan: 'free',
  });
const club = productFor('club', 'both');
const parts = {
  db,
  ids,
  audit: createAudit({ ids }),
  catalogues: [club, productFor('firm', 'organization'), productFor('self', 'personal')],
};
const entitlements = createEntitlements(parts);

const insertAccount = (account: AccountId, kind: 'personal' | 'organization', by: string) =>
  statement(
    `insert into accounts.accounts (account_id, kind, name, created_by) values ($1, $2, 'Ours', $3)`,
    [account, kind, by],
  );
const openAccount = async (
  by: string,
  kind: 'personal' | 'organization' = 'organization',
): Promise<AccountId> => {
  const account = ids.next<AccountId>();
  await db.system('admin.grants', point, [insertAccount(account, kind, by)]);
  return account;
};
const write = (sql: string, account: AccountId) =>
  db.system('admin.grants', point, [statement(sql, [account])]);
const give = (accountId: AccountId, { plan }: { readonly plan: string }) =>
  db.system('admin.grants', point, (tx) =>
    entitlements.grantIn(tx, {
      accountId,
      plan,
      product: 'club',
      source: 'admin',
      cause: 'a test',
      by: { kind: 'system' },
    }),
  );
const revoke = (grantId: string) =>
  db.system('admin.grants', point, (tx) => entitlements.revokeIn(tx, { grantId, by: { kind: 'system' } }));
/** The plan in effect; null: none; undefined: the product is not for such accounts. */
const planOf = async (accountId: AccountId, of = 'club') =>
  (await entitlements.current(accountId)).find(({ product }) => product === of)?.plan;
/** As admission reads it. */
const segmentOf = async (accountId: AccountId) => {
  const [[row]] = await db.system('limits.admission', [
    statement<{ segment: Segment }>(`select entitlements.segment($1, 'club', app.now()) as segment`, [
      accountId,
    ]),
  ]);
  return row?.segment;
};
const jump = (ahead: string) => db.script(`update app.clock set ahead = '${ahead}'`);

beforeAll(() => entitlements.syncCatalogues());

describe('the default plan', () => {
  test('is in effect in the first account that somebody makes, of whichever kind, and in no other', async () => {
    for (const kinds of [['personal', 'organization'] as const, ['organization', 'personal'] as const]) {
      const maker = ids.next();
      const first = await openAccount(maker, kinds[0]);
      const second = await openAccount(maker, kinds[1]);
      const third = await openAccount(maker);
      expect(await Promise.all([first, second, third].map((one) => planOf(one)))).toEqual([
        'club.free',
        null,
        null,
      ]);
      const [none] = timelineOf(withoutDefault(club), []);
      expect(await segmentOf(second)).toEqual(none);
    }
  });

  test('of a product for one kind of account is in effect in the first of that kind', async () => {
    const maker = ids.next();
    const made = [await openAccount(maker, 'personal'), await openAccount(maker), await openAccount(maker)];
    expect(await Promise.all(made.map((one) => planOf(one, 'firm')))).toEqual([undefined, 'firm.free', null]);
    expect(await Promise.all(made.map((one) => planOf(one, 'self')))).toEqual([
      'self.free',
      undefined,
      undefined,
    ]);
  });

  test('of accounts that one person makes at once is in effect in one', async () => {
    const maker = ids.next();
    const made = await Promise.all(Array.from({ length: 8 }, () => openAccount(maker)));
    const plans = await Promise.all(made.map((one) => planOf(one)));
    expect(plans.filter((plan) => plan !== null)).toEqual(['club.free']);
  });

  test.runIf(engine === 'postgres')(
    'waits for an account that is being made, and comes after it',
    async () => {
      const [maker, first] = [ids.next(), ids.next<AccountId>()];
      const [begun, leave] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const making = db.system('admin.grants', point, async (tx) => {
        await tx.run(insertAccount(first, 'organization', maker));
        begun.resolve();
        await leave.promise;
      });
      await begun.promise;
      const second = openAccount(maker);
      await Promise.race([second, expect.poll(() => waitsForLocks(db)).toBe(1)]);
      leave.resolve();
      await making;
      expect([await planOf(first), await planOf(await second)]).toEqual(['club.free', null]);
    },
  );

  test('is what a grant falls back to in the first account alone', async () => {
    const maker = ids.next();
    for (const left of ['club.free', null]) {
      const account = await openAccount(maker);
      const grant = await give(account, { plan: 'plus' });
      expect(await planOf(account)).toBe('club.plus');
      await revoke(grant.id);
      expect(await planOf(account)).toBe(left);
    }
  });

  test('stays with its account, through any change of owner, and an account that is closed or deleted hands it to none that is there', async () => {
    const maker = ids.next();
    const [first, second] = [await openAccount(maker), await openAccount(maker)];
    await write('update accounts.accounts set deleted_at = app.now() where account_id = $1', first);
    const third = await openAccount(maker);
    await write('update accounts.accounts set deleted_at = null where account_id = $1', first);
    expect(await planOf(first)).toBe('club.free');
    await write('delete from accounts.accounts where account_id = $1', first);
    const fourth = await openAccount(maker);
    await jump('32 days');
    const fifth = await openAccount(maker);
    await jump('34 days');
    // Every month of the first account is over.
    const sixth = await openAccount(maker);
    await jump('0');
    const plans = await Promise.all([second, third, fourth, fifth, sixth].map((one) => planOf(one)));
    expect(plans).toEqual([null, null, null, null, 'club.free']);
  });

  test('is in effect in as many accounts as the operator says, those that were there included', async () => {
    const maker = ids.next();
    const made = [await openAccount(maker), await openAccount(maker), await openAccount(maker)];
    const boosted = made[1] ?? ids.next<AccountId>();
    await revoke((await give(boosted, { plan: 'plus' })).id);
    const generous = createEntitlements({ ...parts, freeAccountsPerUser: 2 });
    await generous.syncCatalogues();
    expect(await Promise.all(made.map((one) => planOf(one)))).toEqual(['club.free', 'club.free', null]);
    await entitlements.syncCatalogues();
    expect(await Promise.all(made.map((one) => planOf(one)))).toEqual(['club.free', null, null]);
  });

  test('is no way up from having none: nobody sells it', () => {
    expect(entitlements.upgradeFor('club', null, () => true)?.plan).toBe('club.plus');
    // Nor is one that is free and given by no default.
    const given = createEntitlements({ ...parts, catalogues: [withoutDefault(club)] });
    expect(given.upgradeFor('club', null, () => true)?.plan).toBe('club.plus');
  });
});
