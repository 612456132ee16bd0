import { randomBytes } from 'node:crypto';
import { duration } from './durations.ts';
import { retryDelay } from './expression.ts';

/** How a message is delivered, as its headers say. */
export interface Message {
  readonly id: string;
  readonly url: string;
  readonly method: string;
  /** What the receiver gets: Content-Type and what was forwarded. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly createdAt: number;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly maxRetries: number;
  /** Milliseconds before a retry, where the publisher says so. */
  readonly delayOf: ((retried: number) => number) | undefined;
  readonly timeoutMs: number;
  readonly deduplicationId: string | undefined;
  readonly label: string | undefined;
  readonly flow: { readonly key: string; readonly parallelism: number } | undefined;
  readonly callerIp: string;
  state: 'waiting' | 'active' | 'delivered' | 'failed' | 'cancelled';
  retried: number;
}

/** A refusal in the vendor's form: `{"error": "…"}`. */
export class QstashError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Longest wait for an answer and most retries, as on the pay-as-you-go plan. */
const LONGEST = 900_000;
const MOST_RETRIES = 5;
const LARGEST = 1024 * 1024;
const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
const FORWARD = 'upstash-forward-';

/** What was published, as it came: headers with names in lower case. */
export interface PublishRequest {
  readonly destination: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly callerIp: string;
  readonly now: number;
}

/** Reads a published message; refuses what the vendor refuses. */
export function messageOf({ destination, headers, body, callerIp, now }: PublishRequest): Message {
  if (body.length > LARGEST) throw new QstashError(413, `message is larger than ${LARGEST} bytes`);
  const method = headers['upstash-method'] ?? 'POST';
  if (!METHODS.has(method)) throw new QstashError(400, `invalid method: ${method}`);
  const contentType = headers['content-type'];
  return {
    id: `msg_${randomBytes(20).toString('base64url')}`,
    url: urlOf(destination),
    method,
    headers: {
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...forwardedHeaders(headers),
    },
    body,
    createdAt: now,
    notBefore: notBefore(headers, now),
    maxRetries: retriesOf(headers['upstash-retries']),
    delayOf: delayOf(headers['upstash-retry-delay']),
    timeoutMs: Math.min(LONGEST, timeOf('upstash-timeout', headers) ?? LONGEST),
    deduplicationId: headers['upstash-deduplication-id'],
    label: headers['upstash-label'],
    flow: flowOf(headers),
    callerIp,
    state: 'waiting',
    retried: 0,
  };
}

function urlOf(destination: string): string {
  if (/^https?:\/\/[^/]/.test(destination) && URL.canParse(destination)) return destination;
  throw new QstashError(
    400,
    'invalid destination url: endpoint has invalid scheme, add http:// or https:// in front of your url',
  );
}

function forwardedHeaders(headers: PublishRequest['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(FORWARD))
      .map(([name, value]) => [name.slice(FORWARD.length), value]),
  );
}

function notBefore(headers: PublishRequest['headers'], now: number): number {
  const until = headers['upstash-not-before'];
  if (until !== undefined && /^\d+$/.test(until)) return Number(until) * 1_000;
  return now + (timeOf('upstash-delay', headers) ?? 0);
}

function timeOf(name: string, headers: PublishRequest['headers']): number | undefined {
  const text = headers[name];
  if (text === undefined) return undefined;
  const time = duration(text);
  if (time === undefined) throw new QstashError(400, `invalid ${name}: ${text}`);
  return time;
}

function retriesOf(text = '3'): number {
  if (!/^\d+$/.test(text)) throw new QstashError(400, `invalid upstash-retries: ${text}`);
  if (Number(text) > MOST_RETRIES) throw new QstashError(400, `quota maxRetries exceeded: ${text}`);
  return Number(text);
}

function delayOf(text: string | undefined): Message['delayOf'] {
  if (text === undefined) return undefined;
  try {
    return retryDelay(text);
  } catch (error) {
    throw new QstashError(
      400,
      `invalid upstash-retry-delay: ${error instanceof Error ? error.message : text}`,
    );
  }
}

function flowOf(headers: PublishRequest['headers']): Message['flow'] {
  const key = headers['upstash-flow-control-key'];
  if (key === undefined) return undefined;
  const value = headers['upstash-flow-control-value'] ?? '';
  const parallelism = /(?:^|,)\s*parallelism=(\d+)/i.exec(value)?.[1];
  if (parallelism === undefined && !/rate=\d+/i.test(value))
    throw new QstashError(400, 'flow control needs a rate or a parallelism');
  return { key, parallelism: Number(parallelism ?? Number.POSITIVE_INFINITY) };
}

/** A message as `GET /v2/messages/:id` and the dead letters show it. */
export function toJson(message: Message): Record<string, unknown> {
  const { id, url, method, headers, body, maxRetries, notBefore: due, createdAt, label, flow } = message;
  return {
    messageId: id,
    url,
    method,
    header: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    body: body.toString('utf8'),
    maxRetries,
    notBefore: due,
    createdAt,
    callerIP: message.callerIp,
    ...(label === undefined ? {} : { label }),
    ...(flow === undefined ? {} : { flowControlKey: flow.key, parallelism: flow.parallelism }),
  };
}
