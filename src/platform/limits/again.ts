import { AppError } from '#platform/kernel';

/** Milliseconds before each further try: a broken connection has a successor at once, a database that starts anew takes seconds. */
const PAUSES = [100, 500, 2_000, 5_000, 10_000, 30_000, 60_000];

/**
 * Tries once more, and again, what did not reach the database, with nobody waiting for it. Whatever the database answers ends
 * it; so does the last try, after which it is as if the process had died: whoever sweeps sees to it in time.
 */
export function again(work: () => Promise<unknown>, [pause, ...pauses]: readonly number[] = PAUSES): void {
  if (pause === undefined) return;
  setTimeout(() => {
    work().catch((error: unknown) => {
      if (!(error instanceof AppError)) again(work, pauses);
    });
  }, pause).unref();
}
