import { describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import type { Ai } from '../ai.ts';
import { chat, plain, read, recordingMetrics, prepareChat } from '@plinth/testkit/fixtures/ai/open';
import { type RecordingPermit, recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { plainAnswer, type ScriptedUpstream, scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';

const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';
const NO_ROOM = { kind: 'status', status: 429 } as const;
/** Full jitter at its largest, so that pauses are what their bounds are. */
const random = { bytes: () => new Uint8Array(16), uniform: () => 1 };

function call(ai: Ai, permit: RecordingPermit = recordingPermit()): Promise<unknown> {
  return ai.call(permit, { feature, wire: chat() });
}

/** The wire of a caller to whom nothing is said yet. */
function unexpectedCall(): never {
  throw new Error('nothing is on the wire yet');
}

describe('a 429', () => {
  test('is no try, in this attempt and for the attempts after it', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    fixture.sandbox.faults.next(NO_ROOM, NO_ROOM, NO_ROOM, NO_ROOM);
    const answer = call(fixture.open({ ...time, random }, { tries: 1, patience: 60_000 }), permit);
    for (const pause of [500, 1_000, 2_000, 4_000]) {
      await time.awaited(pause);
      time.advance(pause);
    }
    await answer;
    expect(permit.states).toEqual(['throttled', 'throttled', 'throttled', 'throttled', 'served']);
    expect(permit.calls).toBe(1);
  });

  test('leaves the tries to the failures that are some', async () => {
    const permit = recordingPermit({ calls: 1 });
    fixture.sandbox.faults.next(NO_ROOM, { kind: 'status', status: 500 }, NO_ROOM, {
      kind: 'status',
      status: 500,
    });
    await expect(call(fixture.open({}, { tries: 3 }), permit)).rejects.toMatchObject({
      code: 'provider_unavailable',
      retryable: false,
      postponed: false,
    });
    expect(permit.states).toEqual(['throttled', 'not_served', 'throttled', 'not_served']);
    expect(permit.calls).toBe(3);
  });

  test('is waited for as long as the provider asks, where the policy has that patience', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ ...NO_ROOM, retry_after: 7 });
    const answer = call(fixture.open(time, { patience: 8_000 }), permit);
    await time.awaited(7_000);
    time.advance(7_000);
    await answer;
    expect(permit.states).toEqual(['throttled', 'served']);
  });

  test.each([['0'], ['-5'], [''], ['soon'], ['Thu, 01 Jan 2015 00:00:00 GMT']])(
    'that asks for no time that is still to come (%j) is answered by our own backoff',
    async (header) => {
      const time = drivenTime();
      const permit = recordingPermit();
      const full = await scriptedUpstream((response, { index }) => {
        if (index < 3) response.writeHead(429, { 'retry-after': header, 'retry-after-ms': '' }).end('{}');
        else response.end(plainAnswer('tea'));
      });
      const upstreams = [{ name: 'sandbox', baseUrl: full.url, apiKey: 'k' }];
      const answer = call(fixture.open({ ...time, random, upstreams }, { patience: 60_000 }), permit);
      for (const pause of [500, 1_000, 2_000]) {
        await time.awaited(pause);
        time.advance(pause);
      }
      await answer;
      expect(permit.states).toEqual(['throttled', 'throttled', 'throttled', 'served']);
      await full.close();
    },
  );

  test.each([429, 503])('or a %i that asks for a year tells its caller of a minute', async (status) => {
    fixture.sandbox.faults.always({ kind: 'status', status, retry_after: 31_536_000 });
    await expect(call(fixture.open())).rejects.toMatchObject({ retryAfter: 60 });
  });

  test('that asks for more than the patience of the policy puts the call off, and says until when', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ ...NO_ROOM, retry_after: 7 });
    await expect(call(fixture.open({}, { patience: 6_000 }), permit)).rejects.toMatchObject({
      code: 'provider_unavailable',
      retryable: true,
      postponed: true,
      retryAfter: 7,
    });
    expect(permit.calls).toBe(0);
  });

  test('sends the call to the next model of the chain, without a try', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.always({ ...NO_ROOM, retry_after: 60, model: 'sandbox-large' });
    const here = fixture.open({}, { models: ['sandbox-large', 'sandbox-small'], tries: 1 });
    const later = recordingPermit();
    await call(here, permit);
    await call(here, later);
    expect([...permit.rows, ...later.rows].map(({ call: { model }, state }) => `${model} ${state}`)).toEqual([
      'sandbox-large throttled',
      'sandbox-small served',
      // The throttle of the large one is closed: it is not even asked.
      'sandbox-small served',
    ]);
  });

  test('never opens the breaker', async () => {
    const time = drivenTime();
    const metrics = recordingMetrics();
    const breaker = { window: 60_000, minimum: 2, rate: 0.1, open: 5_000 };
    const here = fixture.open({ ...time, metrics, breaker, random }, { patience: 0 });
    fixture.sandbox.faults.always(NO_ROOM);
    for (let count = 0; count < 5; count += 1) {
      await expect(call(here)).rejects.toMatchObject({ postponed: true });
      time.advance(10_000);
    }
    expect(metrics.breakers).toEqual([]);
    expect(metrics.calls).toEqual(Array.from({ length: 5 }, () => 'sandbox/sandbox-small rate_limited'));
  });

  test('of an account without credit is no throttling: waiting mends nothing', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.always({ ...NO_ROOM, code: 'insufficient_quota' });
    await expect(call(fixture.open(), permit)).rejects.toMatchObject({ retryable: true, postponed: false });
    expect(permit.states).toEqual(['not_served']);
  });

  test('that an inline caller would wait too long for is told to it, and gives its permit back', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ ...NO_ROOM, retry_after: 20 });
    const here = fixture.open();
    const body = JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'Tea?' }] });
    const relayed = here.endpoint.relay(permit, prepareChat(here, body, 'test.chat'), {
      response: unexpectedCall,
    });
    await expect(relayed).rejects.toMatchObject({
      status: 429,
      code: 'provider_rate_limited',
      retryAfter: 20,
    });
    expect(permit.closed).toBe('released: provider_unavailable');
  });

  test('leaves a caller who hangs up while waiting', async () => {
    const time = drivenTime();
    const controller = new AbortController();
    const permit = recordingPermit();
    fixture.sandbox.faults.next({ ...NO_ROOM, retry_after: 4 });
    const answer = fixture.open(time).call(permit, { feature, wire: chat(), signal: controller.signal });
    const failed = expect(answer).rejects.toMatchObject({ code: 'client_gone' });
    await time.awaited(4_000);
    controller.abort();
    await failed;
    expect(permit.states).toEqual(['throttled']);
  });
});

