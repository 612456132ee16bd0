import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { AppError } from '#platform/kernel';

/** What bytes must be. */
export interface ExpectedBytes {
  readonly bytes: number;
  /** In hex; undefined: any. */
  readonly sha256?: string | undefined;
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Writes a new file of bytes that are what they must be, and has the disk keep them. Whatever fails, the caller deletes the file.
 * One chunk is in memory at a time. Answers the SHA-256 in hex.
 */
export async function writeChecked(path: string, body: Chunks, expected: ExpectedBytes): Promise<string> {
  const file = await onDisk(() => open(path, 'wx', 0o600));
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > expected.bytes) throw mismatch('bytes');
      hash.update(chunk);
      await onDisk(() => file.writeFile(chunk));
    }
    if (bytes !== expected.bytes) throw mismatch('bytes');
    const sha256 = hash.digest('hex');
    if (expected.sha256 !== undefined && sha256 !== expected.sha256) throw mismatch('sha256');
    await onDisk(() => file.sync());
    return sha256;
  } finally {
    await file.close();
  }
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
