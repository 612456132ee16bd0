import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import type { Opening, Plain } from './port.ts';
import { beginDatabase, finishDatabase, unpackPrepared } from './prepared.ts';

/** A request of the main thread to the thread that holds the embedded database. It sends one transaction at a time. */
export type Ask =
  | { readonly kind: 'batch'; readonly opening: Opening; readonly statements: readonly Plain[] }
  | { readonly kind: 'begin'; readonly opening: Opening }
  | { readonly kind: 'run'; readonly statements: readonly Plain[] }
  | { readonly kind: 'commit' | 'rollback' | 'close' | 'dump' }
  | { readonly kind: 'script'; readonly sql: string };

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: {
    readonly message: string;
    readonly code?: string | undefined;
    readonly detail?: string | undefined;
    /** PGlite itself or its files failed, and no SQL: it must be opened anew. */
    readonly isBroken: boolean;
  };
}

/** Input of the thread: a folder, or '' for memory alone; and, for tests, a dumped database to start from. */
export interface WorkerInput {
  readonly dataDir: string;
  readonly template: Uint8Array<ArrayBuffer> | undefined;
  /** The file of a prepared database, for a folder that has none yet. */
  readonly prepared: string | undefined;
}

/** The value of the first answer: how the database came to be open. */
export interface Opened {
  /** Why a new database was made without the prepared one; undefined for one that was there, or was made with it. */
  readonly slowly: string | undefined;
}

/** All memory that PostgreSQL shares is written at the start: with its default of 128 MB a start takes 0.1 s and 140 MB more. Pages that it does not hold are the system's. */
const SHARED_BUFFERS = '16MB';
/** A copy is other data than what it was copied from. */
const COPIED =
  'update app.installation set id = gen_random_uuid(), created_at = app.now(), updated_at = app.now()';

/** Errors that PGlite and its file system throw and that are no errors of SQL. */
const BROKEN: ReadonlySet<string> = new Set(['RuntimeError', 'ErrnoError']);

/** Not even a rollback worked. */
class Stuck extends Error {
  override readonly name = 'Stuck';
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

// One function of PGlite takes V8's optimizing compiler 600 MB and half a second, at each start. Without that compiler small statements
// cost the same within a tenth, long ones a third more (docs/decisions/0052). Set before anything of PGlite is compiled.
setFlagsFromString('--no-wasm-tier-up');
setFlagsFromString('--no-wasm-dynamic-tiering');

const input = workerData as WorkerInput;
const isNew = input.dataDir !== '' && beginDatabase(input.dataDir);
const slowly = isNew ? copyPrepared() : undefined;
const database = await PGlite.create({
  // Extensions that `create extension` of our migrations finds beside what PGlite has built in.
  extensions: { btree_gin, pg_trgm },
  startParams: [...PGlite.defaultStartParams, '-c', `shared_buffers=${SHARED_BUFFERS}`],
  ...(input.dataDir === '' ? {} : { dataDir: input.dataDir }),
  ...(input.template === undefined ? {} : { loadDataDir: new Blob([input.template]) }),
}).catch((error: unknown) => {
  // Its file system throws values that are no Error, and would reach the other thread as nothing.
  parentPort?.postMessage({ id: 0, error: plainError(error) } satisfies Answer);
  process.exit(1);
});

if (isNew && slowly === undefined) await database.exec(COPIED);
if (isNew) finishDatabase(input.dataDir);

/** A folder that an earlier version has left half-made is left to PGlite, which goes on with it. */
function copyPrepared(): string | undefined {
  if (input.prepared === undefined) return 'none was asked for';
  if (existsSync(input.dataDir)) return 'the folder is there already';
  return unpackPrepared(input.prepared, input.dataDir);
}

async function begin(opening: Opening): Promise<void> {
  await database.exec(opening.write ? 'begin' : 'begin read only');
  await database.query(
    "select set_config('role', $1, true), set_config('app.account', $2, true), set_config('app.user', $3, true)",
    [opening.role, opening.account, opening.user],
  );
}

async function run(statements: readonly Plain[]): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for (const statement of statements)
    rows.push((await database.query(statement.text, [...statement.values])).rows);
  return rows;
}

async function batch(opening: Opening, statements: readonly Plain[]): Promise<unknown[][]> {
  try {
    await begin(opening);
    const rows = await run(statements);
    await database.exec('commit');
    return rows;
  } catch (error) {
    throw await undone(error);
  }
}

/** A script that fails after a `begin` of its own must not leave its transaction to the next caller. */
async function script(sql: string): Promise<void> {
  try {
    await database.exec(sql);
  } catch (error) {
    throw await undone(error);
  }
}

/** The first failure is the one to tell. Where not even a rollback works, nothing will: a full disk leaves PGlite in the midst of a statement. */
async function undone(error: unknown): Promise<unknown> {
  try {
    await database.exec('rollback');
    return error;
  } catch {
    return new Stuck(error);
  }
}

function answer(ask: Ask): Promise<unknown> {
  switch (ask.kind) {
    case 'batch':
      return batch(ask.opening, ask.statements);
    case 'begin':
      return begin(ask.opening);
    case 'run':
      return run(ask.statements);
    case 'commit':
      return database.exec('commit');
    case 'rollback':
      return database.exec('rollback').catch((error: unknown) => {
        throw new Stuck(error);
      });
    case 'script':
      return script(ask.sql);
    case 'dump':
      return database.dumpDataDir('none').then((file) => file.arrayBuffer());
    case 'close':
      return database.close();
  }
}

function plainError(error: unknown): NonNullable<Answer['error']> {
  if (!(error instanceof Error)) return { message: 'an error of its file system', isBroken: true };
  if (error instanceof Stuck) return { ...plainError(error.cause), isBroken: true };
  const { code, detail, severity } = error as { code?: string; detail?: string; severity?: string };
  const isBroken = BROKEN.has(error.name) || severity === 'PANIC' || severity === 'FATAL';
  return { message: error.message, code, detail, isBroken };
}

parentPort?.on('message', ({ id, ask }: { id: number; ask: Ask }) => {
  answer(ask).then(
    // The results of exec hold what structured cloning can't carry, and are not read.
    (value) =>
      parentPort?.postMessage({
        id,
        value: ask.kind === 'batch' || ask.kind === 'run' || ask.kind === 'dump' ? value : undefined,
      } satisfies Answer),
    (error: unknown) => parentPort?.postMessage({ id, error: plainError(error) } satisfies Answer),
  );
});
parentPort?.postMessage({ id: 0, value: { slowly } satisfies Opened } satisfies Answer);
