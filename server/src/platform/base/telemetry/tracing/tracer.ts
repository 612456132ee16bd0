import type { Random } from '#platform/kernel';
import { createSpanExporter, type SpanExporterParts, type SpanExporterSettings } from './exporter.ts';
import { type Span, type SpanContext, type SpanKind, type SpanSink, Trace } from './trace.ts';

export interface TracingSettings extends SpanExporterSettings {
  /** The part of all traces that is sent with any result, 0 to 1. Errors and slow ones are sent besides. */
  readonly ratio: number;
  /** Milliseconds from which on a trace is slow. */
  readonly slow: number;
}

export interface TraceOrigin {
  /** Whether it is sampled, where that is decided already. */
  readonly isSampled?: boolean;
  /** The span in another process that it goes on from. */
  readonly remote?: SpanContext | undefined;
  /** Whether the other's decision to sample counts here too. */
  readonly isTrusted?: boolean;
}

/** Begins traces, and sends those that are kept to a collector. */
export interface Tracer {
  begin(name: string, kind: SpanKind, origin?: TraceOrigin): Trace;
  /** Waits until what has ended so far was sent or lost, `milliseconds` at most. */
  flush(milliseconds: number): Promise<void>;
}

export function createTracer(
  settings: TracingSettings,
  parts: SpanExporterParts & { readonly random: Pick<Random, 'uniform'> },
): Tracer {
  const exporter = createSpanExporter(settings, parts);
  const sink: SpanSink = {
    slow: settings.slow,
    beginFor(name, served: readonly Span[]) {
      const sampled = served.some(({ trace }) => trace.sampled);
      const trace = new Trace(sink, { name, kind: 'internal', sampled });
      trace.root.links = served;
      return trace;
    },
    export: exporter.add,
  };
  return {
    begin(name, kind, { remote, isTrusted = false, isSampled } = {}) {
      const known = isSampled ?? (isTrusted ? remote?.sampled : undefined);
      // Not by the id of the trace: a stranger chooses that.
      return new Trace(sink, {
        name,
        kind,
        remote,
        sampled: known ?? parts.random.uniform() < settings.ratio,
      });
    },
    flush: exporter.flush,
  };
}
