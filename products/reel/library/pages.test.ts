import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { ids, makeAccount } from '@plinth/testkit/factories';
import { assertWithin } from '@plinth/testkit/property';
import { engine, testDatabase } from '@plinth/testkit/services';
import { createLibrary } from './service.ts';
import type { AssetFilters } from './store.ts';

const { db } = await testDatabase();
const library = createLibrary({ db, ids });

/** More than a block of ranked matches, and than the first look at the newest ones. */
const MANY = engine === 'postgres' ? 2_400 : 1_200;
const LISTS: readonly AssetFilters[] = [
  {},
  { platform: 'x' },
  { status: 'draft' },
  { platform: 'tiktok', status: 'ready' },
  { deleted: true },
  { tags: ['all'] },
  { tags: ['all', 'some'], platform: 'x' },
  { tags: ['few'] },
  { q: 'common' },
  { q: 'common', status: 'draft' },
  { q: 'rare' },
  { q: '"word common"' },
  { q: 'common -rare', deleted: true },
  { q: 'common', tags: ['some'] },
];

/** Assets in the order of time, some of every kind; every ninth in the trash. */
async function insert(
  accountId: AccountId,
  { first, count }: { first: number; count: number },
): Promise<void> {
  await db.asMigrator(
    statement(
      `insert into reel.assets (account_id, id, user_id, platform, language, hook, body, cta, hashtags, tags, status, created_at, deleted_at)
       select $1::uuid, gen_random_uuid(), $1::uuid, (array['x', 'tiktok'])[1 + n % 2], (array['en', 'de', 'xx'])[1 + n % 3],
         case when n % 7 = 0 then 'common' else 'hook' end,
         'a word ' || case when n % 5 > 0 then 'common ' else '' end || case when n % 97 = 0 then 'rare' else '' end, '', '{}',
         array['all'] || case when n % 4 = 0 then array['some'] else '{}' end || case when n % 89 = 0 then array['few'] else '{}' end,
         (array['ready', 'draft', 'ready'])[1 + n % 3], app.now() + n * interval '1 microsecond',
         case when n % 9 = 0 then app.now() end
       from generate_series($2::int, $3::int) n`,
      [accountId, first, first + count - 1],
    ),
  );
}

/** Some of these are deleted for good. */
async function drop(accountId: AccountId, dropped: readonly string[]): Promise<void> {
  await db.asMigrator(
    statement('delete from reel.assets where account_id = $1 and id = any ($2::uuid[])', [
      accountId,
      `{${dropped.join()}}`,
    ]),
  );
}

/** All pages of a list, with what happens between them. */
async function walk(
  accountId: AccountId,
  { filters, limit }: { filters: AssetFilters; limit: number },
  between: (page: number) => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 2 * MANY; page += 1) {
    const { data, next_cursor: next } = await library.find({ accountId, filters, limit, cursor });
    expect(data.length).toBeLessThanOrEqual(limit);
    seen.push(...data.map(({ id }) => id));
    if (next === null) return seen;
    cursor = next;
    await between(page);
  }
  throw new Error('the list has no end');
}

describe('paging through a list', () => {
  let account: AccountId;
  beforeAll(async () => {
    ({ accountId: account } = await makeAccount(db));
    await insert(account, { first: 1, count: MANY });
  });

  test.each(LISTS)('%j has each match once, in pages of any size', async (filters) => {
    const whole = await walk(account, { filters, limit: MANY });
    expect(whole.length).toBeGreaterThan(0);
    expect(new Set(whole).size).toBe(whole.length);
    expect((await walk(account, { filters, limit: 33 })).toSorted()).toEqual(whole.toSorted());
  });

  test('while others are inserted and deleted: each that stays comes once, none comes twice', async () => {
    const { accountId } = await makeAccount(db);
    await insert(accountId, { first: 1, count: MANY });
    let next = MANY + 1;
    const change = fc.record({
      filters: fc.constantFrom(...LISTS),
      limit: fc.integer({ min: 40, max: 300 }),
      inserted: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 6 }),
      // Which of those that were there at first go, in hundredths of the list.
      dropped: fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 6 }),
    });
    await assertWithin(
      fc.asyncProperty(change, async ({ filters, limit, inserted, dropped }) => {
        const before = await walk(accountId, { filters, limit: MANY });
        const gone = new Set<string>();
        const seen = await walk(accountId, { filters, limit }, async (page) => {
          const count = inserted[page] ?? 0;
          if (count > 0) await insert(accountId, { first: next, count });
          next += count;
          const from = dropped[page];
          if (from === undefined) return;
          const some = before.slice((before.length * from) / 100, (before.length * from) / 100 + 5);
          for (const id of some) gone.add(id);
          await drop(accountId, some);
        });
        expect(new Set(seen).size).toBe(seen.length);
        const there = new Set(seen);
        expect(before.filter((id) => !there.has(id) && !gone.has(id))).toEqual([]);
      }),
      { numRuns: engine === 'postgres' ? 25 : 8, within: 60_000 },
    );
  });
});
