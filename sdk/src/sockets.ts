import {
  type CallerParts,
  type CallOptions,
  type Given,
  type GivenFor,
  isRepeatable,
  keyOf,
  pathOf,
  type ReplyOf,
  type RouteName,
  withToken,
} from './calls.ts';
import { type Failure, isRecord, NoAnswer, parseJson, PlinthError, socketError } from './errors.ts';
import { type SocketRoute, SOCKETS } from './routes.ts';
import { createTexts, type Texts } from './texts.ts';
import { originOf, withRetries } from './wire.ts';

/** What the client needs of a WebSocket: those of browsers, Node 22 and the package `ws` have it. */
export interface Socket {
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void;
  send(text: string): void;
  close(): void;
}

export type SocketClass = new (url: string) => Socket;

/** A socket sends no If-Match. `timeout` is for the next frame, whichever that is. */
export type StreamOptions = Omit<CallOptions, 'version'>;

/**
 * An answer as it is made. It is asked for at once, read or not, and its texts are handed out once, to the first reader.
 * Leaving the loop hangs up. A browser's WebSocket has no backpressure: a reader that is slower than the server has the
 * difference in its memory, and the server never waits for it.
 */
export interface AnswerStream<Reply> extends AsyncIterable<string> {
  /** What the call answers when all texts have been sent. */
  readonly answer: Promise<Reply>;
  /** With it the same call can be made again, and is done once; undefined where the route takes none. */
  readonly idempotencyKey: string | undefined;
}

export interface Streams {
  /**
   * Makes a call by WebSocket (docs/sockets.md). It is sent again, under the same key, while nothing has been answered, and never after
   * that: a connection that drops then throws `no_answer`, whose `idempotencyKey` gets the answer that was kept.
   */
  stream<R extends SocketRoute>(
    route: R,
    given: GivenFor<R>,
    options?: StreamOptions,
  ): AnswerStream<ReplyOf<R>>;
}

export interface StreamParts extends CallerParts {
  /** The runtime's own when not said. */
  readonly WebSocket: SocketClass | undefined;
  /** The path of each route that has a socket; those of the server when not said. */
  readonly sockets?: Readonly<Record<string, string>>;
}

