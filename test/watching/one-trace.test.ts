import { expect, test } from 'vitest';
import { callsOf, waitFor } from '@plinth/testkit/fixtures/calls';
import { ledger } from '@plinth/testkit/fixtures/limits';
import { type CollectedSpan, startCollector } from '@plinth/testkit/services/collector';
import { reelFixture } from '../../products/reel/test/fixture.ts';

const collector = await startCollector();
const fixture = await reelFixture({
  settings: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '1' },
});

/** The trace of the call that had this request id, once a span of this name has come. */
async function traceOf(requestId: string, name: string): Promise<readonly CollectedSpan[]> {
  let found: readonly CollectedSpan[] = [];
  await waitFor(async () => {
    await fixture.app.telemetry.tracer?.flush(5_000);
    const root = collector.spans.find(({ attributes }) => attributes['plinth.request_id'] === requestId);
    found = root === undefined ? [] : collector.trace(root.traceId);
    return found.some((span) => span.name === name);
  });
  return found;
}

/** A trace as a tree of names; reads are many, and another test's. */
function treeOf(spans: readonly CollectedSpan[], parent?: string, depth = 0): string[] {
  return spans
    .filter(({ parentSpanId, name }) => parentSpanId === parent && !name.startsWith('read '))
    .flatMap(({ spanId, name }) => [`${'  '.repeat(depth)}${name}`, ...treeOf(spans, spanId, depth + 1)]);
}

const named = (spans: readonly CollectedSpan[], name: string) => {
  const [span, ...more] = spans.filter((one) => one.name === name);
  if (span === undefined || more.length > 0) throw new Error(`not one span is called ${name}`);
  return span;
};

test('a create is one trace, from HTTP through job, provider and settlement', async () => {
  const by = await fixture.creator('reel.pro');
  // The first call of a key notes its use, and that of an account fills caches.
  await by.used();
  const { status, body, headers } = await by.create();
  expect(status).toBe(202);
  await by.ended(String(body['generation_id']));
  const spans = await traceOf(headers.get('x-request-id') ?? '', 'job reel.generate');
  expect(treeOf(spans)).toEqual([
    'POST /v1/create',
    '  authenticate',
    '  entitle',
    '    rates.taken',
    '    rates.taken',
    '  admit',
    '    limits.admit',
    '  run',
    '    reel.enqueue',
    '    job reel.generate',
    '      chat sandbox-small',
    '      reel.complete',
  ]);
  // The settlement is of the last commit, with the job's end.
  expect(named(spans, 'reel.complete').attributes['db.query.text']).toMatch(
    /jobs\.finish\(.*; .*limits\.resolve_here\(/,
  );
  const [row] = await ledger(fixture.db, by.by.accountId);
  expect(named(spans, 'chat sandbox-small').attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'sandbox',
    'gen_ai.request.model': 'sandbox-small',
    'gen_ai.usage.input_tokens': row?.prompt_tokens,
    'gen_ai.usage.output_tokens': row?.completion_tokens,
    'plinth.cost_micro_dollars': row?.cost,
  });
  // The look at the queue found jobs of others too, had there been any.
  const job = named(spans, 'job reel.generate');
  const takeUp = collector.spans.find(
    ({ name, links }) => name === 'jobs.take_up' && links.some(({ spanId }) => spanId === job.parentSpanId),
  );
  expect(takeUp?.traceId).not.toBe(job.traceId);
});

test('calls that share a commit link it to each of their traces', async () => {
  const { by } = await fixture.creator('gateway.developer');
  const calls = callsOf(fixture, by);
  const chat = { model: 'sandbox-small', messages: [{ role: 'user', content: 'Say hello.' }] };
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => calls.post('/v1/ai/chat/completions', chat)),
  );
  // Some are too many at once: those were decided in the same commit.
  expect(answers.map(({ status }) => status)).toContain(200);
  await waitFor(async () => {
    await fixture.app.telemetry.tracer?.flush(5_000);
    const shared = collector.spans.filter(
      ({ name, links }) => name === 'limits.admission' && links.length > 1,
    );
    const admits = new Set(
      collector.spans.filter(({ name }) => name === 'admit').map(({ spanId }) => spanId),
    );
    return shared.length > 0 && shared.every(({ links }) => links.every(({ spanId }) => admits.has(spanId)));
  });
});
