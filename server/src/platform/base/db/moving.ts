import { AppError, declareErrors } from '#platform/kernel';
import { commitPoint } from './commit-points.ts';
import {
  contentsOf,
  contentsOfAll,
  differingTables,
  type MovedTable,
  schemasOf,
  tablesOf,
  writeAlike,
} from './contents.ts';
import { copyRows, copySequences, withoutObstacles } from './copying.ts';
import { type Installation, installationOf, leave } from './installation.ts';
import { LOCK, type Migration, migrateUp } from './migrate.ts';
import type { Database, Transaction } from './port.ts';
import { type Statement, statement } from './statement.ts';

declareErrors({
  move_impossible: { status: 500, message: 'The source or the target of the move is missing.' },
  move_target_in_use: { status: 500, message: 'The database to move to is in use.' },
  move_target_not_empty: { status: 500, message: 'The database to move to holds other data.' },
  move_target_differs: { status: 500, message: 'The database to move to holds another state of this data.' },
  move_not_equal: {
    status: 500,
    message: 'The copied data differs from the source; the copy was discarded.',
  },
});

/** PostgreSQL's insufficient_privilege. */
const NO_RIGHTS = '42501';
const MOVED = commitPoint('db.moved', 'everything of an embedded database, in another one');

/** A sum that is compared between both sides, and told. */
export interface MovedSum {
  readonly name: string;
  readonly sum: string;
}

export interface Move {
  readonly source: Database;
  readonly target: Database;
  /** The target's name in messages: no login, no password. */
  readonly targetName: string;
  readonly migrations: readonly Migration[];
  /** Sums that a reader knows, beside the digests. */
  readonly sums: readonly Statement<MovedSum>[];
  /** Told of each table whose rows have arrived and are equal. */
  readonly onTable?: (name: string, rows: number) => void;
}

export interface Moved {
  /** `already`: an earlier run had brought all of it. `used`: it had, and the target has been in use since. */
  readonly outcome: 'moved' | 'already' | 'used';
  readonly tables: number;
  readonly rows: number;
  readonly sums: readonly MovedSum[];
}

/**
 * Moves everything from one migrated database, which no other process has open, to another that is empty. The target gets all of it
 * in one commit, after its rows were compared with those of the source: killed at any instant, it has everything or nothing, and
 * a second run ends right. Then the source is marked as left.
 */
export async function moveDatabase(move: Move): Promise<Moved> {
  const { source, target, targetName } = move;
  const installation = await installationOf(source);
  const tables = await source.transactAsMigrator(undefined, (tx) => tablesOf(tx));
  const filled = await filledTable(move, tables).catch(explain);
  if (filled !== undefined) {
    const earlier = await arrivedEarlier(move, { installation, tables, filled });
    if (installation.movedTo === null) await leave(source, targetName);
    return earlier;
  }
  await migrateUp(target, move.migrations).catch(explainRights);
  const moved = await source
    .transactAsMigrator(undefined, (from) =>
      target.transactAsMigrator(MOVED, (to) => copyAll(move, { from, to, tables, id: installation.id })),
    )
    .catch(explain);
  await leave(source, targetName);
  return moved;
}

/** The first table of the target that has rows; undefined where it is unused. Nothing is changed there. */
async function filledTable(
  { target, targetName }: Move,
  tables: readonly MovedTable[],
): Promise<string | undefined> {
  const [found] = await target.asMigrator(
    statement<{ is_ours: boolean; schema: string | null }>(
      `select to_regclass('public.plinth_migrations') is not null as is_ours,
         (select min(nspname) from pg_namespace where quote_ident(nspname) = any ($1) and nspname <> 'public') as schema`,
      [schemasOf(tables)],
    ),
  );
  if (found === undefined || found.schema === null) return undefined;
  if (!found.is_ours) throw notEmpty(targetName, `a schema "${found.schema}" that is not Plinth's`);
  const there = await target.transactAsMigrator(undefined, (tx) => tablesOf(tx, schemasOf(tables)));
  return target.system('db.installation', (tx) => firstFilled(tx, there)).catch(unlessUnfinished);
}

/**
 * Rights come last of all that a migration makes. Without them no program has used these tables, or they belong to another login: migrating
 * tells which. The copy looks again whether the tables are empty.
 */
function unlessUnfinished(error: unknown): undefined {
  if ((error as { readonly code?: unknown }).code !== NO_RIGHTS) throw error;
}

/** Rows of the schema app are made by its migration. */
const isSeeded = ({ name }: MovedTable) => name.startsWith('app.');

async function firstFilled(tx: Transaction, tables: readonly MovedTable[]): Promise<string | undefined> {
  for (const { name } of tables.filter((table) => !isSeeded(table))) {
    const rows = await tx.run(statement(`select 1 from ${name} limit 1`));
    if (rows.length > 0) return name;
  }
  return undefined;
}

interface Earlier {
  readonly installation: Installation;
  readonly tables: readonly MovedTable[];
  readonly filled: string;
}

