import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createOpenAISandbox, type OpenAISandbox } from '#sandbox/openai';
import type { Ai } from './ai.ts';
import type { PlainAnswer, StreamAnswer } from './attempt.ts';
import type { StreamEnd } from './live-stream.ts';
import { createPrices, reserve } from './prices.ts';
import { chat, openAi, recordingMetrics } from './testing/open.ts';
import { recordingPermit } from './testing/permit.ts';
import { drivenTime } from './testing/time.ts';
import { delta, scriptedUpstream } from './testing/upstream.ts';

let sandbox: OpenAISandbox;
let ai: Ai | undefined;

beforeAll(async () => {
  sandbox = await createOpenAISandbox();
});
afterEach(async () => {
  sandbox.faults.clear();
  await ai?.close();
  ai = undefined;
});
afterAll(() => sandbox.close());

function open(
  ...[parts, policy]: [Partial<Parameters<typeof openAi>[0]>?, Parameters<typeof openAi>[1]?]
): Ai {
  ai = openAi(
    { upstreams: [{ name: 'sandbox', baseUrl: sandbox.url, apiKey: sandbox.apiKey }], ...parts },
    policy,
  );
  return ai;
}

function plain(answer: PlainAnswer | StreamAnswer): PlainAnswer {
  if (answer.kind !== 'plain') throw new Error('expected a plain answer');
  return answer;
}

async function read(
  answer: PlainAnswer | StreamAnswer,
): Promise<{ text: string; end: StreamEnd; error: string | undefined }> {
  if (answer.kind !== 'stream') throw new Error('expected a stream');
  const chunks: Buffer[] = [];
  let error: string | undefined;
  answer.live.pipe({
    write: (chunk) => chunks.push(chunk) > 0,
    end: () => {},
    fail: ({ code }) => {
      error = code;
    },
  });
  const end = await answer.live.finished;
  return { text: Buffer.concat(chunks).toString('utf8'), end, error };
}

const feature = 'chat';

describe('a plain call', () => {
  test('is one row with the figures and the id that are on the provider bill', async () => {
    const permit = recordingPermit();
    const answer = plain(await open().call(permit, { feature, wire: chat() }));
    const billed = sandbox.bill().at(-1);
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
      await open({}, { maxOutputTokens: 20 }).call(permit, { feature, wire: chat({ max_tokens: 5_000 }) }),
    );
    expect(answer.plan.maxTokens).toBe(20);
    expect(answer.usage.completionTokens).toBeLessThanOrEqual(20);
    expect(answer.usage.cost).toBeLessThanOrEqual(answer.plan.call.reserve);
  });

  test('is refused before anything is sent when its input is too large', async () => {
    const permit = recordingPermit();
    const call = open({}, { caps: { inputBytes: 50 } }).call(permit, { feature, wire: chat() });
    await expect(call).rejects.toMatchObject({ code: 'context_too_large', retryable: false });
    expect(permit.rows).toEqual([]);
  });

  test('is refused before anything is sent when it could cost more than the policy allows', async () => {
    const permit = recordingPermit();
    const call = open({}, { caps: { cost: 2 } }).call(permit, { feature, wire: chat() });
    await expect(call).rejects.toMatchObject({ code: 'call_too_costly' });
    expect(permit.rows).toEqual([]);
  });

  test('is cut to the reply that the cap on its cost buys', async () => {
    const permit = recordingPermit();
    const answer = plain(await open({}, { caps: { cost: 30 } }).call(permit, { feature, wire: chat() }));
    expect(answer.plan.maxTokens).toBeLessThan(50);
    expect(answer.plan.call.reserve).toBeLessThanOrEqual(30);
  });
});

