import type { Config } from '#platform/config';
import { mayPass } from '#platform/db';
import { codeOf } from './operator-error.ts';
import { runningServer } from './server-file.ts';

/** Milliseconds between two looks at a database that is not there. */
const BETWEEN = 500;

/**
 * Does what a start does, and does it anew as long as its database is not there (DATABASE_WAIT_SECONDS): it may be started
 * beside it, or be restarted at this moment. The log names each reason to wait, once. Any other fault, such as a login or a
 * name that no waiting mends, is thrown at once; so is the last failure when the time is over. An embedded database is started
 * by this process alone: its faults stay, but for a data folder that an order of the operator has, such as a backup.
 */
export async function waitForDatabase<T>(
  { database, databaseWaitSeconds, dataDir }: Config,
  work: () => Promise<T>,
): Promise<T> {
  const isPassing = database.engine === 'pglite' ? isHeldForAMoment(dataDir) : mayPass;
  const until = performance.now() + databaseWaitSeconds * 1_000;
  const said = new Set<string>();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || performance.now() >= until) throw error;
      const { message } = error as Error;
      if (!said.has(message))
        process.stderr.write(
          `${message} Waiting for it, ${databaseWaitSeconds} s at most (DATABASE_WAIT_SECONDS).\n`,
        );
      said.add(message);
    }
    await new Promise((go) => {
      setTimeout(go, BETWEEN);
    });
  }
}

/** A server that has the data folder, and is ready, keeps it. */
const isHeldForAMoment = (dataDir: string) => (error: unknown) =>
  codeOf(error) === 'data_folder_in_use' && runningServer(dataDir) === undefined;
