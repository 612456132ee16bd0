import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEndOfFile } from '@plinth/testkit/closing';

/** A span as it arrived, its attributes as plain values. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  /** Nanoseconds since 1970. */
  readonly began: bigint;
  readonly ended: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly failed: boolean;
}

/** How it answers from now on; `hang`: not at all. */
export type CollectorAnswer = 'hang' | { readonly status: number; readonly body?: object };

/** A collector of traces that speaks OTLP over HTTP in JSON, and refuses what that does not allow. */
export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** The spans of a trace, by their names, in the order in which they began. */
  trace(traceId: string): readonly CollectedSpan[];
  readonly requests: readonly IncomingHttpHeaders[];
  /** All that was ever sent here, as it was sent. */
  text(): string;
  answer(how: CollectorAnswer): void;
  /** Away from now on. */
  close(): Promise<void>;
}

const ID = { trace: /^(?!0{32})[\da-f]{32}$/, span: /^(?!0{16})[\da-f]{16}$/ };

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const requests: IncomingHttpHeaders[] = [];
  const bodies: string[] = [];
  let how: CollectorAnswer = { status: 200 };
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      requests.push(request.headers);
      bodies.push(body);
      if (how === 'hang') return;
      const isOtlp =
        request.method === 'POST' &&
        request.url === '/v1/traces' &&
        request.headers['content-type'] === 'application/json';
      const read = isOtlp && how.status < 300 ? spansIn(body) : [];
      if (read === undefined || !isOtlp) return void reply.writeHead(400).end('{}');
      spans.push(...read);
      reply.writeHead(how.status, { 'content-type': 'application/json' });
      reply.end(JSON.stringify(how.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  async function close(): Promise<void> {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  atEndOfFile(close);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    trace: (traceId) =>
      spans.filter((span) => span.traceId === traceId).sort((a, b) => Number(a.began - b.began)),
    requests,
    text: () => bodies.join('\n'),
    answer(next) {
      how = next;
    },
    close,
  };
}

interface Otlp {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly links?: CollectedSpan['links'];
  readonly status?: { readonly code: number };
}

/** The spans of a request; undefined: it is not as OTLP has it. */
function spansIn(body: string): CollectedSpan[] | undefined {
  const { resourceSpans } = JSON.parse(body) as Otlp;
  const given = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  const isSound = given.every(
    ({ traceId, spanId, parentSpanId, name, kind, links = [] }) =>
      [...links, { traceId, spanId: parentSpanId ?? spanId }, { traceId, spanId }].every(
        (one) => ID.trace.test(one.traceId) && ID.span.test(one.spanId),
      ) &&
      name !== '' &&
      kind >= 1 &&
      kind <= 5,
  );
  return isSound ? given.map(readSpan) : undefined;
}

function readSpan({ attributes, links = [], status, ...span }: OtlpSpan): CollectedSpan {
  const { startTimeUnixNano: began, endTimeUnixNano: ended, ...rest } = span;
  return {
    ...rest,
    began: BigInt(began),
    ended: BigInt(ended),
    attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, readValue(value)])),
    links,
    failed: status?.code === 2,
  };
}

function readValue(value: Readonly<Record<string, unknown>>): unknown {
  const [[kind, given] = []] = Object.entries(value);
  return kind === 'intValue' ? Number(given) : given;
}
