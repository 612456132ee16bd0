import { commitPoint } from '#platform/db';
import { type AccountId, AppError, sha256, hasCode } from '#platform/kernel';
import { gaugeDenial, limitExceeded } from '#platform/limits';
import type { Blob, NewBlob, NewUpload, Storing, Upload, UploadPart } from './blobs.ts';
import { sha256Of } from './checked-bytes.ts';
import { keyOf } from './home.ts';
import { claim } from './marker.ts';
import { cleanFilename, mediaType } from './filenames.ts';
import { atHome, type BlobStorageParts } from './parts.ts';
import {
  type BlobKey,
  type BlobRow,
  dropHere,
  insertBlob,
  nameUpload,
  type NewRow,
  oneBlob,
  storeHere,
} from './store.ts';

const RESERVED = commitPoint('blobs.reserved', 'a file that may be sent, and the storage that it takes');
const PARTS = commitPoint('blobs.parts', 'the name of an upload in parts at its home');
const STORED = commitPoint('blobs.stored', 'a file whose bytes are there and right');
const REFUSED = commitPoint(
  'blobs.refused',
  'a file given up because it is not what was declared, and its storage given back',
);

/** A file may be sent for an hour, and for longer at 250 kB a second, a day at most. */
const SHORTEST_UPLOAD = 3_600;
const LONGEST_UPLOAD = 86_400;
const SLOWEST = 250_000;
/** Then there is this time to complete it. */
export const TO_COMPLETE = 900;
/** Parts of one file: as many signed requests are answered at once. */
const MOST_PARTS = 1_000;
const WORD = /^[a-z][a-z0-9_.-]{0,59}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** How long bytes of a file may come in, in seconds. */
export function uploadSeconds(bytes: number): number {
  return Math.min(LONGEST_UPLOAD, Math.max(SHORTEST_UPLOAD, Math.ceil(bytes / SLOWEST)));
}

/** A row as products see it. */
export function blobOf(row: BlobRow): Blob {
  const { id, filename, type, bytes, purpose } = row;
  return {
    id,
    filename,
    type,
    bytes,
    sha256: row.sha256,
    purpose,
    createdAt: row.created_at,
    expiresAt: row.status === 'stored' ? row.expires_at : null,
  };
}

/** Throws `upload_invalid`, with the field, for what no file is. */
export function checkedFacts({
  filename,
  type,
  bytes,
  purpose,
}: Pick<NewRow, 'filename' | 'type' | 'bytes' | 'purpose'>) {
  const known = mediaType(type);
  if (known === undefined) throw invalid('type', 'This is not a media type.');
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw invalid('bytes', 'This is not a number of bytes.');
  if (!WORD.test(purpose)) throw new Error(`${purpose} is not the purpose of a file`);
  return { filename: cleanFilename(filename), type: known, bytes, purpose };
}

function invalid(field: string, message: string): AppError {
  return new AppError('upload_invalid', { message, details: { field } });
}

/** Writes down a file and takes its storage in one commit. Throws the gauge's refusal. */
export async function reserve(parts: BlobStorageParts, row: NewRow): Promise<BlobRow> {
  const { db, limits } = parts;
  const { accountId, product, gauge, bytes, charged = bytes } = row;
  await claim(parts);
  const gauging = gauge === undefined ? [] : [limits.gauging(product, gauge, charged)];
  try {
    const [[made]] = await db.tenant(accountId, RESERVED, [insertBlob(row), ...gauging]);
    if (made === undefined) throw new Error('a file was not written down');
    return made;
  } catch (error) {
    throw gaugeRefusalOf(parts, product, { error, bytes: charged });
  }
}

/** The error that a caller is answered when the gauge had no room, with the plan that has; everything else stays what it is. */
export function gaugeRefusalOf(
  { upgradeFor }: BlobStorageParts,
  product: string,
  { error, bytes }: { readonly error: unknown; readonly bytes: number },
): unknown {
  const denied = gaugeDenial(error);
  if (denied === undefined) return error;
  const { plan, limit: grant, used } = denied;
  return limitExceeded(denied, upgradeFor({ product, plan, grant, atLeast: used + bytes }));
}

