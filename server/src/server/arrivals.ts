import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { BytePlace } from '#platform/http';
import type { AppError, Clock } from '#platform/kernel';

/** Requests whose bodies are still coming. */
export interface Arrivals {
  /**
   * The body of a request as it comes, without a time by which it must be there; the rest of one that is not read to its end has one.
   * At most so many bytes of it take room in `place`.
   */
  bytesOf(request: IncomingMessage, place: BytePlace, most: number): AsyncIterable<Uint8Array>;
  /** Ends those that are late. */
  cut(): void;
}

/**
 * Ends requests that have not arrived whole in time. Node's own limit is one for all requests of a server, and the body of a file may
 * take longer than that of a call.
 */
export function watchArrivals(
  server: Server,
  parts: {
    readonly clock: Clock;
    readonly milliseconds: number;
    /** Answers the sender; no part of an answer was sent before. */
    readonly onLate: (request: IncomingMessage) => void;
  },
): Arrivals {
  const { clock, milliseconds, onLate } = parts;
  const coming = new Map<IncomingMessage, { readonly response: ServerResponse; until: number }>();

  const until = () => clock.monotonic() + milliseconds;
  server.prependListener('request', (request, response) => {
    if (!hasBody(request)) return;
    coming.set(request, { response, until: until() });
    request.once('close', () => coming.delete(request));
    response.prependListener('finish', () => {
      if (!request.complete) letReadAnswer(request);
    });
  });

  return {
    async *bytesOf(request, place, most) {
      const one = coming.get(request);
      if (one !== undefined) one.until = Number.POSITIVE_INFINITY;
      const chunks = request.iterator({ destroyOnReturn: false });
      try {
        yield* heldIn(place, chunks, most);
      } finally {
        place.settle();
        if (one !== undefined) one.until = until();
        // Node reads the rest of a request to which it was answered early, but not of one that a handler began to read.
        void chunks.return?.().then(() => request.resume());
      }
    },
    cut() {
      const now = clock.monotonic();
      for (const [request, { response, until: last }] of coming) {
        if (last > now) continue;
        coming.delete(request);
        if (request.complete) continue;
        if (response.headersSent) request.socket.destroy();
        else onLate(request);
      }
    },
  };
}

/** Chunks that take room as they come. They end with an error as soon as others get that room, even where no further chunk comes. */
async function* heldIn(
  place: BytePlace,
  chunks: AsyncIterator<Uint8Array>,
  most: number,
): AsyncGenerator<Uint8Array> {
  let held = 0;
  let dropped: AppError | undefined;
  let end: ((error: AppError) => void) | undefined;
  place.waits((error) => {
    dropped = error;
    end?.(error);
  });
  for (;;) {
    // A promise for each chunk: what races one promise again and again is kept by it.
    const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
      end = reject;
      if (dropped !== undefined) reject(dropped);
      chunks.next().then(resolve, reject);
    });
    if (next.done === true) return;
    const more = Math.min(next.value.length, most - held);
    if (more > 0) place.take(more);
    place.moved(next.value.length - more);
    held += more;
    yield next.value;
  }
}

/**
 * Answered early, to a sender who goes on: a connection that is closed now would be reset, and the answer lost on the way (RFC 9112, 9.6).
 * The end is told, and what still comes is read and dropped, until the sender ends or is late.
 */
function letReadAnswer({ socket }: IncomingMessage): void {
  socket.destroySoon = () => void socket.end();
}

function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers;
  return length !== '0' || encoding !== undefined;
}
