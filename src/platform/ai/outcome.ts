import type { IncomingHttpHeaders } from 'node:http';
import { ProviderError, type ProviderErrorCode } from './errors.ts';
import type { Ended, Mishap } from './exchange.ts';
import type { Health } from './passage.ts';
import type { CallOutcome } from './ports.ts';
import { isRecord, parsedText } from './usage.ts';

/** A provider call that came to nothing, and what follows from it. */
export interface Failure {
  readonly outcome: CallOutcome;
  /** What the ledger says: `unusable` was served and is posted by its usage, or by our count; `throttled` is no try. */
  readonly ledger: 'not_served' | 'throttled' | 'unknown' | 'unusable';
  /** `same`: may be tried again there. `next`: only another provider helps. `never`: it fails anywhere. */
  readonly retry: 'same' | 'next' | 'never';
  /** What it says of the provider. */
  readonly health: Health;
  /** Milliseconds that the provider asks to wait. */
  readonly retryAfter: number | undefined;
  readonly status: number;
  /** A short code of the provider's, for the log. */
  readonly code: string | undefined;
  readonly error: ProviderError;
}

/**
 * A gateway before the provider gave up waiting, which says nothing about the provider: the call may have been
 * served and billed. (504 of any proxy, 524 of Cloudflare.)
 */
const PERHAPS_SERVED = new Set([504, 524]);
/** Ours to mend, a wrong key or an empty purse there: another provider may still answer. */
const OURS_TO_MEND = new Set([401, 402, 403]);
/** Worth another try there, as the official client has it: time-out, conflict of locks, too early. */
const PASSING = new Set([408, 409, 425]);
/** OpenAI's 429 of an account without credit: waiting does not mend it. */
const EMPTY_PURSE = 'insufficient_quota';

/** Classifies an answer that is not 200. `now` is wall time, for a Retry-After that is a date. */
export function refusal(
  answer: Extract<Ended, { kind: 'answer' }>,
  context: { now: number; apiKey: string },
): Failure {
  const { status } = answer;
  const said = errorIn(answer.body);
  const code = wordOf(said?.['code']) ?? wordOf(said?.['type']);
  const common = { status, code, retryAfter: retryAfter(answer.headers, context.now) };
  const isOursToMend = OURS_TO_MEND.has(status) || code === EMPTY_PURSE;
  if (status === 429 && !isOursToMend) {
    const error = postponed(common.retryAfter);
    return {
      ...common,
      outcome: 'rate_limited',
      ledger: 'throttled',
      retry: 'same',
      health: 'throttled',
      error,
    };
  }
  if (status >= 500 || PASSING.has(status)) {
    const ledger = PERHAPS_SERVED.has(status) ? 'unknown' : 'not_served';
    return { ...common, outcome: 'failed', ledger, retry: 'same', health: 'failed', error: unavailable() };
  }
  // A redirect is no answer either: the base URL is wrong.
  if (isOursToMend || status < 400) {
    return {
      ...common,
      outcome: 'failed',
      ledger: 'not_served',
      retry: 'next',
      health: 'failed',
      error: unavailable(),
    };
  }
  const tooLarge = status === 413 || code === 'context_length_exceeded';
  const error = new ProviderError(tooLarge ? 'context_too_large' : 'provider_rejected', {
    retryable: false,
    details: { status, ...(code === undefined ? {} : { provider_code: code }) },
    upstreamMessage: redacted(said?.['message'], context.apiKey),
  });
  return { ...common, outcome: 'refused', ledger: 'not_served', retry: 'never', health: 'neutral', error };
}

/** Classifies a call that had no whole answer. One of which no byte was sent was served by nobody. */
export function mishap(how: {
  readonly mishap: Mishap;
  readonly status: number;
  readonly isSent: boolean;
}): Failure {
  const { status } = how;
  const common = {
    status,
    code: undefined,
    retryAfter: undefined,
    ledger: how.isSent ? 'unknown' : 'not_served',
    retry: 'same',
    health: 'failed',
  } as const;
  switch (how.mishap) {
    case 'unreachable':
    case 'lost':
      return { ...common, outcome: how.mishap, error: unavailable() };
    case 'timeout':
      return { ...common, outcome: 'timeout', error: failed('provider_timeout') };
    case 'oversized':
      // An error that goes on and on is still an error.
      return status >= 400
        ? { ...common, outcome: 'failed', ledger: 'not_served', error: unavailable() }
        : { ...unusable(), status };
    case 'stopped': {
      const error = new ProviderError('client_gone', { retryable: false });
      return { ...common, outcome: 'hung_up', retry: 'never', health: 'neutral', error };
    }
  }
}

/** 200, but nothing that can be used: no JSON, no choices. It was served, and is paid for. */
export function unusable(): Failure {
  return {
    outcome: 'unusable',
    ledger: 'unusable',
    retry: 'same',
    health: 'failed',
    retryAfter: undefined,
    status: 200,
    code: undefined,
    error: failed('answer_unusable'),
  };
}

/** 200 and an error in the stream's first event: refused after all. */
export function failedInStream(): Failure {
  return { ...unusable(), outcome: 'failed', ledger: 'not_served', error: unavailable() };
}

export function unavailable(retryAfterSeconds?: number): ProviderError {
  return new ProviderError('provider_unavailable', {
    retryable: true,
    ...(retryAfterSeconds === undefined ? {} : { retryAfter: retryAfterSeconds }),
  });
}

/** There was no room for the call: it was no try, and comes again after so many milliseconds, a second at least. */
export function postponed(wait = 0): ProviderError {
  return new ProviderError('provider_unavailable', {
    retryable: true,
    postponed: true,
    retryAfter: Math.max(1, Math.ceil(wait / 1_000)),
  });
}

function failed(code: ProviderErrorCode): ProviderError {
  return new ProviderError(code, { retryable: true });
}

/** Milliseconds from Retry-After: seconds or an HTTP date; `retry-after-ms` is OpenAI's finer one. */
function retryAfter(headers: IncomingHttpHeaders, now: number): number | undefined {
  const fine = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(fine) && fine >= 0) return fine;
  const header = headers['retry-after'];
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

function errorIn(body: Buffer): Record<string, unknown> | undefined {
  const answer = parsedText(body.toString('utf8'));
  const error = isRecord(answer) ? answer['error'] : undefined;
  return isRecord(error) ? error : undefined;
}

/** A code is a word; anything else could carry text of the request into a log. */
function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z0-9_.-]{1,64}$/i.test(value) ? value : undefined;
}

/** The provider's own words, without our key and without anything that looks like one. */
function redacted(message: unknown, apiKey: string): string | undefined {
  if (typeof message !== 'string') return undefined;
  const plain = apiKey === '' ? message : message.replaceAll(apiKey, '[key]');
  return plain.replace(/\b(?:sk|pk|rk|org|proj)-[\w-]{6,}/g, '[key]').slice(0, 500);
}
