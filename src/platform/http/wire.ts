import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SocketWriter } from './sockets.ts';

/** Another call of this server, that a handler makes for its caller. */
export interface InnerCall {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  readonly body?: object;
}

export interface InnerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** The connection behind a call. */
export interface Wire {
  readonly request: IncomingMessage;
  /** The body as it came, for a route that passes it on unchanged; empty when there was none. */
  readonly body: Uint8Array;
  readonly accept: string;
  /**
   * The body as it comes, of a route with `streamedBody`: from then on no time is set for it to arrive. A handler that stops reading leaves
   * the connection as it is, so that an answer can be sent.
   */
  bytes(): AsyncIterable<Uint8Array>;
  /** Where the call came by a socket: what takes the frames before the last one. */
  readonly socket: SocketWriter | undefined;
  /** Hands the answer over to the caller of this: the server has set its headers and writes nothing more. */
  take(): ServerResponse;
  /**
   * Makes another call with the credential, account, address and trace of this one. It takes the whole walk of its route: its rates,
   * rights, limits and errors are its own.
   */
  call(inner: InnerCall): Promise<InnerAnswer>;
  /** Throws `origin_not_allowed` where a page calls whose origin CORS_ORIGINS does not list. */
  refuseForeignPages(): void;
}
