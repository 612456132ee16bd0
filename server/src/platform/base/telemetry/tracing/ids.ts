import { randomBytes, randomUUID } from 'node:crypto';
import type { SpanContext } from './trace.ts';

const SHAPE = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether a header is W3C's `traceparent`. */
export function isTraceparent(header: unknown): header is string {
  return typeof header === 'string' && SHAPE.test(header);
}

/** The span that a `traceparent` names; undefined: it is none. */
export function readTraceparent(header: string | null | undefined): SpanContext | undefined {
  if (!isTraceparent(header)) return undefined;
  const flags = Number.parseInt(header.slice(53), 16);
  return { traceId: header.slice(3, 35), spanId: header.slice(36, 52), sampled: (flags & 1) === 1 };
}

/** 16 random bytes. A UUID's are kept in stock by Node, and six of its bits are not random. */
export const newTraceId = (): string => randomUUID().replaceAll('-', '');

const PROCESS = randomBytes(4).toString('hex');
let spans = 0;

/** Unlike all others of this process, and unlikely to be another one's. */
export function newSpanId(): string {
  spans = (spans + 1) % 0x1_0000_0000;
  return PROCESS + spans.toString(16).padStart(8, '0');
}
