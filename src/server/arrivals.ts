import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Clock } from '#platform/kernel';

/** Requests whose bodies are still coming. */
export interface Arrivals {
  /** The body of a request as it comes, without a time by which it must be there; the rest of one that is not read to its end has one. */
  bytesOf(request: IncomingMessage): AsyncIterable<Uint8Array>;
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
    async *bytesOf(request) {
      const one = coming.get(request);
      if (one !== undefined) one.until = Number.POSITIVE_INFINITY;
      try {
        yield* request.iterator({ destroyOnReturn: false });
      } finally {
        if (one !== undefined) one.until = until();
        // Node reads the rest of a request to which it was answered early, but not of one that somebody began to read.
        request.resume();
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
