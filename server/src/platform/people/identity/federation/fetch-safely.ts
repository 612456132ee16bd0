import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { assertOutsideTransaction } from '#platform/db';
import {
  checkedLookup,
  urlProblem,
  type ReachOptions,
  type Resolve,
  systemResolve,
} from '#platform/webhooks';

export interface FetchingParts extends ReachOptions {
  /** Where names lead; the machine's own resolver when not said. */
  readonly resolve?: Resolve | undefined;
  /** Milliseconds for one request, from the look-up to the end of the answer; 5 s when not said. */
  readonly patience?: number | undefined;
}

/**
 * A provider's fault, in a word for the log. The errors of libraries hold what they were about, tokens and
 * claims: those go no further than this.
 */
export class SignInProviderError extends Error {
  readonly code: string;
  constructor(error: unknown) {
    const code = wordFor(error);
    super(code);
    this.code = code;
  }
}

function wordFor(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error instanceof Unreachable && error.cause === undefined) return error.message;
  const { code, error: said } = error as Error & { readonly code?: unknown; readonly error?: unknown };
  // A code of OAuth's (RFC 6749), and not a provider's own words in its place.
  if (typeof said === 'string' && /^[a-z_]{1,40}$/.test(said)) return said;
  if (typeof code === 'string') return code;
  return error.cause === undefined ? error.name : wordFor(error.cause);
}

/** A request, as openid-client makes it. */
export interface FetchRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** A provider did not answer, not in time, at an address where nothing may be asked, or with its own failure. */
export class Unreachable extends Error {}

/** Whether that is what lies at the bottom of a library's own error. */
export function isUnreachable(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof Unreachable) return true;
  return false;
}

const PATIENCE = 5_000;
/** Discovery documents, key sets and ID tokens have some kilobytes. */
const LARGEST = 256 * 1_024;

/**
 * Asks a provider: an admin has typed its address, and its discovery names further ones. So nothing but the public
 * Internet is asked, by https (this machine too, where `allowLoopback` says so), no redirect is followed, and no answer is
 * read without end. Throws `Unreachable`.
 */
export async function fetchSafely(
  parts: FetchingParts,
  address: string,
  asked: FetchRequest,
): Promise<Response> {
  assertOutsideTransaction('an identity provider was asked');
  const objection = urlProblem(address, parts);
  if (objection !== undefined) throw new Unreachable(objection);
  const deadline = AbortSignal.timeout(parts.patience ?? PATIENCE);
  const signal = asked.signal === undefined ? deadline : AbortSignal.any([deadline, asked.signal]);
  const answered = await exchange(parts, new URL(address), { ...asked, signal }).catch((cause: unknown) => {
    throw cause instanceof Unreachable ? cause : new Unreachable('it did not answer', { cause });
  });
  if (answered.status >= 500 || answered.status === 429)
    throw new Unreachable(`it answers with status ${answered.status}`);
  return answered;
}

async function exchange(
  parts: FetchingParts,
  url: URL,
  { method, headers, body, signal }: FetchRequest,
): Promise<Response> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestSecure : requestPlain;
    request(url, {
      method,
      headers,
      lookup: checkedLookup(url, parts.resolve ?? systemResolve, parts),
      // No connection is used twice, so that each goes to an address that was checked for it.
      agent: false,
      signal,
    })
      .once('response', resolve)
      .once('error', reject)
      .end(body instanceof URLSearchParams ? body.toString() : body);
  });
  const status = response.statusCode ?? 500;
  const type = response.headers['content-type'];
  const content = await wholeOf(response);
  const isEmpty = status === 204 || status === 205 || status === 304;
  return new Response(isEmpty ? null : content, {
    status,
    headers: type === undefined ? {} : { 'content-type': type },
  });
}

async function wholeOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > LARGEST) throw new Unreachable(`it answers with more than ${LARGEST} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