describe('what the ledger is told of each fault', () => {
  test.each([
    [{ kind: 'status', status: 429 } as const, 'not_served'],
    [{ kind: 'status', status: 500 } as const, 'not_served'],
    [{ kind: 'status', status: 503 } as const, 'not_served'],
    [{ kind: 'status', status: 504 } as const, 'unknown'],
    [{ kind: 'reset' } as const, 'unknown'],
    [{ kind: 'reset', billed: true } as const, 'unknown'],
    [{ kind: 'cut_stream' } as const, 'unknown'],
    [{ kind: 'malformed_json' } as const, 'served'],
    [{ kind: 'empty_choices' } as const, 'served'],
  ])('%o, then an answer: %s, served', async (fault, state) => {
    const permit = recordingPermit();
    sandbox.faults.next(fault);
    plain(await open().call(permit, { feature, wire: chat() }));
    expect(permit.states).toEqual([state, 'served']);
  });

  test('an answer without usage is counted by ourselves, and says so', async () => {
    const permit = recordingPermit();
    sandbox.faults.next({ kind: 'missing_usage' });
    const answer = plain(await open().call(permit, { feature, wire: chat() }));
    expect(answer.usage.estimated).toBe(true);
    expect(answer.usage.promptTokens).toBeGreaterThan(0);
    expect(answer.usage.completionTokens).toBeGreaterThan(0);
    expect(answer.usage.cost).toBeLessThanOrEqual(answer.plan.call.reserve);
  });

  test('an empty answer is posted by the usage that came with it', async () => {
    const permit = recordingPermit();
    sandbox.faults.always({ kind: 'empty_choices' });
    await expect(open({}, { tries: 1 }).call(permit, { feature, wire: chat() })).rejects.toMatchObject({
      code: 'answer_unusable',
    });
    expect(permit.rows[0]).toMatchObject({
      usage: { promptTokens: sandbox.bill().at(-1)?.prompt_tokens, estimated: false },
    });
  });

  test('a call that reaches nobody was not served', async () => {
    const permit = recordingPermit();
    const gone = await createOpenAISandbox();
    await gone.close();
    const call = open({ upstreams: [{ name: 'sandbox', baseUrl: gone.url, apiKey: 'k' }] }).call(permit, {
      feature,
      wire: chat(),
    });
    await expect(call).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(permit.states).toEqual(['not_served', 'not_served', 'not_served']);
  });

  test('a call that is not answered in time may have been served', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    const silent = await scriptedUpstream(() => {});
    const upstreams = [{ name: 'sandbox', baseUrl: silent.url, apiKey: 'k' }];
    const policy = { tries: 1, timeouts: { total: 30_000 } };
    const call = open({ ...time, upstreams }, policy).call(permit, { feature, wire: chat() });
    const failed = expect(call).rejects.toMatchObject({ code: 'provider_timeout', retryable: false });
    await silent.received(1);
    time.advance(29_000);
    expect(permit.states).toEqual(['sent']);
    time.advance(1_100);
    await failed;
    expect(permit.states).toEqual(['unknown']);
    await silent.close();
  });

  test('a call whose connection does not stand in time was not served', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    const call = open(time, { tries: 1, timeouts: { total: 1_000 } }).call(permit, { feature, wire: chat() });
    const failed = expect(call).rejects.toMatchObject({ code: 'provider_timeout' });
    await time.awaited(1);
    time.advance(1_100);
    await failed;
    expect(permit.states).toEqual(['not_served']);
  });

  test('a caller who hangs up before the answer leaves a call that may have been served', async () => {
    const hangUp = new AbortController();
    const permit = recordingPermit();
    const silent = await scriptedUpstream(() => {});
    const upstreams = [{ name: 'sandbox', baseUrl: silent.url, apiKey: 'k' }];
    const call = open({ upstreams }).call(permit, { feature, wire: chat(), hangUp: hangUp.signal });
    const failed = expect(call).rejects.toMatchObject({ code: 'client_gone' });
    await silent.received(1);
    hangUp.abort();
    await failed;
    expect(permit.states).toEqual(['unknown']);
    await silent.close();
  });

  test('what a provider refuses for good is not tried again', async () => {
    const permit = recordingPermit();
    const call = open().call(permit, { feature, wire: chat({ temperature: 99 }) });
    await expect(call).rejects.toMatchObject({ code: 'provider_rejected', retryable: false });
    expect(permit.states).toEqual(['not_served']);
  });

  test('a budget that has no room stops the call before it is sent', async () => {
    const before = sandbox.bill().length;
    const permit = recordingPermit({ refuse: new Error('limit_exceeded') });
    await expect(open().call(permit, { feature, wire: chat() })).rejects.toThrow('limit_exceeded');
    expect(sandbox.bill()).toHaveLength(before);
  });
});

