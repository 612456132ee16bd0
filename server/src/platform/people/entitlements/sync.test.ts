import { describe, expect, test } from 'vitest';
import { createAudit } from '#platform/audit';
import { commitPoint, type CrashHook, statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom, usd } from '#platform/kernel';
import { testDatabase } from '@plinth/testkit/services';
import { type Catalogue, catalogueOf, createEntitlements, type Entitlements } from './index.ts';

const ids = createIds({ clock: systemClock, random: systemRandom });
const point = commitPoint('test.sync', 'grants of the sync tests');

/** A version of a product's code: how many posts each of its plans grants. */
function codeWith(
  posts: Readonly<Record<'free' | 'plus' | 'pro', number>> | { readonly free: number },
): Catalogue {
  const plans = Object.entries(posts).map(([name, size], rank) => {
    return [
      name,
      { name, rank, price: { currency: 'usd' as const, monthly: rank * 900 }, grants: { posts: size } },
    ];
  });
  return catalogueOf({
    key: 'demo',
    name: 'Demo',
    holds: 'both',
    limits: { posts: { kind: 'quota', per: 'month', by: 'account' } },
    features: { post: { consumes: ['posts'], reserve: usd('0'), longestSeconds: 60 } },
    plans: Object.fromEntries(plans),
    defaultPlan: 'free',
  });
}
const oldCode = codeWith({ free: 1, plus: 10, pro: 100 });
const newCode = codeWith({ free: 2, plus: 20, pro: 200 });

const posts = async (by: Entitlements, accountId: AccountId | undefined) =>
  accountId === undefined ? undefined : (await by.current(accountId))[0]?.grants['posts'];

const openAccounts = (accounts: readonly AccountId[]) => {
  const opened = `insert into accounts.accounts (account_id, kind, name, created_by)
    select id::uuid, 'organization', 'Ours', id::uuid from jsonb_array_elements_text($1::text::jsonb) as id
    on conflict do nothing`;
  return statement(opened, [JSON.stringify(accounts)]);
};

async function house(crashHook?: CrashHook) {
  const { db } = await testDatabase(crashHook === undefined ? {} : { crashHook });
  const run = (catalogue: Catalogue) =>
    createEntitlements({ db, ids, audit: createAudit({ ids }), catalogues: [catalogue] });
  const what = { product: 'demo', source: 'admin', cause: 'a test', by: { kind: 'system' } } as const;
  const open = (accounts: readonly AccountId[]) => db.system('admin.grants', point, [openAccounts(accounts)]);
  const give = (by: Entitlements, plan: string, accounts: readonly AccountId[]) =>
    db.system('admin.grants', point, async (tx) => {
      await tx.run(openAccounts(accounts));
      for (const accountId of accounts) await by.grantIn(tx, { ...what, accountId, plan });
    });
  /** How many accounts have which history of causes. */
  const histories = async () => {
    const [rows] = await db.system('entitlements.rewrite', [
      statement<{ causes: string; accounts: number }>(
        `select causes, count(*)::int as accounts from (
           select string_agg(cause, ' ' order by version) as causes from entitlements.snapshots group by account_id
         ) as histories group by causes order by causes`,
      ),
    ]);
    return Object.fromEntries(rows.map(({ causes, accounts }) => [causes, accounts]));
  };
  return { run, open, give, histories };
}
const newAccounts = (n: number) => Array.from({ length: n }, () => ids.next<AccountId>());

describe('a change of plans in code', () => {
  test('reaches every account at the next start, and no later start does it again', async () => {
    const { run, open, give, histories } = await house();
    const before = run(oldCode);
    await before.syncCatalogues();
    const accounts = newAccounts(450);
    await give(before, 'plus', accounts);
    const now = run(newCode);
    expect(await now.syncCatalogues()).toEqual({ rewritten: 450, unknown: [] });
    expect(await now.syncCatalogues()).toEqual({ rewritten: 0, unknown: [] });
    for (const place of [0, 199, 200, 449]) expect(await posts(now, accounts[place])).toBe(20);
    const newcomers = newAccounts(1);
    await open(newcomers);
    expect(await posts(now, newcomers[0])).toBe(2);
    expect(await histories()).toEqual({ 'granted catalogue_changed': 450 });
  });

  test('is written once by two processes that start at once, while grants go on', async () => {
    const { run, give, histories } = await house();
    await run(oldCode).syncCatalogues();
    const accounts = newAccounts(30);
    await give(run(oldCode), 'plus', accounts);
    const [one, two] = [run(newCode), run(newCode)];
    const [, , risen] = [accounts[0], accounts[1], accounts[29]];
    await Promise.all([
      one.syncCatalogues(),
      two.syncCatalogues(),
      give(two, 'pro', risen === undefined ? [] : [risen]),
    ]);
    expect(await posts(one, accounts[0])).toBe(20);
    expect(await posts(one, risen)).toBe(200);
    const all = await histories();
    expect(all['granted catalogue_changed']).toBe(29);
    expect(await one.syncCatalogues()).toEqual({ rewritten: 0, unknown: [] });
  });

  test('that a crash cut short is finished by the next start', async () => {
    let isFailing = true;
    const { run, give, histories } = await house((at, phase) => {
      if (at === 'entitlements.sync-rewritten' && phase === 'after' && isFailing) throw new Error('killed');
    });
    await give(run(oldCode), 'plus', newAccounts(250));
    const now = run(newCode);
    await expect(now.syncCatalogues()).rejects.toThrow('killed');
    expect(await histories()).toEqual({ granted: 50, 'granted catalogue_changed': 200 });
    isFailing = false;
    expect(await now.syncCatalogues()).toEqual({ rewritten: 50, unknown: [] });
  });

  test('is written again when a process with older plans was still granting', async () => {
    const { run, give } = await house();
    const [before, now] = [run(oldCode), run(newCode)];
    await before.syncCatalogues();
    await now.syncCatalogues();
    const [late] = newAccounts(1);
    await give(before, 'plus', late === undefined ? [] : [late]);
    expect(await posts(now, late)).toBe(10);
    expect(await run(newCode).syncCatalogues()).toEqual({ rewritten: 1, unknown: [] });
    expect(await posts(now, late)).toBe(20);
  });

  test('that drops a plan tells who holds it, and they fall back to the default', async () => {
    const { run, give } = await house();
    const accounts = newAccounts(3);
    await give(run(oldCode), 'plus', accounts);
    const now = run(codeWith({ free: 5 }));
    expect(await now.syncCatalogues()).toEqual({ rewritten: 3, unknown: ['demo.plus'] });
    expect(await posts(now, accounts[0])).toBe(5);
  });
});
