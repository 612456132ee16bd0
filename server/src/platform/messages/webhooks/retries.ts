import type { Random } from '#platform/kernel';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Milliseconds after each failed attempt, in order, as the Standard Webhooks specification suggests them: ten attempts in
 * a little more than three days.
 */
const PAUSES = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
/** A pause is up to this share shorter or longer, so that what failed together does not come back together. */
const JITTER = 0.2;
/** However long an endpoint asks to be left alone. */
const LONGEST_ASKED = 24 * HOUR;

/** Milliseconds until the next attempt, after so many that failed; undefined: there is none. */
export function pauseAfter(
  attempts: number,
  { retryAfter = 0, random }: { readonly retryAfter?: number | undefined; readonly random: Random },
): number | undefined {
  const pause = PAUSES[attempts - 1];
  if (pause === undefined) return undefined;
  const own = pause * (1 - JITTER + 2 * JITTER * random.uniform());
  return Math.max(own, Math.min(retryAfter * SECOND, LONGEST_ASKED));
}
