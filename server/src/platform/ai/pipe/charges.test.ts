import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { CrashHook } from '#platform/db';
import { createOpenAISandbox } from '#sandbox/openai';
import { describe, expect, test } from 'vitest';
import { cost as costOf, createPrices } from '../metering/prices.ts';
import { chat, read } from '@plinth/testkit/fixtures/ai/open';
import { type RecordingPermit, recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { delta, plainAnswer, scriptedUpstream, streamEvent } from '@plinth/testkit/fixtures/ai/upstream';
import type { WireRequest } from '../wire.ts';

const none = (): void => {};
const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';
const stream = chat({ stream: true });

/** Figures that the only call of a permit is posted at: what the provider may bill, and what is charged. */
function postedFigures({ rows: [row] }: RecordingPermit) {
  if (row?.state === 'served' || row?.state === 'unknown') {
    const { cost, charged, estimated } = row.usage ?? {};
    return { cost, charged, estimated };
  }
  return row?.state;
}

/** The sum of the sandbox's bill, at the prices of the catalogue. */
function billedCost(calls: ReturnType<(typeof fixture)['sandbox']['bill']>): number {
  const prices = createPrices();
  return calls.reduce((sum, { model, ...call }) => {
    const price = prices.of('sandbox', model);
    if (price === undefined) throw new Error(`no price of ${model}`);
    const { prompt_tokens: promptTokens, cached_tokens: cachedTokens } = call;
    const { completion_tokens: completionTokens, reasoning_tokens: reasoningTokens } = call;
    return sum + costOf(price, { promptTokens, cachedTokens, completionTokens, reasoningTokens });
  }, 0);
}

const at = (url: string) => ({ upstreams: [{ name: 'sandbox', baseUrl: url, apiKey: 'k' }] });

type Answer = (response: ServerResponse) => unknown;
const says =
  (status: number, body: string, headers: OutgoingHttpHeaders = {}): Answer =>
  (response) =>
    response.writeHead(status, headers).end(body);

test('what a provider writes beyond max_tokens is the operator’s cost, and not the customer’s', async () => {
  const long = await scriptedUpstream(
    (response) =>
      void response.end(plainAnswer('word '.repeat(400), { prompt_tokens: 10, completion_tokens: 400 })),
  );
  const permit = recordingPermit();
  await fixture.open(at(long.url)).call(permit, { feature, wire: chat({ max_tokens: 20 }) });
  const [row] = permit.rows;
  const { cost = 0, charged } = postedFigures(permit) as { cost?: number; charged?: number };
  expect(charged).toBe(row?.call.reserve);
  expect(cost).toBeGreaterThan(row?.call.reserve ?? 0);
});

/** Leaves as soon as the provider has the request, and answers then; `estimate` is what was posted at once. */
async function leave(answer: Answer, wire: WireRequest) {
  const goOn = Promise.withResolvers<void>();
  const late = await scriptedUpstream((response, { index }) =>
    index === 0
      ? void goOn.promise.then(() => answer(response))
      : void response.end(plainAnswer('the next', null)),
  );
  const controller = new AbortController();
  const permit = recordingPermit();
  const here = fixture.open(at(late.url));
  const call = here.call(permit, { feature, wire, signal: controller.signal });
  const gone = expect(call).rejects.toMatchObject({ code: 'client_gone' });
  await late.received(1);
  controller.abort();
  await gone;
  const { cost: estimate } = postedFigures(permit) as { cost: number };
  goOn.resolve();
  return { permit, late, estimate, here };
}

describe('what a provider broke', () => {
  test.each([
    ['a connection that was reset', { kind: 'reset', billed: true }],
    ['a gateway’s time-out', { kind: 'status', status: 504 }],
    ['a server’s time-out', { kind: 'status', status: 408 }],
    ['a bad gateway', { kind: 'status', status: 502 }],
    ['a proxy’s broken answer', { kind: 'status', status: 520 }],
    ['a proxy’s time-out', { kind: 'status', status: 524 }],
    ['an answer that is cut', { kind: 'cut_stream' }],
    ['an answer that is no JSON', { kind: 'malformed_json' }],
  ] as const)('before anything was shown is charged to nobody: %s', async (_what, fault) => {
    const before = fixture.sandbox.bill().length;
    fixture.sandbox.faults.next(fault);
    const permit = recordingPermit();
    await expect(
      fixture.open({}, { tries: 1 }).call(permit, { feature, wire: chat() }),
    ).rejects.toMatchObject({
      caused: false,
    });
    expect(postedFigures(permit)).toMatchObject({ charged: 0, estimated: true });
    expect((postedFigures(permit) as { cost: number }).cost).toBeGreaterThanOrEqual(
      billedCost(fixture.sandbox.bill().slice(before)),
    );
  });

  test.each([500, 503, 529])('and did not begin, by a status of %i, costs nothing', async (status) => {
    fixture.sandbox.faults.next({ kind: 'status', status });
    const permit = recordingPermit();
    const call = fixture.open({}, { tries: 1 }).call(permit, { feature, wire: chat() });
    await expect(call).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(permit.states).toEqual(['not_served']);
  });

  test('after some of it was shown is charged for the input and what was shown', async () => {
    fixture.sandbox.faults.next({ kind: 'cut_stream', after: 3, abrupt: true });
    const permit = recordingPermit();
    const answer = await fixture.open().call(permit, { feature, wire: stream });
    expect((await read(answer)).end).toBe('cut');
    const { cost: most, charged } = postedFigures(permit) as { cost: number; charged: number };
    expect(charged).toBeGreaterThan(0);
    expect(charged).toBeLessThan(most);
    expect(most).toBeLessThanOrEqual(answer.plan.call.reserve);
  });

  test('is posted by the figures that its stream had so far, and charged by them', async () => {
    const events = Array.from({ length: 5 }, (_, word) => {
      const choices = [{ index: 0, delta: { content: 'word ' }, finish_reason: null }];
      return streamEvent({ choices, usage: { prompt_tokens: '12', completion_tokens: word + 1 } });
    });
    const breaking = await scriptedUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events.join(''), () => setImmediate(() => response.destroy()));
    });
    const permit = recordingPermit();
    const answer = await fixture.open(at(breaking.url)).call(permit, { feature, wire: stream });
    expect((await read(answer)).end).toBe('cut');
    expect(permit.rows).toMatchObject([
      { state: 'served', usage: { promptTokens: 12, completionTokens: 5, estimated: false } },
    ]);
    expect(postedFigures(permit)).toMatchObject({
      charged: (postedFigures(permit) as { cost: number }).cost,
    });
    await breaking.close();
  });

  test('and never went on after its first event is a silence, and not the caller’s', async () => {
    const time = drivenTime();
    fixture.sandbox.faults.next({ kind: 'hang_midstream', after: 2 });
    const permit = recordingPermit();
    const answer = await fixture
      .open(time, { timeouts: { idle: 3_000 } })
      .call(permit, { feature, wire: stream });
    const reading = read(answer);
    time.advance(3_100);
    expect((await reading).end).toBe('timeout');
    const { cost: most, charged } = postedFigures(permit) as { cost: number; charged: number };
    expect(charged).toBeLessThan(most);
  });

  test('is counted as what the operator bears', async () => {
    const failures: number[] = [];
    const metrics = {
      providerCall: none,
      breaker: none,
      slots: none,
      promptLeak: none,
      cost: none,
      failureCost: (_product: string, _feature: string, amount: number) => void failures.push(amount),
    };
    fixture.sandbox.faults.next({ kind: 'reset', billed: true });
    const permit = recordingPermit();
    await fixture.open({ metrics }, { tries: 2 }).call(permit, { feature, wire: chat() });
    expect(failures).toEqual([(postedFigures(permit) as { cost: number }).cost]);
  });
});

