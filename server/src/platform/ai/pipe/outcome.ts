import { isRecord, jsonIn } from '#platform/kernel';
import { ProviderError, type ProviderErrorCode, type UpstreamError } from '../errors.ts';
import type { Ended, TransportFailure } from '../providers/exchange.ts';
import { retryAfter } from '../providers/retry-after.ts';
import type { Takes } from '../takes.ts';
import type { Health } from '../slots/slot-admission.ts';
import type { CallOutcome } from '../ports.ts';
import { bareErrorIn, errorIn } from '../metering/usage.ts';

/** A provider call that came to nothing, and what follows from it. */
export interface Failure {
  readonly outcome: CallOutcome;
  /**
   * How the ledger posts it. `no_try`: the provider had no room, or would have taken another key or form of the request. `broken`: the provider failed after it had the request, and may bill it;
   * `unusable`: it sent an unusable answer, and bills it; neither is charged to the account. `caused`: the caller
   * brought it about, and is charged what the provider bills.
   */
  readonly ledger: 'not_served' | 'no_try' | 'broken' | 'unusable' | 'caused';
  /** `same`: may be tried again there. `changed`: at once, as `takes` says. `next`: only another model helps. `never`: it fails anywhere. */
  readonly retry: 'same' | 'changed' | 'next' | 'never';
  /** The fields that a retry may send. */
  readonly takes?: Takes;
  /** The result's meaning for the provider's health. */
  readonly health: Health;
  /** Milliseconds that the provider asks to wait. */
  readonly retryAfter: number | undefined;
  readonly status: number;
  /** A short code of the provider's, for the log. */
  readonly code: string | undefined;
  readonly error: ProviderError;
}

/**
 * A server before the model gave up waiting for it, or lost its answer, so that the call may have been served and billed:
 * a server or proxy whose time was over (408, 504; Cloudflare's 524), and one that got no sound answer (502; Cloudflare's
 * 520). Any other 5xx comes from a server that did not serve it.
 */
const PERHAPS_SERVED = new Set([408, 502, 504, 520, 524]);
/** Ours to mend, a wrong key or no credit there: another provider may still answer. */
const OURS_TO_MEND = new Set([401, 402, 403]);
/** Worth another try there, as the official client has it: time-out, conflict of locks, too early. */
const PASSING = new Set([408, 409, 425]);
/** An account without credit, a wrong key and a place that is not served, under statuses that say otherwise: OpenAI's 429, and Google's 400. */
const OURS_BY_CODE = new Set<string | undefined>([
  'insufficient_quota',
  'API_KEY_INVALID',
  'FAILED_PRECONDITION',
]);

/** OpenAI's code for a prompt above the model's context. */
const TOO_LARGE = 'context_length_exceeded';

/** Google refuses a wrong key with 400. */
const isBadKey = (error: Readonly<Record<string, unknown>> | undefined): boolean =>
  String(error?.['message']).startsWith('API key not valid');

/** Whether a call with this status was not served, so that it is not billed. 0: no answer has begun. */
export function isUnserved(status: number): boolean {
  return status !== 0 && status !== 200 && !PERHAPS_SERVED.has(status);
}

/** Codes and kinds of errors that providers say with 429, and some of them with 200: OpenAI's, Anthropic's, AWS's and Google's. */
const RATE_LIMITED = /^(?:429$|rate_?limit|throttl|too_?many_?requests|resource_exhausted$)/i;

export interface RefusalContext {
  /** Wall time, for a Retry-After that is a date. */
  readonly now: number;
  readonly apiKey: string;
  /** The upstream has other keys. */
  readonly isOneKey: boolean;
  /** The provider that the call went to with a key of its account's own. */
  readonly ownKeyAt?: string | undefined;
}

