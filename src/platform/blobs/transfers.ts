import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Origin, Wire } from '#platform/http';
import { AppError } from '#platform/kernel';
import { readUpload } from './read-upload.ts';
import { mismatch } from './checked-bytes.ts';
import type { ByteRange } from './home.ts';
import { contentDisposition, mediaType } from './filenames.ts';
import { atHome, type BlobStorageParts } from './parts.ts';
import { createSigner, type SignedFacts } from './signer.ts';
import { type BlobRow, signedBlob } from './store.ts';

/** Milliseconds that a reader may stand still. */
const STILL = 60_000;
/** Milliseconds that an upload may take after its time: it began within it. */
const LATE = 900_000;

/** A call with a signed request. */
export interface SignedCall {
  readonly wire: Wire;
  readonly origin: Origin;
  readonly signature: string;
}

/** Answers the signed requests of a home that lies with this server. */
export interface Transfers {
  /** Takes a file, or nothing of it. */
  receive(facts: SignedFacts & { readonly does: 'put' }, call: SignedCall): Promise<void>;
  /** Takes a part of one. */
  receivePart(facts: SignedFacts & { readonly does: 'part' }, call: SignedCall): Promise<void>;
  /** Sends a file, or the range that is asked for. */
  send(facts: SignedFacts & { readonly does: 'get' }, call: SignedCall): Promise<void>;
}

export function createTransfers(parts: BlobStorageParts): Transfers {
  const { clock, db } = parts;
  const signer = createSigner(parts.secrets);
  /** The request that sends a file at this moment, by the name of what it sends. */
  const underWay = new Map<string, AbortController>();

  function assertSigned(facts: SignedFacts, signature: string): void {
    if (!signer.isSigned(facts, signature)) throw new AppError('signed_url_invalid');
    if (facts.expires * 1_000 < clock.now()) throw new AppError('signed_url_expired');
  }

  async function rowOf(id: string): Promise<BlobRow> {
    const [[row]] = await db.system('blobs.signed', [signedBlob(id)]);
    if (row === undefined || row.status === 'forgotten') throw new AppError('blob_not_found');
    return row;
  }

  async function reservedRow(id: string): Promise<BlobRow> {
    const row = await rowOf(id);
    if (row.status === 'stored') throw new AppError('upload_over');
    if (row.over) throw new AppError('upload_expired');
    return row;
  }

  /** One request at a time: the newest, whose sender has given up the one before. */
  async function runNewest<T>(name: string, work: (replaced: AbortSignal) => Promise<T>): Promise<T> {
    underWay.get(name)?.abort(new AppError('upload_replaced'));
    const mine = new AbortController();
    underWay.set(name, mine);
    try {
      return await work(mine.signal);
    } finally {
      if (underWay.get(name) === mine) underWay.delete(name);
    }
  }

  function bytesOf({ wire, origin }: SignedCall, facts: SignedFacts, replaced: AbortSignal): Readable {
    const until = facts.expires * 1_000 + LATE;
    const { request } = wire;
    const source = { request, bytes: wire.bytes(), clock, signal: origin.signal, until, replaced };
    return Readable.from(readUpload(source), { objectMode: false });
  }

  return {
    async receive(facts, call) {
      assertSigned(facts, call.signature);
      const { bytes, type, sha256 } = facts;
      assertDeclared(call.wire.request, bytes);
      if (mediaType(call.wire.request.headers['content-type'] ?? '') !== type) throw mismatch('type');
      const { id, key } = await reservedRow(facts.id);
      await runNewest(id, (replaced) =>
        atHome(parts, 'write', (home) =>
          home.write(key, bytesOf(call, facts, replaced), { bytes, type, sha256 }),
        ),
      );
    },
    async receivePart(facts, call) {
      assertSigned(facts, call.signature);
      const { part, bytes } = facts;
      assertDeclared(call.wire.request, bytes);
      const { id, key, upload_id: uploadId } = await reservedRow(facts.id);
      if (uploadId === null) throw new AppError('blob_not_found');
      await runNewest(`${id} ${part}`, (replaced) =>
        atHome(parts, 'write', async (home) => {
          if (home.writePart === undefined) throw new AppError('blob_not_found');
          await home.writePart({ key, uploadId, part, bytes }, bytesOf(call, facts, replaced));
        }),
      );
    },
    async send(facts, call) {
      assertSigned(facts, call.signature);
      const row = await rowOf(facts.id);
      if (row.status !== 'stored' || row.over) throw new AppError('blob_not_found');
      await sendFile(parts, { row, facts, call });
    },
  };
}

/** What is declared before a byte is read. Without a length nobody knows when it is whole. */
function assertDeclared({ headers }: IncomingMessage, bytes: number): void {
  const { 'content-length': length, 'content-encoding': encoding = 'identity' } = headers;
  if (encoding.toLowerCase() !== 'identity') throw new AppError('unsupported_media_type');
  if (length === undefined) throw new AppError('length_required');
  if (Number(length) !== bytes) throw mismatch('bytes');
}

interface SendRequest {
  readonly row: BlobRow;
  readonly facts: SignedFacts & { readonly does: 'get' };
  readonly call: SignedCall;
}

async function sendFile(parts: BlobStorageParts, { row, facts, call }: SendRequest): Promise<void> {
  const { wire, origin } = call;
  const { headers, method } = wire.request;
  const etag = `"${row.sha256}"`;
  const common = headersOf(facts, etag);
  if (headers['if-none-match'] === etag) return void wire.take().writeHead(304, common).end();
  const ifRange = headers['if-range'];
  const range = ifRange === undefined || ifRange === etag ? rangeOf(headers.range, row.bytes) : undefined;
  const body = method === 'HEAD' ? undefined : await openBytes(parts, row, range);
  const response = wire.take();
  response.writeHead(range === undefined ? 200 : 206, {
    ...common,
    'content-length': range === undefined ? row.bytes : range.end - range.start + 1,
    ...(range === undefined ? {} : { 'content-range': `bytes ${range.start}-${range.end}/${row.bytes}` }),
  });
  if (body === undefined) return void response.end();
  await sendBody(body, response, origin.signal);
}

/** Whatever a file is, nothing in it runs as part of this server's pages. */
function headersOf({ filename, type }: SignedFacts & { readonly does: 'get' }, etag: string) {
  return {
    'content-type': type,
    'content-disposition': contentDisposition(filename),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'cache-control': 'private, no-cache',
    'accept-ranges': 'bytes',
    etag,
  };
}

/** The bytes; none of an empty file, which has no range either. */
async function openBytes(
  parts: BlobStorageParts,
  { key, bytes }: BlobRow,
  range?: ByteRange,
): Promise<Readable> {
  if (bytes === 0) return Readable.from([]);
  return atHome(parts, 'read', (home) => home.read(key, range));
}

/** What fails after the first byte cuts the answer off, so that nobody takes a part for the whole. */
async function sendBody(body: Readable, response: ServerResponse, signal: AbortSignal): Promise<void> {
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
 * What a Range header asks for of so many bytes (RFC 9110, 14). Undefined: all of it, as of a header that is malformed, or names
 * several ranges, which nobody has to answer. Throws `range_not_satisfiable`.
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
