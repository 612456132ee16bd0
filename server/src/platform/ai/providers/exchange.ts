import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Deadlines, Watched } from './deadlines.ts';
import { type Decoder, decoderFor, passOn, withoutMark } from './decoding.ts';
import { type AnswerTranslation, translateAnswer } from './translation.ts';
import type { Remainder } from '../streams/remainder.ts';
import { isPlain } from '../streams/stream-meter.ts';

/** Why an exchange came to nothing. */
export type TransportFailure =
  /** No byte of the request left: connection refused, no such host, a failed handshake. */
  | 'unreachable'
  /** The connection broke after the request went out. */
  | 'lost'
  /** Nothing was heard for too long. */
  | 'timeout'
  /** It was still writing when the call's whole time was over. */
  | 'overdue'
  /** The answer is larger than the policy takes. */
  | 'oversized'
  /** The answer is encoded in a way that we do not know, or wrongly. */
  | 'undecodable'
  /** We stopped it, because its caller no longer waits. */
  | 'stopped'
  /** This process may not send it any more: others may have taken its place. Nothing was sent. */
  | 'not_ours';

/** How an exchange ended, or, for a stream, began. */
export type Ended =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: Buffer;
    }
  | { readonly kind: 'stream'; readonly headers: IncomingHttpHeaders }
  | {
      readonly kind: 'failure';
      readonly failure: TransportFailure;
      readonly status: number;
      readonly isSent: boolean;
    };

/** Takes the parts of a stream, once it has begun. */
export interface Consumer {
  /** Takes a part; false asks for no more until `resume`. The unread reader is the consumer's fault, not the provider's. */
  data(chunk: Buffer): boolean;
  end(): void;
  fail(failure: TransportFailure | 'unread'): void;
}

export interface ExchangeOptions {
  readonly deadlines: Deadlines;
  /** `first`: until a plain answer's first byte, or until a stream shows something. */
  readonly timeouts: { readonly first: number; readonly idle: number; readonly total: number };
  readonly maxBytes: number;
  /** For a stream: recognizes the beginning of an answer. None for a plain call. */
  readonly head: { shows(chunk: Buffer): boolean } | undefined;
  /** Asked each time when the first byte of the request is about to leave. Always, when not said. */
  readonly maySend?: (() => boolean) | undefined;
  /** Called once, when the first byte of the answer is there. */
  readonly answering: (() => void) | undefined;
  /** For a vendor of another protocol: all that is seen of its answer is chat completions. */
  readonly translation?: AnswerTranslation | undefined;
  /** Reads on when the caller no longer waits; `received` are the bytes that were not taken yet. */
  readonly remainder?: ((received: Buffer) => Remainder) | undefined;
}

/** Failures that the caller caused: the provider goes on and bills, so that its figures are waited for. */
const READ_ON: ReadonlySet<TransportFailure | 'unread'> = new Set([
  'stopped',
  'unread',
  'overdue',
  'oversized',
]);

/** How long it is read on, in milliseconds: by then nearly all answers are whole. */
const READ_ON_MS = 30_000;
const EMPTY = Buffer.alloc(0);
const BLANK = 0x20;

/** An error answer is read for its code and message only. */
const MAX_ERROR_BYTES = 65_536;
/** The redirects that keep method and body. */
const KEEPING = new Set([307, 308]);
/** Milliseconds that a stream may stay open after its end: as long as its connection needs to be used again. */
const AFTER_END = 1_000;

/**
 * One HTTP exchange with a provider: undici's handler, with time limits on the shared wheel. undici's own timeouts
 * are off: they are exact to half a second above one second, and cost a timer each.
 */
