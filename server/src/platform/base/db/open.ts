import type { CrashHook } from './commit-points.ts';
import { createDatabase } from './database.ts';
import { createPgliteEngine, type PgliteOptions } from './pglite.ts';
import type { Database, Engine } from './port.ts';
import type { PostgresOptions } from './postgres.ts';

export type DatabaseOptions = (
  | ({ readonly engine: 'postgres' } & PostgresOptions)
  | ({ readonly engine: 'pglite' } & PgliteOptions)
) & {
  /** Called at each commit point; crash tests end the process there. */
  readonly crashHook?: CrashHook | undefined;
};

/** Opens the database on the engine that is asked for. It does not migrate. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const engine =
    options.engine === 'postgres' ? await openPostgres(options) : await createPgliteEngine(options);
  return createDatabase(engine, { crashHook: options.crashHook });
}

/** Its driver is loaded where it is used. */
async function openPostgres(options: PostgresOptions): Promise<Engine> {
  const { createPostgresEngine } = await import('./postgres.ts');
  return createPostgresEngine(options);
}

/** An embedded database as bytes, after it was prepared and as often before as is asked for, for tests to start from. */
export async function dumpEmbedded(
  prepare: (db: Database, dump: () => Promise<Uint8Array<ArrayBuffer>>) => Promise<void>,
): Promise<Uint8Array<ArrayBuffer>> {
  const engine = await createPgliteEngine({});
  const db = createDatabase(engine);
  await prepare(db, () => engine.dump());
  const dump = await engine.dump();
  await db.close();
  return dump;
}
