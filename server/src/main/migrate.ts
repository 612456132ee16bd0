import { type Database, migrateDown, migrateUp, openStore, pendingMigrations } from '#platform/db';
import type { Config } from '#platform/config';
import { allMigrations } from '#app';
import { assertMigrated } from './database-check.ts';
import { printUsage, type Verb } from './verb.ts';
import { waitForDatabase } from './wait-for-database.ts';

const USAGE = 'Usage: plinth migrate up | plinth migrate down [steps] | plinth migrate status\n';
const UP_TO_DATE = 'The database is up to date.\n';

/** `migrate up`, `migrate down [steps]`, `migrate status` */
export const migrate: Verb = async ({ config, words: [way, steps = '1', ...more] }) => {
  const count = Number(steps);
  if (more[0] !== undefined) return printUsage(more[0], USAGE);
  if (way === 'status') return withDatabase(config, status);
  if ((way !== 'up' && way !== 'down') || !Number.isInteger(count) || count < 1) {
    return printUsage(way === 'up' || way === 'down' ? steps : way, USAGE);
  }
  return withDatabase(config, async (db) => {
    const done =
      way === 'up'
        ? await waitForDatabase(config, () => migrateUp(db, allMigrations()))
        : await migrateDown(db, allMigrations(), count);
    for (const id of done) process.stdout.write(`${way === 'up' ? 'applied' : 'undone'}  ${id}\n`);
    if (done.length === 0) process.stdout.write(way === 'up' ? UP_TO_DATE : 'There is nothing to undo.\n');
    return 0;
  });
};

/** Migrations that `migrate up` would apply. It writes nothing. */
async function status(db: Database): Promise<number> {
  const pending = await pendingMigrations(db, allMigrations());
  for (const id of pending) process.stdout.write(`pending  ${id}\n`);
  if (pending.length === 0) process.stdout.write(UP_TO_DATE);
  return 0;
}

/** The same as `withDatabase`, for a task on tables. Throws OperatorError where they are not those of this program. */
export function withTables<T>(config: Config, work: (db: Database) => Promise<T>): Promise<T> {
  return withDatabase(config, async (db) => {
    await assertMigrated(db);
    return work(db);
  });
}

/** Opens the database of the settings for one task. The embedded one is taken for this process as long. */
export async function withDatabase<T>(config: Config, work: (db: Database) => Promise<T>): Promise<T> {
  const store = await openStore(config);
  try {
    return await work(store.db);
  } finally {
    await store.close();
  }
}