describe('tries', () => {
  test('are never more than the policy says', async () => {
    const metrics = recordingMetrics();
    const permit = recordingPermit();
    sandbox.faults.always({ kind: 'status', status: 500 });
    await expect(
      open({ metrics }, { tries: 4 }).call(permit, { feature, wire: chat() }),
    ).rejects.toMatchObject({
      code: 'provider_unavailable',
      retryable: false,
    });
    expect(metrics.calls).toEqual(Array.from({ length: 4 }, () => 'sandbox/sandbox-small failed'));
  });

  test('are counted over earlier attempts of the same job', async () => {
    sandbox.faults.always({ kind: 'status', status: 500 });
    const third = recordingPermit({ calls: 3 });
    await expect(open({}, { tries: 3 }).call(third, { feature, wire: chat() })).rejects.toMatchObject({
      retryable: false,
    });
    expect(third.states).toEqual(['not_served']);
    const fourth = recordingPermit({ calls: 4 });
    await expect(open({}, { tries: 3 }).call(fourth, { feature, wire: chat() })).rejects.toMatchObject({
      retryable: false,
    });
    expect(fourth.states).toEqual([]);
  });

  test('leave room for the rounds that the work needs', async () => {
    const permit = recordingPermit();
    const here = open({}, { tries: 2, rounds: 3 });
    for (let round = 0; round < 3; round += 1) await here.call(permit, { feature, wire: chat() });
    sandbox.faults.always({ kind: 'status', status: 500 });
    await expect(here.call(permit, { feature, wire: chat() })).rejects.toMatchObject({ retryable: false });
    expect(permit.rows).toHaveLength(4);
  });

  test('wait for as long as the provider asks', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    sandbox.faults.next({ kind: 'status', status: 429, retry_after: 7 });
    const call = open(time).call(permit, { feature, wire: chat() });
    expect(await time.awaited(1_000)).toBe(7_000);
    time.advance(6_900);
    expect(permit.states).toEqual(['not_served']);
    time.advance(200);
    plain(await call);
    expect(permit.states).toEqual(['not_served', 'served']);
  });

  test('understand a date to wait for', async () => {
    const time = drivenTime();
    sandbox.faults.next({
      kind: 'status',
      status: 503,
      retry_after: new Date(time.clock.now() + 5_000).toUTCString(),
    });
    const call = open(time).call(recordingPermit(), { feature, wire: chat() });
    expect(await time.awaited(1_000)).toBe(5_000);
    time.advance(5_000);
    plain(await call);
  });

  test('do not wait beyond the run time: the caller is told when to come back', async () => {
    sandbox.faults.next({ kind: 'status', status: 429, retry_after: 600 });
    const permit = recordingPermit();
    const call = open({}, { caps: { runTime: 60_000 } }).call(permit, { feature, wire: chat() });
    await expect(call).rejects.toMatchObject({
      code: 'provider_unavailable',
      retryAfter: 600,
      retryable: true,
    });
    expect(permit.states).toEqual(['not_served']);
  });

  test('wait with full jitter within a bound that doubles', async () => {
    const time = drivenTime();
    const random = { bytes: () => new Uint8Array(16), uniform: () => 0.5 };
    sandbox.faults.always({ kind: 'status', status: 500 });
    const policy = { tries: 4, backoff: { base: 1_000, most: 3_000 } };
    const call = open({ ...time, random }, policy).call(recordingPermit(), { feature, wire: chat() });
    const failed = expect(call).rejects.toMatchObject({ code: 'provider_unavailable' });
    for (const pause of [500, 1_000, 1_500]) {
      expect(await time.awaited(100)).toBe(pause);
      time.advance(pause);
    }
    await failed;
  });

  test('end when the caller hangs up during a pause', async () => {
    const time = drivenTime();
    const hangUp = new AbortController();
    const permit = recordingPermit();
    sandbox.faults.next({ kind: 'status', status: 429, retry_after: 7 });
    const call = open(time).call(permit, { feature, wire: chat(), hangUp: hangUp.signal });
    const failed = expect(call).rejects.toMatchObject({ code: 'client_gone' });
    await time.awaited(1_000);
    hangUp.abort();
    await failed;
    expect(permit.states).toEqual(['not_served']);
  });
});

