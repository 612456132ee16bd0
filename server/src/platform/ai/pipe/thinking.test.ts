import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import OpenAI from 'openai';
import { beforeEach, describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import type { Ai } from '../ai.ts';
import { type PolicyInput, timeLimits } from '../policy.ts';
import { createPrices } from '../metering/prices.ts';
import { makeOpenAiServers } from '@plinth/testkit/fixtures/ai/openai-endpoint';
import { chat, read } from '@plinth/testkit/fixtures/ai/open';
import { type RecordingPermit, recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { type DrivenTime, drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { delta, scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';

const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';
const wire = chat({ stream: true });
const END = 'data: [DONE]\n\n';
/** A run time that bounds nothing here. */
const LONG = { caps: { runTime: 3_000_000 } };
const PAUSE = { base: 100, most: 100 };
const MINUTE = 60_000;
const THINK: OpenAI.ChatCompletionCreateParamsStreaming = {
  model: 'small',
  messages: [{ role: 'user', content: 'Think.' }],
  stream: true,
};

let permit: RecordingPermit;
let time: DrivenTime;
beforeEach(() => {
  permit = recordingPermit();
  time = drivenTime();
});
const clientOf = makeOpenAiServers(() => permit);

interface Slow {
  readonly here: Ai;
  /** The answer to the call of this number, once it is there. */
  response(index: number): Promise<ServerResponse>;
  close(): Promise<void>;
}

/** A gateway over one provider that answers when the test says. */
async function slow(policy: Partial<PolicyInput>, row: object = {}): Promise<Slow> {
  const responses: ServerResponse[] = [];
  const upstream = await scriptedUpstream((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    responses.push(response);
  });
  const price = { input: 1_000_000, output: 1_000_000, source: 'test', ...row };
  const prices = createPrices({ overrides: { 'sandbox/sandbox-small': price } });
  const upstreams = [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }];
  const random = { bytes: () => new Uint8Array(16), uniform: () => 1 };
  return {
    here: fixture.open({ ...time, upstreams, prices, random }, { ...LONG, backoff: PAUSE, ...policy }),
    async response(index) {
      await upstream.received(index + 1);
      const response = responses[index];
      if (response === undefined) throw new Error('no answer was begun');
      return response;
    },
    close: () => upstream.close(),
  };
}

/** The parts of an answer that a client has received. */
interface Listener {
  readonly response: Response;
  next(): Promise<string>;
}

async function listen(client: OpenAI): Promise<Listener> {
  const response = await client.chat.completions.create(THINK).asResponse();
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  return {
    response,
    async next() {
      const part = await reader?.read();
      return part?.value === undefined ? '' : decoder.decode(part.value);
    },
  };
}

describe('a model that thinks', () => {
  test('has its first token after 70 seconds and a silence of 40 in the middle, whatever its policy says', async () => {
    const { here, response, close } = await slow({}, { thinks: true });
    const call = here.call(permit, { feature, wire });
    const answer = await response(0);
    time.advance(70_000);
    answer.write(delta('Well'));
    const readAll = read(await call);
    time.advance(40_000);
    answer.end(delta(', yes') + END);
    expect(await readAll).toMatchObject({ end: 'complete' });
    expect(permit.states).toEqual(['served']);
    await close();
  });

  test('for ten minutes is streamed whole, and its client hears from us at least every 15 seconds', async () => {
    const { here, response, close } = await slow({}, { thinks: true });
    const asked = listen(await clientOf(here));
    const answer = await response(0);
    let heard = '';
    time.advance(14_900);
    const listener = await asked;
    expect(listener.response.headers.get('content-type')).toContain('text/event-stream');
    expect(listener.response.headers.get('x-plinth-max-tokens')).toBe('1024');
    expect(await listener.next()).toBe(': keep-alive\n\n');
    for (let passed = 14_900; passed < 10 * MINUTE; passed += 14_900) {
      time.advance(14_900);
      expect(await listener.next()).toMatch(/^(?:: keep-alive\n\n)+$/);
    }
    answer.write(delta('Forty-two'));
    heard += await listener.next();
    for (let silence = 0; silence < 5; silence += 1) {
      time.advance(14_900);
      heard += await listener.next();
    }
    answer.end(delta('.') + END);
    while (!heard.includes('[DONE]')) heard += await listener.next();
    expect(heard.replaceAll(': keep-alive\n\n', '')).toBe(delta('Forty-two') + delta('.') + END);
    await expect.poll(() => permit.closed).toBe('settled');
    await close();
  });

  test('may take as long as its row in the prices says, and no policy makes that shorter', () => {
    const policy = { timeouts: { firstByte: 60_000, firstToken: 30_000, idle: 50_000, total: 120_000 } };
    const of = (row: object) => {
      const price = { input: 1, output: 1, source: 'test', ...row };
      const prices = createPrices({ overrides: { 'a/b': price } });
      const found = prices.of('a', 'b');
      return found === undefined ? undefined : timeLimits(policy, found);
    };
    expect(of({})).toEqual(policy.timeouts);
    const row = { first_byte_seconds: 95, first_token_seconds: 90, idle_seconds: 40, total_seconds: 900 };
    expect(of(row)).toEqual({
      firstByte: 95_000,
      firstToken: 90_000,
      idle: 50_000,
      total: 900_000,
    });
    const thinking = of({ thinks: true });
    expect(thinking?.firstToken).toBeGreaterThan(10 * MINUTE);
    expect(thinking?.firstByte).toBeGreaterThan(10 * MINUTE);
    expect(thinking?.idle).toBeGreaterThan(40_000);
    expect(of({ thinks: true, first_token_seconds: 40 })?.firstToken).toBe(40_000);
  });
});

describe('a provider that says by comments that it is alive', () => {
  test('is waited for past the limit of the first token, and not past the total', async () => {
    const policy = { tries: 1, timeouts: { firstToken: 10_000, total: 60_000 } };
    for (const patience of [5, 100]) {
      time = drivenTime();
      permit = recordingPermit();
      const { here, response, close } = await slow(policy);
      const call = here.call(permit, { feature, wire }).then(read, (error: { code: string }) => error.code);
      const answer = await response(0);
      const socket = answer.socket;
      for (let comments = 0; comments < patience; comments += 1) {
        if (socket?.destroyed !== false) break;
        answer.write(': OPENROUTER PROCESSING\n\n');
        await waitForArrival();
        time.advance(9_000);
        await waitForArrival();
      }
      answer.end(delta('tea') + END);
      expect(await call).toEqual(
        patience === 5 ? expect.objectContaining({ end: 'complete' }) : 'provider_timeout',
      );
      await close();
    }
  });
});

/** A few turns of the event loop over loopback: what was written has been read. */
async function waitForArrival(): Promise<void> {
  const upstream = await scriptedUpstream((response) => void response.end());
  for (let turn = 0; turn < 3; turn += 1) await fetch(upstream.url).then((answer) => answer.text());
  await upstream.close();
}

describe('a call whose client has heard a comment', () => {
  test('may still be tried again, for nothing of an answer was shown', async () => {
    const { here, response, close } = await slow({});
    const asked = listen(await clientOf(here));
    const first = await response(0);
    time.advance(13_000);
    const listener = await asked;
    expect(await listener.next()).toBe(': keep-alive\n\n');
    first.destroy();
    await time.awaited(PAUSE.base);
    const second = response(1);
    time.advance(PAUSE.base);
    (await second).end(delta('tea') + END);
    let heard = '';
    while (!heard.includes('[DONE]')) heard += await listener.next();
    expect(heard.replaceAll(': keep-alive\n\n', '')).toBe(delta('tea') + END);
    await expect.poll(() => permit.states).toEqual(['unknown', 'served']);
    await close();
  });

  test('is told of its failure within the stream, as OpenAI does, and its permit is given back', async () => {
    const { here, response, close } = await slow({ tries: 1 });
    const client = await clientOf(here);
    const asked = client.chat.completions.create(THINK);
    const answer = await response(0);
    time.advance(13_000);
    const stream = await asked;
    answer.destroy();
    const reading = async (): Promise<void> => {
      for await (const chunk of stream) void chunk;
    };
    await expect(reading()).rejects.toSatisfy(
      (error) =>
        error instanceof OpenAI.APIError &&
        error.code === 'provider_unavailable' &&
        error.type === 'server_error',
    );
    expect(permit.closed).toBe('released: provider_unavailable');
    await close();
  });

  test('and who leaves while the model thinks is charged for it, and the call is read on for a bounded time', async () => {
    const { here, response, close } = await slow({}, { thinks: true });
    const client = await clientOf(here);
    const asked = client.chat.completions.create(THINK);
    const answer = await response(0);
    const left = once(answer, 'close');
    time.advance(13_000);
    (await asked).controller.abort();
    await expect.poll(() => permit.closed).toBe('settled');
    time.advance(31_000);
    await left;
    await close();
  });
});
