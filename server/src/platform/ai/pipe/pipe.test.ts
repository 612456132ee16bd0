import { describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { createPrices, reserve } from '../metering/prices.ts';
import { chat, plain, recordingMetrics } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';

const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';

describe('a plain call', () => {
  test('under a permit that is over is refused before anything is sent, and the log says so', async () => {
    const lines: object[] = [];
    const log = (fields: object, message: string): void => void lines.push({ ...fields, message });
    const here = fixture.open({ logger: { debug: log, info: log, warn: log, error: log } });
    const permit = recordingPermit();
    await permit.finish();
    const before = fixture.sandbox.bill().length;
    await expect(here.call(permit, { feature, wire: chat() })).rejects.toThrow(
      'a model was called under a permit that is over',
    );
    expect([permit.rows, fixture.sandbox.bill().length]).toEqual([[], before]);
    expect(lines).toContainEqual({
      request_id: permit.requestId,
      permit_id: permit.id,
      message: 'a model was called under a permit that is over',
    });
  });

  test('is one row with the figures and the id that are on the provider bill', async () => {
    const permit = recordingPermit();
    const answer = plain(await fixture.open().call(permit, { feature, wire: chat() }));
    const billed = fixture.sandbox.bill().at(-1);
    expect(permit.rows).toHaveLength(1);
    expect(permit.rows[0]).toMatchObject({
      state: 'served',
      usage: {
        provider: 'sandbox',
        model: 'sandbox-small',
        providerRequestId: billed?.request_id,
        promptTokens: billed?.prompt_tokens,
        completionTokens: billed?.completion_tokens,
        estimated: false,
      },
    });
    expect(billed?.client_request_id).toBe(permit.requestId);
    expect(JSON.parse(answer.body.toString('utf8'))).toMatchObject({ object: 'chat.completion' });
  });

  test('never costs more than it reserved', async () => {
    const permit = recordingPermit();
    const answer = plain(
      await fixture
        .open({}, { maxOutputTokens: 20 })
        .call(permit, { feature, wire: chat({ max_tokens: 5_000 }) }),
    );
    expect(answer.plan.maxTokens).toBe(20);
    expect(answer.usage.completionTokens).toBeLessThanOrEqual(20);
    expect(answer.usage.cost).toBeLessThanOrEqual(answer.plan.call.reserve);
  });

  test('is refused before anything is sent when its input is too large', async () => {
    const permit = recordingPermit();
    const call = fixture.open({}, { caps: { inputBytes: 50 } }).call(permit, { feature, wire: chat() });
    await expect(call).rejects.toMatchObject({ code: 'context_too_large', retryable: false });
    expect(permit.rows).toEqual([]);
  });

  test('is refused before anything is sent when it could cost more than the policy allows', async () => {
    const permit = recordingPermit();
    const call = fixture.open({}, { caps: { cost: 2 } }).call(permit, { feature, wire: chat() });
    await expect(call).rejects.toMatchObject({ code: 'call_too_costly' });
    expect(permit.rows).toEqual([]);
  });

  test('is cut to the reply that the cap on its cost buys', async () => {
    const permit = recordingPermit();
    const answer = plain(
      await fixture.open({}, { caps: { cost: 30 } }).call(permit, { feature, wire: chat() }),
    );
    expect(answer.plan.maxTokens).toBeLessThan(50);
    expect(answer.plan.call.reserve).toBeLessThanOrEqual(30);
  });
});

describe('tries', () => {
  test('are never more than the policy says', async () => {
    const metrics = recordingMetrics();
    const permit = recordingPermit();
    fixture.sandbox.faults.always({ kind: 'status', status: 500 });
    await expect(
      fixture.open({ metrics }, { tries: 4 }).call(permit, { feature, wire: chat() }),
    ).rejects.toMatchObject({
      code: 'provider_unavailable',
      retryable: false,
    });
    expect(metrics.calls).toEqual(Array.from({ length: 4 }, () => 'sandbox/sandbox-small failed'));
  });

  test('are counted over earlier attempts of the same job', async () => {
    fixture.sandbox.faults.always({ kind: 'status', status: 500 });
    const third = recordingPermit({ calls: 2 });
    await expect(fixture.open({}, { tries: 3 }).call(third, { feature, wire: chat() })).rejects.toMatchObject(
      {
        retryable: false,
      },
    );
    expect(third.states).toEqual(['not_served']);
    const fourth = recordingPermit({ calls: 3 });
    await expect(
      fixture.open({}, { tries: 3 }).call(fourth, { feature, wire: chat() }),
    ).rejects.toMatchObject({
      retryable: false,
    });
    expect(fourth.states).toEqual([]);
  });

  test('leave room for the rounds that the work needs', async () => {
    const permit = recordingPermit();
    const here = fixture.open({}, { tries: 2, rounds: 3 });
    for (let round = 0; round < 3; round += 1) await here.call(permit, { feature, wire: chat() });
    fixture.sandbox.faults.always({ kind: 'status', status: 500 });
    await expect(here.call(permit, { feature, wire: chat() })).rejects.toMatchObject({ retryable: false });
    expect(permit.rows).toHaveLength(4);
  });

  test('wait for as long as the provider asks', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ kind: 'status', status: 503, retry_after: 7 });
    const call = fixture.open(time).call(permit, { feature, wire: chat() });
    expect(await time.awaited(1_000)).toBe(7_000);
    time.advance(6_900);
    expect(permit.states).toEqual(['not_served']);
    time.advance(200);
    plain(await call);
    expect(permit.states).toEqual(['not_served', 'served']);
  });

  test('understand a date to wait for', async () => {
    const time = drivenTime();
    fixture.sandbox.faults.next({
      kind: 'status',
      status: 503,
      retry_after: new Date(time.clock.now() + 5_000).toUTCString(),
    });
    const call = fixture.open(time).call(recordingPermit(), { feature, wire: chat() });
    expect(await time.awaited(1_000)).toBe(5_000);
    time.advance(5_000);
    plain(await call);
  });

  test('do not wait beyond the run time: the caller is told when to come back, in a minute at most', async () => {
    fixture.sandbox.faults.next({ kind: 'status', status: 503, retry_after: 600 });
    const permit = recordingPermit();
    const call = fixture.open({}, { caps: { runTime: 60_000 } }).call(permit, { feature, wire: chat() });
    await expect(call).rejects.toMatchObject({
      code: 'provider_unavailable',
      retryAfter: 60,
      retryable: true,
    });
    expect(permit.states).toEqual(['not_served']);
  });

  test('end with the run time, however long one call may take', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    const silent = await scriptedUpstream(() => {});
    const upstreams = [{ name: 'sandbox', baseUrl: silent.url, apiKey: 'k' }];
    const policy = { caps: { runTime: 10_000 }, timeouts: { total: 100_000 } };
    const call = fixture.open({ ...time, upstreams }, policy).call(permit, { feature, wire: chat() });
    const failed = expect(call).rejects.toMatchObject({ code: 'provider_timeout', retryable: true });
    await silent.received(1);
    time.advance(10_100);
    await failed;
    expect(permit.states).toEqual(['unknown']);
    await silent.close();
  });

  test('wait with full jitter within a bound that doubles', async () => {
    const time = drivenTime();
    const random = { bytes: () => new Uint8Array(16), uniform: () => 0.5 };
    fixture.sandbox.faults.always({ kind: 'status', status: 500 });
    const policy = { tries: 4, backoff: { base: 1_000, most: 3_000 } };
    const call = fixture.open({ ...time, random }, policy).call(recordingPermit(), { feature, wire: chat() });
    const failed = expect(call).rejects.toMatchObject({ code: 'provider_unavailable' });
    for (const pause of [500, 1_000, 1_500]) {
      expect(await time.awaited(100)).toBe(pause);
      time.advance(pause);
    }
    await failed;
  });

  test('end when the caller hangs up during a pause', async () => {
    const time = drivenTime();
    const controller = new AbortController();
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ kind: 'status', status: 503, retry_after: 7 });
    const call = fixture.open(time).call(permit, { feature, wire: chat(), signal: controller.signal });
    // The provider bills no refused call.
    const failed = expect(call).rejects.toMatchObject({ code: 'client_gone', caused: false });
    await time.awaited(1_000);
    controller.abort();
    await failed;
    expect(permit.states).toEqual(['not_served']);
  });

  test('end by the caller who hangs up after a try that may be billed', async () => {
    const time = drivenTime();
    const controller = new AbortController();
    fixture.sandbox.faults.next({ kind: 'status', status: 502, retry_after: 7 });
    const call = fixture
      .open(time)
      .call(recordingPermit(), { feature, wire: chat(), signal: controller.signal });
    const failed = expect(call).rejects.toMatchObject({ code: 'client_gone', caused: true });
    await time.awaited(1_000);
    controller.abort();
    await failed;
  });
});

