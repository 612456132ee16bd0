import type { Clock } from '#platform/kernel';
import type { Span, SpanAttributes, SpanKind } from './trace.ts';

/** Characters of SQL that a span shows. */
const LONGEST_SQL = 2_000;
const KINDS: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3, consumer: 5 };
const FAILED = 2;

/** An export request of OTLP, as its JSON has it (opentelemetry-proto: trace/v1). */
export function otlpRequest(
  spans: readonly Span[],
  { resource, clock }: { readonly resource: SpanAttributes; readonly clock: Pick<Clock, 'now'> },
): string {
  // The difference of the time and the clock of spans now: it drifts, in a process that lives for weeks.
  const offset = clock.now() - performance.now();
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: 'plinth' }, spans: spans.map((span) => spanOf(span, offset)) }],
      },
    ],
  });
}

function spanOf(span: Span, offset: number): object {
  const { trace, parent, statements, links, error } = span;
  const parentSpanId = parent?.id ?? trace.remote?.spanId;
  const attributes = attributesOf({
    ...span.attributes,
    ...(statements === undefined ? {} : sqlAttributes(statements)),
    ...(error === undefined ? {} : { 'error.type': error }),
  });
  return {
    traceId: trace.id,
    spanId: span.id,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name: span.name === 'read' ? `read ${tableIn(statements?.[0] ?? '')}` : span.name,
    kind: KINDS[span.kind],
    startTimeUnixNano: nanoseconds(offset + span.began),
    endTimeUnixNano: nanoseconds(offset + (span.ended ?? span.began)),
    attributes,
    ...(links === undefined ? {} : { links: links.map(linkOf) }),
    ...(error === undefined ? {} : { status: { code: FAILED } }),
  };
}

function linkOf(link: NonNullable<Span['links']>[number]): object {
  return 'traceId' in link
    ? { traceId: link.traceId, spanId: link.spanId }
    : { traceId: link.trace.id, spanId: link.id };
}

/** The names of OpenTelemetry's conventions for databases. Statements hold no values: those travel beside them. */
function sqlAttributes(statements: readonly string[]): SpanAttributes {
  const text = statements.join('; ').replace(/\s+/g, ' ');
  return {
    'db.system.name': 'postgresql',
    'db.query.text': text.length > LONGEST_SQL ? `${text.slice(0, LONGEST_SQL)}…` : text,
    ...(statements.length > 1 ? { 'db.operation.batch.size': statements.length } : {}),
  };
}

/** The first table or function that a statement names: writes are called by their commit point, and reads by this. */
function tableIn(sql: string): string {
  return (
    /\b[a-z_]+\.[a-z_]+\b(?=\s|\(|$)(?<!\b[a-z]\.[a-z_]+)/.exec(/\bfrom\s.*/s.exec(sql)?.[0] ?? sql)?.[0] ??
    'rows'
  );
}

function attributesOf(attributes: SpanAttributes): object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: valueOf(value) }],
  );
}

function valueOf(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  // 64-bit integers are text in protobuf's JSON.
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** As text: nanoseconds since 1970 are more than a number holds. */
function nanoseconds(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  const rest = Math.floor((milliseconds - whole) * 1_000_000);
  return `${whole}${String(rest).padStart(6, '0')}`;
}
