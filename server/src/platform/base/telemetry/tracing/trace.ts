import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, randomUUID } from 'node:crypto';

/** Facts of a span beside its times: names, ids and figures, never a text of a person or a model, a key or a token. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export type SpanKind = 'internal' | 'server' | 'client' | 'consumer';

/** A span of another process, as W3C's `traceparent` names it. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Where the spans go of a trace that is kept. */
export interface SpanSink {
  /** Milliseconds from which on a trace is kept because it is slow, the waits for providers not counted. */
  readonly slow: number;
  /** A trace of its own for what serves many, which it links to; sampled when one of them is. */
  beginFor(name: string, served: readonly Span[]): Trace;
  export(spans: readonly Span[]): void;
}

/** Spans of one trace that are remembered at most; further ones are counted in its root. */
const MOST_SPANS = 256;
/** Milliseconds for which spans are taken that end after their trace: a settlement that the answer did not wait for. */
const LATE = 60_000;

/** One span. Its id is made when it is first read: most spans are never sent. */
export class Span {
  readonly trace: Trace;
  readonly parent: Span | undefined;
  readonly kind: SpanKind;
  name: string;
  readonly began = performance.now();
  ended: number | undefined;
  attributes: SpanAttributes | undefined;
  /** The SQL that it stands for, without values. */
  statements: readonly string[] | undefined;
  /** A code, never a message. */
  error: string | undefined;
  links: readonly (Span | SpanContext)[] | undefined;
  #id: string | undefined;

  constructor(of: Pick<Span, 'trace' | 'parent' | 'kind' | 'name'>) {
    this.trace = of.trace;
    this.parent = of.parent;
    this.kind = of.kind;
    this.name = of.name;
  }

  get id(): string {
    return (this.#id ??= newSpanId());
  }

  /** The header for a server that is asked under this span. */
  get traceparent(): string {
    return `00-${this.trace.id}-${this.id}-${this.trace.sampled ? '01' : '00'}`;
  }

  end(error?: string): void {
    if (this.ended !== undefined) return;
    this.ended = performance.now();
    this.error = error;
    this.trace.take(this);
  }
}

/**
 * The work of one process for one call, or one run of a job. Spans are kept as plain objects while it runs; whether anybody gets to see
 * them is decided at its end.
 */
export class Trace {
  readonly root: Span;
  readonly sampled: boolean;
  /** The span in another process that it goes on from. */
  readonly remote: SpanContext | undefined;
  readonly #sink: SpanSink;
  #id: string | undefined;
  #spans: Span[] = [];
  #step: Span | undefined;
  #state: 'open' | 'kept' | 'dropped' = 'open';
  #waited = 0;
  #lost = 0;

  constructor(
    sink: SpanSink,
    of: {
      readonly name: string;
      readonly kind: SpanKind;
      readonly sampled: boolean;
      readonly remote?: SpanContext | undefined;
    },
  ) {
    this.#sink = sink;
    this.sampled = of.sampled;
    this.remote = of.remote;
    this.root = new Span({ trace: this, parent: undefined, kind: of.kind, name: of.name });
  }

  get id(): string {
    return (this.#id ??= this.remote?.traceId ?? newTraceId());
  }

  /** The span under which what begins now is done. */
  get current(): Span {
    return this.#step ?? this.root;
  }

  /** Begins a step of the walk, which ends the one before. */
  step(name: string): void {
    this.endStep();
    this.#step = new Span({ trace: this, parent: this.root, kind: 'internal', name });
  }

  endStep(): void {
    this.#step?.end();
    this.#step = undefined;
  }

  start(name: string, kind: SpanKind, parent = this.current): Span {
    return new Span({ trace: this, parent, kind, name });
  }

  /** Adds a time in which a provider was waited for: it does not make the trace slow. */
  waited(milliseconds: number): void {
    this.#waited += milliseconds;
  }

  /** A trace of its own for what serves many callers, this one among them. */
  beginFor(name: string, served: readonly Span[]): Trace {
    return this.#sink.beginFor(name, served);
  }

  /** Ends the root, and decides: kept is what was sampled, what failed, what was slow, and what is `wanted`. */
  end(error?: string, wanted = false): void {
    if (this.#state !== 'open') return;
    const { root } = this;
    root.end(error);
    const isSlow = (root.ended ?? 0) - root.began - this.#waited >= this.#sink.slow;
    this.#state = this.sampled || wanted || error !== undefined || isSlow ? 'kept' : 'dropped';
    if (this.#lost > 0) root.attributes = { ...root.attributes, 'plinth.lost_spans': this.#lost };
    if (this.#state === 'kept') this.#sink.export(this.#spans);
    this.#spans = [];
  }

  /** A span of it has ended. */
  take(span: Span): void {
    if (this.#state === 'dropped') return;
    if (this.#state === 'kept') {
      const late = performance.now() - (this.root.ended ?? 0);
      if (late < LATE) this.#sink.export([span]);
    } else if (this.#spans.length < MOST_SPANS || span === this.root) this.#spans.push(span);
    else this.#lost += 1;
  }
}

const running = new AsyncLocalStorage<Trace | undefined>();

/** The trace of what runs now; undefined where none is recorded: traces are off, or no call is served. */
export function currentTrace(): Trace | undefined {
  return running.getStore();
}

/** Does work in a trace, with all that it awaits; `undefined`: in none, for what goes on when the call that began it is over. */
export function runInTrace<T>(trace: Trace | undefined, work: () => T): T {
  return trace === running.getStore() ? work() : running.run(trace, work);
}

/**
 * Does work that serves several callers at once, each under its span, where that is recorded: for one alone in its own trace, for more
 * in a trace that links to theirs.
 */
export async function runForAll<T>(
  name: string,
  callers: readonly { readonly span: Span | undefined }[],
  work: () => Promise<T>,
): Promise<T> {
  const first = callers.find(({ span }) => span !== undefined)?.span;
  if (first === undefined || callers.length === 1) return runInTrace(first?.trace, work);
  const served = callers.flatMap(({ span }) => span ?? []);
  const trace = first.trace.beginFor(name, served);
  try {
    const result = await runInTrace(trace, work);
    trace.end();
    return result;
  } catch (error) {
    trace.end(errorCode(error));
    throw error;
  }
}

/** The failure, in a word: a code where there is one. Messages may quote texts of people. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'error';
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : error.name;
}

const SHAPE = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether a header is W3C's `traceparent`. */
export function isTraceparent(header: unknown): header is string {
  return typeof header === 'string' && SHAPE.test(header);
}

/** The span that a `traceparent` names; undefined: it is none. */
export function readTraceparent(header: string | null | undefined): SpanContext | undefined {
  if (!isTraceparent(header)) return undefined;
  const flags = Number.parseInt(header.slice(53), 16);
  return { traceId: header.slice(3, 35), spanId: header.slice(36, 52), sampled: (flags & 1) === 1 };
}

/** 16 random bytes. A UUID's are kept in stock by Node, and six of its bits are not random. */
const newTraceId = (): string => randomUUID().replaceAll('-', '');

const PROCESS = randomBytes(4).toString('hex');
let spans = 0;

/** Unlike all others of this process, and unlikely to be another one's. */
function newSpanId(): string {
  spans = (spans + 1) % 0x1_0000_0000;
  return PROCESS + spans.toString(16).padStart(8, '0');
}
