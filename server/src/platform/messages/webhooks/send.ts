import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { assertOutsideTransaction, dispatchPoint, type CrashHook } from '#platform/db';
import { checkedLookup, type ReachOptions, RefusedAddress, type Resolve } from './address.ts';

const DISPATCH = dispatchPoint(
  'webhooks.dispatch',
  'an event goes to an endpoint (after: it was answered, and this is not written down yet)',
);

/** How an attempt went. */
export type SendResult =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** The beginning of the answer's body. */
      readonly answer: string;
      /** Seconds that the endpoint asks to be left alone. */
      readonly retryAfter: number | undefined;
    }
  | { readonly kind: 'unanswered'; readonly error: 'timeout' | 'refused_address' | 'unreachable' };

export interface SendParts extends ReachOptions {
  readonly resolve: Resolve;
  /** Milliseconds for one attempt, from the look-up to the end of the answer. */
  readonly timeout: number;
  /** The present, epoch milliseconds: for a Retry-After that names an instant. */
  readonly now: () => number;
  readonly crashHook?: CrashHook | undefined;
}

export interface Message {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends when this process must stop. */
  readonly signal: AbortSignal;
}

export type Send = (message: Message) => Promise<SendResult>;

/** As much of an answer as is kept, in characters. */
const KEPT = 500;

/**
 * Sends a message once. Redirects are not followed, and no connection is used twice, so that each goes to an address that
 * was checked for it. Throws only when the signal ended it: everything else is how it went.
 */
export function createSend(parts: SendParts): Send {
  return async (message) => {
    assertOutsideTransaction('a webhook');
    parts.crashHook?.(DISPATCH, 'before');
    const deadline = AbortSignal.timeout(parts.timeout);
    const sent = await exchange(parts, message, deadline).catch((error: unknown): SendResult => {
      message.signal.throwIfAborted();
      return { kind: 'unanswered', error: deadline.aborted ? 'timeout' : reasonOf(error) };
    });
    parts.crashHook?.(DISPATCH, 'after');
    return sent;
  };
}

async function exchange(
  parts: SendParts,
  { url: text, headers, body, signal }: Message,
  deadline: AbortSignal,
): Promise<SendResult> {
  const url = new URL(text);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestSecure : requestPlain;
    request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      lookup: checkedLookup(url, parts.resolve, parts),
      agent: false,
      signal: AbortSignal.any([signal, deadline]),
    })
      .once('response', resolve)
      .once('error', reject)
      .end(body);
  });
  const answer = await beginningOf(response);
  return {
    kind: 'answered',
    status: response.statusCode ?? 0,
    answer,
    retryAfter: retryAfter(response.headers['retry-after'], parts.now()),
  };
}

/** Reads no further than what is kept: an endpoint may answer without end. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length >= KEPT) break;
  }
  response.destroy();
  // PostgreSQL does not store these in a text: NUL, and halves of characters.
  return text.slice(0, KEPT).toWellFormed().replaceAll('\0', '');
}

function reasonOf(error: unknown): 'refused_address' | 'unreachable' {
  return error instanceof RefusedAddress ? 'refused_address' : 'unreachable';
}

function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1_000));
}