test('a call that an open breaker refuses never went out: it is put off, and is no try', async () => {
  const time = drivenTime();
  const breaker = { window: 10_000, minimum: 1, rate: 0.1, open: 5_000 };
  const here = fixture.open({ ...time, breaker }, { tries: 1 });
  fixture.sandbox.faults.next({ kind: 'status', status: 500 });
  await expect(call(here)).rejects.toMatchObject({ postponed: false });
  const permit = recordingPermit();
  await expect(call(here, permit)).rejects.toMatchObject({ postponed: true, retryable: true, retryAfter: 5 });
  expect(permit.rows).toEqual([]);
});

/** A provider that has no room until it is told to, and keeps the answers that it owes until they are asked for. */
async function narrow(): Promise<{
  readonly upstream: ScriptedUpstream;
  readonly sent: () => number;
  room: boolean;
  answer(count: number): void;
}> {
  const owed: (() => void)[] = [];
  const provider = {
    room: false,
    upstream: await scriptedUpstream((response) => {
      if (!provider.room) response.writeHead(429).end('{}');
      else owed.push(() => response.end(plainAnswer('tea')));
    }),
    sent: () => owed.length,
    answer(count: number): void {
      for (const one of owed.splice(0, count)) one();
    },
  };
  return provider;
}

describe('a provider that throttles', () => {
  test('is met by one call when its throttle opens, then by twice as many each time', async () => {
    const time = drivenTime();
    const provider = await narrow();
    const upstreams = [{ name: 'sandbox', baseUrl: provider.upstream.url, apiKey: 'k' }];
    const here = fixture.open({ ...time, random, upstreams }, { patience: 120_000 });
    const calls = [call(here)];
    await time.awaited(500);
    calls.push(...Array.from({ length: 30 }, () => call(here)));
    await expect.poll(() => provider.upstream.requests.length).toBe(1);
    provider.room = true;
    time.advance(500);
    for (const atOnce of [1, 2, 4, 8, 16]) {
      await expect.poll(provider.sent).toBe(atOnce);
      provider.answer(atOnce);
    }
    await Promise.all(calls);
    expect(provider.upstream.requests).toHaveLength(32);
    await provider.upstream.close();
  });

  test('for a minute is asked a few times only, while a hundred jobs wait, and all of them are served once', async () => {
    const time = drivenTime();
    const started = time.clock.monotonic();
    const provider = await scriptedUpstream((response) => {
      if (time.clock.monotonic() - started < 60_000) response.writeHead(429).end('{}');
      else response.end(plainAnswer('tea'));
    });
    const upstreams = [{ name: 'sandbox', baseUrl: provider.url, apiKey: 'k' }];
    const metrics = recordingMetrics();
    const here = fixture.open({ ...time, random, upstreams, metrics }, { tries: 1, patience: 120_000 });
    const permits = Array.from({ length: 100 }, () => recordingPermit());
    const calls = Promise.all(permits.map((permit) => call(here, permit)));
    // The first crowd met it before anybody knew.
    for (let probes = 0; time.clock.monotonic() - started < 60_000; probes += 1) {
      await expect.poll(() => metrics.calls.length).toBe(100 + probes);
      time.advance(Math.min(30_000, 500 * 2 ** probes));
    }
    await calls;
    // 0.5, 1, 2, 4, 8, 16 and 30 seconds: the seventh probe finds room.
    expect(provider.requests).toHaveLength(100 + 6 + 100);
    for (const permit of permits) {
      expect(permit.states.filter((state) => state === 'served')).toHaveLength(1);
      expect(permit.calls).toBe(1);
    }
    await provider.close();
  });

  test('for longer than anybody waits sends those who wait away at once', async () => {
    const time = drivenTime();
    const here = fixture.open({ ...time, random }, { patience: 10_000 });
    fixture.sandbox.faults.next({ ...NO_ROOM, retry_after: 8 }, { ...NO_ROOM, retry_after: 9 });
    const calls = [call(here)];
    await time.awaited(8_000);
    calls.push(call(here), call(here));
    const outcomes = Promise.allSettled(calls);
    time.advance(8_000);
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ reason: { postponed: true, retryAfter: 9 } });
  });

  test('again at the probe is left alone for longer, and a call that it serves starts the count anew', async () => {
    const time = drivenTime();
    const here = fixture.open({ ...time, random }, { patience: 0 });
    const pauses: number[] = [];
    for (const isServed of [false, false, false, true, false]) {
      if (!isServed) fixture.sandbox.faults.next(NO_ROOM);
      const error = await call(here).catch((one: unknown) => one);
      if (!isServed) pauses.push((error as { retryAfter: number }).retryAfter);
      time.advance(2_000);
    }
    expect(pauses).toEqual([1, 1, 2, 1]);
  });
});

test('a streamed call that finds no room waits and is streamed', async () => {
  const permit = recordingPermit();
  fixture.sandbox.faults.next(NO_ROOM);
  const answer = await fixture.open().call(permit, { feature, wire: chat({ stream: true }) });
  expect(answer.kind).toBe('stream');
  expect(() => plain(answer)).toThrow();
  await read(answer);
  expect(permit.states).toEqual(['throttled', 'served']);
});
