import { describe, expect, test } from 'vitest';
import type { AccountId, Clock } from '#platform/kernel';
import { createOpenAISandbox } from '#sandbox/openai';
import { Breaker, type BreakerState } from './breaker.ts';
import { chat, read, recordingMetrics } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';

const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';

describe('a circuit breaker', () => {
  const breaker = { window: 10_000, minimum: 4, rate: 0.5, open: 5_000 };

  test('opens when a model fails, keeps calls away, lets one probe through and closes when it is served', async () => {
    const time = drivenTime();
    const metrics = recordingMetrics();
    const here = fixture.open({ ...time, metrics, breaker }, { tries: 1 });
    const call = (): Promise<unknown> => here.call(recordingPermit(), { feature, wire: chat() });
    fixture.sandbox.faults.always({ kind: 'status', status: 500 });
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
    fixture.sandbox.faults.clear();
    await call();
    expect(metrics.breakers.at(-1)).toBe('sandbox-small closed');
  });

  test('lets one probe through at a time, and waits for its outcome', async () => {
    const time = drivenTime();
    const silent = await scriptedUpstream((response, { index }) => {
      if (index < 4) response.writeHead(500).end();
    });
    const upstreams = [{ name: 'sandbox', baseUrl: silent.url, apiKey: 'k' }];
    const here = fixture.open({ ...time, upstreams, breaker }, { tries: 1 });
    const controller = new AbortController();
    const call = (): Promise<unknown> =>
      here.call(recordingPermit(), { feature, wire: chat(), signal: controller.signal });
    for (let count = 0; count < 4; count += 1) await call().catch(() => {});
    time.advance(5_000);
    const probe = expect(call()).rejects.toMatchObject({ code: 'client_gone' });
    await silent.received(5);
    await expect(call()).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(silent.requests).toHaveLength(5);
    controller.abort();
    await probe;
    // A probe that says nothing leaves the question to the next one.
    const next = here.call(recordingPermit(), { feature, wire: chat() }).catch(() => {});
    await silent.received(6);
    await silent.close();
    await next;
  });

  test('of one model sends calls to the next in the chain, without a try there', async () => {
    const metrics = recordingMetrics();
    const here = fixture.open({ metrics, breaker }, { models: ['sandbox-large', 'sandbox-small'], tries: 2 });
    fixture.sandbox.faults.always({ kind: 'status', status: 500, model: 'sandbox-large' });
    for (let count = 0; count < 5; count += 1) await here.call(recordingPermit(), { feature, wire: chat() });
    expect(metrics.calls.filter((call) => call.startsWith('sandbox/sandbox-large'))).toHaveLength(4);
    expect(metrics.calls.at(-1)).toBe('sandbox/sandbox-small served');
  });

  test('is not moved by requests that are at fault themselves', async () => {
    const metrics = recordingMetrics();
    const here = fixture.open({ metrics, breaker });
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

const [ANN, BEN, CEM] = ['ann', 'ben', 'cem'] as const;

describe('two accounts on one breaker', () => {
  const breaker = { window: 10_000, minimum: 4, rate: 0.5, open: 5_000 };

  test('answers above the cap, as often as one account asks for them, close nothing', async () => {
    const metrics = recordingMetrics();
    const here = fixture.open({ metrics, breaker }, { tries: 1, caps: { answerBytes: 2_000 } });
    fixture.sandbox.faults.next(
      ...Array.from({ length: 8 }, () => ({ kind: 'content' as const, text: 'x'.repeat(4_000) })),
    );
    const call = (account: string) => here.call(recordingPermit({ account }), { feature, wire: chat() });
    for (let count = 0; count < 8; count += 1)
      await expect(call(ANN)).rejects.toMatchObject({ code: 'answer_too_large' });
    expect(await call(ANN)).toMatchObject({ kind: 'plain' });
    expect(await call(BEN)).toMatchObject({ kind: 'plain' });
    expect(metrics.breakers).toEqual([]);
  });

  test('failures of one account keep that account away and nobody else', async () => {
    const metrics = recordingMetrics();
    const here = fixture.open({ ...drivenTime(), metrics, breaker }, { tries: 1 });
    const call = (account: string) => here.call(recordingPermit({ account }), { feature, wire: chat() });
    await call(BEN);
    fixture.sandbox.faults.next(
      ...Array.from({ length: 4 }, () => ({ kind: 'status' as const, status: 500 })),
    );
    for (let count = 0; count < 4; count += 1)
      await expect(call(ANN)).rejects.toMatchObject({ code: 'provider_unavailable' });
    await expect(call(ANN)).rejects.toMatchObject({ retryAfter: 5 });
    expect(metrics.calls).toHaveLength(5);
    expect(await call(BEN)).toMatchObject({ kind: 'plain' });
    expect(await call(CEM)).toMatchObject({ kind: 'plain' });
    expect(metrics.breakers).toEqual([]);
  });

  test('failures of two open it for everybody', async () => {
    const metrics = recordingMetrics();
    const here = fixture.open({ ...drivenTime(), metrics, breaker }, { tries: 1 });
    const call = (account: string) => here.call(recordingPermit({ account }), { feature, wire: chat() });
    fixture.sandbox.faults.always({ kind: 'status', status: 500 });
    for (const account of [ANN, ANN, ANN, BEN]) await call(account).catch(() => {});
    expect(metrics.breakers).toEqual(['sandbox-small open']);
    await expect(call(CEM)).rejects.toMatchObject({ code: 'provider_unavailable', retryAfter: 5 });
    expect(metrics.calls).toHaveLength(4);
  });

  test('a stream that is cut counts, and one that still goes on at the limit of the whole call does not', async () => {
    const upstream = await scriptedUpstream((response, { index }) => {
      const event = `data: {"choices":[{"delta":{"content":"on and on "}}]}\n\n`;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event);
      const writing = setInterval(() => (index < 2 ? response.write(event) : response.destroy()), 20);
      response.on('close', () => clearInterval(writing));
    });
    const metrics = recordingMetrics();
    const upstreams = [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }];
    const settings = { ...breaker, minimum: 2 };
    const here = fixture.open(
      { metrics, breaker: settings, upstreams },
      { tries: 1, timeouts: { total: 1_000 } },
    );
    const ends: string[] = [];
    for (const account of [ANN, BEN, ANN, BEN]) {
      const stream = await here.call(recordingPermit({ account }), { feature, wire: chat({ stream: true }) });
      ends.push((await read(stream)).end);
      if (ends.length === 2) expect(metrics.breakers).toEqual([]);
    }
    expect(ends).toEqual(['overdue', 'overdue', 'cut', 'cut']);
    expect(metrics.breakers).toEqual(['sandbox-small open']);
    await upstream.close();
  });
});

const account = (name: string) => name as AccountId;

function recordingBreaker(): { breaker: Breaker; states: BreakerState[]; pass: (ms: number) => void } {
  let now = 0;
  const states: BreakerState[] = [];
  const clock: Clock = { now: () => now, monotonic: () => now };
  const settings = { window: 10_000, minimum: 4, rate: 0.5, open: 5_000 };
  const breaker = new Breaker({ settings, clock, changed: (state) => states.push(state) });
  return { breaker, states, pass: (ms) => void (now += ms) };
}

function make(breaker: Breaker, name: string, result: 'ok' | 'failed' | 'neutral'): string {
  const admittance = breaker.admit(account(name));
  if (admittance !== 'refused') breaker.record(account(name), admittance, result);
  return admittance;
}

describe('the counts of a breaker', () => {
  test('two accounts whose calls fail are few beside many whose calls are served', () => {
    const { breaker, states } = recordingBreaker();
    for (const name of ['c', 'd', 'e']) make(breaker, name, 'ok');
    for (let count = 0; count < 20; count += 1) for (const name of ['a', 'b']) make(breaker, name, 'failed');
    expect(states).toEqual([]);
    expect(['a', 'b', 'c', 'd', 'e', 'new'].map((name) => breaker.admit(account(name)))).toEqual([
      'refused',
      'refused',
      'pass',
      'pass',
      'pass',
      'pass',
    ]);
  });

  test('one account alone opens it for itself, and is let in again by a probe of its own', () => {
    const { breaker, states, pass } = recordingBreaker();
    for (let count = 0; count < 4; count += 1) make(breaker, 'a', 'failed');
    expect(states).toEqual(['open']);
    expect(make(breaker, 'a', 'ok')).toBe('refused');
    pass(5_000);
    expect(make(breaker, 'a', 'neutral')).toBe('own_probe');
    expect(make(breaker, 'a', 'ok')).toBe('own_probe');
    expect(make(breaker, 'a', 'ok')).toBe('pass');
    expect(states).toEqual(['open', 'half_open', 'closed']);
  });

  test('failures that the window has left behind count no more', () => {
    const { breaker, states, pass } = recordingBreaker();
    for (let count = 0; count < 3; count += 1) make(breaker, 'a', 'failed');
    pass(10_000);
    make(breaker, 'a', 'failed');
    make(breaker, 'b', 'failed');
    expect(states).toEqual([]);
    expect(make(breaker, 'a', 'ok')).toBe('pass');
  });

  test('a crowd of accounts that come and go takes bounded room', () => {
    const { breaker, states } = recordingBreaker();
    for (let count = 0; count < 5_000; count += 1) make(breaker, `account ${count}`, 'ok');
    for (let count = 0; count < 20_000; count += 1) make(breaker, `next ${count % 3_000}`, 'failed');
    expect(states[0]).toBe('open');
  });
});
