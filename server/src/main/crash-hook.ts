import type { CrashHook } from '#platform/db';

/**
 * Ends this process as a power cut would, at one passing of one crash point (CRASH_AT, `jobs.take:after:2`): nothing is
 * flushed, closed or told to anybody. The crash tests see what is left.
 */
export function crashingAt(place: string | undefined): CrashHook | undefined {
  if (place === undefined) return undefined;
  const [point, side, nth = '1'] = place.split(':');
  let left = Number(nth);
  return (passed, phase) => {
    if (passed !== point || phase !== side) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
