import type { Clock } from '#platform/kernel';
import { otlpRequest } from './otlp.ts';
import type { Span, SpanAttributes } from './trace.ts';

export interface SpanExporterSettings {
  /** The base of a collector that takes OTLP over HTTP: `http://collector:4318`. */
  readonly endpoint: string;
  /** Sent with each request: a key of the collector's. */
  readonly headers: Readonly<Record<string, string>>;
  /** Attributes of all spans: `service.name` and the like. */
  readonly resource: SpanAttributes;
}

export interface SpanExporterParts {
  readonly clock: Pick<Clock, 'now'>;
  /** Told what became of spans. */
  readonly heard: (outcome: SpanOutcome, spans: number) => void;
}

/** `sent`; `refused`: the collector is away, slow, or took them not; `dropped`: too many waited for it. */
export type SpanOutcome = 'sent' | 'refused' | 'dropped';

/** Spans that wait for the collector at most; what comes on top is lost. */
const MOST_WAITING = 4_096;
/** Spans of one request. */
const BATCH = 512;
/** Milliseconds for which spans wait for others. */
const DELAY = 1_000;
/** Milliseconds that a collector has to take a request. */
const PATIENCE = 5_000;
/** Milliseconds for which one that did not is left alone. */
const PAUSE = 5_000;

export interface SpanExporter {
  /** Never throws, never waits. */
  add(this: void, spans: readonly Span[]): void;
  flush(this: void, milliseconds: number): Promise<void>;
}

/** Sends spans in batches, one request at a time. A collector that is away or slow costs spans, and nothing else. */
export function createSpanExporter(
  { endpoint, headers, resource }: SpanExporterSettings,
  { clock, heard }: SpanExporterParts,
): SpanExporter {
  const to = { url: `${endpoint}/v1/traces`, headers };
  let waiting: Span[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let pausedUntil = 0;

  function schedule(): void {
    if (waiting.length === 0 || sending !== undefined) return;
    const pause = pausedUntil - performance.now();
    const delay = Math.max(pause, waiting.length >= BATCH ? 0 : DELAY);
    if (timer !== undefined && delay > 0) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      send();
    }, delay).unref();
  }

  function send(): void {
    if (sending !== undefined || waiting.length === 0) return;
    const batch = waiting.slice(0, BATCH);
    waiting = waiting.slice(BATCH);
    sending = post(to, otlpRequest(batch, { resource, clock })).then(
      (rejected) => {
        const refused = Math.min(rejected, batch.length);
        if (refused > 0) heard('refused', refused);
        if (batch.length > refused) heard('sent', batch.length - refused);
      },
      () => {
        pausedUntil = performance.now() + PAUSE;
        heard('refused', batch.length);
      },
    );
    void sending.then(() => {
      sending = undefined;
      schedule();
    });
  }

  return {
    add(spans) {
      const room = Math.max(0, MOST_WAITING - waiting.length);
      if (spans.length > room) heard('dropped', spans.length - room);
      waiting.push(...(spans.length > room ? spans.slice(0, room) : spans));
      schedule();
    },
    async flush(milliseconds) {
      const until = performance.now() + milliseconds;
      while (waiting.length > 0 || sending !== undefined) {
        const left = until - performance.now();
        if (left <= 0) return;
        send();
        const late = Promise.withResolvers<void>();
        const over = setTimeout(late.resolve, left);
        await Promise.race([sending, late.promise]);
        clearTimeout(over);
      }
    },
  };
}

/** Asks a collector without giving it a span; answers with its status. Throws when it can not be reached. */
export async function askCollector({
  endpoint,
  headers,
}: Omit<SpanExporterSettings, 'resource'>): Promise<number> {
  return (await request({ url: `${endpoint}/v1/traces`, headers }, '{"resourceSpans":[]}')).status;
}

interface Collector {
  readonly url: string;
  readonly headers: SpanExporterSettings['headers'];
}

/** Answers how many of the spans the collector did not take; throws when it took none. */
async function post(to: Collector, body: string): Promise<number> {
  const response = await request(to, body);
  const text = await response.text();
  if (!response.ok) throw new Error(`the collector answered ${response.status}`);
  return Number(/"rejectedSpans"\s*:\s*"?(\d+)/.exec(text)?.[1] ?? 0);
}

const request = ({ url, headers }: Collector, body: string): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(PATIENCE),
    redirect: 'error',
  });