describe('what a caller brought about is charged as the provider bills it', () => {
  test('of a plain call whose caller hung up: its estimate at once, then what it used', async () => {
    const goOn = Promise.withResolvers<void>();
    const slow = await scriptedUpstream((response) => {
      void goOn.promise.then(() =>
        response.end(plainAnswer('late', { prompt_tokens: 12, completion_tokens: 34 })),
      );
    });
    const controller = new AbortController();
    const permit = recordingPermit();
    const call = fixture
      .open(at(slow.url))
      .call(permit, { feature, wire: chat(), signal: controller.signal });
    const gone = expect(call).rejects.toMatchObject({ code: 'client_gone', caused: true });
    await slow.received(1);
    controller.abort();
    await gone;
    expect(postedFigures(permit)).toMatchObject({
      charged: (postedFigures(permit) as { cost: number }).cost,
    });
    goOn.resolve();
    await expect.poll(() => permit.amended).toMatchObject([{ completionTokens: 34, estimated: false }]);
    expect(permit.amended[0]?.charged).toBe(permit.amended[0]?.cost);
    await slow.close();
  });

  test('of a stream that was still writing when its time was over', async () => {
    const time = drivenTime();
    const goOn = Promise.withResolvers<void>();
    const long = await scriptedUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(delta('one'));
      const usage = { prompt_tokens: 12, completion_tokens: 34 };
      const rest = delta('two') + streamEvent({ choices: [], usage }) + 'data: [DONE]\n\n';
      void goOn.promise.then(() => response.end(rest));
    });
    const permit = recordingPermit();
    const timeouts = { firstToken: 5_000, idle: 60_000, total: 10_000 };
    const answer = await fixture
      .open({ ...time, ...at(long.url) }, { timeouts })
      .call(permit, { feature, wire: stream });
    const reading = read(answer);
    time.advance(10_100);
    expect(await reading).toMatchObject({ end: 'overdue', error: 'provider_timeout' });
    expect(postedFigures(permit)).toMatchObject({
      charged: (postedFigures(permit) as { cost: number }).cost,
    });
    goOn.resolve();
    await expect.poll(() => permit.amended).toMatchObject([{ completionTokens: 34, estimated: false }]);
    await long.close();
  });

  test('of one that is read on for too long, what it was estimated at', async () => {
    const time = drivenTime();
    fixture.sandbox.faults.next({ kind: 'hang_midstream', after: 2 });
    const permit = recordingPermit();
    const answer = await fixture.open(time).call(permit, { feature, wire: stream });
    if (answer.kind !== 'stream') throw new Error('expected a stream');
    answer.live.stop();
    await answer.live.finished;
    time.advance(31_000);
    await expect.poll(() => fixture.sandbox.bill().at(-1)?.hung_up).toBe(true);
    expect(permit.amended).toEqual([]);
    expect(postedFigures(permit)).toMatchObject({
      charged: (postedFigures(permit) as { cost: number }).cost,
    });
  });

  test('of a request that can only fail, nothing; but it counts', async () => {
    const permit = recordingPermit();
    const call = fixture.open().call(permit, { feature, wire: chat({ temperature: 99 }) });
    await expect(call).rejects.toMatchObject({ code: 'provider_rejected', caused: true });
    expect(permit.states).toEqual(['throttled']);
  });
});