export class Exchange implements Dispatcher.DispatchHandler, Watched {
  due = 0;
  slot = -1;
  /** Settles when a plain answer is complete, when a stream shows its first event, or when it came to nothing. */
  readonly ended: Promise<Ended>;
  readonly #options: ExchangeOptions;
  readonly #resolve: (ended: Ended) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #consumer: Consumer | undefined;
  #late: TransportFailure | 'end' | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #started = false;
  #streaming = false;
  #paused = false;
  #over = false;
  #remainder: Remainder | undefined;
  /** The end of the whole call on the wheel's clock; `due` is the nearest of the limits. */
  #last = 0;
  #decoder: Decoder | undefined;
  /** How to send it again, to where it was redirected; once. */
  #again: { readonly origin: string; readonly send: (path: string) => void } | undefined;
  #redirected: string | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<Ended>();
    this.ended = promise;
    this.#resolve = resolve;
  }

  /** Sends the request. The dispatcher may throw, on an invalid header for one: that is a defect, not a transport failure. */
  send(dispatcher: Dispatcher, request: Dispatcher.DispatchOptions): void {
    const { deadlines, timeouts } = this.#options;
    deadlines.watch(this, Math.min(timeouts.first, timeouts.total));
    this.#last = deadlines.now + timeouts.total;
    const origin = String(request.origin);
    this.#again = { origin, send: (path) => void dispatcher.dispatch({ ...request, path }, this) };
    dispatcher.dispatch(request, this);
  }

  /** The caller no longer waits. To learn the cost, the answer is read on, for a bounded time and size. */
  stop(): void {
    this.#fail('stopped');
  }

  /** Names who takes the stream: what came so far is its head, and what comes after it flows from `resume` on. */
  attach(consumer: Consumer): void {
    this.#consumer = consumer;
    this.#chunks = [];
    const late = this.#late;
    if (late === 'end') consumer.end();
    else if (late !== undefined) consumer.fail(late);
    else if (this.#controller !== undefined) this.#pause(this.#controller);
  }

  /** The beginning of a stream, until it is attached: a fast provider's whole answer comes with it. */
  get head(): Buffer {
    return this.#received();
  }

  resume(): void {
    if (!this.#paused || this.#over) return;
    this.#touch();
    this.#goOn();
  }

  conclude(): void {
    if (this.#over) return;
    const { deadlines } = this.#options;
    deadlines.forget(this);
    deadlines.watch(this, Math.min(AFTER_END, this.#last - deadlines.now));
    this.#last = this.due;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error('stopped before it was sent'));
    // A request may have waited for its connection: here it goes out.
    else if (this.#options.maySend?.() === false) this.#fail('not_ours');
    else this.#started = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.#status = status;
    this.#headers = headers;
    const answer = { status, location: headers['location'] };
    this.#redirected = this.#again === undefined ? undefined : redirectedPath(answer, this.#again.origin);
    const taken = {
      data: (chunk: Buffer) => this.#take(controller, chunk),
      end: () => this.#ended(),
      broken: () => this.#fail('undecodable'),
    };
    const encoding = headers['content-encoding'];
    const { translation, maxBytes } = this.#options;
    if (translation === undefined || this.#redirected !== undefined) {
      this.#decoder = decoderFor(encoding, taken);
    } else {
      const start = { status, headers, maxBytes: status < 400 ? maxBytes : MAX_ERROR_BYTES };
      const chat = translateAnswer(translation, start, {
        ...taken,
        head: (inChat, itsHeaders) => {
          this.#status = inChat;
          this.#headers = itsHeaders;
        },
        oversized: () => this.#fail('oversized'),
      });
      this.#decoder = decoderFor(encoding, chat) ?? passOn(chat);
    }
    if (this.#redirected === undefined) this.#options.answering?.();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if ((this.#over && this.#remainder === undefined) || this.#redirected !== undefined) return;
    if (this.#decoder === undefined) this.#take(controller, chunk);
    else this.#decoder.write(chunk);
  }

  onResponseEnd(): void {
    if (this.#over && this.#remainder === undefined) return;
    const path = this.#redirected;
    // The answer of the other address is not wanted, and the provider would bill it.
    if (path !== undefined && this.#remainder !== undefined) this.#leave('end');
    else if (path !== undefined) this.#sendAgain(path);
    else if (this.#decoder === undefined) this.#ended();
    else this.#decoder.end();
  }

  onResponseError(): void {
    this.#fail(this.#started ? 'lost' : 'unreachable');
  }

  expire(): void {
    const isLate = this.#options.deadlines.now >= this.#last;
    this.#fail(isLate && this.#status === 200 && this.#isWriting ? 'overdue' : 'timeout');
  }

  /** Whether something of an answer has come: comments of a stream and blanks before a plain answer are none. */
  get #isWriting(): boolean {
    if (this.#streaming) return true;
    const received = this.#received();
    return this.#options.head === undefined ? received.some((byte) => byte > BLANK) : isPlain(received);
  }

  /** Whether it still reads an answer that the caller no longer waits for. */
  get readsOn(): boolean {
    return this.#remainder !== undefined;
  }

  /** The status of the answer; 0 before it has begun. */
  get status(): number {
    return this.#status;
  }

  get headers(): IncomingHttpHeaders {
    return this.#headers;
  }

  #take(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#remainder?.data(chunk) === false) this.#leave('lost');
    if (this.#over) return;
    if (this.#consumer !== undefined) {
      this.#touch();
      if (!this.#consumer.data(chunk)) this.#pause(controller);
      return;
    }
    this.#size += chunk.length;
    if (this.#size > (this.#status < 400 ? this.#options.maxBytes : MAX_ERROR_BYTES))
      return this.#fail('oversized');
    this.#chunks.push(chunk);
    const { head, timeouts, deadlines } = this.#options;
    if (this.#status !== 200 || this.#streaming) return;
    // A comment, or a blank byte of a plain answer, is life: the model thinks, and its upstream says so.
    this.due = Math.min(deadlines.now + timeouts.first, this.#last);
    if (head?.shows(chunk) === true) this.#begin();
  }

  #ended(): void {
    if (this.#remainder !== undefined) return this.#leave('end');
    if (this.#over) return;
    this.#finish();
    if (!this.#streaming) {
      const body = withoutMark(this.#received());
      this.#resolve({ kind: 'answer', status: this.#status, headers: this.#headers, body });
    } else if (this.#consumer === undefined) this.#late = 'end';
    else this.#consumer.end();
  }

  /**
   * A stream has begun when it shows something. Its consumer comes before the provider is read again: to pause it until then would
   * have undici put back and parse anew what came with the beginning.
   */
  #begin(): void {
    this.#streaming = true;
    // Placed anew, not only touched: the idle limit may be nearer than the first one was.
    const { deadlines, timeouts } = this.#options;
    deadlines.forget(this);
    deadlines.watch(this, Math.min(timeouts.idle, this.#last - deadlines.now));
    this.#resolve({ kind: 'stream', headers: this.#headers });
  }

  /** The redirected call is gone: from now on events belong to this one. */
  #sendAgain(path: string): void {
    const again = this.#again;
    this.#again = undefined;
    this.#redirected = undefined;
    this.#decoder = undefined;
    this.#status = 0;
    this.#headers = {};
    this.#started = false;
    again?.send(path);
  }

  #received(): Buffer {
    const [only] = this.#chunks;
    return this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks);
  }

  #pause(controller: Dispatcher.DispatchController): void {
    this.#paused = true;
    this.#decoder?.pause();
    controller.pause();
  }

  /** Something moved: the idle limit starts anew. The wheel looks at `due` when the old one has come. */
  #touch(): void {
    this.due = Math.min(this.#options.deadlines.now + this.#options.timeouts.idle, this.#last);
  }

  #finish(): void {
    this.#over = true;
    this.#options.deadlines.forget(this);
  }

  #fail(reason: TransportFailure): void {
    // Already stopped.
    if (this.#remainder !== undefined && reason !== 'stopped') return this.#leave('lost');
    if (this.#over) return;
    this.#finish();
    const isSilence = reason === 'timeout' || reason === 'overdue';
    const failure = isSilence && this.#paused && this.#consumer !== undefined ? 'unread' : reason;
    // Any other status has said what it costs.
    const mayBeServed = this.#status === 0 || this.#status === 200;
    if (this.#started && mayBeServed && READ_ON.has(failure)) this.#readOn();
    if (!this.#streaming)
      this.#resolve({ kind: 'failure', failure: reason, status: this.#status, isSent: this.#started });
    else if (this.#consumer === undefined) this.#late = reason;
    else this.#consumer.fail(failure);
    // Last, because both call back at once.
    if (this.#remainder === undefined) this.#abort(failure);
    else if (this.#paused) this.#goOn();
  }

  #readOn(): void {
    const { remainder, deadlines } = this.#options;
    if (remainder === undefined) return;
    this.#remainder = remainder(this.#streaming ? EMPTY : this.#received());
    if (!this.#streaming) this.#chunks = [];
    deadlines.watch(this, READ_ON_MS);
  }

  #leave(end: 'end' | 'lost'): void {
    const remainder = this.#remainder;
    this.#remainder = undefined;
    this.#options.deadlines.forget(this);
    remainder?.over(end);
    if (end === 'lost') this.#abort('read on for too long');
  }

  #goOn(): void {
    this.#paused = false;
    this.#decoder?.resume();
    // Decoded data may have paused it again.
    if (!this.#paused) this.#controller?.resume();
  }

  #abort(why: string): void {
    this.#decoder?.stop();
    this.#controller?.abort(new Error(`the call was ended: ${why}`));
  }
}

/**
 * The path to send a request to again; undefined when the answer is no redirect, or one that is not followed: those
 * that make a GET of it, and those to another origin, which must not get our key.
 */
function redirectedPath(
  answer: { readonly status: number; readonly location: string | undefined },
  origin: string,
): string | undefined {
  if (!KEEPING.has(answer.status) || answer.location === undefined) return undefined;
  const to = URL.parse(answer.location, origin);
  return to?.origin === new URL(origin).origin ? to.pathname + to.search : undefined;
}
