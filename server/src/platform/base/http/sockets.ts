/** The answer of a call that came by a socket: texts as they are made; what the handler answers is the last frame. */
export interface SocketWriter {
  /** Sends a frame, and waits until the client has room for the next one. False: the client has gone. */
  send(text: string): Promise<boolean>;
}

/** The close code of an error (RFC 6455, 7.4.2: 4000 to 4999 are an application's own): 4429 for a status of 429. */
export const socketCodeOf = (status: number): number => 4_000 + status;

/** The close code after the last frame of an answer, and that of a server which stops. */
export const SOCKET_DONE = 1_000;
export const SOCKET_RESTART = 1_012;

/** Milliseconds that the first frame has to arrive. */
export const SOCKET_FIRST_FRAME = 10_000;

/** Fields of the first frame that stand for a header, as browsers can't send any. The header wins where both are there. */
export const SOCKET_HEADERS = {
  access_token: 'authorization',
  account_id: 'x-account-id',
  idempotency_key: 'idempotency-key',
} as const;

/** The field of a first frame that says who calls and no more: `true` where the body comes in a frame of its own. */
export const SOCKET_BODY_FOLLOWS = 'body_follows';