/** Classifies an answer that is not 200. */
export function refusalFailure(answer: Extract<Ended, { kind: 'answer' }>, context: RefusalContext): Failure {
  const { status } = answer;
  const error = errorBodyOf(answer.body);
  // A redirect that is not followed: the base URL is wrong.
  const code = status < 400 ? 'redirected' : (codeIn(error) ?? wordOf(error?.['type']) ?? googleCode(error));
  const upstream = upstreamError(status, error, context.apiKey);
  const wait = retryAfter(answer, context.now) ?? googleWait(error);
  const common = { status, code, retryAfter: wait };
  const isOursToMend = OURS_TO_MEND.has(status) || OURS_BY_CODE.has(code) || isBadKey(error);
  // No other try can help, at any status.
  const isTooLarge = status === 413 || code === TOO_LARGE;
  if (status >= 400 && isTooLarge) return refusedFailure(common, upstream);
  if (context.ownKeyAt !== undefined && (status === 429 || isOursToMend))
    return ownKeyFailure(common, { provider: context.ownKeyAt, isRefused: isOursToMend });
  if (status === 429 && !isOursToMend) return throttledFailure(common, upstream);
  if (status >= 500 || PASSING.has(status)) {
    const ledger = PERHAPS_SERVED.has(status) ? 'broken' : 'not_served';
    return {
      ...common,
      outcome: 'failed',
      ledger,
      retry: 'same',
      health: 'failed',
      error: unavailableError(),
    };
  }
  if (isOursToMend || status < 400) {
    const unserved = { ...common, outcome: 'failed', error: unavailableError() } as const;
    // No try: no model was asked, and as many keys as there are bound how often it happens.
    if (isOursToMend && context.isOneKey)
      return { ...unserved, ledger: 'no_try', retry: 'same', health: 'key_refused' };
    return { ...unserved, ledger: 'not_served', retry: 'next', health: 'failed' };
  }
  return refusedFailure(common, upstream);
}

/** The provider has no room now. */
function throttledFailure(
  common: Pick<Failure, 'status' | 'code' | 'retryAfter'>,
  upstream: UpstreamError,
): Failure {
  return {
    ...common,
    outcome: 'rate_limited',
    ledger: 'no_try',
    retry: 'same',
    health: 'throttled',
    error: postponedError(common.retryAfter, upstream),
  };
}

/** The request can't be served as it is. */
function refusedFailure(
  common: Pick<Failure, 'status' | 'code' | 'retryAfter'>,
  upstream: UpstreamError,
): Failure {
  const { status, code } = common;
  const isTooLarge = status === 413 || code === TOO_LARGE;
  const error = new ProviderError(isTooLarge ? 'context_too_large' : 'provider_rejected', {
    retryable: false,
    caused: true,
    details: { status, ...(code === undefined ? {} : { provider_code: code }) },
    upstream,
  });
  return { ...common, outcome: 'refused', ledger: 'not_served', retry: 'never', health: 'neutral', error };
}

/** The account is told, in words that name no part of its key; its key at another provider of the chain may serve. */
function ownKeyFailure(
  { retryAfter: wait, ...common }: Pick<Failure, 'status' | 'code' | 'retryAfter'>,
  { provider, isRefused }: { readonly provider: string; readonly isRefused: boolean },
): Failure {
  const { status, code } = common;
  const details = { provider, status, ...(code === undefined ? {} : { provider_code: code }) };
  const error = isRefused
    ? new ProviderError('provider_key_refused', { retryable: false, details })
    : new ProviderError('provider_key_throttled', { retryable: true, details, retryAfter: secondsOf(wait) });
  return {
    ...common,
    // Told as it is: `error` says how long to wait.
    retryAfter: undefined,
    outcome: isRefused ? 'refused' : 'rate_limited',
    ledger: 'not_served',
    retry: 'next',
    health: 'neutral',
    error,
  };
}