describe('the chain of models', () => {
  const policy = { models: ['sandbox-large', 'sandbox-small'], tries: 3 };

  test('is gone down when a model fails, each call at the price of its own model', async () => {
    const permit = recordingPermit();
    sandbox.faults.always({ kind: 'status', status: 500, model: 'sandbox-large' });
    const answer = plain(await open({}, policy).call(permit, { feature, wire: chat() }));
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
    sandbox.faults.next({ kind: 'status', status: 429, retry_after: 600, model: 'sandbox-large' });
    const permit = recordingPermit();
    await open({}, policy).call(permit, { feature, wire: chat() });
    expect(permit.rows.map(({ call }) => call.model)).toEqual(['sandbox-large', 'sandbox-small']);
  });

  test('is gone down at once when our key is not accepted', async () => {
    sandbox.faults.next({ kind: 'status', status: 401, model: 'sandbox-large' });
    const permit = recordingPermit();
    await open({}, policy).call(permit, { feature, wire: chat() });
    expect(permit.rows.map(({ call }) => call.model)).toEqual(['sandbox-large', 'sandbox-small']);
  });
});

describe('a circuit breaker', () => {
  const breaker = { window: 10_000, minimum: 4, rate: 0.5, open: 5_000 };

  test('opens when a model fails, keeps calls away, lets one probe through and closes when it is served', async () => {
    const time = drivenTime();
    const metrics = recordingMetrics();
    const here = open({ ...time, metrics, breaker }, { tries: 1 });
    const call = (): Promise<unknown> => here.call(recordingPermit(), { feature, wire: chat() });
    sandbox.faults.always({ kind: 'status', status: 500 });
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
    sandbox.faults.clear();
    await call();
    expect(metrics.breakers.at(-1)).toBe('sandbox-small closed');
  });

  test('of one model sends calls to the next in the chain, without a try there', async () => {
    const metrics = recordingMetrics();
    const here = open({ metrics, breaker }, { models: ['sandbox-large', 'sandbox-small'], tries: 2 });
    sandbox.faults.always({ kind: 'status', status: 500, model: 'sandbox-large' });
    for (let count = 0; count < 5; count += 1) await here.call(recordingPermit(), { feature, wire: chat() });
    expect(metrics.calls.filter((call) => call.startsWith('sandbox/sandbox-large'))).toHaveLength(4);
    expect(metrics.calls.at(-1)).toBe('sandbox/sandbox-small served');
  });

  test('is not moved by requests that are at fault themselves', async () => {
    const metrics = recordingMetrics();
    const here = open({ metrics, breaker });
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

describe('a stream', () => {
  const wire = chat({ stream: true });

  test('ends in the exact usage, without the event that the caller did not ask for', async () => {
    const permit = recordingPermit();
    const { text, end } = await read(await open().call(permit, { feature, wire }));
    const billed = sandbox.bill().at(-1);
    expect(end).toBe('complete');
    expect(text).toContain('data: [DONE]');
    expect(text).not.toMatch(/"usage":\s*\{/);
    expect(permit.rows[0]).toMatchObject({
      state: 'served',
      usage: {
        estimated: false,
        promptTokens: billed?.prompt_tokens,
        completionTokens: billed?.completion_tokens,
        providerRequestId: billed?.request_id,
      },
    });
  });

  test('keeps the usage event for a caller who asked for it', async () => {
    const asked = chat({ stream: true, stream_options: { include_usage: true } });
    const { text } = await read(await open().call(recordingPermit(), { feature, wire: asked }));
    expect(text).toMatch(/"usage":\s*\{/);
  });

  test('is tried again when it fails before its first event', async () => {
    const permit = recordingPermit();
    sandbox.faults.next({ kind: 'status', status: 503 }, { kind: 'empty_choices' });
    const { end } = await read(await open().call(permit, { feature, wire }));
    expect(end).toBe('complete');
    expect(permit.states).toEqual(['not_served', 'served', 'served']);
  });

  test('is not tried again after its first event: the reader is told, and the call is posted at its reserve', async () => {
    const permit = recordingPermit();
    sandbox.faults.next({ kind: 'cut_stream', after: 3, abrupt: true });
    const { end, error } = await read(await open().call(permit, { feature, wire }));
    expect([end, error]).toEqual(['cut', 'provider_unavailable']);
    expect(permit.states).toEqual(['unknown']);
  });

  test('that just ends, with neither [DONE] nor usage, is a stream that was cut', async () => {
    const permit = recordingPermit();
    sandbox.faults.next({ kind: 'cut_stream', after: 3 });
    expect(await read(await open().call(permit, { feature, wire }))).toMatchObject({ end: 'cut' });
    expect(permit.states).toEqual(['unknown']);
  });

  test('without usage is counted by what was shown', async () => {
    const permit = recordingPermit();
    sandbox.faults.next({ kind: 'missing_usage' });
    await read(await open().call(permit, { feature, wire }));
    const billed = sandbox.bill().at(-1)?.completion_tokens ?? 0;
    const [row] = permit.rows;
    const usage = row?.state === 'served' ? row.usage : undefined;
    expect(usage?.estimated).toBe(true);
    expect(usage?.completionTokens).toBeGreaterThan(billed * 0.7);
    expect(usage?.completionTokens).toBeLessThan(billed * 1.5);
  });

  test('that shows nothing in time is given up before its reader has seen a byte, and tried again', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    const slow = await scriptedUpstream((response, { index }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      if (index > 0) response.end(`${delta('tea')}data: [DONE]\n\n`);
    });
    const upstreams = [{ name: 'sandbox', baseUrl: slow.url, apiKey: 'k' }];
    const policy = { timeouts: { firstToken: 2_000 }, backoff: { base: 100, most: 100 } };
    const random = { bytes: () => new Uint8Array(16), uniform: () => 1 };
    const call = open({ ...time, upstreams, random }, policy).call(permit, { feature, wire });
    await slow.received(1);
    time.advance(2_100);
    await time.awaited(100);
    time.advance(100);
    expect((await read(await call)).end).toBe('complete');
    expect(permit.states).toEqual(['unknown', 'served']);
    await slow.close();
  });

  test('that falls silent is ended', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    sandbox.faults.next({ kind: 'hang_midstream', after: 2 });
    const answer = await open(time, { timeouts: { idle: 3_000 } }).call(permit, { feature, wire });
    const reading = read(answer);
    time.advance(3_100);
    expect(await reading).toMatchObject({ end: 'timeout', error: 'provider_timeout' });
    expect(permit.states).toEqual(['unknown']);
  });

  test('that nobody reads is ended, and what was shown is posted', async () => {
    const time = drivenTime();
    const permit = recordingPermit();
    const answer = await open(time, { timeouts: { idle: 3_000 } }).call(permit, { feature, wire });
    if (answer.kind !== 'stream') throw new Error('expected a stream');
    time.advance(3_100);
    expect(await answer.live.finished).toBe('unread');
    expect(permit.rows[0]).toMatchObject({ state: 'served', usage: { estimated: true } });
  });

  test('that its reader leaves stops the provider call, and what was shown is posted', async () => {
    const slow = await createOpenAISandbox({ perTokenMs: 5 });
    const permit = recordingPermit();
    const hangUp = new AbortController();
    const upstreams = [{ name: 'sandbox', baseUrl: slow.url, apiKey: 'k' }];
    const answer = await open({ upstreams }).call(permit, { feature, wire, hangUp: hangUp.signal });
    if (answer.kind !== 'stream') throw new Error('expected a stream');
    let parts = 0;
    answer.live.pipe({
      write() {
        parts += 1;
        if (parts === 4) hangUp.abort();
        return true;
      },
      end: () => {},
      fail: () => {},
    });
    expect(await answer.live.finished).toBe('hung_up');
    expect(permit.rows[0]).toMatchObject({ state: 'served', usage: { estimated: true } });
    const [row] = permit.rows;
    expect(row?.state === 'served' ? row.usage.completionTokens : 0).toBeGreaterThan(0);
    await expect.poll(() => slow.bill().at(-1)?.hung_up).toBe(true);
    await slow.close();
  });
});
