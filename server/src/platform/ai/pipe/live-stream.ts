import type { Usage } from '#platform/limits';
import type { PostedUsage } from './ledger.ts';
import { ProviderError } from '../errors.ts';
import type { Consumer, TransportFailure } from '../providers/exchange.ts';
import type { StreamMeter } from '../streams/stream-meter.ts';

/**
 * How a stream ended. `cut`: the provider broke off. `timeout`: it fell silent. `overdue`: it was still writing when the
 * call's time was over. `unread`: the reader took nothing for the policy's idle time. `hung_up`: the reader went away.
 */
export type StreamEnd = 'complete' | 'cut' | 'timeout' | 'overdue' | 'unread' | 'hung_up';

/** Where a stream's bytes go. */
export interface Sink {
  /** Takes bytes; false asks for a pause until `live.resume()`. */
  write(chunk: Buffer): boolean;
  end(): void;
  /** The stream broke after its beginning: too late for another try. */
  fail(error: ProviderError): void;
}

/** Where a stream comes from: an exchange, or a plain answer that is told as a stream. */
export interface StreamSource {
  /** Bytes that have come so far; read before `attach`. */
  readonly head: Buffer;
  attach(consumer: Consumer): void;
  resume(): void;
  stop(): void;
  /** All of the answer is there: the end of the connection is not waited for any longer. */
  conclude(): void;
}

/** A stream that has shown its first event, with nothing passed on yet. It is metered to its end, read or not. */
export class LiveStream implements Consumer {
  /** Settles when the ledger has its outcome; never rejects. */
  readonly finished: Promise<StreamEnd>;
  /** The posted usage, once it is finished: the provider's figures, or an estimate. */
  usage: Usage | undefined;
  readonly #source: StreamSource;
  readonly #meter: StreamMeter;
  readonly #post: (end: StreamEnd) => PostedUsage;
  readonly #brokenBy: (said: Readonly<Record<string, unknown>> | undefined) => ProviderError;
  readonly #finish: (end: StreamEnd) => void;
  /** The bytes that came with the stream's beginning, not parsed yet. */
  #head: Buffer | undefined;
  /** Parsed data that waits for `pipe`. */
  #ready: Buffer | undefined;
  #sink: Sink | undefined;
  #end: StreamEnd | undefined;

  constructor(parts: {
    readonly source: StreamSource;
    readonly meter: StreamMeter;
    /** Writes the outcome to the ledger, and answers the figures that it posted. */
    readonly post: (end: StreamEnd) => PostedUsage;
    /** The error of a stream that broke, for its reader; `said` are the provider's own words. */
    readonly brokenBy: (said: Readonly<Record<string, unknown>> | undefined) => ProviderError;
  }) {
    this.#source = parts.source;
    this.#meter = parts.meter;
    this.#post = parts.post;
    this.#brokenBy = parts.brokenBy;
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.finished = promise;
    this.#finish = resolve;
    this.#head = parts.source.head;
    parts.source.attach(this);
  }

  /** How many bytes were passed on before a part was lost; undefined if none was. */
  get wholeBytes(): number | undefined {
    return this.#meter.wholeBytes;
  }

  /** Thoughts were shown so far, and no word of an answer. */
  get hasOnlyThought(): boolean {
    return this.#meter.hasOnlyThought;
  }

  /** Starts to pass the stream on. Called once. */
  pipe(sink: Sink): void {
    this.#meterHead();
    this.#sink = sink;
    const ready = this.#ready;
    this.#ready = undefined;
    const more = ready === undefined || sink.write(ready);
    if (this.#end !== undefined) this.#tell(this.#end);
    else if (more) this.#source.resume();
  }

  resume(): void {
    this.#source.resume();
  }

  /** The reader is gone: it is posted at the most that it may cost, until it has been read on. */
  stop(): void {
    this.#source.stop();
  }

  data(chunk: Buffer): boolean {
    const bytes = this.#metered(chunk);
    return bytes === undefined || this.#pass(bytes);
  }

  end(): void {
    this.#meterHead();
    this.#flush();
    this.#over(this.#meter.isComplete ? 'complete' : 'cut');
  }

  fail(failure: TransportFailure | 'unread'): void {
    // A stream that was given up before it was read was not shown.
    if (failure !== 'stopped' && failure !== 'unread') this.#meterHead();
    // When a stream is read on, the rest of an event is still to come.
    if (failure !== 'stopped' && failure !== 'unread' && failure !== 'overdue') this.#flush();
    // A failure of the connection after the whole answer does not matter; missing figures may.
    const { isComplete, isDone, usage } = this.#meter;
    const isWhole = isComplete && (isDone || usage !== undefined);
    if (isWhole || (isComplete && failure !== 'stopped')) this.#over('complete');
    else if (failure === 'timeout' && this.#meter.isUnreadable) this.#over('cut');
    else if (failure === 'stopped') this.#over('hung_up');
    else if (failure === 'timeout' || failure === 'overdue' || failure === 'unread') this.#over(failure);
    else this.#over('cut');
  }

  #metered(chunk: Buffer): Buffer | undefined {
    const wasOver = this.#meter.isDone || this.#meter.isUnreadable;
    const bytes = this.#meter.push(chunk);
    if (!wasOver && (this.#meter.isDone || this.#meter.isUnreadable)) this.#source.conclude();
    return bytes;
  }

  /** Passes bytes on, or keeps them for a reader that is still to come. */
  #pass(bytes: Buffer): boolean {
    if (this.#sink !== undefined) return this.#sink.write(bytes);
    this.#ready = this.#ready === undefined ? bytes : Buffer.concat([this.#ready, bytes]);
    return true;
  }

  #meterHead(): void {
    const head = this.#head;
    this.#head = undefined;
    const bytes = head === undefined ? undefined : this.#metered(head);
    if (bytes !== undefined) this.#pass(bytes);
  }

  #flush(): void {
    const rest = this.#meter.flush();
    if (rest !== undefined) this.#pass(rest);
    if (this.#meter.isComplete && !this.#meter.isDone) this.#pass(this.#meter.dialect.end);
  }

  #over(end: StreamEnd): void {
    this.#end = end;
    // Bytes that were not taken are metered too: the whole answer may be in them.
    if (this.#head !== undefined) this.#meter.push(this.#head);
    this.#head = undefined;
    const posted = this.#post(end);
    if (posted instanceof Promise) void posted.then((usage) => this.#posted(end, usage));
    else this.#posted(end, posted);
    if (this.#sink !== undefined) this.#tell(end);
  }

  #posted(end: StreamEnd, usage: Usage): void {
    this.usage = usage;
    this.#finish(end);
  }

  #tell(end: StreamEnd): void {
    const sink = this.#sink;
    this.#sink = undefined;
    if (end === 'complete') sink?.end();
    else if (end === 'cut') sink?.fail(this.#brokenBy(this.#meter.failure));
    else if (end === 'hung_up')
      sink?.fail(new ProviderError('client_gone', { retryable: false, caused: true }));
    else sink?.fail(new ProviderError('provider_timeout', { retryable: end === 'timeout' }));
  }
}

/** Nothing more comes: the whole answer is the stream's head. */
export function endedSource(head: Buffer): StreamSource {
  return {
    head,
    attach: (consumer) => consumer.end(),
    resume: () => {},
    stop: () => {},
    conclude: () => {},
  };
}