/** Classifies a call that had no whole answer. A call of which no byte was sent was not served. */
export function transportFailure(how: {
  readonly failure: TransportFailure;
  readonly status: number;
  readonly isSent: boolean;
  /** This server has ended it, not its caller. */
  readonly isOurs?: boolean;
}): Failure {
  const { status } = how;
  const mayBeServed = how.isSent && !isUnserved(status);
  const common = {
    status,
    code: undefined,
    retryAfter: undefined,
    ledger: mayBeServed ? 'broken' : 'not_served',
    retry: 'same',
    health: 'failed',
  } as const;
  const caused = {
    ledger: mayBeServed ? 'caused' : 'not_served',
    retry: 'never',
    health: 'neutral',
  } as const;
  switch (how.failure) {
    case 'unreachable':
    case 'lost':
      return { ...common, outcome: how.failure, error: unavailableError() };
    case 'timeout':
      return { ...common, outcome: 'timeout', error: retryableError('provider_timeout') };
    case 'overdue':
      return { ...common, ...caused, outcome: 'timeout', error: callerError('provider_timeout') };
    case 'oversized':
      // An error that goes on and on is still an error. An answer above the cap is what its caller asked for.
      return status >= 400
        ? { ...common, outcome: 'failed', error: unavailableError() }
        : { ...common, ...caused, outcome: 'unusable', error: callerError('answer_too_large') };
    case 'undecodable':
      return { ...unusableFailure(), status, ledger: mayBeServed ? 'unusable' : 'not_served' };
    case 'stopped':
      return {
        ...common,
        ...caused,
        ...(how.isOurs === true ? { ledger: common.ledger } : {}),
        outcome: 'hung_up',
        error: clientGoneError(mayBeServed),
      };
    case 'not_ours':
      return {
        ...common,
        ledger: 'no_try',
        retry: 'never',
        health: 'neutral',
        outcome: 'unreachable',
        error: new ProviderError('server_stopping', { retryable: true, postponed: true, retryAfter: 1 }),
      };
  }
}

/** 200, but nothing that can be used: no JSON, no choices. The operator pays for it. */
export function unusableFailure(): Failure {
  return {
    outcome: 'unusable',
    ledger: 'unusable',
    retry: 'same',
    health: 'failed',
    retryAfter: undefined,
    status: 200,
    code: undefined,
    error: retryableError('answer_unusable'),
  };
}

/**
 * A reply that went into thoughts to its last token. The operator pays for it. The same request ends so again: another try has
 * room for thoughts, and if this one had, it is another model's.
 */
export function spentFailure(hadRoom: boolean): Failure {
  const error = hadRoom ? new ProviderError('answer_unusable', { retryable: false }) : undefined;
  return {
    ...unusableFailure(),
    health: 'neutral',
    retry: hadRoom ? 'next' : 'same',
    ...(error === undefined ? {} : { error }),
  };
}

/** 200 and an error in its place, or in the stream's first event: refused after all. */
export function streamErrorFailure(
  said: Readonly<Record<string, unknown>>,
  { apiKey, ownKeyAt }: Pick<RefusalContext, 'apiKey' | 'ownKeyAt'>,
): Failure {
  const code = codeIn(said) ?? wordOf(said['type']) ?? googleCode(said);
  const common = { status: 200, code, retryAfter: googleWait(said) };
  if (code === TOO_LARGE) return refusedFailure(common, upstreamError(200, said, apiKey));
  if ([code, said['code']].some((word) => RATE_LIMITED.test(String(word))))
    return ownKeyAt === undefined
      ? throttledFailure(common, upstreamError(200, said, apiKey))
      : ownKeyFailure(common, { provider: ownKeyAt, isRefused: false });
  return {
    ...unusableFailure(),
    outcome: 'failed',
    ledger: 'not_served',
    code,
    error: brokenStreamError(said, apiKey),
  };
}

/** A stream broke: with the provider's own words, where it said any. */
export function brokenStreamError(
  said: Readonly<Record<string, unknown>> | undefined,
  apiKey: string,
): ProviderError {
  return new ProviderError('provider_unavailable', {
    retryable: true,
    upstream: said === undefined ? undefined : upstreamError(200, said, apiKey),
  });
}

/** Seconds. A provider that asks for longer is called again after a minute (throttle.ts), and callers are told so at any status. */
const LONGEST_TOLD = 60;

export function unavailableError(retryAfterSeconds?: number): ProviderError {
  return new ProviderError('provider_unavailable', {
    retryable: true,
    ...(retryAfterSeconds === undefined ? {} : { retryAfter: Math.min(LONGEST_TOLD, retryAfterSeconds) }),
  });
}