export async function presign(
  parts: BlobStorageParts,
  product: string,
  upload: NewUpload,
): Promise<{ readonly blobId: string; readonly upload: Upload }> {
  const { accountId, gauge, createdBy, multipart } = upload;
  const facts = checkedFacts(upload);
  if (!SHA256.test(upload.sha256))
    throw invalid('sha256', 'This is not a SHA-256 in 64 small hexadecimal digits.');
  const seconds = uploadSeconds(facts.bytes);
  const id = parts.ids.next();
  const row = await reserve(parts, {
    ...facts,
    accountId,
    id,
    product,
    gauge,
    key: keyOf(id),
    sha256: upload.sha256,
    createdBy,
    parts: multipart && partsOf(parts, facts.bytes, multipart.partBytes),
    uploadSeconds: seconds,
    reservedSeconds: seconds + TO_COMPLETE,
  });
  try {
    const signed =
      row.parts === null ? await signWhole(parts, row, seconds) : await signParts(parts, row, seconds);
    const expires_at = new Date(parts.clock.now() + seconds * 1_000).toISOString();
    return { blobId: id, upload: { ...signed, expires_at } };
  } catch (error) {
    await giveBack(parts, { accountId, product, id });
    throw error;
  }
}

/** How many parts there are, where the home takes so many of that size. */
function partsOf({ home }: BlobStorageParts, bytes: number, partBytes: number) {
  const { leastBytes, most } = home.parts;
  const count = Math.max(1, Math.ceil(bytes / partBytes));
  if (!Number.isSafeInteger(partBytes) || partBytes < leastBytes)
    throw invalid('part_bytes', `A part has ${leastBytes} bytes at least.`);
  if (count > Math.min(most, MOST_PARTS))
    throw invalid('part_bytes', `A file has ${Math.min(most, MOST_PARTS)} parts at most. Make them larger.`);
  return { count, bytes: partBytes };
}

function signWhole(parts: BlobStorageParts, row: BlobRow, expiresIn: number) {
  const { key, bytes, type } = row;
  return atHome(parts, 'sign', (home) =>
    home.presignPut({ key, bytes, type, sha256: row.sha256, expiresIn }),
  );
}

async function signParts(parts: BlobStorageParts, row: BlobRow, expiresIn: number) {
  const { key, type, bytes, parts: count, part_bytes: partBytes } = row;
  if (count === null || partBytes === null) throw new Error('this file has no parts');
  const uploadId = await atHome(parts, 'write', (home) => home.startParts({ key, type }));
  await parts.db.tenant(row.account_id, PARTS, [nameUpload(keyIn(row), uploadId)]);
  const signed: UploadPart[] = [];
  for (let part = 1; part <= count; part += 1) {
    const size = Math.min(partBytes, bytes - (part - 1) * partBytes);
    const one = { key, uploadId, part, bytes: size, expiresIn };
    signed.push({ part, bytes: size, ...(await atHome(parts, 'sign', (home) => home.presignPart(one))) });
  }
  return { parts: signed };
}

const keyIn = ({ account_id: accountId, product, id }: BlobRow): BlobKey => ({ accountId, product, id });

/** Forgets what came to nothing. Where that fails too, its time runs out. */
export async function giveBack({ db, log }: BlobStorageParts, { accountId, id }: BlobKey): Promise<void> {
  try {
    await db.tenant(accountId, REFUSED, [dropHere(id)]);
  } catch (err) {
    log.warn({ blob_id: id, err }, 'the storage of a file is given back when its time is over');
  }
}

