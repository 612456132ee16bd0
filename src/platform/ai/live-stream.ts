import type { Usage } from '#platform/limits';
import { ProviderError } from './errors.ts';
import type { Consumer, Exchange, Mishap } from './exchange.ts';
import { unavailable } from './outcome.ts';
import type { StreamMeter } from './stream-meter.ts';

/**
 * How a stream ended. `cut`: the provider broke off. `unread`: the reader took nothing for the policy's idle time.
 * `hung_up`: the reader went away.
 */
export type StreamEnd = 'complete' | 'cut' | 'timeout' | 'unread' | 'hung_up';

/** Where a stream's bytes go. */
export interface Sink {
  /** Takes bytes; false asks for a pause until `live.resume()`. */
  write(chunk: Buffer): boolean;
  end(): void;
  /** The stream broke after its beginning: too late for another try. */
  fail(error: ProviderError): void;
}

const DONE = Buffer.from('[DONE]');
/** [DONE] and the line ends around it fit in here. */
const TAIL = 32;

/** A stream that has shown its first event, with nothing passed on yet. It is metered to its end whoever reads it. */
export class LiveStream implements Consumer {
  /** Settles when the ledger has its outcome; never rejects. */
  readonly finished: Promise<StreamEnd>;
  /** What it used, once it is finished; not known of a stream that broke, which is posted at its reserve. */
  usage: Usage | undefined;
  readonly #exchange: Exchange;
  readonly #meter: StreamMeter;
  readonly #post: (end: StreamEnd) => Usage | undefined;
  readonly #finish: (end: StreamEnd) => void;
  #head: Buffer | undefined;
  #sink: Sink | undefined;
  #end: StreamEnd | undefined;
  #complete = false;

  constructor(parts: {
    readonly exchange: Exchange;
    readonly head: Buffer;
    readonly meter: StreamMeter;
    /** Writes the outcome to the ledger, and answers the figures that it posted. */
    readonly post: (end: StreamEnd) => Usage | undefined;
  }) {
    this.#exchange = parts.exchange;
    this.#meter = parts.meter;
    this.#post = parts.post;
    this.#head = parts.head;
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.finished = promise;
    this.#finish = resolve;
    parts.exchange.attach(this);
  }

  /** Starts to pass the stream on. Called once. */
  pipe(sink: Sink): void {
    this.#sink = sink;
    const head = this.#head;
    this.#head = undefined;
    const more = head === undefined || this.data(head);
    if (this.#end !== undefined) this.#tell(this.#end);
    else if (more) this.#exchange.resume();
  }

  resume(): void {
    this.#exchange.resume();
  }

  /** Nobody reads any more: the provider call is stopped, and what was shown is posted. */
  stop(): void {
    this.#exchange.stop();
  }

  data(chunk: Buffer): boolean {
    if (chunk.subarray(-TAIL).includes(DONE)) this.#complete = true;
    const bytes = this.#meter.push(chunk);
    return bytes === undefined || this.#sink === undefined || this.#sink.write(bytes);
  }

  end(): void {
    const rest = this.#meter.flush();
    if (rest !== undefined) this.#sink?.write(rest);
    // Not all servers send [DONE]; one that sent neither it nor usage has broken off.
    this.#over(this.#complete || this.#meter.usage !== undefined ? 'complete' : 'cut');
  }

  mishap(mishap: Mishap | 'unread'): void {
    if (mishap === 'stopped') this.#over('hung_up');
    else if (mishap === 'timeout' || mishap === 'unread') this.#over(mishap);
    else this.#over('cut');
  }

  #over(end: StreamEnd): void {
    this.#end = end;
    this.usage = this.#post(end);
    if (this.#sink !== undefined) this.#tell(end);
    this.#finish(end);
  }

  #tell(end: StreamEnd): void {
    const sink = this.#sink;
    this.#sink = undefined;
    if (end === 'complete') sink?.end();
    else if (end === 'cut') sink?.fail(unavailable());
    else if (end === 'hung_up') sink?.fail(new ProviderError('client_gone', { retryable: false }));
    else sink?.fail(new ProviderError('provider_timeout', { retryable: true }));
  }
}