describe('of a call whose caller left before its answer', () => {
  const nothing = [{ cost: 0, charged: 0, estimated: false }];

  test.each([
    ['a defect', says(500, '{"error":{"message":"no"}}')],
    ['no room', says(429, '{"error":{"message":"no"}}', { 'retry-after': '1' })],
    ['a refusal', says(400, '{"error":{"message":"no","code":"bad"}}')],
    ['a redirect to nowhere', says(302, '')],
    ['an error in place of an answer', says(200, '{"error":{"message":"no"}}')],
  ])('nothing is charged where the provider then says %s, streamed or not', async (_what, answer) => {
    for (const wire of [chat(), stream]) {
      const { permit, late, estimate } = await leave(answer, wire);
      expect(estimate).toBeGreaterThan(0);
      await expect.poll(() => permit.amended).toMatchObject(nothing);
      await late.close();
    }
  });

  test('nothing is charged for an error that is the first event of a stream', async () => {
    const answer = says(200, 'data: {"error":{"message":"no"}}\n\n', { 'content-type': 'text/event-stream' });
    const { permit, late } = await leave(answer, stream);
    await expect.poll(() => permit.amended).toMatchObject(nothing);
    await late.close();
  });

  test('nothing is sent to where the provider redirects', async () => {
    const { permit, late } = await leave(says(307, '', { location: '/v1/elsewhere' }), chat());
    await expect.poll(() => permit.amended).toMatchObject(nothing);
    expect(late.requests).toHaveLength(1);
    await late.close();
  });

  test('an answer in plain JSON is read, though a stream was asked for', async () => {
    const usage = { prompt_tokens: 12, completion_tokens: 34 };
    const { permit, late } = await leave(says(200, plainAnswer('late', usage)), stream);
    await expect.poll(() => permit.amended).toMatchObject([{ completionTokens: 34, estimated: false }]);
    await late.close();
  });

  test.each([
    ['a gateway gives up', chat(), says(504, 'too late')],
    ['the answer is no JSON', chat(), says(200, '<html>')],
    [
      'the stream ends before its end',
      stream,
      says(200, delta('one'), { 'content-type': 'text/event-stream' }),
    ],
    ['an event is no JSON', stream, says(200, 'data: {"choi\n\n', { 'content-type': 'text/event-stream' })],
  ])('the estimate stays where %s', async (_what, wire, answer) => {
    const { permit, late, here } = await leave(answer, wire);
    // Asked, answered and counted after it.
    await here.call(recordingPermit(), { feature, wire: chat() });
    expect(permit.amended).toEqual([]);
    expect(postedFigures(permit)).toMatchObject({ estimated: true });
    await late.close();
  });

  test.each([429, 503, 400])('nothing is charged where a status of %i had come already', async (status) => {
    const slow = await scriptedUpstream((response) => {
      response.writeHead(status, { 'content-length': '10' }).write('{');
    });
    const seen = Promise.withResolvers<void>();
    const crashHook: CrashHook = (_point, when) => (when === 'after' ? seen.resolve() : undefined);
    const controller = new AbortController();
    const permit = recordingPermit();
    const here = fixture.open({ ...at(slow.url), crashHook });
    const call = here.call(permit, { feature, wire: chat(), signal: controller.signal });
    const gone = expect(call).rejects.toMatchObject({ code: 'client_gone' });
    await seen.promise;
    controller.abort();
    await gone;
    expect(permit.states).toEqual(['not_served']);
    await slow.close();
  });
});

test('200 calls that are broken off just before their first token are paid for, each at what the provider bills', async () => {
  const slow = await createOpenAISandbox({ latencyMs: 500 });
  // However slow the machine is: the rest of an answer is read for some seconds only.
  const here = fixture.open({ ...drivenTime(), ...at(slow.url) });
  const permits = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const permit = recordingPermit();
      const controller = new AbortController();
      const call = here.call(permit, { feature, wire: stream, signal: controller.signal });
      const ended = call.then(
        (answer) => answer.kind === 'stream' && answer.live.stop(),
        () => {},
      );
      // A call that had not left yet is not charged.
      await expect.poll(() => slow.requests()).toBe(200);
      controller.abort();
      await ended;
      return permit;
    }),
  );
  await expect.poll(() => permits.filter(({ amended }) => amended.length === 1).length).toBe(200);
  const charged = permits.reduce((sum, { amended }) => sum + (amended[0]?.charged ?? 0), 0);
  expect(slow.bill()).toHaveLength(200);
  expect(charged).toBe(billedCost(slow.bill()));
  await slow.close();
});
