import { describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { chat, recordingMetrics } from './testing/open.ts';
import { recordingPermit } from './testing/permit.ts';
import { makeStand } from './testing/stand.ts';
import { drivenTime } from './testing/time.ts';
import { scriptedUpstream } from './testing/upstream.ts';

const stand = makeStand(createOpenAISandbox);
const feature = 'chat';

describe('a circuit breaker', () => {
  const breaker = { window: 10_000, minimum: 4, rate: 0.5, open: 5_000 };

  test('opens when a model fails, keeps calls away, lets one probe through and closes when it is served', async () => {
    const time = drivenTime();
    const metrics = recordingMetrics();
    const here = stand.open({ ...time, metrics, breaker }, { tries: 1 });
    const call = (): Promise<unknown> => here.call(recordingPermit(), { feature, wire: chat() });
    stand.sandbox.faults.always({ kind: 'status', status: 500 });
    for (let count = 0; count < 4; count += 1)
      await expect(call()).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(metrics.breakers).toEqual(['sandbox-small open']);
    await expect(call()).rejects.toMatchObject({ code: 'provider_unavailable', retryAfter: 5 });
    expect(metrics.calls).toHaveLength(4);
    time.advance(5_000);
    await expect(call()).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(metrics.calls).toHaveLength(5);
    expect(metrics.breakers).toEqual(['sandbox-small open', 'sandbox-small half_open', 'sandbox-small open']);
    time.advance(5_000);
    stand.sandbox.faults.clear();
    await call();
    expect(metrics.breakers.at(-1)).toBe('sandbox-small closed');
  });

  test('lets one probe through at a time, and waits for its outcome', async () => {
    const time = drivenTime();
    const silent = await scriptedUpstream((response, { index }) => {
      if (index < 4) response.writeHead(500).end();
    });
    const upstreams = [{ name: 'sandbox', baseUrl: silent.url, apiKey: 'k' }];
    const here = stand.open({ ...time, upstreams, breaker }, { tries: 1 });
    const hangUp = new AbortController();
    const call = (): Promise<unknown> =>
      here.call(recordingPermit(), { feature, wire: chat(), hangUp: hangUp.signal });
    for (let count = 0; count < 4; count += 1) await call().catch(() => {});
    time.advance(5_000);
    const probe = expect(call()).rejects.toMatchObject({ code: 'client_gone' });
    await silent.received(5);
    await expect(call()).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(silent.requests).toHaveLength(5);
    hangUp.abort();
    await probe;
    // A probe that says nothing leaves the question to the next one.
    const next = here.call(recordingPermit(), { feature, wire: chat() }).catch(() => {});
    await silent.received(6);
    await silent.close();
    await next;
  });

  test('of one model sends calls to the next in the chain, without a try there', async () => {
    const metrics = recordingMetrics();
    const here = stand.open({ metrics, breaker }, { models: ['sandbox-large', 'sandbox-small'], tries: 2 });
    stand.sandbox.faults.always({ kind: 'status', status: 500, model: 'sandbox-large' });
    for (let count = 0; count < 5; count += 1) await here.call(recordingPermit(), { feature, wire: chat() });
    expect(metrics.calls.filter((call) => call.startsWith('sandbox/sandbox-large'))).toHaveLength(4);
    expect(metrics.calls.at(-1)).toBe('sandbox/sandbox-small served');
  });

  test('is not moved by requests that are at fault themselves', async () => {
    const metrics = recordingMetrics();
    const here = stand.open({ metrics, breaker });
    for (let count = 0; count < 6; count += 1) {
      await expect(
        here.call(recordingPermit(), { feature, wire: chat({ temperature: 99 }) }),
      ).rejects.toMatchObject({
        code: 'provider_rejected',
      });
    }
    expect(metrics.breakers).toEqual([]);
  });
});
