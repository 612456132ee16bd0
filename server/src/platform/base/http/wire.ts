import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppError } from '#platform/kernel';
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

/** Room in the memory that this server has for bytes of calls. */
export interface BytePlace {
  /** Throws `unavailable` where the process or the address is full, and `limit_exceeded` where the account is. */
  take(bytes: number): void;
  /** So many bytes have gone on their way: it does not stand still. */
  moved(bytes: number): void;
  /** From now on the call waits for its client: while bytes stand still they give way to others, and `drop` ends what waits. */
  waits(drop: (error: AppError) => void): void;
  /** The call waits for its client no more, and gives way to no other. */
  settle(): void;
  /** Gives everything back. It is done by itself when the call is over. */
  free(): void;
}

/** The connection behind a call. */
export interface Wire {
  readonly request: IncomingMessage;
  /** The body as it came, for a route that passes it on unchanged; empty when there was none. */
  readonly body: Uint8Array;
  readonly accept: string;
  /**
   * The body as it comes, of a route with `streamedBody`: from then on no time is set for it to arrive. A handler that stops reading leaves
   * the connection as it is, so that an answer can be sent. They take room up to a megabyte, which a handler may have in memory; `all`
   * of them where it keeps them. While they stand still they give way: the next chunk is `unavailable`.
   */
  bytes(keeps?: 'all'): AsyncIterable<Uint8Array>;
  /** Room for other bytes of the call that its handler has in memory. */
  hold(): BytePlace;
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
