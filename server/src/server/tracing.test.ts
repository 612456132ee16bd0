import { expect, test, vi } from 'vitest';
import { createTelemetry } from '#platform/telemetry';
import { startCollector } from '@plinth/testkit/services/collector';
import { serve } from '@plinth/testkit/shop';
import { trustOf } from './framework.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;

/** The traces of a call by a caller who says that it is sampled, on a server that samples nothing by itself. */
async function tracesOf(trustedProxies: readonly string[]): Promise<(string | undefined)[]> {
  const collector = await startCollector();
  const telemetry = createTelemetry({
    logLevel: 'silent',
    tracing: {
      endpoint: collector.url,
      headers: {},
      resource: {},
      ratio: 0,
      slow: 60_000,
    },
  });
  const { call } = await serve({ trustedProxies }, { telemetry });
  await call('/v1/items', { as: 'token', headers: { traceparent } });
  await call('/v1/broken', { as: 'token', headers: { traceparent } });
  const failed = async () => {
    await telemetry.tracer?.flush(5_000);
    return collector.spans.some(({ attributes }) => attributes['http.response.status_code'] === 500);
  };
  await vi.waitUntil(failed, { timeout: 120_000, interval: 10 });
  return collector
    .trace(TRACE)
    .filter(({ kind }) => kind === 2)
    .map(({ name }) => name);
}

test('a caller’s trace is gone on with, and failures are sent; that it is sampled counts from proxies of ours alone', async () => {
  expect(await tracesOf([])).toEqual(['GET /v1/broken']);
  expect(await tracesOf(['10.0.0.0/8'])).toEqual(['GET /v1/broken']);
  expect(await tracesOf(['127.0.0.1'])).toEqual(['GET /v1/items', 'GET /v1/broken']);
});

test.each([
  [['loopback'], '127.0.0.1', true],
  [['loopback'], '::ffff:127.0.0.1', true],
  [['loopback'], '::1', true],
  [['10.0.0.0/8'], '10.1.2.3', true],
  [['10.0.0.0/8', '192.0.2.7'], '192.0.2.7', true],
  [['uniquelocal'], 'fd00::1', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['10.0.0.0/8'], undefined, false],
  [[], '127.0.0.1', false],
])('of %j %s is a proxy: %s', (networks, address, expected) => {
  expect(trustOf(networks)(address)).toBe(expected);
});
