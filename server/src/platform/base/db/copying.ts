import type { Contents, MovedTable } from './contents.ts';
import type { Transaction } from './port.ts';
import { statement } from './statement.ts';

/** A batch is about this many bytes, and at most this many rows. */
const BATCH = { bytes: 4_000_000, rows: 1_000 };

interface Change {
  readonly before: string;
  readonly after: string;
}

/**
 * Obstacles to rows that arrive in any order, undone and redone by the tables' owner, without a
 * superuser's rights: row security binds the owner too, triggers would write what is copied anyway, and foreign keys go in
 * circles (a draft names a variant of its own), so they are checked at the end.
 */
const OBSTACLES = `
  with tables as (
    select c.oid, relforcerowsecurity, format('%I.%I', nspname, relname) as name
    from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'r' and quote_ident(nspname) = any ($1))
  select format('alter table %s no force row level security', name) as before,
    format('alter table %s force row level security', name) as after
  from tables where relforcerowsecurity
  union all
  select format('alter table %s disable trigger %I', name, tgname), format('alter table %s enable trigger %I', name, tgname)
  from tables join pg_trigger on tgrelid = tables.oid where not tgisinternal and tgenabled = 'O'
  union all
  select format('alter table %s alter constraint %I deferrable initially deferred', name, conname),
    format('alter table %s alter constraint %I not deferrable', name, conname)
  from tables join pg_constraint on conrelid = tables.oid where contype = 'f' and not condeferrable`;

/** Does the work while nothing stands in the way of rows, then checks all foreign keys and puts everything back. */
export async function withoutObstacles<T>(
  tx: Transaction,
  schemas: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const changes = await tx.run(statement<Change>(OBSTACLES, [schemas]));
  for (const { before } of changes) await tx.run(statement(before));
  const done = await work();
  await tx.run(statement('set constraints all immediate'));
  for (const { after } of changes) await tx.run(statement(after));
  return done;
}

/** Copies the rows of a table, each value as its text, which both sides write and read alike. */
export async function copyRows(
  source: Transaction,
  target: Transaction,
  { name, columns, rows, widest }: MovedTable & Contents,
): Promise<void> {
  if (rows === 0) return;
  const size = Math.max(1, Math.min(BATCH.rows, Math.floor(BATCH.bytes / Math.max(1, widest))));
  const fields = columns.map((_, index) => `c${index}`);
  const read = columns.map((column, index) => `${column.name}::text as c${index}`);
  const insert = `insert into ${name} (${columns.map((column) => column.name).join(', ')}) overriding system value
    select ${columns.map(({ type }, index) => `c${index}::${type}`).join(', ')}
    from unnest(${fields.map((_, index) => `$${index + 1}::text[]`).join(', ')}) as rows (${fields.join(', ')})`;
  await source.run(statement(`declare moving no scroll cursor for select ${read.join(', ')} from ${name}`));
  for (;;) {
    const batch = await source.run(statement<Record<string, string | null>>(`fetch ${size} from moving`));
    if (batch.length === 0) break;
    const values = fields.map((field) => batch.map((row) => row[field] ?? null));
    await target.run(statement(insert, values));
  }
  await source.run(statement('close moving'));
}

/** Where the numbers of a sequence go on. */
interface Sequence {
  readonly name: string;
  readonly last: string;
  readonly called: boolean;
}

/** Has the sequences of the target go on where those of the source are. */
export async function copySequences(
  source: Transaction,
  target: Transaction,
  schemas: readonly string[],
): Promise<void> {
  const names = await source.run(
    statement<{ name: string }>(
      `select format('%I.%I', schemaname, sequencename) as name from pg_sequences where quote_ident(schemaname) = any ($1)`,
      [schemas],
    ),
  );
  for (const { name } of names) {
    const [at] = await source.run(
      statement<Sequence>(`select last_value::text as last, is_called as called from ${name}`),
    );
    if (at === undefined) throw new Error(`the sequence ${name} says nothing`);
    await target.run(
      statement('select setval($1::regclass, $2::text::bigint, $3)', [name, at.last, at.called]),
    );
  }
}
