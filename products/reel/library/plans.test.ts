import { beforeAll, describe, expect, test } from 'vitest';
import { statement, type Statement, type Transaction } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { ids, makeAccount } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { listDrafts } from '../drafts/store.ts';
import { createLibrary } from './service.ts';
import { type AssetFilters, listAssets, newestMatches } from './store.ts';

const { db } = await testDatabase();
const library = createLibrary({ db, ids });

/** One account has half of them, each of the others has an account of its own: a plan that suits most accounts is wrong for that one. */
const MANY = 12_000;
const LIMIT = 20;
/** A look at the newest, a walk, and what is ranked of it. */
const MOST_READ = 300 + 5_000 + 400 + 10;
let accountId: AccountId;
beforeAll(async () => {
  ({ accountId } = await makeAccount(db));
  await db.script(`
    insert into reel.assets (account_id, id, user_id, platform, language, hook, body, cta, hashtags, tags, status, created_at)
    select case when n % 2 = 0 then '${accountId}'::uuid else gen_random_uuid() end, gen_random_uuid(), '${accountId}',
      (array['x', 'tiktok', 'linkedin'])[1 + n % 3], (array['en', 'de', 'fr', 'xx'])[1 + n / 2 % 4], 'hook',
      'a word common to all' || case when n % 60 = 0 then ' middling' else '' end || case when n % 3000 = 0 then ' rare' else '' end,
      '', '{}', case when n % 4 = 0 then array['half'] when n % 1998 = 0 then array['few'] else '{}' end,
      (array['ready', 'draft'])[1 + n / 2 % 2], app.now() + n * interval '1 millisecond'
    from generate_series(1, ${MANY}) n;
    insert into reel.drafts (account_id, id, user_id, platform, topic, language, created_at)
    select '${accountId}', gen_random_uuid(), '${accountId}', 'x', 'a topic', 'en', app.now() + n * interval '1 millisecond'
    from generate_series(1, 3000) n;
    analyze reel.assets; analyze reel.drafts;`);
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}

/** The nodes of a statement's plan in the account's scope, indexes by their names. */
async function planOf({ text, values }: Statement): Promise<string[]> {
  const [rows] = await db.tenant(accountId, [
    statement<{ 'QUERY PLAN': readonly { readonly Plan: Plan }[] }>(`explain (format json) ${text}`, values),
  ]);
  const nodes = (plan: Plan): string[] => [
    plan['Index Name'] ?? plan['Node Type'],
    ...(plan.Plans ?? []).flatMap(nodes),
  ];
  return rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan: plan }) => nodes(plan)));
}

const INDEXES = [
  'assets_by_time',
  'assets_by_kind',
  'assets_by_words',
  'assets_by_stemming',
  'assets_pkey',
] as const;

/** How often each index and the whole table were read so far in this session, and how many rows by them. */
async function reads(tx: Transaction): Promise<Record<string, number>> {
  const [row] = await tx.run(
    statement<{ reads: Record<string, number> }>(
      `select jsonb_object_agg(name, pg_stat_get_xact_numscans(('reel.' || name)::regclass))
         || jsonb_build_object('fetched', sum(pg_stat_get_xact_tuples_fetched(('reel.' || name)::regclass))) as reads
       from unnest($1::text[]) name`,
      [`{assets,${INDEXES.join()}}`],
    ),
  );
  if (row === undefined) throw new Error('nothing was counted');
  return row.reads;
}

/** How many assets are read by a statement that is planned for any account, as one is that was run a few times. */
async function readInGeneral(asked: Statement): Promise<number> {
  return db.tenant(accountId, async (tx) => {
    await tx.run(statement(`select set_config('plan_cache_mode', 'force_generic_plan', true)`));
    const before = await reads(tx);
    await tx.run(asked);
    const after = await reads(tx);
    return (after['fetched'] ?? 0) - (before['fetched'] ?? 0);
  });
}

/** Reads of a search: indexes by name, `assets` for the whole table, and how many rows. */
async function readBy(
  filters: AssetFilters,
  most = 400,
): Promise<{ used: string[]; fetched: number; found: number }> {
  return db.tenant(accountId, async (tx) => {
    const before = await reads(tx);
    const rows = await tx.run(newestMatches(filters, { from: undefined, until: undefined }, most));
    const after = await reads(tx);
    const more = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
    return {
      used: ['assets', ...INDEXES].filter((name) => more(name) > 0),
      fetched: more('fetched'),
      found: rows.filter(({ beyond }) => !beyond).length,
    };
  });
}

