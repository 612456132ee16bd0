export { watchAbandoned } from './abandoned.ts';
export { DatabaseAway, mayBeDone, mayPass } from './away.ts';
export {
  type CommitPoint,
  commitPoint,
  crashPoints,
  dispatchPoint,
  type CrashHook,
} from './commit-points.ts';
export {
  type DataRule,
  dbDataRules,
  erased,
  kept,
  erasedWith,
  type Fate,
  THE_ACCOUNTS,
  THE_BOOKS,
  unlinked,
} from './data-rules.ts';
export { lockDataFolder } from './data-lock.ts';
export { declareLongUses } from './deadlines.ts';
export { createFollower } from './follower.ts';
export { createReadCache } from './read-cache.ts';
export { type FunctionSet, versionOf } from './function-set.ts';
export { assertNotMoved, type Installation, installationOf, leave, reopen } from './installation.ts';
export { assertLogins, troublesOfLogins } from './logins.ts';
export { assertOutsideTransaction } from './database.ts';
export {
  dbMigrations,
  migrateDown,
  migrateUp,
  type Migration,
  migrationsIn,
  pendingMigrations,
  type Step,
} from './migrate.ts';
export { type Move, type Moved, moveDatabase, type MovedSum } from './moving.ts';
export { type DatabaseOptions, dumpEmbedded, openDatabase } from './open.ts';
export type { Database, Member, RowsOf, SignalCarrier, Transaction } from './port.ts';
export { ensurePrivate } from './private-folder.ts';
export { migrationFiles, preparedName, writePrepared } from './prepared.ts';
export { openStore, type Store, UNFINISHED_RESTORE } from './store.ts';
export { deleteUnheld, type RowOf, type Statement, statement, systemCall } from './statement.ts';
export { dbSystemUses, type SystemUse, type SystemUses } from './system-uses.ts';
