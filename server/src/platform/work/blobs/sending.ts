import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BytePlace } from '#platform/http';
import { AppError } from '#platform/kernel';
import type { SentBlob } from './blobs.ts';
import { cleanFilename, contentDisposition } from './filenames.ts';
import type { ByteRange } from './home.ts';
import { atHome, type BlobStorageParts } from './parts.ts';
import type { BlobRow } from './store.ts';

/** Milliseconds that a reader may stand still. */
const STILL = 60_000;
/** Bytes of a file on their way to a reader, and what the connection to the store takes beside them. */
const IN_MEMORY = 262_144;

/** Nothing in a file, of any type, runs as part of this server's pages. */
const NOTHING_RUNS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
} as const;

/** Headers of bytes that are saved under a name, and never shown. */
export const attachmentHeaders = (filename: string) => ({
  'content-type': 'application/octet-stream',
  'content-disposition': contentDisposition(cleanFilename(filename)),
  'cache-control': 'private, no-store',
  ...NOTHING_RUNS,
});

/** Answers a call with a file, or the range of it that is asked for; 304 where its client has it (RFC 9110, 13 and 14). */
export async function sendFile(
  parts: BlobStorageParts,
  { key, bytes }: Pick<BlobRow, 'key' | 'bytes'>,
  { wire, origin, etag, modifiedAt, headers: more }: SentBlob,
): Promise<void> {
  const { headers, method } = wire.request;
  const modified = modifiedAt?.toUTCString();
  const common = {
    'content-type': 'application/octet-stream',
    'cache-control': 'private, no-cache',
    'accept-ranges': 'bytes',
    ...NOTHING_RUNS,
    etag,
    ...(modified === undefined ? {} : { 'last-modified': modified }),
    ...more,
  };
  if (isKnown(headers, etag, modified)) return void wire.take().writeHead(304, common).end();
  const ifRange = headers['if-range'];
  // A time is no proof: there may be two versions of one second (RFC 9110, 8.8.2.2).
  const isSame = ifRange === undefined || ifRange === etag;
  const range = isSame ? rangeOf(headers.range, bytes) : undefined;
  const place = wire.hold();
  place.take(Math.min(bytes, IN_MEMORY));
  // An empty file has no range either.
  const open = () =>
    bytes === 0 ? Readable.from([]) : atHome(parts, 'read', (home) => home.read(key, range));
  const body = method === 'HEAD' ? undefined : await open();
  const response = wire.take();
  response.writeHead(range === undefined ? 200 : 206, {
    ...common,
    'content-length': range === undefined ? bytes : range.end - range.start + 1,
    ...(range === undefined ? {} : { 'content-range': `bytes ${range.start}-${range.end}/${bytes}` }),
  });
  if (body === undefined) return void response.end();
  place.waits((error) => void response.destroy(error));
  await sendBody(movingIn(place, body), response, origin.signal);
}

/** Whether its client has it already. An ETag is compared weakly, and is asked before the time, which has no parts of a second. */
function isKnown(headers: IncomingHttpHeaders, etag: string, modified: string | undefined): boolean {
  const { 'if-none-match': tags, 'if-modified-since': since } = headers;
  if (tags !== undefined)
    return tags.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
  return since !== undefined && modified !== undefined && Date.parse(modified) <= Date.parse(since);
}

/** The bytes of a file as a reader takes them. */
export async function* movingIn(
  place: BytePlace,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    place.moved(piece.length);
    yield piece;
  }
}

/** A failure after the first byte cuts the answer off, so that a client does not take a part for the whole. */
async function sendBody(
  body: AsyncIterable<Uint8Array>,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  response.setTimeout(STILL, () => void response.destroy());
  try {
    await pipeline(body, response, { signal });
  } catch (error) {
    response.destroy();
    const isGone = signal.aborted || (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE';
    if (!isGone) throw error;
  }
}

const ONE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * The part that a Range header asks for of so many bytes (RFC 9110, 14). Undefined: all of it, as of a header that is malformed, or names
 * several ranges, which a server need not answer. Throws `range_not_satisfiable`.
 */
function rangeOf(header: string | undefined, bytes: number): ByteRange | undefined {
  const [, from = '', to = ''] = ONE.exec(header?.replaceAll(' ', '') ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (start > end)
    throw new AppError('range_not_satisfiable', { headers: { 'content-range': `bytes */${bytes}` } });
  return { start, end };
}
