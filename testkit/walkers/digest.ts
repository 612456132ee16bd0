import { type Database, statement } from '#platform/db';
import { PLATFORM_ACCOUNT } from '#platform/jobs';
import { readTables } from './tables.ts';

/** What changes by itself, or with every call, and says nothing about what a call did. */
const BOOKKEEPING: Readonly<Record<string, string>> = {
  'limits.rates': 'calls of the present minute are counted',
  'limits.holders': 'a process renews its lease',
  'jobs.schedules': 'each moves on by the clock',
};
/** Rows that come and go by the clock: jobs of schedules. */
const BY_THE_CLOCK: Readonly<Record<string, string>> = { 'jobs.jobs': `account_id = '${PLATFORM_ACCOUNT}'` };
/** Columns that say when something was last used. */
const LAST_USED: Readonly<Record<string, string>> = { 'identity.api_keys': 'last_used_at' };

/** The statement that reads all digests of a database, whose tables take it longer to tell than their rows. */
const statements = new WeakMap<Database, Promise<string>>();

async function statementFor(db: Database): Promise<string> {
  const selects = (await readTables(db))
    .filter(({ name }) => !(name in BOOKKEEPING))
    .map(({ name }) => {
      const row = `(to_jsonb(t) - '${LAST_USED[name] ?? ''}')::text`;
      return `select '${name}' as name, count(*) || ' ' || coalesce(md5(string_agg(${row}, '|' order by ${row})), '') as digest
        from ${name} t where not (${BY_THE_CLOCK[name] ?? 'false'})`;
    });
  return selects.join('\nunion all ');
}

/** A digest of every row of every table but those that keep books of calls, by table. */
export async function digestOf(db: Database): Promise<Record<string, string>> {
  const text = statements.get(db) ?? statementFor(db);
  statements.set(db, text);
  const digests = await db.asMigrator(statement<{ name: string; digest: string }>(await text));
  return Object.fromEntries(digests.map(({ name, digest }) => [name, digest]));
}
