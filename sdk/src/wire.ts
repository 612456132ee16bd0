import { errorOf, NoAnswer, PlinthError } from './errors.ts';
import { type Retries, waitBefore } from './retries.ts';
import type { Time } from './time.ts';

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Blob | undefined;
  /** Whether sending it twice has the effect of once. */
  readonly repeatable: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until there must be an answer, each try by itself. */
  readonly timeout: number;
}

export interface WireParts {
  readonly fetch: typeof fetch;
  readonly retries: Retries;
  readonly time: Time;
}

/** What is made of a good answer. It belongs to the try: a connection that is cut while it reads is tried again. */
export type Reader<T> = (response: Response) => Promise<T>;

/** Sends a request, again where that is safe and may help. Throws a PlinthError, or what the caller's signal ends with. */
export function send<T>(parts: WireParts, request: WireRequest, read: Reader<T>): Promise<T> {
  return withRetries(parts, request, () => attempt(parts, request, read));
}

/** A server's address without a slash at its end. Throws TypeError where it has no scheme; empty or a path is the page's own server. */
export function addressOf(baseUrl: string): string {
  if (typeof baseUrl === 'string' && /^(https?:\/\/[^/]|\/|$)/i.test(baseUrl))
    return baseUrl.replace(/\/+$/, '');
  throw new TypeError(
    `baseUrl is ${JSON.stringify(baseUrl)}: write its scheme before it, as https://api.example.com`,
  );
}

/** Tries something, and tries again where that is safe and may help. Whether it is safe is asked after each try. */
export async function withRetries<T>(
  parts: Pick<WireParts, 'retries' | 'time'>,
  request: Pick<WireRequest, 'repeatable' | 'signal'>,
  tryOnce: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await tryOnce();
    } catch (error) {
      const wait =
        request.repeatable && error instanceof PlinthError ? waitBefore(error, tries, parts) : undefined;
      if (wait === undefined) throw error;
      await parts.time.wait(wait, request.signal);
    }
  }
}

async function attempt<T>({ fetch }: WireParts, request: WireRequest, read: Reader<T>): Promise<T> {
  const { method, url, headers, body, signal, timeout } = request;
  signal?.throwIfAborted();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer for ${timeout} ms`)), timeout);
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
    });
    if (!response.ok) throw errorOf(response, await response.text());
    return await read(response);
  } catch (error) {
    throw failureOf(error, signal, url);
  } finally {
    clearTimeout(timer);
  }
}

/** What breaks under `fetch` is named otherwise by each runtime; that there was no answer is the same in all. */
export function failureOf(error: unknown, signal: AbortSignal | undefined, url: string): unknown {
  if (error instanceof PlinthError) return error;
  if (signal?.aborted === true) return signal.reason;
  return new NoAnswer({
    code: 'no_answer',
    message: `The server at ${originOf(url)} could not be reached, or did not answer.`,
    status: 0,
    cause: error,
  });
}

/** Reads an answer's JSON; null where it has no body. */
export async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PlinthError({
      code: 'unreadable_answer',
      message: `The answer is no JSON: is ${originOf(response.url)} a Plinth server?`,
      status: response.status,
      requestId: response.headers.get('x-request-id') ?? undefined,
      cause: error,
    });
  }
}

/** Where a call went, without its path: an id or a secret may stand there. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'baseUrl';
}
