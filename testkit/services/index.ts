import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { inject } from 'vitest';
import { type Database, openDatabase, type CrashHook } from '#platform/db';
import { atEndOfFile } from '@plinth/testkit/closing';
import { createDatabase, dropDatabase } from './cluster.ts';
import { type CommitCutter, startCommitCutter } from './commit-cutter.ts';
import { pooledThrough } from './plan-pooler.ts';

export { temporaryFolder } from '@plinth/testkit/closing';
export { type CommitCutter, startCommitCutter };
export { type Description, type DescribedColumn, describeStatements } from './describe-statements.ts';
export { type SqlClient, withClient } from './cluster.ts';
export { onCommitAsked } from './commit-asked.ts';
export { freePort } from './ports.ts';
export { QUICK } from './programs.ts';
export { testLogin, type TestLogin } from './logins.ts';
export { projectMigrations } from './project.ts';

export interface TestDatabase {
  readonly db: Database;
  readonly engine: 'postgres' | 'pglite';
  /** The connection string on PostgreSQL, where a test may open the same database again; '' on PGlite. */
  readonly url: string;
  /** What a program needs to be told to open it: DATABASE_URL and, in a pass through a pooler, the way around that. */
  readonly settings: Readonly<Record<string, string>>;
  /** Closes and drops the database early; the end of the test file does it anyway. */
  close(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** Without the project's schema, for tests of migrations themselves. */
  readonly empty?: boolean;
  readonly crashHook?: CrashHook;
  readonly poolSize?: number;
}

/** A second way to a database, which can lose the answers of commits, and the database as a program sees it by that way. */
export async function cutDatabase(
  url: string,
): Promise<{ readonly cutter: CommitCutter; readonly through: Database }> {
  const cutter = await startCommitCutter(url);
  atEndOfFile(() => cutter.close());
  const through = await openDatabase({ engine: 'postgres', url: cutter.url });
  atEndOfFile(() => through.close());
  return { cutter, through };
}

/** The engine that this pass of the suite runs on. */
export const engine: 'postgres' | 'pglite' = inject('services').engine;

/**
 * A database of this test file's own, with the project's schema and no rows. It is closed and dropped when the file
 * is through. About 15 ms on PostgreSQL, 350 on PGlite.
 */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const services = inject('services');
  if (services.problem !== undefined && options.empty !== true) throw new Error(services.problem);
  const opened =
    services.engine === 'pglite'
      ? await embedDatabase(services, options)
      : await cloneDatabase(services, options);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= opened.close();
    return closing;
  };
  atEndOfFile(close);
  return { ...opened, close };
}

type Services = ReturnType<typeof inject<'services'>>;

async function cloneDatabase(
  services: Extract<Services, { engine: 'postgres' }>,
  options: TestDatabaseOptions,
): Promise<TestDatabase> {
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  const url = await createDatabase(services, name, options.empty === true ? undefined : services.template);
  const pooled = services.pooler === undefined ? undefined : pooledThrough(services.pooler, url);
  const db = await openDatabase({
    engine: 'postgres',
    url,
    ...pooled?.options,
    crashHook: options.crashHook,
    poolSize: options.poolSize,
  });
  return {
    db,
    engine: 'postgres',
    url,
    settings: pooled?.settings ?? { DATABASE_URL: url },
    async close() {
      await db.close();
      await dropDatabase(services, name);
    },
  };
}

async function embedDatabase(
  services: Extract<Services, { engine: 'pglite' }>,
  options: TestDatabaseOptions,
): Promise<TestDatabase> {
  const from = options.empty === true ? services.empty : services.template;
  const template = new Uint8Array(await readFile(from));
  // No test is timed: with four of these on two slow cores a statement took longer than a caller is left to wait, and what lies in memory is gone then.
  const db = await openDatabase({
    engine: 'pglite',
    template,
    crashHook: options.crashHook,
    answerWithin: 120_000,
  });
  return { db, engine: 'pglite', url: '', settings: {}, close: () => db.close() };
}
