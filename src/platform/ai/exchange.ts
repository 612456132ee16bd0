import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Deadlines, Watched } from './deadlines.ts';

/** Why an exchange came to nothing. */
export type Mishap =
  /** No byte of the request left: connection refused, no such host, a failed handshake. */
  | 'unreachable'
  /** The connection broke after the request went out. */
  | 'lost'
  | 'timeout'
  /** The answer is larger than the policy takes. */
  | 'oversized'
  /** We stopped it, because nobody waits for it any more. */
  | 'stopped';

/** How an exchange ended, or, for a stream, began. */
export type Ended =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: Buffer;
    }
  | { readonly kind: 'stream'; readonly headers: IncomingHttpHeaders; readonly head: Buffer }
  | { readonly kind: 'mishap'; readonly mishap: Mishap; readonly status: number; readonly isSent: boolean };

/** Who takes the parts of a stream, once it has begun. */
export interface Consumer {
  /** Takes a part; false asks for no more until `resume`. The unread reader is the consumer's fault, not the provider's. */
  data(chunk: Buffer): boolean;
  end(): void;
  mishap(mishap: Mishap | 'unread'): void;
}

export interface ExchangeOptions {
  readonly deadlines: Deadlines;
  readonly timeouts: { readonly firstToken: number; readonly idle: number; readonly total: number };
  readonly maxBytes: number;
  /** For a stream: whether what was received shows that an answer has begun. None for a plain call. */
  readonly headOf: ((received: Buffer) => boolean) | undefined;
  /** Called once, when the first byte of the answer is there. */
  readonly answering: (() => void) | undefined;
}

/** An error answer is read for its code and message only. */
const MAX_ERROR_BYTES = 65_536;

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
  #late: Mishap | 'end' | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #started = false;
  #streaming = false;
  #paused = false;
  #over = false;
  /** The end of the whole call on the wheel's clock; `due` is the nearest of the limits. */
  #last = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<Ended>();
    this.ended = promise;
    this.#resolve = resolve;
  }

  /** Sends the request. The dispatcher may throw, on an invalid header for one: that is a defect, not a mishap. */
  send(dispatcher: Dispatcher, request: Dispatcher.DispatchOptions): void {
    const { deadlines, timeouts, headOf } = this.#options;
    deadlines.watch(
      this,
      headOf === undefined ? timeouts.total : Math.min(timeouts.firstToken, timeouts.total),
    );
    this.#last = deadlines.now + timeouts.total;
    dispatcher.dispatch(request, this);
  }

  /** Stops the call: the connection is closed, so that the provider may stop as well. */
  stop(): void {
    this.#fail('stopped');
  }

  /** Names who takes the stream; what comes after its head flows from `resume` on. */
  attach(consumer: Consumer): void {
    this.#consumer = consumer;
    const late = this.#late;
    if (late === 'end') consumer.end();
    else if (late !== undefined) consumer.mishap(late);
  }

  resume(): void {
    if (!this.#paused || this.#over) return;
    this.#paused = false;
    this.#touch();
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error('stopped before it was sent'));
    else this.#started = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    this.#options.answering?.();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    if (this.#streaming) {
      this.#touch();
      if (this.#consumer?.data(chunk) === false) this.#pause(controller);
      return;
    }
    this.#size += chunk.length;
    if (this.#size > (this.#status < 400 ? this.#options.maxBytes : MAX_ERROR_BYTES))
      return this.#fail('oversized');
    this.#chunks.push(chunk);
    if (this.#options.headOf !== undefined && this.#status === 200)
      this.#begin(controller, this.#options.headOf);
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#finish();
    if (!this.#streaming) {
      this.#resolve({ kind: 'answer', status: this.#status, headers: this.#headers, body: this.#received() });
    } else if (this.#consumer === undefined) this.#late = 'end';
    else this.#consumer.end();
  }

  onResponseError(): void {
    this.#fail(this.#started ? 'lost' : 'unreachable');
  }

  expire(): void {
    this.#fail('timeout');
  }

  /** A stream has begun when its head is complete: it waits, paused, for its consumer. */
  #begin(controller: Dispatcher.DispatchController, isHead: (received: Buffer) => boolean): void {
    const head = this.#received();
    if (!isHead(head)) {
      this.#chunks = [head];
      return;
    }
    this.#chunks = [];
    this.#streaming = true;
    this.#pause(controller);
    // Placed anew, not only touched: the idle limit may be nearer than the first one was.
    const { deadlines, timeouts } = this.#options;
    deadlines.forget(this);
    deadlines.watch(this, Math.min(timeouts.idle, this.#last - deadlines.now));
    this.#resolve({ kind: 'stream', headers: this.#headers, head });
  }

  #received(): Buffer {
    const [only] = this.#chunks;
    return this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks);
  }

  #pause(controller: Dispatcher.DispatchController): void {
    this.#paused = true;
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

  #fail(mishap: Mishap): void {
    if (this.#over) return;
    this.#finish();
    if (!this.#streaming)
      this.#resolve({ kind: 'mishap', mishap, status: this.#status, isSent: this.#started });
    else if (this.#consumer === undefined) this.#late = mishap;
    else this.#consumer.mishap(mishap === 'timeout' && this.#paused ? 'unread' : mishap);
    // Last, because it calls back with an error at once.
    this.#controller?.abort(new Error(`the call was ended: ${mishap}`));
  }
}
