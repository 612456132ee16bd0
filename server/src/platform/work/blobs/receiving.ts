import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { commitPoint } from '#platform/db';
import { AppError, type Clock } from '#platform/kernel';
import type { IncomingBlob, IncomingCall, Received } from './blobs.ts';
import { keyOf } from './home.ts';
import { atHome, type BlobStorageParts } from './parts.ts';
import { readUpload } from './read-upload.ts';
import { type BlobKey, bytesStored, holdHere, replaceHere, storeHere } from './store.ts';
import { blobOf, checkedFacts, giveBack, reserve, uploadSeconds } from './uploads.ts';

const HELD = commitPoint('blobs.held', 'that a file is still coming');

const OCTETS = 'application/octet-stream';

/** How long a file that comes is reserved for, in seconds, and how often that begins anew while it comes. */
const HOLD = { seconds: 300, every: 60 } as const;

/** The length of a body, which is declared before a byte is read: without it the server can't tell when it is whole. */
export function declaredLength({ headers }: Pick<IncomingMessage, 'headers'>): number {
  const { 'content-length': length, 'content-encoding': encoding = 'identity' } = headers;
  if (encoding.toLowerCase() !== 'identity') throw new AppError('unsupported_media_type');
  if (length === undefined) throw new AppError('length_required');
  return Number(length);
}

/** A call whose body is octets, no more of them than that. Throws `unsupported_media_type`, `length_required`, `payload_too_large`. */
export function octetsOf(call: IncomingCall, most: number): IncomingCall {
  const { 'content-type': type = OCTETS } = call.wire.request.headers;
  if (!/^application\/octet-stream\s*(;|$)/i.test(type))
    throw new AppError('unsupported_media_type', { message: `Send the bytes as ${OCTETS}.` });
  if (declaredLength(call.wire.request) > most)
    throw new AppError('payload_too_large', { details: { max_bytes: most, upgrade: null } });
  return call;
}

/**
 * The bytes of a call's body as they come, for a caller that keeps others in their place, and has them all in memory. Ends with an error as
 * that of an upload does.
 */
export const readOctets = (call: IncomingCall, clock: Clock): AsyncIterable<Uint8Array> =>
  bytesOf({ clock, keeps: 'all' }, call, uploadSeconds(declaredLength(call.wire.request)));

/** Takes a file as it comes; it is stored by the statements that this answers. */
export async function receive(
  parts: BlobStorageParts,
  product: string,
  { body, replaces = [], ...blob }: IncomingBlob,
): Promise<Received> {
  const isHere = body instanceof Uint8Array;
  // A client that is gone by now reserves nothing.
  if (!isHere) body.origin.signal.throwIfAborted();
  const bytes = isHere ? body.length : declaredLength(body.wire.request);
  const facts = checkedFacts({ ...blob, bytes });
  const seconds = uploadSeconds(bytes);
  const { accountId } = blob;
  const id = parts.ids.next();
  const row = await reserve(parts, {
    ...blob,
    ...facts,
    id,
    product,
    key: keyOf(id),
    createdBy: blob.createdBy,
    gauge: blob.gauge,
    charged:
      replaces.length === 0 ? undefined : await moreThan(parts, { accountId, product, replaces }, bytes),
    // Until then they may come to the home of a process that is believed dead, and are deleted once more.
    uploadSeconds: seconds,
    // Its process holds it while it comes: of one that dies the sweep gives it back within minutes.
    reservedSeconds: HOLD.seconds,
  });
  const { key, type, sha256 } = row;
  const from = isHere ? body : bytesOf(parts, body, seconds);
  const release = hold(parts, { accountId, product, id });
  try {
    await atHome(parts, 'write', (home) => home.write(key, from, { type, bytes, sha256 }));
  } catch (error) {
    await giveBack(parts, { accountId, product, id });
    throw error;
  } finally {
    release();
  }
  return {
    blob: { ...blobOf(row), expiresAt: null },
    storing: [storeHere(id)],
    drop: () => giveBack(parts, { accountId, product, id }),
    replacing: (former) => [replaceHere(id, former)],
  };
}

/** Holds a file from minute to minute; answers what ends that. What fails is tried again, while there is time. */
function hold({ db }: BlobStorageParts, key: BlobKey): () => void {
  const again = () => db.tenant(key.accountId, HELD, [holdHere(key, HOLD.seconds)]).catch(() => {});
  const timer = setInterval(() => void again(), HOLD.every * 1_000).unref();
  return () => clearInterval(timer);
}

/** The bytes that a file has more than those whose place it takes. */
async function moreThan(
  { db }: BlobStorageParts,
  {
    accountId,
    product,
    replaces,
  }: Required<Pick<IncomingBlob, 'accountId' | 'replaces'>> & { readonly product: string },
  bytes: number,
): Promise<number> {
  const [[former]] = await db.tenant(accountId, [bytesStored({ accountId, product }, replaces ?? [])]);
  return Math.max(0, bytes - (former?.bytes ?? 0));
}

function bytesOf(
  { clock, keeps }: Pick<BlobStorageParts, 'clock'> & { readonly keeps?: 'all' },
  { wire, origin }: IncomingCall,
  seconds: number,
): Readable {
  const { request } = wire;
  const until = clock.now() + seconds * 1_000;
  const bytes = readUpload({ request, bytes: wire.bytes(keeps), clock, signal: origin.signal, until });
  return Readable.from(bytes, { objectMode: false });
}
