import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { startCollector } from '@plinth/testkit/services/collector';
import { createTelemetry, readTraceparent, runForAll, runInTrace } from '../index.ts';

const nothing = () => Promise.resolve();
const REMOTE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

async function createTracing(of: { readonly ratio?: number; readonly slow?: number } = {}) {
  const collector = await startCollector();
  const lines: string[] = [];
  const telemetry = createTelemetry({
    logLevel: 'info',
    logFormat: 'cloud',
    cloudProject: 'my-project',
    logTo: new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    }),
    tracing: {
      endpoint: collector.url,
      headers: { authorization: 'Bearer key' },
      resource: { 'service.name': 'plinth' },
      ratio: 0,
      slow: 60_000,
      ...of,
    },
  });
  const { tracer } = telemetry;
  if (tracer === undefined) throw new Error('nothing is traced');
  async function counted(outcome: string): Promise<number> {
    const line = new RegExp(`^plinth_trace_spans_total\\{outcome="${outcome}"\\} (\\d+)`, 'm');
    return Number(line.exec(await telemetry.prometheus())?.[1] ?? 0);
  }
  const names = async () => {
    await tracer.flush(5_000);
    return collector.spans.map(({ name }) => name);
  };
  return { tracer, telemetry, collector, counted, names, lines };
}

describe('a trace', () => {
  test('is sent when it was sampled, when it failed or when it was slow, and else not', async () => {
    const { tracer, names } = await createTracing();
    const slow = await createTracing({ slow: 0 });
    tracer.begin('plain', 'server').end();
    tracer.begin('failed', 'server').end('500');
    tracer.begin('sampled', 'server', { isSampled: true }).end();
    tracer.begin('wanted', 'server').end(undefined, true);
    slow.tracer.begin('slow', 'server').end();
    expect(await names()).toEqual(['failed', 'sampled', 'wanted']);
    expect(await slow.names()).toEqual(['slow']);
  });

  test('that waited for a provider is not slow by that', async () => {
    const { tracer, names } = await createTracing({ slow: 100 });
    const trace = tracer.begin('waited', 'server');
    trace.waited(100_000);
    trace.end();
    expect(await names()).toEqual([]);
  });

  test('goes on from another process; who may decide there that it is sampled is said here', async () => {
    const { tracer, collector, names } = await createTracing();
    const remote = readTraceparent(REMOTE);
    tracer.begin('by a stranger', 'server', { remote }).end();
    tracer.begin('by a proxy of ours', 'server', { remote, isTrusted: true }).end();
    expect(await names()).toEqual(['by a proxy of ours']);
    expect(collector.spans[0]).toMatchObject({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      parentSpanId: '00f067aa0ba902b7',
    });
    const always = await createTracing({ ratio: 1 });
    const unwanted = { remote: readTraceparent(REMOTE.replace(/1$/, '0')), isTrusted: true };
    always.tracer.begin('not sampled there', 'server', unwanted).end();
    expect(await always.names()).toEqual([]);
  });

  test('takes what ends after its root, and holds only so many spans before', async () => {
    const { tracer, collector, names } = await createTracing({ ratio: 1 });
    const trace = tracer.begin('call', 'server');
    for (let n = 0; n < 300; n += 1) trace.start('statement', 'client').end();
    const late = trace.start('late', 'client');
    trace.end();
    late.end('23505');
    expect((await names()).length).toBe(258);
    expect(collector.spans.find(({ name }) => name === 'call')?.attributes).toEqual({
      'plinth.lost_spans': 44,
    });
    expect(collector.spans.find(({ name }) => name === 'late')).toMatchObject({
      failed: true,
      attributes: { 'error.type': '23505' },
    });
  });
});

test('what serves many is a trace of its own with links, what serves one is in its trace', async () => {
  const { tracer, collector, names } = await createTracing();
  const calls = [true, false].map((isSampled) => tracer.begin('call', 'server', { isSampled }));
  const spans = calls.map(({ root }) => ({ span: root }));
  await runForAll('shared', spans, nothing);
  await runForAll('shared by nobody that is sampled', [...spans.slice(1), ...spans.slice(1)], nothing);
  await runForAll('alone', spans.slice(0, 1), async () => {
    calls[0]?.start('statement', 'client').end();
  });
  await expect(
    runForAll('failed', [...spans.slice(1), { span: undefined }], () => Promise.reject(new TypeError('no'))),
  ).rejects.toThrow('no');
  for (const trace of calls) trace.end();
  expect(await names()).toEqual(['shared', 'failed', 'statement', 'call']);
  const [shared, failed, statement, call] = collector.spans;
  expect(shared?.links.map(({ spanId }) => spanId)).toEqual(calls.map(({ root }) => root.id));
  expect(failed?.attributes).toEqual({ 'error.type': 'TypeError' });
  expect(statement?.parentSpanId).toBe(call?.spanId);
});

describe('a collector', () => {
  test.each([
    ['fails', { status: 500 }],
    ['knows no such key', { status: 401 }],
    ['takes some of them', { status: 200, body: { partialSuccess: { rejectedSpans: '1' } } }],
  ])('that %s costs spans, and says so in the metrics', async (_, how) => {
    const { tracer, collector, counted } = await createTracing({ ratio: 1 });
    collector.answer(how);
    tracer.begin('call', 'server').end();
    await tracer.flush(5_000);
    expect([collector.requests.length, await counted('refused'), await counted('sent')]).toEqual([1, 1, 0]);
    expect(collector.requests[0]).toMatchObject({ authorization: 'Bearer key' });
  });

  test('that hangs keeps nobody waiting, and no more than 4,096 spans', async () => {
    const { tracer, collector, counted } = await createTracing({ ratio: 1 });
    collector.answer('hang');
    for (let n = 0; n < 5_000; n += 1) tracer.begin('call', 'server').end();
    await tracer.flush(10);
    expect([await counted('dropped'), await counted('sent')]).toEqual([904, 0]);
  });

  test('that is away costs spans', async () => {
    const { tracer, collector, counted } = await createTracing({ ratio: 1 });
    await collector.close();
    tracer.begin('call', 'server').end();
    await tracer.flush(5_000);
    expect(await counted('refused')).toBe(1);
  });
});

test('a log line names its trace and span, in the words of Google’s Cloud Logging where that is asked for', async () => {
  const { tracer, telemetry, lines } = await createTracing({ ratio: 1 });
  const trace = tracer.begin('call', 'server', { remote: readTraceparent(REMOTE) });
  runInTrace(trace, () => telemetry.logger.warn({ code: 'late' }, 'a provider was slow'));
  telemetry.logger.info({}, 'ready');
  const [inTrace, outside] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(inTrace).toMatchObject({
    severity: 'WARNING',
    message: 'a provider was slow',
    code: 'late',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    'logging.googleapis.com/trace': 'projects/my-project/traces/4bf92f3577b34da6a3ce929d0e0e4736',
    'logging.googleapis.com/spanId': trace.root.id,
    'logging.googleapis.com/trace_sampled': true,
  });
  expect(outside).not.toHaveProperty(['logging.googleapis.com/trace']);
  expect(outside).toMatchObject({ severity: 'INFO', message: 'ready' });
});
