import type { Transaction } from './port.ts';
import { statement } from './statement.ts';

/** A table of the program, as a move sees it. Columns that the database makes of others are left out: the target makes them. */
export interface MovedTable {
  /** Quoted for SQL: `limits.permits`. */
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** Contents of a table: the same digest in any order, and on either engine, that its rows lie. */
export interface Contents {
  readonly rows: number;
  readonly digest: string;
  /** Bytes of the widest row, as text. */
  readonly widest: number;
}

/** Tables that are not moved: applied migrations are compared, and the owner of the data goes by itself. */
const NOT_MOVED = ['public.plinth_migrations', 'app.installation'];

/** Both sides write values alike: the same instant, number or bytes is the same text. */
const ALIKE = statement(
  `select set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true),
     set_config('IntervalStyle', 'postgres', true), set_config('bytea_output', 'hex', true),
     set_config('extra_float_digits', '1', true), set_config('search_path', 'public', true)`,
);

/** Has this transaction write values as that of the other side does. Call it first. */
export async function writeAlike(tx: Transaction): Promise<void> {
  await tx.run(ALIKE);
}

const SCHEMAS = `nspname !~ '^pg_' and nspname <> 'information_schema'`;

/** All tables of the schemas that are named; of all but PostgreSQL's own when none is. */
export async function tablesOf(tx: Transaction, schemas?: readonly string[]): Promise<MovedTable[]> {
  const tables = await tx.run(
    statement<MovedTable>(
      `select format('%I.%I', n.nspname, c.relname) as name,
         (select json_agg(json_build_object('name', quote_ident(attname), 'type', format_type(atttypid, atttypmod)) order by attname)
           from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'r' and ${SCHEMAS} and ($1::text[] is null or quote_ident(n.nspname) = any ($1))
       order by 1`,
      [schemas ?? null],
    ),
  );
  return tables.filter(({ name }) => !NOT_MOVED.includes(name));
}

/** The schemas that tables lie in, quoted for SQL. */
export function schemasOf(tables: readonly MovedTable[]): string[] {
  return [...new Set(tables.map(({ name }) => name.split('.')[0] ?? ''))];
}

/** One half of each hash as a number, added up. */
const half = (side: 'left' | 'right') =>
  `coalesce(sum(('x' || ${side}(hash, 16))::bit(64)::bigint::numeric), 0)`;

/**
 * Counts and digests the rows of a table. Each row's text is hashed by MD5, whose halves are added up as numbers: a sum does
 * not depend on the order, and unlike an exclusive or it tells a row from the same row three times. This finds what went wrong,
 * not a forgery.
 */
export async function contentsOf(tx: Transaction, { name, columns }: MovedTable): Promise<Contents> {
  const [found] = await tx.run(
    statement<Contents>(
      `select count(*) as rows, coalesce(max(octet_length(line)), 0) as widest, ${half('left')} || ':' || ${half('right')} as digest
       from (select line, md5(line) as hash from (select row(${columns.map((column) => column.name).join(', ')})::text as line from ${name}) lines) hashed`,
    ),
  );
  if (found === undefined) throw new Error('a count has a row');
  return found;
}

/** Contents of all these tables, by their names. */
export async function contentsOfAll(
  tx: Transaction,
  tables: readonly MovedTable[],
): Promise<Map<string, Contents>> {
  await writeAlike(tx);
  const all = new Map<string, Contents>();
  for (const table of tables) all.set(table.name, await contentsOf(tx, table));
  return all;
}

/** The names of tables whose contents differ. */
export function differingTables(
  here: ReadonlyMap<string, Contents>,
  there: ReadonlyMap<string, Contents>,
): string[] {
  return [...here.keys()].filter(
    (name) =>
      here.get(name)?.rows !== there.get(name)?.rows || here.get(name)?.digest !== there.get(name)?.digest,
  );
}
