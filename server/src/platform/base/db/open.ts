import type { CrashHook } from './commit-points.ts';
import { createDatabase } from './database.ts';
import { createPgliteEngine, type PgliteOptions } from './pglite.ts';
import type { Database } from './port.ts';
import { createPostgresEngine, type PostgresOptions } from './postgres.ts';

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
    options.engine === 'postgres' ? createPostgresEngine(options) : await createPgliteEngine(options);
  return createDatabase(engine, { crashHook: options.crashHook });
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
