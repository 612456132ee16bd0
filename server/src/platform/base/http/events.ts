import { waitForDrain } from './wait-for-drain.ts';
import type { Wire } from './wire.ts';

/** Milliseconds after which a client that lost its stream comes back. */
const RETRY = 1_000;
/** Milliseconds between two comments: proxies cut connections on which nothing moves, most of them after a minute. */
const HEARTBEAT = 15_000;

/** One event; its data goes as JSON. */
export interface StreamEvent {
  readonly event: string;
  /** The id that a client that comes back sends as Last-Event-ID. */
  readonly id: string;
  readonly data: unknown;
}

export interface EventStreamOptions {
  /** Ends when the client has gone, or the server stops: the call's `origin.signal`. */
  readonly signal: AbortSignal;
  /** The longest that the stream lasts, in milliseconds; its client comes back, and is looked at anew. */
  readonly longest: number;
}

/** A stream of server-sent events (HTML Living Standard, 9.2) to one client. */
export interface EventStream {
  /** Ends when the stream may not go on: the client has gone, the server stops, the time is up. */
  readonly closed: AbortSignal;
  /** Sends an event, and waits until the client has room for the next one. False: it is closed. */
  send(event: StreamEvent): Promise<boolean>;
  /** Ends the stream; always call it. What a client leaves unread is dropped. */
  end(): void;
}

/** Whether a call asks for a stream of events in place of one answer. */
export function wantsEvents(wire: Pick<Wire, 'accept'>): boolean {
  return /\btext\/event-stream\b/i.test(wire.accept);
}

/** The id of the last event that the client of this call has seen, if it comes back. */
export function lastEventId({ request }: Pick<Wire, 'request'>): string | undefined {
  const id = request.headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** Answers a call with a stream of events. No more waits for a slow client than one event and the socket's buffer. */
export function openEvents(wire: Pick<Wire, 'take'>, options: EventStreamOptions): EventStream {
  const response = wire.take();
  const over = new AbortController();
  const closed = AbortSignal.any([options.signal, over.signal]);
  const timeUp = setTimeout(() => over.abort(), options.longest);
  const heartbeat = setInterval(() => {
    // A client that gets events needs no keep-alive.
    if (!response.writableNeedDrain) response.write(':\n\n');
  }, HEARTBEAT);
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // Nginx would wait for more before it passes anything on.
    'x-accel-buffering': 'no',
  });
  response.write(`retry: ${RETRY}\n\n`);

  return {
    closed,
    async send({ event, id, data }) {
      if (closed.aborted) return false;
      const hasRoom = response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      if (!hasRoom) await waitForDrain(response, closed);
      return !closed.aborted;
    },
    end() {
      clearTimeout(timeUp);
      clearInterval(heartbeat);
      over.abort();
      if (response.writableNeedDrain) response.destroy();
      else response.end();
    },
  };
}
