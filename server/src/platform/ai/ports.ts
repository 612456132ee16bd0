import { AppError, type Micros } from '#platform/kernel';
import type { BreakerState } from './providers/breaker.ts';
import type { LeakRule } from './sanitizer/secrets.ts';

/** The part of a pino logger that is used here. Fields are ids, names and figures, never a prompt or an answer. */
export interface AiLogger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export type CallOutcome =
  | 'served'
  | 'unusable'
  | 'rate_limited'
  | 'refused'
  | 'failed'
  | 'timeout'
  | 'unreachable'
  | 'lost'
  | 'hung_up';

/** The metrics of AI calls. */
export interface AiMetrics {
  providerCall(call: {
    readonly provider: string;
    readonly model: string;
    readonly outcome: CallOutcome;
    readonly seconds: number;
  }): void;
  breaker(provider: string, model: string, state: BreakerState): void;
  /** How many places of a slot limit this process uses, and how many calls wait for one. `*`: all models, or both lanes. */
  slots(
    of: { readonly provider: string; readonly model: string; readonly lane: string },
    counts: { readonly used: number; readonly waiting: number },
  ): void;
  /** A reply would have repeated a secret prompt. */
  promptLeak(product: string, prompt: string, rule: LeakRule): void;
  cost(product: string, feature: string, amount: Micros): void;
  /** The cost of a call that is not charged, because the provider failed. */
  failureCost(product: string, feature: string, amount: Micros): void;
}

/** The error that this server ended a call with, because it stops or moves it; undefined: the caller left, or waits. */
export function endedHere(signal: AbortSignal | undefined): AppError | undefined {
  return signal?.reason instanceof AppError ? signal.reason : undefined;
}

/** The signal of a call that goes on without its client, because its answer is kept: it ends when this server does. */
export function endOfServer(signal: AbortSignal): AbortSignal {
  const end = new AbortController();
  const pass = (): void => {
    if (endedHere(signal) !== undefined) end.abort(signal.reason);
  };
  if (signal.aborted) pass();
  else signal.addEventListener('abort', pass);
  return end.signal;
}
