import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import {
  type BytePlace,
  DEFAULT_MAX_BODY,
  SOCKET_DONE,
  SOCKET_FIRST_FRAME,
  SOCKET_RESTART,
  socketCodeOf,
  type SocketWriter,
  SOCKET_BODY_FOLLOWS,
  SOCKET_HEADERS,
} from '#platform/http';
import { type AccountId, AppError, isRecord } from '#platform/kernel';
import { failureAnswer } from './failures.ts';
import type { SocketResponder } from './socket-request.ts';

/** Bytes of a first frame for token, account and key, beside the body. */
export const BESIDE_BODY = 8_192;
/** Bytes that wait for a slow reader; then the writer waits, and with it the provider. */
const MOST_WAITING = 65_536;
/** The bytes that a client may send before it is known: a small call, or token and account alone. */
const MOST_UNKNOWN = DEFAULT_MAX_BODY + BESIDE_BODY;
/** Pings and pongs of a client in the time between two pings of the server. Clients send one a second at most. */
const MOST_CONTROL = 100;
/** Bytes of a ping or pong, its header included (RFC 6455, 5.5). */
const LARGEST_CONTROL = 131;
/** Bytes after which the server looks whether the end of a socket is decided: some 170 of the smallest frames. */
const AT_ONCE = 1_024;
/** The close code for what a server does not put up with (RFC 6455, 7.4.1). */
const TOO_MANY = 1_008;
/** Milliseconds in which a client reads the last frame and closes; what it sends meanwhile is dropped unread. */
const TO_CLOSE = 2_000;

/** How many sockets an address and an account have. */
export interface SocketCounts {
  /** Answers what gives the room back. Throws `too_many_sockets`. */
  take(holder: string): () => void;
}

interface SocketCallParts {
  /** Headers of the upgrade. */
  readonly headers: IncomingHttpHeaders;
  /** The stream of the socket's frames. */
  readonly wire: Duplex;
  readonly id: string;
  readonly counts: SocketCounts;
  /** Milliseconds, other ones for each client. */
  readonly reconnectIn: () => number;
  /** Whether the upgrade said whose it is. */
  readonly isKnown: boolean;
  /** Bytes that are read of a frame, and of all that comes when the end is decided. */
  readonly most: number;
  /** Where a frame takes room while it comes. */
  readonly place: BytePlace;
  /** Takes what a first frame says in place of headers. Answers whether the client is known by it. */
  readonly identify: (headers: Readonly<Record<string, string>>) => Promise<boolean>;
  /** Begins the walk of the route. */
  readonly walk: (call: SocketCall, frame: FirstFrame) => SocketResponder;
}

/** One socket: a first frame, the walk of its route, the frames of the answer. */
export class SocketCall implements SocketWriter {
  readonly #socket: WebSocket;
  readonly #parts: SocketCallParts;
  readonly #late: NodeJS.Timeout;
  #responder: SocketResponder | undefined;
  #isAlive = true;
  #isKnown: boolean;
  /** Its first frame has said who it is, which is looked up before the next one is read. */
  #isNamed = false;
  #isLookedUp = false;
  /** The frame of the body, where it came together with the first one. */
  #early: Buffer | undefined;
  /** Bytes before the call, and after the end was decided. */
  #read = 0;
  #dropped = 0;
  /** Pings and pongs since the server's last ping, and the bytes of them while the call is under way. */
  #controls = 0;
  #controlBytes = 0;
  #giveBack = (): void => {};

