import type { IncomingMessage } from 'node:http';
import { AppError, type Clock } from '#platform/kernel';

/** Milliseconds that a sender may stand still. */
const STILL = 30_000;
/** After so many milliseconds an upload must have come at this pace, in bytes a second. */
const GRACE = 30_000;
const SLOWEST = 2_048;

export interface UploadInput {
  readonly request: IncomingMessage;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly clock: Clock;
  /** Ends when the client hangs up, or the server stops. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970 by which it must be there. */
  readonly until: number;
  /** Ends when another request sends the same. */
  readonly replaced?: AbortSignal | undefined;
}

/**
 * The bytes of an upload. It ends with an error when the sender stands still, is slower than any real line, hangs up, is
 * past its time, or sends it again in another request.
 */
export async function* readUpload(upload: UploadInput): AsyncGenerator<Uint8Array> {
  const { request, clock, signal, until, replaced } = upload;
  const over = replaced === undefined ? signal : AbortSignal.any([signal, replaced]);
  const end = () => void request.destroy();
  // Node's own timer of the socket: reset by each byte.
  request.setTimeout(STILL, end);
  over.addEventListener('abort', end);
  const began = clock.monotonic();
  let bytes = 0;
  try {
    for await (const chunk of upload.bytes) {
      over.throwIfAborted();
      bytes += chunk.length;
      if (isLate({ milliseconds: clock.monotonic() - began, bytes })) throw new AppError('request_timeout');
      if (clock.now() > until) throw new AppError('upload_expired');
      yield chunk;
    }
  } catch (error) {
    throw failureOf(error, upload);
  } finally {
    request.setTimeout(0);
    request.off('timeout', end);
    over.removeEventListener('abort', end);
  }
}

function isLate({ milliseconds, bytes }: { readonly milliseconds: number; readonly bytes: number }): boolean {
  return milliseconds > GRACE && bytes < (milliseconds / 1_000) * SLOWEST;
}

/** The cause of its end, in the words of this house; a connection that is gone says so in several ways. */
function failureOf(error: unknown, { signal, replaced }: UploadInput): unknown {
  if (replaced?.aborted === true) return replaced.reason;
  if (error instanceof AppError) return error;
  if (signal.aborted && signal.reason instanceof AppError) return signal.reason;
  return new AppError('client_gone', { cause: error });
}
