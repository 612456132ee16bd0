import { expect, test } from 'vitest';
import { waitFor } from '#test/calls';
import { type CollectedSpan, startCollector } from '#test/collector';
import { reelFixture } from '../reel/fixture.ts';

const collector = await startCollector();
const fixture = await reelFixture({
  settings: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '1' },
});
const { tracer } = fixture.app.telemetry;

/** The trace of the call that had this request id, once a span of this name has come. */
async function traceOf(requestId: string, name: string): Promise<readonly CollectedSpan[]> {
  let found: readonly CollectedSpan[] = [];
  await waitFor(async () => {
    await tracer?.flush(5_000);
    const root = collector.spans.find(({ attributes }) => attributes['plinth.request_id'] === requestId);
    found = root === undefined ? [] : collector.trace(root.traceId);
    return found.some((span) => span.name === name);
  });
  return found;
}

/** A trace as a tree of names. */
function treeOf(spans: readonly CollectedSpan[], parent?: string, depth = 0): string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .flatMap(({ spanId, name }) => [`${'  '.repeat(depth)}${name}`, ...treeOf(spans, spanId, depth + 1)]);
}

test('a create is one trace, from HTTP through job, provider and settlement', async () => {
  const by = await fixture.creator('reel.pro');
  const { status, body, headers } = await by.create();
  expect(status).toBe(202);
  await by.ended(String(body['generation_id']));
  const spans = await traceOf(headers.get('x-request-id') ?? '', 'job reel.generate');
  console.log(treeOf(spans).join('\n'));
  console.log(spans.map((s)=>JSON.stringify(s.attributes)).join('\n'));
});