  constructor(socket: WebSocket, parts: SocketCallParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#isKnown = parts.isKnown;
    this.#late = setTimeout(() => this.#refuse(new AppError('request_timeout')), SOCKET_FIRST_FRAME);
    parts.place.waits((error) => this.#refuse(error));
    this.#readThrough();
    socket.on('ping', (data: Buffer) => {
      this.#control();
      if (socket.readyState === socket.OPEN) socket.pong(data);
    });
    socket.on('pong', () => {
      this.#isAlive = true;
      this.#control();
    });
    // A frame that is too large or none at all: `ws` closes with the code that RFC 6455 has for it.
    socket.on('error', () => this.#hangUp());
    socket.on('message', (data, isBinary) => this.#take(data as Buffer, isBinary));
    socket.once('close', () => {
      clearTimeout(this.#late);
      parts.place.free();
      this.#giveBack();
      this.#responder?.leave();
    });
  }

  get isBegun(): boolean {
    return this.#responder !== undefined;
  }

  /** Counts the socket for its account, once that is known. */
  countFor(accountId: AccountId): void {
    this.#giveBack = this.#parts.counts.take(`account ${accountId}`);
  }

  async send(text: string): Promise<boolean> {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return false;
    this.#gather();
    // It is called when the bytes are on their way, and when there is no way any more.
    const flushed = new Promise<void>((resolve) => socket.send(text, () => resolve()));
    if (socket.bufferedAmount > MOST_WAITING) await flushed;
    return socket.readyState === socket.OPEN;
  }

  /** Pings, or cuts off a client that missed the last one. */
  ping(): void {
    if (!this.#isAlive) return this.cut();
    this.#isAlive = false;
    this.#controls = 0;
    this.#controlBytes = 0;
    this.#socket.ping();
  }

  /** This server stops: the client comes back to another one. */
  reconnect(): void {
    this.#end({ reconnect_in_ms: this.#parts.reconnectIn() }, SOCKET_RESTART);
  }

  cut(): void {
    this.#socket.terminate();
  }

  /** The answer of the walk: the last frame. */
  finish(status: number, headers: Readonly<Record<string, string>>, body: string): void {
    const said = body === '' ? {} : (JSON.parse(body) as Record<string, unknown>);
    if (status < 400) return this.#end({ done: true, ...said }, SOCKET_DONE);
    const { error } = said as { error: Record<string, unknown> };
    if (error['code'] === 'server_stopping') return this.reconnect();
    const wait = headers['retry-after'];
    const retry = wait === undefined ? {} : { retry_after: Number(wait) };
    this.#end({ error: { ...error, ...retry } }, socketCodeOf(status));
  }

  /** Gathers the frames of one turn of the event loop into one write. */
  #gather(): void {
    const { wire } = this.#parts;
    if (wire.writableCorked > 0) return;
    wire.cork();
    process.nextTick(() => wire.uncork());
  }

  /** Stands between the connection and the reader of `ws`, which reads all that it is given, also once the first frame fails. */
  #readThrough(): void {
    const { wire } = this.#parts;
    const readers = wire.listeners('data');
    wire.removeAllListeners('data');
    wire.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; at += AT_ONCE) {
        const rest = chunk.length - at;
        if (this.#socket.readyState !== this.#socket.OPEN) return this.#drop(rest);
        if (this.#isLookedUp) {
          wire.pause();
          return wire.unshift(chunk.subarray(at));
        }
        const piece = chunk.subarray(at, at + AT_ONCE);
        if (this.#admit(piece.length)) for (const read of readers) read.call(wire, piece);
      }
    });
  }

  /** Takes room for bytes before the call. Later ones are of pings and pongs: no further frame is kept until it is whole. */
  #admit(bytes: number): boolean {
    if (this.isBegun) {
      this.#controlBytes += bytes;
      if (this.#controlBytes > MOST_CONTROL * LARGEST_CONTROL) this.#refuseFrame();
      return true;
    }
    this.#read += bytes;
    try {
      if (!this.#isKnown && this.#read > MOST_UNKNOWN) throw tooLargeOfUnknown();
      this.#parts.place.take(bytes);
      return true;
    } catch (error) {
      this.#refuse(error);
      return false;
    }
  }

  #drop(bytes: number): void {
    this.#dropped += bytes;
    if (this.#dropped > this.#parts.most) this.cut();
  }

  #control(): void {
    this.#controls += 1;
    if (this.#controls <= MOST_CONTROL || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.close(TOO_MANY);
    this.#hangUp();
    this.#responder?.leave();
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#isLookedUp && !isBinary && this.#early === undefined) return void (this.#early = data);
    if (this.#responder !== undefined || this.#isLookedUp || isBinary) return this.#refuseFrame();
    try {
      const frame = readFirstFrame(data, this.#parts.headers);
      if (frame.isFollowed && !this.#isNamed) return void this.#lookUp(frame.headers);
      clearTimeout(this.#late);
      // From here on the walk takes room for the body.
      this.#parts.place.free();
      this.#responder = this.#parts.walk(this, frame);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #refuseFrame(): void {
    this.#refuse(new AppError('unexpected_frame'));
    // A call under way ends as if its client had hung up.
    this.#responder?.leave();
  }

  /** The body comes in a frame of its own, and may be large once its sender is known. */
  async #lookUp(headers: Readonly<Record<string, string>>): Promise<void> {
    this.#isNamed = true;
    this.#isLookedUp = true;
    try {
      this.#isKnown = await this.#parts.identify(headers);
      this.#isLookedUp = false;
      if (this.#early !== undefined) this.#take(this.#early, false);
      this.#parts.wire.resume();
    } catch (error) {
      this.#refuse(error);
    }
  }

  #refuse(error: unknown): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const failure = error instanceof AppError ? error : new AppError('internal', { cause: error });
    const { status, headers, body } = failureAnswer(failure, this.#parts.id);
    this.finish(status, headers, body);
  }

  #end(last: object, code: number): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return;
    socket.send(JSON.stringify(last));
    socket.close(code);
    this.#hangUp();
  }

  /** Nothing more is said, and nothing is read: once the client has the last frame, its connection ends. */
  #hangUp(): void {
    const { wire, place } = this.#parts;
    clearTimeout(this.#late);
    place.free();
    wire.end(() => {
      const timer = setTimeout(() => this.cut(), TO_CLOSE);
      wire.once('close', () => clearTimeout(timer));
    });
    wire.resume();
  }
}

function tooLargeOfUnknown(): AppError {
  const message =
    'This is more than a client may send that is not known yet. Send the token in a header, or in a first frame with `"body_follows":true`.';
  return new AppError('payload_too_large', { message, details: { max_bytes: MOST_UNKNOWN, upgrade: null } });
}

interface FirstFrame {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Whether it says who calls, and no more. */
  readonly isFollowed: boolean;
}

/** Takes token, account and key out of the first frame; the rest is the body, as it came where there is nothing to take out. */
function readFirstFrame(data: Buffer, headers: IncomingHttpHeaders): FirstFrame {
  const frame = parsedObject(data);
  if (frame === undefined) return { headers: {}, body: data, isFollowed: false };
  const isFollowed = frame[SOCKET_BODY_FOLLOWS] === true;
  const given: Record<string, string> = {};
  let isWhole = true;
  for (const [field, header] of Object.entries(SOCKET_HEADERS)) {
    if (!Object.hasOwn(frame, field)) continue;
    const value = frame[field];
    if (typeof value !== 'string' || !/^[\x20-\x7e]*$/.test(value)) throw badField(field);
    delete frame[field];
    isWhole = false;
    if (headers[header] === undefined) given[header] = field === 'access_token' ? `Bearer ${value}` : value;
  }
  const [beside] = Object.keys(frame).filter((field) => field !== SOCKET_BODY_FOLLOWS);
  if (isFollowed && beside !== undefined)
    throw badField(beside, 'A frame that the body follows has none of it.');
  return { headers: given, body: isWhole ? data : Buffer.from(JSON.stringify(frame)), isFollowed };
}

/** Data that is no object, or nested too deeply to be written again, is the walk's to refuse. */
function parsedObject(data: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(data.toString());
    if (!isRecord(value)) return undefined;
    JSON.stringify(value);
    return value;
  } catch {
    return undefined;
  }
}

function badField(field: string, message = 'A text of printable ASCII characters.'): AppError {
  const issues = [{ path: `body.${field}`, message }];
  return new AppError('validation_failed', { details: { issues } });
}
