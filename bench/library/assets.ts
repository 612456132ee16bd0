import { type Database, dbMigrations, migrateUp, openDatabase, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { reel } from '../../products/reel/index.ts';
import { STATUSES } from '../../products/reel/library/store.ts';
import { PLATFORM_NAMES } from '../../products/reel/platforms.ts';
import { chanceOf, pickFrom, textOf, VOCABULARIES, wordOf } from './texts.ts';

/** Half of them are of one account, the others of a thousand. */
export const ASSETS = 200_000;
const OTHERS = 1_000;
const AT_ONCE = 1_000;
/** How many tags there are; the n-th is about 1/n as frequent as the first. */
const TAGS = 300;

export const LARGE = accountOf(0);

/** A database with a large library among many small ones, its texts in five languages. */
export async function fillLibraries(url: string): Promise<Database> {
  const db = await openDatabase({ engine: 'postgres', url });
  await migrateUp(db, [...dbMigrations(), ...reel.migrations]);
  // Built anew once all rows are there: a tenth of the time that entry by entry takes.
  const indexes = await db.asMigrator(
    statement<{ name: string; definition: string }>(
      `select indexname as name, indexdef as definition from pg_indexes
       where schemaname = 'reel' and tablename = 'assets' and indexname <> 'assets_pkey'`,
    ),
  );
  await db.script(indexes.map(({ name }) => `drop index reel.${name};`).join(''));
  const chance = chanceOf(1);
  for (let first = 0; first < ASSETS; first += AT_ONCE) {
    const rows = Array.from({ length: AT_ONCE }, (_, n) => assetOf(first + n, chance));
    await db.asMigrator(statement(INSERT, [JSON.stringify(rows)]));
  }
  await db.script(indexes.map(({ definition }) => `${definition};`).join(''));
  await db.script('vacuum analyze reel.assets');
  return db;
}

const INSERT = `
  insert into reel.assets (account_id, id, user_id, platform, status, language, hook, body, cta, hashtags, tags, created_at)
  select account, gen_random_uuid(), account, platform, status, language, hook, body, cta, hashtags, tags,
    timestamptz '2026-01-01' + number * interval '2 minutes'
  from jsonb_to_recordset($1::jsonb) as one (number int, account uuid, platform text, status text, language text, hook text,
    body text, cta text, hashtags text[], tags text[])`;

function assetOf(number: number, chance: () => number): object {
  const vocabulary = pickFrom(VOCABULARIES, chance);
  return {
    number,
    account: number % 2 === 0 ? LARGE : accountOf(1 + Math.floor(chance() * OTHERS)),
    platform: pickFrom(PLATFORM_NAMES, chance),
    status: pickFrom(STATUSES, chance),
    language: vocabulary.language,
    hook: textOf(vocabulary, chance, 6 + Math.floor(chance() * 10)),
    // Mostly short: the mean is some 110 words.
    body: textOf(vocabulary, chance, 30 + Math.floor(chance() ** 2 * 250)),
    cta: textOf(vocabulary, chance, 6),
    hashtags: Array.from({ length: 3 }, () => `#${wordOf(vocabulary, chance)}`),
    tags: Array.from({ length: 1 + Math.floor(chance() * 3) }, () => `tag${Math.floor(TAGS ** chance())}`),
  };
}

function accountOf(number: number): AccountId {
  return `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}` as AccountId;
}
