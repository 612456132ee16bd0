import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#platform/config';
import { AppError, declareErrors } from '#platform/kernel';
import type { CrashHook } from './commit-points.ts';
import { lockDataFolder } from './data-lock.ts';
import { openDatabase } from './open.ts';
import type { Database } from './port.ts';
import { ensurePrivate } from './private-folder.ts';

/** In a data folder: what is restored there, until it is whole and in its place. */
export const UNFINISHED_RESTORE = 'restore.unfinished';

declareErrors({
  restore_unfinished: { status: 500, message: 'A restore into this data folder was not finished.' },
});

/** The database of this process. An embedded one has its data folder taken as long as it is open. */
export interface Store {
  readonly db: Database;
  /** How many files and folders of the data folder others could come by, until this process opened it. */
  readonly narrowed: number;
  /** Why the embedded database was made anew without the prepared one, if it was. */
  readonly slowly?: string | undefined;
  /** Told of failures of connections that no call uses; set it once there is a log. */
  onIdleError: (error: Error) => void;
  close(): Promise<void>;
}

/**
 * Opens the database of the settings, and makes the data folder its owner's alone. It does not migrate. An embedded one that there is not
 * yet begins as a copy of the file `prepared`.
 */
export async function openStore(
  { database, dataDir }: Pick<Config, 'database' | 'dataDir'>,
  crashHook?: CrashHook,
  prepared?: string,
): Promise<Store> {
  if (database.engine === 'pglite' && existsSync(join(dataDir, UNFINISHED_RESTORE)))
    throw new AppError('restore_unfinished', {
      message: `A restore into ${dataDir} was not finished. Run "plinth restore" again: it begins anew.`,
    });
  const narrowed = ensurePrivate(dataDir);
  const unlock = database.engine === 'pglite' ? lockDataFolder(dataDir) : () => {};
  try {
    const onIdleError = (error: Error) => store.onIdleError(error);
    let slowly: string | undefined;
    const onSlow = (reason: string) => {
      slowly = reason;
    };
    const db = await openDatabase(
      database.engine === 'pglite'
        ? { ...database, crashHook, onIdleError, prepared, onSlow }
        : { ...database, crashHook, onIdleError },
    );
    // PGlite gives the files of a new database 0666, under every umask.
    if (database.engine === 'pglite') ensurePrivate(dataDir);
    const store: Store = {
      db,
      narrowed,
      slowly,
      onIdleError: () => {},
      async close() {
        await db.close();
        unlock();
      },
    };
    return store;
  } catch (error) {
    unlock();
    throw error;
  }
}
