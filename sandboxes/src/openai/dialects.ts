import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { z } from 'zod';

/** How other servers of OpenAI's protocol answer the same call. None of it is a fault; each has broken a client. */
export const dialectSchema = z.enum([
  /** `"error": null` in every event. */
  'error_null',
  /** A plain answer to a streamed request. */
  'plain',
  /** A stream that ends without [DONE]. */
  'no_done',
  /** Comments before, between and after the events, also after [DONE]. */
  'comments',
  'crlf',
  /** [DONE] in two packets. */
  'done_in_two',
  /** An error in the place of the last event; of chat completions, [DONE] all the same. */
  'error_event',
  /** The same by the protocol's own event, and plainly, where it has one: a response whose status is `failed`. */
  'failed',
  'gzip',
  'br',
  'deflate',
  /** What some servers call deflate. */
  'raw_deflate',
]);

export type Dialect = z.infer<typeof dialectSchema>;

const COMMENT = ': SANDBOX PROCESSING\n\n';

/** The packets of a stream in a dialect; `failure` is how one ends whose model fails. */
export function packetsIn(dialect: Dialect, stream: string, failure: string): readonly string[] {
  const events = stream.split(/(?<=\n\r?\n)/);
  switch (dialect) {
    case 'error_null':
      return [stream.replaceAll('data: {', 'data: {"error":null,')];
    case 'no_done':
      return [events.slice(0, -1).join('')];
    case 'comments':
      return [COMMENT, events.map((event) => event + COMMENT).join('')];
    case 'crlf':
      return [stream.replaceAll(/\r?\n/g, '\r\n')];
    case 'done_in_two':
      return [stream.slice(0, -8), stream.slice(-8)];
    case 'error_event':
    case 'failed':
      return [events.slice(0, -2).join(''), failure];
    case 'plain':
    case 'gzip':
    case 'br':
    case 'deflate':
    case 'raw_deflate':
      return [stream];
  }
}

/** The bytes of an answer in an encoding that is a dialect, and what it is called; none of the others. */
export function encodedIn(
  dialect: Dialect,
  text: string,
): { readonly name: string; readonly bytes: Buffer } | undefined {
  if (dialect === 'gzip') return { name: 'gzip', bytes: gzipSync(text) };
  if (dialect === 'br') return { name: 'br', bytes: brotliCompressSync(text) };
  if (dialect === 'deflate') return { name: 'deflate', bytes: deflateSync(text) };
  if (dialect === 'raw_deflate') return { name: 'deflate', bytes: deflateRawSync(text) };
  return undefined;
}