/** There was no room for the call: it was no try, and comes again after so many milliseconds, a second at least. */
export function postponedError(wait = 0, upstream?: UpstreamError): ProviderError {
  return new ProviderError('provider_unavailable', {
    retryable: true,
    postponed: true,
    upstream,
    retryAfter: secondsOf(wait),
  });
}

const secondsOf = (wait = 0): number => Math.min(LONGEST_TOLD, Math.max(1, Math.ceil(wait / 1_000)));

/** A caller that hangs up before anything may have been served causes nothing: the call is void, and its quota and key come back. */
export function clientGoneError(mayBeServed: boolean): ProviderError {
  return new ProviderError('client_gone', { retryable: false, caused: mayBeServed });
}

/** Whether a provider may bill what came to nothing so. */
export function mayBeBilled({ ledger }: Pick<Failure, 'ledger'>): boolean {
  return ledger !== 'not_served' && ledger !== 'no_try';
}

/** Any provider would answer so again. */
function callerError(code: ProviderErrorCode): ProviderError {
  return new ProviderError(code, { retryable: false, caused: true });
}

function retryableError(code: ProviderErrorCode): ProviderError {
  return new ProviderError(code, { retryable: true });
}

/** The error of an answer; Gemini puts it into a list, and some servers (vLLM, older Mistral) leave its frame out. */
function errorBodyOf(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  const parsed = jsonIn(body.toString('utf8'));
  const answer: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!isRecord(answer)) return undefined;
  return errorIn(answer) ?? bareErrorIn(answer);
}

/** The provider's error as its clients know it: its short words and numbers are kept, and the part of its text that may be shown. */
function upstreamError(
  status: number,
  error: Readonly<Record<string, unknown>> | undefined,
  apiKey: string,
): UpstreamError {
  return {
    status,
    message: redact(error?.['message'], apiKey),
    type: wordOf(error?.['type']),
    param: fieldOf(error?.['param']),
    code: codeIn(error),
  };
}

/** Anthropic and Google have no code for a prompt above the model's context (platform.claude.com/docs/en/api/errors). */
const TOO_LONG = /^prompt is too long|^The input token count .{0,40}exceeds the maximum number of tokens/;

function codeIn(error: Readonly<Record<string, unknown>> | undefined): string | undefined {
  return TOO_LONG.test(String(error?.['message'])) ? TOO_LARGE : wordOf(error?.['code']);
}

/** Google's code is the status; its word, and the reason in its details, say more (google.rpc.Status). */
function googleCode(error: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const reasons = detailsOf(error).map(({ reason }) => wordOf(reason));
  return reasons.find((reason) => reason !== undefined) ?? wordOf(error?.['status']);
}

/** Milliseconds that Google asks to wait, in its RetryInfo: `34.07s`. */
function googleWait(error: Readonly<Record<string, unknown>> | undefined): number | undefined {
  const seconds = detailsOf(error).map(
    ({ retryDelay: delay }) => /^(\d{1,6}(?:\.\d+)?)s$/.exec(String(delay))?.[1],
  );
  const wait = Number(seconds.find((one) => one !== undefined)) * 1_000;
  return wait > 0 ? wait : undefined;
}

function detailsOf(
  error: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>>[] {
  const details = error?.['details'];
  return Array.isArray(details) ? details.filter(isRecord) : [];
}

/** The path of a field, as OpenAI writes it: `messages.[0].content`. */
function fieldOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.[\]'"-]{1,200}$/.test(value) ? value : undefined;
}

/** A code is a word; anything else could carry text of the request into a log. */
function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z0-9_.-]{1,64}$/i.test(value) ? value : undefined;
}

/** The provider's own words, without our key and without anything that looks like one. */
function redact(message: unknown, apiKey: string): string | undefined {
  if (typeof message !== 'string') return undefined;
  const plain = apiKey === '' ? message : message.replaceAll(apiKey, '[key]');
  return plain.replace(/\b(?:sk|pk|rk|org|proj)-[\w-]{6,}/g, '[key]').slice(0, 500);
}
