import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { AppError, equalInConstantTime } from '#platform/kernel';

/** The expected length and digest of bytes. */
export interface ExpectedBytes {
  readonly bytes: number;
  /** In hex; undefined: any. */
  readonly sha256?: string | undefined;
}

/** Bytes that are written at once: each write is a turn of another thread. */
const AT_ONCE = 1_048_576;

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Writes a new file of bytes that are what they must be, and has the disk keep them. After any failure the caller deletes the file.
 * One chunk and one megabyte are in memory at a time. Answers the SHA-256 in hex.
 */
export async function writeChecked(path: string, body: Chunks, expected: ExpectedBytes): Promise<string> {
  const file = await onDisk(() => open(path, 'wx', 0o600));
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    // With room for one byte too many, by which a body that is too long is known.
    for await (const piece of inPieces(body, Math.min(expected.bytes + 1, AT_ONCE))) {
      bytes += piece.length;
      if (bytes > expected.bytes) throw mismatch('bytes');
      hash.update(piece);
      await onDisk(() => file.writeFile(piece));
    }
    const sha256 = assertExpected(bytes, hash, expected);
    await onDisk(() => file.sync());
    return sha256;
  } finally {
    await file.close();
  }
}

/** Throws `upload_mismatch` where bytes are not what they must be. Answers their SHA-256 in hex. */
export function assertExpected(
  bytes: number,
  hash: { digest(form: 'hex'): string },
  expected: ExpectedBytes,
): string {
  if (bytes !== expected.bytes) throw mismatch('bytes');
  const sha256 = hash.digest('hex');
  if (expected.sha256 !== undefined && !equalInConstantTime(sha256, expected.sha256))
    throw mismatch('sha256');
  return sha256;
}

/** The chunks of a stream. The last one is kept back until all are known to be right, so that the store never has a whole wrong object. */
export async function* checkedChunks(body: Chunks, expected: ExpectedBytes): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  let last: Uint8Array | undefined;
  for await (const chunk of body) {
    if (last !== undefined) yield last;
    bytes += chunk.length;
    if (bytes > expected.bytes) throw mismatch('bytes');
    hash.update(chunk);
    last = chunk;
  }
  assertExpected(bytes, hash, expected);
  if (last !== undefined) yield last;
}

/** The same bytes in pieces of one size, each in the memory of the one before. */
async function* inPieces(body: Chunks, size: number): AsyncGenerator<Uint8Array> {
  const piece = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + size - filled);
      piece.set(part, filled);
      at += part.length;
      filled += part.length;
      if (filled < size) continue;
      yield piece;
      filled = 0;
    }
  }
  yield piece.subarray(0, filled);
}

/** The SHA-256 of a stream, in hex. */
export async function sha256Of(body: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** A file that is not what it was declared to be, and by what. */
export function mismatch(field: 'bytes' | 'type' | 'sha256'): AppError {
  return new AppError('upload_mismatch', { details: { field } });
}

/** Work on the disk: what fails there is no fault of the caller's. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw diskFailure(cause);
  }
}

/** The disk is full, or not there, or may not be written. */
export function diskFailure(cause: unknown): unknown {
  const code = codeOf(cause);
  if (code === undefined) return cause;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new AppError('storage_unavailable', {
    ...(full ? { message: 'There is no room for the file. The operator has to make some.' } : {}),
    details: { reason: full ? 'full' : 'unusable' },
    cause,
  });
}

/** The code of an error of the system: `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'errno' in error
    ? error.code
    : undefined;
}
