import { NoAnswer, type PlinthError } from './errors.ts';
import type { Time } from './time.ts';

/** How a call that is safe to repeat is repeated. */
export interface Retries {
  /** Tries after the first one; 0 for none. */
  readonly max: number;
  /** The first wait is a random share of this, doubled for each further one; milliseconds. */
  readonly base: number;
  /** No wait is longer; who is asked to come back later than that is told the error instead. Milliseconds. */
  readonly longest: number;
  /** Called before each wait with the error that is not thrown yet, and the milliseconds of the wait. */
  readonly onRetry?: (error: PlinthError, wait: number) => void;
}

export const RETRIES: Retries = { max: 3, base: 250, longest: 20_000 };

/** Answers of a proxy that finds no server behind it; from Plinth itself, these say that a model's provider was tried already. */
const OF_PROXIES = new Set([502, 504]);
const PASSING = new Set([408, 429, 500, 503]);

/**
 * Milliseconds to wait before the next try, or undefined where there should be none: after the last one, after an error
 * that will be the same next time, and where the server asks for more patience than `longest`.
 * Full jitter (Brooker, "Exponential Backoff and Jitter", AWS 2015); Retry-After is a lower bound, never shortened.
 */
export function waitBefore(
  error: PlinthError,
  tries: number,
  { retries, time }: { readonly retries: Retries; readonly time: Time },
): number | undefined {
  if (tries > retries.max || !isPassing(error)) return undefined;
  const jitter = time.random() * Math.min(retries.longest, retries.base * 2 ** (tries - 1));
  const asked = (error.retryAfter ?? 0) * 1_000;
  if (asked > retries.longest) return undefined;
  retries.onRetry?.(error, asked + jitter);
  return asked + jitter;
}

function isPassing(error: PlinthError): boolean {
  if (error instanceof NoAnswer) return true;
  if (error.code === 'idempotency_in_progress') return true;
  // A limit that never resets says so by naming no time.
  if (error.status === 429 && error.spoken) return error.retryAfter !== undefined;
  return PASSING.has(error.status) || (OF_PROXIES.has(error.status) && !error.spoken);
}
