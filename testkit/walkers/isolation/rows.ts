import { type Database, statement } from '#platform/db';
import type { Household } from '../people.ts';
import { readTables } from '../tables.ts';
import { peopleOf } from './tenants.ts';

/** A digest of a household's rows, table by table. */
export type Rows = Readonly<Record<string, string>>;

/** Reads the digests of all rows of an organization, of its members and of their own accounts: one statement, 20 ms. */
export async function rowReader(db: Database, household: Household): Promise<() => Promise<Rows>> {
  const users = peopleOf(household).map(({ userId }) => userId);
  const accounts = [
    ...peopleOf(household).flatMap(({ accountId, own }) => [accountId, own]),
    household.organization,
  ];
  const selects = (await readTables(db)).flatMap(({ name, columns }) => {
    const owned = columns.flatMap((column) => OWNED[column.name] ?? []);
    if (owned.length === 0) return [];
    return [
      `select '${name}' as name, coalesce(md5(string_agg(row, '|' order by row)), '') as digest
       from (select to_jsonb(t)::text as row from ${name} t where ${owned.join(' or ')}) rows`,
    ];
  });
  const text = `with whose as (select $1::uuid[] as accounts, $2::uuid[] as users) ${selects.join(' union all ')}`;
  const all = statement<{ name: string; digest: string }>(text, [
    `{${accounts.join()}}`,
    `{${users.join()}}`,
  ]);
  return async () => Object.fromEntries((await db.asMigrator(all)).map(({ name, digest }) => [name, digest]));
}

const OWNED: Readonly<Record<string, string>> = {
  account_id: 't.account_id = any ((select accounts from whose)::uuid[])',
  user_id: 't.user_id = any ((select users from whose)::uuid[])',
};

/** The tables in which something has changed. */
export function changedIn(before: Rows, after: Rows): string[] {
  return Object.keys(after).filter((name) => before[name] !== after[name]);
}