/** The server ends a call before that. Milliseconds. */
const LONGEST = 340_000;
/** Characters, of three bytes at most, of a body that comes with the first frame: that has 72 KiB. */
const SMALL = 16_384;
const CLOSE = { done: 1_000, tooLarge: 1_009, restart: 1_012 } as const;
/** A close code of the server's own is that much more than the status it stands for. */
const STATUS = 4_000;
/** How the frame before the end of a socket begins. A text may begin so, too: then another frame follows. */
const MAY_BE_LAST = /^\{"(?:done|error|reconnect_in_ms)":/;

export function streamCalls(parts: StreamParts): Streams {
  return {
    stream: (route, given, options = {}) =>
      openStream(parts, { route, given, options }) as AnswerStream<never>,
  };
}

interface StreamRequest {
  readonly route: RouteName;
  readonly given: Given;
  readonly options: StreamOptions;
}

function openStream(parts: StreamParts, { route, given, options }: StreamRequest): AnswerStream<unknown> {
  const key = keyOf(route, options);
  const left = new AbortController();
  const texts = createTexts(() => left.abort(noAnswer('The stream was left before its end.', key)));
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([options.signal, left.signal]);
  const request = {
    signal,
    get repeatable() {
      return isRepeatable(route, key) && !texts.isBegun;
    },
  };

  async function ask(): Promise<unknown> {
    const WebSocket = socketClassOf(parts);
    const url = urlOf(parts, { route, given, options });
    const timeout = options.timeout ?? LONGEST;
    const accountId = options.accountId ?? parts.accountId;
    return withToken(parts.credentials, (token) => {
      // A browser's socket sends no headers: the frame has what they would say.
      const headers = { access_token: token, account_id: accountId, idempotency_key: key };
      const frames = framesOf(isRecord(given.body) ? given.body : {}, headers);
      const once = { WebSocket, url, frames, key, signal, timeout, texts };
      return withRetries(parts, request, () => attempt(once));
    });
  }

  const answer = ask();
  answer.then(
    () => texts.end(),
    (error: unknown) => texts.end(error),
  );
  return { answer, idempotencyKey: key, [Symbol.asyncIterator]: () => texts };
}

/** A large body comes when the server knows its sender: in a frame of its own. */
function framesOf(body: object, headers: object): string[] {
  const text = JSON.stringify(body);
  if (text.length <= SMALL) return [JSON.stringify({ ...body, ...headers })];
  return [JSON.stringify({ ...headers, body_follows: true }), text];
}

function socketClassOf({ WebSocket }: StreamParts): SocketClass {
  const found = WebSocket ?? (globalThis as { readonly WebSocket?: SocketClass }).WebSocket;
  if (found !== undefined) return found;
  throw new TypeError(
    'There is no WebSocket here: createClient({ WebSocket }) takes that of the package ws.',
  );
}

function urlOf({ baseUrl, sockets = SOCKETS }: StreamParts, { route, given }: StreamRequest): string {
  const path = new Map(Object.entries(sockets)).get(route);
  if (path === undefined) throw new TypeError(`${route} has no socket`);
  return baseUrl.replace(/^http/i, 'ws') + pathOf(path, given);
}

interface Attempt {
  readonly WebSocket: SocketClass;
  readonly url: string;
  readonly frames: readonly string[];
  readonly key: string | undefined;
  readonly signal: AbortSignal;
  readonly timeout: number;
  readonly texts: Texts;
}

/** One socket: answers what its last frame says. */
async function attempt(given: Attempt): Promise<unknown> {
  const { frames, signal, timeout, texts } = given;
  signal.throwIfAborted();
  const socket = openSocket(given);
  return new Promise((resolve, reject) => {
    let held: string | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const end = (settle: () => void) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      settle();
      socket.close();
    };
    const abort = () => end(() => reject(signal.reason));
    const drop = (cause: string) => end(() => reject(dropped(given, { cause: new Error(cause) })));
    // A connection may be dead and not know it, after a laptop's sleep for example: silence ends it too.
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => drop(`nothing came for ${timeout} ms`), timeout);
    };
    signal.addEventListener('abort', abort);
    wait();
    socket.addEventListener('open', () => frames.forEach((text) => socket.send(text)));
    // Node 22 tells of an upgrade that is refused by this alone.
    socket.addEventListener('error', () => drop('the socket failed'));
    socket.addEventListener('message', ({ data }) => {
      if (isOver) return;
      wait();
      if (held !== undefined) texts.push(held);
      const text = String(data);
      held = MAY_BE_LAST.test(text) ? text : undefined;
      if (held === undefined) texts.push(text);
    });
    socket.addEventListener('close', ({ code }) =>
      end(() => {
        try {
          resolve(answerIn(code, held, given));
        } catch (error) {
          reject(error);
        }
      }),
    );
  });
}

function openSocket(given: Attempt): Socket {
  try {
    return new given.WebSocket(given.url);
  } catch (cause) {
    throw dropped(given, { cause });
  }
}

/** What the end of a socket says: the answer, or an error. */
function answerIn(code: number, last: string | undefined, given: Attempt): unknown {
  if (code === CLOSE.done) return readAnswer(last);
  if (code >= STATUS) throw socketError(code - STATUS, last ?? '');
  if (code === CLOSE.tooLarge) {
    const message = 'The body is larger than this call takes.';
    throw new PlinthError({ code: 'payload_too_large', status: 413, message });
  }
  const said = code === CLOSE.restart ? parseJson(last ?? '') : undefined;
  const wait = isRecord(said) ? said['reconnect_in_ms'] : undefined;
  throw dropped(given, typeof wait === 'number' ? { retryAfter: wait / 1_000 } : {});
}

function readAnswer(last = ''): unknown {
  const said = parseJson(last);
  if (isRecord(said)) {
    const { done: _, ...answer } = said;
    return answer;
  }
  throw new PlinthError({ code: 'unreadable_answer', message: 'The last frame is no answer.', status: 200 });
}

type More = Pick<Failure, 'retryAfter' | 'cause'>;

const dropped = ({ url, key }: Pick<Attempt, 'url' | 'key'>, more: More) =>
  noAnswer(`The server at ${originOf(url)} could not be reached, or the socket was cut.`, key, more);

function noAnswer(message: string, idempotencyKey: string | undefined, more: More = {}): NoAnswer {
  return new NoAnswer({ code: 'no_answer', message, status: 0, idempotencyKey, ...more });
}
