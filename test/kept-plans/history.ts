import { inject } from 'vitest';
import type { TestDatabase } from '@plinth/testkit/services';
import { asAdmin } from '@plinth/testkit/services/cluster';

/** A column of a table, as a copy of a row fills it: `fresh`, a value of its own; `copied`, that of the row. */
interface Column {
  readonly name: string;
  readonly kind: 'account' | 'fresh' | 'copied';
  readonly type: string;
}

interface Table {
  readonly table: string;
  readonly columns: readonly Column[];
}

/**
 * Tables of accounts, with what must be new in a copy of a row: ids that some index holds, and where no id makes a row
 * the only one, texts, numbers and times of its unique keys.
 */
const TABLES = `
  with keys as (
    select i.indrelid, k as attnum, i.indisunique as is_unique from pg_index i, unnest(i.indkey) k where k > 0
  ), columns as (
    select a.attrelid, a.attnum, a.attname, format_type(a.atttypid, null) as type,
      bool_or(k.attnum is not null) as is_indexed, bool_or(coalesce(k.is_unique, false)) as is_key
    from pg_attribute a left join keys k on k.indrelid = a.attrelid and k.attnum = a.attnum
    where a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = '' group by 1, 2, 3, 4
  )
  select n.nspname || '.' || quote_ident(c.relname) as table, json_agg(json_build_object('name', quote_ident(o.attname), 'type', o.type,
      'kind', case when o.attname = 'account_id' then 'account' when o.is_indexed and o.type = 'uuid' and o.attname <> 'user_id' then 'fresh'
        when o.is_key and not exists (select from columns u where u.attrelid = o.attrelid and u.is_key and u.type = 'uuid' and u.attname not in ('account_id', 'user_id')) then 'fresh'
        else 'copied' end) order by o.attnum) as columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join columns o on o.attrelid = c.oid
  where c.relkind = 'r' and n.nspname in ('limits', 'idempotency', 'jobs', 'webhooks')
  group by 1 having bool_or(o.attname = 'account_id') order by 1`;

/** Runs SQL as a superuser in one session; answers the rows of the last statement. */
export type Admin = (...sql: readonly string[]) => Promise<readonly Record<string, unknown>[]>;

/** The superuser of a test's own database, in which tables are only counted when the test says so. */
export async function adminOf({ url, settings }: TestDatabase): Promise<Admin> {
  const services = inject('services');
  if (services.engine !== 'postgres')
    throw new Error('the embedded database has no statistics of what is read');
  const { pathname } = new URL(settings['DIRECT_URL'] ?? url);
  const own = Object.assign(new URL(services.adminUrl), { pathname }).href;
  const admin: Admin = async (...sql) => (await asAdmin(own, sql)).at(-1) ?? [];
  const tables = await admin(TABLES);
  await admin(...tables.map(({ table }) => `alter table ${String(table)} set (autovacuum_enabled = off)`));
  return admin;
}

interface History {
  readonly account: string;
  readonly rows: number;
  /** Each copy is of an account of its own; else all are of this one. */
  readonly elsewhere: boolean;
}

/** Copies what an account has done so far, as if it (or as many others) had done it so often, long ago. */
export async function addHistory(admin: Admin, { account, rows, elsewhere }: History): Promise<void> {
  const tables = await admin(TABLES);
  const copying = (tables as unknown as Table[]).map(({ table, columns }) => {
    const names = columns.map(({ name }) => name).join(', ');
    const values = columns.map((column) => valueOf(column, elsewhere)).join(', ');
    return `insert into ${table} (${names}) select ${values}
      from (select * from ${table} where account_id = '${account}' limit 1) as t, generate_series(1, ${rows}) as n on conflict do nothing`;
  });
  // Without triggers and foreign keys: copies of a permit and of its calls don't belong together.
  await admin('set session_replication_role = replica', ...copying);
}

function valueOf({ name, type, kind }: Column, elsewhere: boolean): string {
  const own = `t.${name}`;
  if (kind === 'account') return elsewhere ? 'md5(n::text)::uuid' : own;
  if (kind === 'copied') return own;
  // Lower than what is made from now on, as ids by time are: a scan of an index comes to them first.
  const older = "overlay(gen_random_uuid()::text placing '00' from 1 for 2)::uuid";
  if (type === 'uuid') return `case when ${own} is not null then ${older} end`;
  return type === 'text' ? `${own} || n` : own;
}