const deep = { at: 1_900_000_000_000_000, id: '0193a5c8-9b00-7b5c-9f5e-3c1c5a5b0a04' };

describe('a page of a list', () => {
  test.each([undefined, deep])('without filters is a slice of the index by time: %j', async (after) => {
    const nodes = await planOf(listAssets(accountId, {}, { after, limit: LIMIT }));
    expect(nodes).toContain('assets_by_time');
    expect(nodes.join()).not.toMatch(/Seq Scan|Sort/);
  });

  test.each<[AssetFilters, typeof deep | undefined]>([
    [{ platform: 'x' }, undefined],
    [{ platform: 'x', deleted: true }, deep],
    [{ status: 'draft' }, deep],
    [{ platform: 'x', status: 'draft' }, undefined],
  ])('by %j is put together from slices of the index by kind, each in order', async (filters, after) => {
    const nodes = await planOf(listAssets(accountId, filters, { after, limit: LIMIT }));
    expect(nodes).toContain('assets_by_kind');
    expect(nodes).not.toContain('Seq Scan');
    // One sort, of the slices; below their limits there is none.
    expect(nodes.filter((node) => node.includes('Sort'))).toHaveLength(1);
    expect(nodes.slice(nodes.lastIndexOf('Limit')).join()).not.toContain('Sort');
  });

  test.each<[AssetFilters, number]>([
    [{}, 1],
    [{ platform: 'x' }, 4],
    [{ status: 'ready' }, 5],
    [{ platform: 'x', status: 'draft' }, 1],
    [{ platform: 'youtube', status: 'archived' }, 1],
    [{ deleted: true, platform: 'x' }, 4],
  ])(
    'by %j reads a page of each of %i slices, whatever account it was planned for',
    async (filters, slices) => {
      const read = await readInGeneral(listAssets(accountId, filters, { after: deep, limit: LIMIT }));
      expect(read).toBeLessThanOrEqual(slices * LIMIT);
    },
  );

  test.each([undefined, deep])('of drafts is a slice of their index by time: %j', async (after) => {
    const nodes = await planOf(listDrafts(accountId, { platform: undefined, after, limit: LIMIT }));
    expect(nodes).toContain('drafts_by_time');
    expect(nodes.join()).not.toMatch(/Seq Scan|Sort/);
  });
});

describe('a search', () => {
  test.each<[AssetFilters, string[]]>([
    [{ q: 'common' }, ['assets_by_time', 'assets_by_stemming', 'assets_pkey']],
    [{ q: 'middling' }, ['assets_by_time', 'assets_by_stemming', 'assets_pkey']],
    [{ q: 'rare' }, ['assets_by_time', 'assets_by_words', 'assets_by_stemming', 'assets_pkey']],
    [{ q: '"rare common"' }, ['assets_by_time', 'assets_by_words', 'assets_by_stemming', 'assets_pkey']],
    [{ q: 'nowhere' }, ['assets_by_time', 'assets_by_words', 'assets_by_stemming']],
    [{ tags: ['few'] }, ['assets_by_time', 'assets_by_words', 'assets_by_stemming', 'assets_pkey']],
    [{ tags: ['half'] }, ['assets_by_time', 'assets_by_stemming', 'assets_pkey']],
  ])('for %j reads its indexes, and never the whole table', async (filters, used) => {
    expect((await readBy(filters)).used.toSorted()).toEqual(used.toSorted());
  });

  test.each<AssetFilters>([{ q: 'common' }, { q: 'middling' }, { q: '"word common"' }, { q: '-rare' }])(
    'for %j reads no more than a few thousand assets of all that match',
    async (filters) => {
      const { fetched, found } = await readBy(filters);
      expect(found).toBeGreaterThan(50);
      expect(fetched).toBeLessThanOrEqual(MOST_READ);
    },
  );

  test('for what is rare reads what matches, and the newest 300', async () => {
    const { fetched, found } = await readBy({ q: 'rare' });
    expect(found).toBe(4);
    expect(fetched).toBeLessThan(300 + 20);
  });

  test('finds the same by every way through the indexes', async () => {
    const counted = await db.asMigrator(
      statement<{ n: number }>(
        `select count(*)::int as n from reel.assets where account_id = $1 and search @@ websearch_to_tsquery(stemming::regconfig, 'middling')`,
        [accountId],
      ),
    );
    const { data } = await library.find({
      accountId,
      filters: { q: 'middling' },
      limit: MANY,
      cursor: undefined,
    });
    expect(data).toHaveLength(counted[0]?.n ?? -1);
  });
});
