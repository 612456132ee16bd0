import { inject } from 'vitest';
import { asAdmin } from '@plinth/testkit/services/cluster';

/** Runs SQL as a superuser in one session; answers the rows of the last statement. */
export type Admin = (...sql: readonly string[]) => Promise<readonly Record<string, unknown>[]>;

/** The superuser of a test's own database. */
export function adminAt(url: string): Admin {
  const services = inject('services');
  if (services.engine !== 'postgres') throw new Error('the embedded database has no other user');
  const own = Object.assign(new URL(services.adminUrl), { pathname: new URL(url).pathname }).href;
  return async (...sql) => (await asAdmin(own, sql)).at(-1) ?? [];
}

/** Rows of an account in each table. */
export const ROWS = 1_000;

/** An account of which copies are made, with its user. */
export interface Copied {
  readonly account: string;
  readonly user: string;
}

interface Column {
  readonly name: string;
  readonly type: string;
  /** Some unique index has it. */
  readonly isKey: boolean;
  /** The last id of the primary key: that of the row itself. */
  readonly isOwn: boolean;
}

interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly owner: 'account_id' | 'user_id';
}

const TABLES = `
  with keys as (select i.indrelid, k as attnum, bool_or(i.indisunique) as is_key from pg_index i, unnest(i.indkey) k where k > 0 group by 1, 2),
  own as (select distinct on (i.indrelid) i.indrelid, a.attnum from pg_index i, unnest(i.indkey) with ordinality k (attnum, place)
    join pg_attribute a on true where i.indisprimary and a.attrelid = i.indrelid and a.attnum = k.attnum and a.atttypid = 'uuid'::regtype
      and a.attname not in ('account_id', 'user_id') order by i.indrelid, k.place desc)
  select n.nspname || '.' || quote_ident(c.relname) as name, json_agg(json_build_object('name', quote_ident(a.attname), 'type', format_type(a.atttypid, null),
      'isKey', (coalesce(k.is_key, false) or a.attname ~ 'hash') and not exists (select from pg_constraint p where p.conrelid = c.oid and p.contype = 'c' and p.conkey = array[a.attnum]
        and pg_get_constraintdef(p.oid) ~ '= ANY|= ''|~ '), 'isOwn', o.attnum is not null) order by a.attnum) as columns,
    case when bool_or(a.attname = 'account_id') then 'account_id' else 'user_id' end as owner
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
    left join keys k on k.indrelid = c.oid and k.attnum = a.attnum left join own o on o.indrelid = c.oid and o.attnum = a.attnum
  where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public')
  group by c.oid, 1 having bool_or(a.attname in ('account_id', 'user_id')) order by 1`;

/** Ids of accounts, people and teams stay as they are in a copy; any other is another in each copy, and the same in all tables. */
const MOVED = `
  create schema if not exists scale;
  create table if not exists scale.failures (says text not null);
  create or replace function scale.moved(p_id uuid, p_n integer) returns uuid stable language sql as $$
    select case when p_id is null or exists (select from accounts.accounts where account_id = p_id) or exists (select from identity.users where user_id = p_id)
      or exists (select from accounts.teams where id = p_id) then p_id else overlay(md5(p_id || '/' || p_n)::text placing '00' from 1 for 2)::uuid end $$`;

/**
 * Copies of what an account has in each table: half as other things beside each (a session with its messages, links and files), half as
 * more below one (of one session, so many messages). Answers how many rows of it each table then has.
 */
export async function copyRows(admin: Admin, of: Copied, rows: number): Promise<ReadonlyMap<string, number>> {
  await admin(MOVED);
  const tables = (await admin(TABLES)) as unknown as readonly Table[];
  const copying = tables.flatMap((table) => [
    copySql(table, of, { rows, how: 'beside' }),
    copySql(table, of, { rows, how: 'below' }),
    copySql(table, of, { rows, how: 'of others' }),
  ]);
  const guarded = copying.map(
    (sql) =>
      `do $do$ begin ${sql}; exception when others then insert into scale.failures values (sqlerrm); end $do$`,
  );
  await admin(
    'set session_replication_role = replica',
    ...tables.map(({ name }) => `alter table ${name} set (autovacuum_enabled = off)`),
    ...guarded,
  );
  const counts = await admin(
    tables
      .map(
        ({ name, owner }) =>
          `select '${name}' as name, count(*)::int as rows from ${name} where ${ownedBy(owner, of)}`,
      )
      .join(' union all '),
  );
  return new Map(counts.map(({ name, rows: count }) => [String(name), Number(count)]));
}

const ownedBy = (owner: Table['owner'], { account, user }: Copied) =>
  `${owner} = '${owner === 'account_id' ? account : user}'`;

interface Copying {
  readonly rows: number;
  /** `of others`: other people of the account, where nothing else makes a row of a table another one. */
  readonly how: 'beside' | 'below' | 'of others';
}

function copySql({ name, columns, owner }: Table, of: Copied, { rows, how }: Copying): string {
  const names = columns.map((column) => column.name).join(', ');
  const values = columns.map((column) => valueOf(column, how, owner)).join(', ');
  const first = { beside: 1, below: rows, 'of others': 2 * rows }[how];
  const enough =
    how === 'of others'
      ? ` and (select count(*) from ${name} where ${ownedBy(owner, of)}) < ${rows / 2}`
      : '';
  return `insert into ${name} (${names}) select ${values} from (select * from ${name} where ${ownedBy(owner, of)} order by ctid limit 1) t,
    generate_series(${first}, ${first + rows / 2}) n where true${enough} on conflict do nothing`;
}

function valueOf({ name, type, isKey, isOwn }: Column, how: Copying['how'], owner: Table['owner']): string {
  const own = `t.${name}`;
  if (name === owner) return own;
  if (type === 'uuid') {
    if (how === 'of others' && isKey)
      return `case when ${own} is not null then md5(${own}::text || n)::uuid end`;
    return how === 'beside' || isOwn ? `scale.moved(${own}, n)` : own;
  }
  if (!isKey) return own;
  if (type === 'text') return `${own} || n`;
  if (type === 'bytea') return `decode(rpad(md5(${own}::text || n), 2 * length(${own}), '0'), 'hex')`;
  if (/^(?:integer|bigint)$/.test(type)) return `${own} + n`;
  if (type.startsWith('timestamp')) return `${own} - n * interval '1 second'`;
  return type === 'date' ? `${own} - n` : own;
}