/** The result of an earlier run to a target that holds the same data: all of it, unless something changed since. */
async function arrivedEarlier(move: Move, { installation, tables, filled }: Earlier): Promise<Moved> {
  const { source, target, targetName } = move;
  const isSame = (await installationOf(target).catch(() => undefined))?.id === installation.id;
  if (!isSame) throw notEmpty(targetName, `rows in ${filled}`);
  const here = await source.transactAsMigrator(undefined, (tx) => contentsOfAll(tx, tables));
  const rows = [...here.values()].reduce((sum, one) => sum + one.rows, 0);
  const found = { tables: tables.length, rows, sums: [] };
  // The source that was left is as it was, and the target goes on.
  if (installation.movedTo !== null) return { ...found, outcome: 'used' };
  const there = await target.system('db.installation', (tx) => contentsOfAll(tx, tables));
  const names = differingTables(here, there);
  if (names.length === 0) return { ...found, outcome: 'already', sums: await sumsOf(move) };
  throw new AppError('move_target_differs', {
    message: `An earlier run has moved this data to ${targetName}, and one of the two was used since: ${names.slice(0, 3).join(', ')} differ. If that one is in use, there is nothing to move: set DATABASE_URL. To move what is here, create an empty database.`,
  });
}

interface Copy {
  readonly from: Transaction;
  readonly to: Transaction;
  readonly tables: readonly MovedTable[];
  readonly id: string;
}

/** The sums of the source, where what is in the target was found equal. */
async function sumsOf({ source, sums }: Move): Promise<MovedSum[]> {
  const all: MovedSum[] = [];
  for (const asked of sums) all.push(...(await source.asMigrator(asked)));
  return all;
}

/**
 * Another session with a table of the target open would wait for us, and we for them. A long move is no idle one: that its machine is gone
 * the server finds out by asking it, after two minutes.
 */
const PATIENCE = statement(
  `select set_config('lock_timeout', '3s', true), set_config('idle_in_transaction_session_timeout', '0', true),
     set_config('statement_timeout', '0', true), set_config('tcp_keepalives_idle', '60', true),
     set_config('tcp_keepalives_interval', '15', true), set_config('tcp_keepalives_count', '4', true),
     set_config('tcp_user_timeout', '120000', true)`,
);

async function copyAll(move: Move, { from, to, tables, id }: Copy): Promise<Moved> {
  const schemas = schemasOf(tables);
  await writeAlike(from);
  await writeAlike(to);
  await to.run(PATIENCE);
  await to.run(statement('select pg_advisory_xact_lock($1)', [LOCK]));
  if (JSON.stringify(await tablesOf(to, schemas)) !== JSON.stringify(tables))
    throw notEmpty(move.targetName, 'tables that are not those of this program');
  return withoutObstacles(to, schemas, async () => {
    // Under the locks of their tables no other writer can fill them meanwhile.
    const filled = await firstFilled(to, tables);
    if (filled !== undefined) throw notEmpty(move.targetName, `rows in ${filled}`);
    let rows = 0;
    for (const table of tables) rows += await copyTable(move, { from, to, table });
    await copySequences(from, to, schemas);
    await to.run(statement('update app.installation set id = $1', [id]));
    return { outcome: 'moved', tables: tables.length, rows, sums: await equalSums(move, from, to) };
  });
}

/** Copies a table and compares what arrived. Answers its number of rows. */
async function copyTable(
  { onTable }: Move,
  { from, to, table }: { readonly from: Transaction; readonly to: Transaction; readonly table: MovedTable },
): Promise<number> {
  if (isSeeded(table)) await to.run(statement(`delete from ${table.name}`));
  const sent = await contentsOf(from, table);
  await copyRows(from, to, { ...table, ...sent });
  const arrived = await contentsOf(to, table);
  if (sent.rows !== arrived.rows || sent.digest !== arrived.digest) throw notEqual(table.name);
  onTable?.(table.name, sent.rows);
  return sent.rows;
}

async function equalSums({ sums }: Move, from: Transaction, to: Transaction): Promise<MovedSum[]> {
  const all: MovedSum[] = [];
  for (const asked of sums) {
    const [here, there] = [await from.run(asked), await to.run(asked)];
    if (JSON.stringify(here) !== JSON.stringify(there)) throw notEqual('sums of the ledger');
    all.push(...here);
  }
  return all;
}

function notEqual(what: string): AppError {
  return new AppError('move_not_equal', {
    message: `What arrived of ${what} is not what was sent. Nothing was kept there, and nothing is changed here.`,
  });
}

function notEmpty(targetName: string, what: string): AppError {
  return new AppError('move_target_not_empty', {
    message: `The database ${targetName} is not empty: it has ${what}. Nothing was changed. Create an empty database and move there.`,
  });
}

/** A login that may not do what the first migration does. */
function explainRights(error: unknown): never {
  if (!(error instanceof AppError) || error.code !== 'schema_not_owned') throw error;
  throw new AppError('schema_not_owned', {
    message:
      'This login may not make the tables there. It must own the database and have CREATEROLE. If another login of that server has made the roles of Plinth already, grant them to this one as a superuser: grant plinth_tenant, plinth_system to it.',
    cause: error,
  });
}

/** Explains two errors of PostgreSQL that an operator can put right. */
function explain(error: unknown): never {
  const { code } = error as { readonly code?: unknown };
  if (code === '55P03')
    throw new AppError('move_target_in_use', {
      message: 'Another program has the database to move to open. Stop it, and run this again.',
      cause: error,
    });
  if (code === NO_RIGHTS)
    throw new AppError('schema_not_owned', {
      message: 'This login does not own the tables to move to. Move with the login that migrated them.',
      cause: error,
    });
  throw error;
}