/** Looks whether a file is there and right; it is stored by the statements that this answers. */
export async function prepareCompletion(parts: BlobStorageParts, key: BlobKey): Promise<Storing> {
  const [[row]] = await parts.db.tenant(key.accountId, [oneBlob(key)]);
  if (row === undefined || row.status === 'forgotten') throw new AppError('blob_not_found');
  if (row.status === 'reserved') {
    if (row.over) throw new AppError('upload_expired');
    return { blob: blobOf(row), storing: [storeHere(row.id, await rightCopy(parts, row))] };
  }
  return { blob: blobOf(row), storing: [storeHere(row.id)] };
}

/**
 * Looks whether what was sent is right. Where the home can't tell by itself, the holder of the signed request may send other bytes after this
 * look: then a copy is made first, looked at, and answered as what is to be kept.
 */
async function rightCopy(parts: BlobStorageParts, row: BlobRow): Promise<Copy | undefined> {
  const { key, upload_id: uploadId, parts: count } = row;
  if (count !== null) {
    if (uploadId === null) throw new AppError('upload_missing');
    await atHome(parts, 'write', (home) => home.completeParts({ key, uploadId, parts: count }));
  }
  const entry = await atHome(parts, 'read', (home) => home.head(key));
  if (entry === undefined) throw new AppError('upload_missing');
  const copy = entry.sha256 === undefined && count === null ? await copyBlob(parts, key) : undefined;
  const kept = copy?.key ?? key;
  const hash = async () => sha256Of(await atHome(parts, 'read', (home) => home.read(kept)));
  const wrong =
    entry.bytes !== row.bytes
      ? 'bytes'
      : (entry.sha256 ?? (await hash())) !== row.sha256
        ? 'sha256'
        : undefined;
  if (wrong === undefined) return copy;
  if (copy !== undefined) await atHome(parts, 'delete', (home) => home.delete([copy.key]));
  await giveBack(parts, keyIn(row));
  parts.metrics.blobUpload(row.product, 'mismatch');
  throw new AppError('upload_mismatch', { details: { field: wrong } });
}

/** A further object with the bytes of a file. If it is never kept, it is bytes of no file, which are swept. */
interface Copy {
  readonly id: string;
  readonly key: string;
}

async function copyBlob(parts: BlobStorageParts, from: string): Promise<Copy | undefined> {
  const id = parts.ids.next();
  const key = keyOf(id);
  return atHome(parts, 'write', async (home) => {
    if (home.copy === undefined) return undefined;
    await home.copy(from, key);
    return { id, key };
  });
}

/** Runs the statements of a file that is right in a transaction of their own. */
export async function store(
  parts: BlobStorageParts,
  accountId: AccountId,
  { blob, storing }: Storing,
): Promise<Blob> {
  try {
    await parts.db.tenant(accountId, STORED, storing);
    return blob;
  } catch (error) {
    throw storingRefusal(error);
  }
}

/** The error that a caller who stores the file of a row of its own is answered when it was swept before; everything else stays what it is. */
export function storingRefusal(error: unknown): unknown {
  const isGone = hasCode(error, 'PL030') || (error instanceof AppError && error.code === 'blob_not_found');
  return isGone ? new AppError('upload_expired', { cause: error }) : error;
}

/** Writes a file of the server's own; it is stored by the statements that this answers. */
export async function preparePut(parts: BlobStorageParts, product: string, blob: NewBlob): Promise<Storing> {
  const { accountId, gauge, createdBy, bytes: body, expiresAt } = blob;
  const facts = checkedFacts({ ...blob, bytes: body.length });
  const id = parts.ids.next();
  const hash = sha256(body);
  const row = await reserve(parts, {
    ...facts,
    accountId,
    id,
    product,
    gauge,
    key: keyOf(id),
    sha256: hash,
    createdBy,
    reservedSeconds: TO_COMPLETE,
    keepUntil: expiresAt,
  });
  const { key, type, bytes } = row;
  try {
    await atHome(parts, 'write', (home) => home.write(key, body, { type, bytes, sha256: hash }));
  } catch (error) {
    await giveBack(parts, { accountId, product, id });
    throw error;
  }
  return { blob: { ...blobOf(row), expiresAt: expiresAt ?? null }, storing: [storeHere(id)] };
}