describe('the chain of models', () => {
  const policy = { models: ['sandbox-large', 'sandbox-small'], tries: 3 };

  test('is gone down when a model fails, each call at the price of its own model', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.always({ kind: 'status', status: 500, model: 'sandbox-large' });
    const answer = plain(await fixture.open({}, policy).call(permit, { feature, wire: chat() }));
    expect(permit.rows.map(({ state, call }) => `${call.model} ${state}`)).toEqual([
      'sandbox-large not_served',
      'sandbox-large not_served',
      'sandbox-small served',
    ]);
    const prices = createPrices();
    const [large, , small] = permit.rows;
    const size = { inputBytes: chat().inputBytes, maxOutputTokens: 1_024 };
    for (const row of [large, small]) {
      const price = prices.of('sandbox', row?.call.model ?? '');
      expect(row?.call.reserve).toBe(price === undefined ? undefined : reserve(price, size));
    }
    expect(answer.usage.model).toBe('sandbox-small');
  });

  test('is gone down at once when a provider asks to wait for longer than there is time', async () => {
    fixture.sandbox.faults.next({ kind: 'status', status: 429, retry_after: 600, model: 'sandbox-large' });
    const permit = recordingPermit();
    await fixture.open({}, policy).call(permit, { feature, wire: chat() });
    expect(permit.rows.map(({ call }) => call.model)).toEqual(['sandbox-large', 'sandbox-small']);
  });

  test('is gone down at once when our key is not accepted', async () => {
    fixture.sandbox.faults.next({ kind: 'status', status: 401, model: 'sandbox-large' });
    const permit = recordingPermit();
    await fixture.open({}, policy).call(permit, { feature, wire: chat() });
    expect(permit.rows.map(({ call }) => call.model)).toEqual(['sandbox-large', 'sandbox-small']);
  });
});
