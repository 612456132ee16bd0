import type { Duplex } from 'node:stream';
import { buildConnector } from 'undici';

/** Bytes of interim answers before one answer: as many as undici takes of an answer's own head. */
const MOST = 16_384;
/** Where the first figure of the status stands in `HTTP/1.1 100`, and how far it takes to know all of it. */
const STATUS = 9;
const KNOWN = 13;
const ONE = 0x31;
const INTERIM = /^HTTP\/1\.[01] 1\d\d[ \r]/;

/**
 * Opens connections that skip interim answers (1xx). HTTP has a client skip them, asked for or not (RFC 9110, 15.2);
 * undici ends the connection at a 100, which would cost a call its try.
 */
export function connectorWithoutInterim(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options);
  return (to, callback) =>
    connect(to, (...connected) => {
      // A failed connection has only an error, in spite of its type.
      if (connected[0] === null) skipInterim(connected[1]);
      callback(...connected);
    });
}

/**
 * Skips interim answers in what is read of a connection. It looks at the first bytes that come after something was written, and so
 * at one byte of nearly every answer. For a client with one call at a time, which writes each in one turn of the event loop.
 */
export function skipInterim(socket: Duplex): void {
  const read = socket.read.bind(socket);
  const write = socket.write.bind(socket);
  let isAwaiting = false;
  let held: Buffer | undefined;
  let skipped = 0;

  socket.write = (...sent: readonly unknown[]): boolean => {
    isAwaiting = true;
    skipped = 0;
    return Reflect.apply(write, undefined, sent);
  };
  socket.read = (size?: number): unknown => {
    const chunk: unknown = read(size);
    return isAwaiting && chunk instanceof Buffer ? begun(chunk) : chunk;
  };

  /** The part of an answer's beginning that is to be read now; null while none of it is there. */
  function begun(chunk: Buffer): Buffer | null {
    let rest = held === undefined ? chunk : Buffer.concat([held, chunk]);
    held = undefined;
    while (rest.length > 0) {
      if (!mayBeInterim(rest)) {
        isAwaiting = false;
        return rest;
      }
      const end = rest.indexOf('\r\n\r\n');
      const length = end === -1 ? rest.length : end + 4;
      if (skipped + length > MOST) {
        socket.destroy(new Error('interim answers without an end'));
        return null;
      }
      if (end === -1) {
        held = rest;
        return null;
      }
      skipped += length;
      rest = rest.subarray(length);
    }
    return null;
  }
}

/** Whether it begins an interim answer, as far as can be told yet. */
function mayBeInterim(rest: Buffer): boolean {
  if (rest.length > STATUS && rest[STATUS] !== ONE) return false;
  const line = rest.toString('latin1', 0, KNOWN);
  return line.length === KNOWN ? INTERIM.test(line) : 'HTTP/1.'.startsWith(line.slice(0, 7));
}
