import type { Config } from '#platform/config';
import { mayPass } from '#platform/db';

/** Milliseconds between two looks at a database that is not there. */
const BETWEEN = 500;

/**
 * Does what a start does, and does it anew as long as its database is not there (DATABASE_WAIT_SECONDS): it may be started
 * beside it, or be restarted at this moment. The log names each reason to wait, once. Any other fault, such as a login or a
 * name that no waiting mends, is thrown at once; so is the last failure when the time is over. An embedded database is started
 * by this process alone: its faults stay.
 */
export async function waitForDatabase<T>(
  { database, databaseWaitSeconds }: Config,
  work: () => Promise<T>,
): Promise<T> {
  if (database.engine === 'pglite') return work();
  const until = performance.now() + databaseWaitSeconds * 1_000;
  const said = new Set<string>();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error) || performance.now() >= until) throw error;
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
