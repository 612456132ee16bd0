import { NoAnswer, PlinthError, Unavailable } from '../errors.ts';

/** The answer of a backend to its own client where Plinth said no, in any framework. */
export interface Refusal {
  readonly status: 402 | 429 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly error: { readonly code: string; readonly message: string; readonly details: object };
  };
}

/** For customers, who know nothing of the server that was asked. */
const AWAY = 'This cannot be done right now. Try again in a moment.';

/** The answer for a denial, and for a server that is away; undefined for any other error, which is not the customer's business. */
export function refusalFor(error: unknown): Refusal | undefined {
  if (!(error instanceof PlinthError)) return undefined;
  const { code, message, details, retryAfter } = error;
  const isAway = error instanceof NoAnswer || error instanceof Unavailable;
  const status = isAway ? 503 : error.status;
  if (status !== 402 && status !== 429 && status !== 503) return undefined;
  const seconds = retryAfter ?? (isAway ? 5 : undefined);
  return {
    status,
    headers: seconds === undefined ? {} : { 'retry-after': String(seconds) },
    body: { error: { code, message: isAway ? AWAY : message, details } },
  };
}
