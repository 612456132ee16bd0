import type { ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { chat, plain, prepareChat } from '@plinth/testkit/fixtures/ai/open';
import { type RecordingPermit, recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { type DrivenTime, drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { plainAnswer, scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';

const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';
const SECOND = 1_000;
const timeouts = { firstByte: 100 * SECOND, firstToken: 20 * SECOND, idle: 30 * SECOND, total: 900 * SECOND };
const LONG = { timeouts, caps: { runTime: 900 * SECOND } };

let permit: RecordingPermit;
let time: DrivenTime;
beforeEach(() => {
  permit = recordingPermit();
  time = drivenTime();
});

/** A gateway over one provider that answers when the test says: `answers[n]` is the answer to call n. */
async function slow() {
  const answers: ServerResponse[] = [];
  const upstream = await scriptedUpstream((response) => void answers.push(response));
  const upstreams = [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }];
  const random = { bytes: () => new Uint8Array(16), uniform: () => 0 };
  return { upstream, answers, parts: { ...time, upstreams, random } };
}

/** A call under a key that its provider has, and whose answer has not begun. */
async function openKeyed() {
  const { upstream, answers, parts } = await slow();
  const here = fixture.open(parts, { ...LONG, tries: 1 });
  const body = JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'x' }] });
  const client = new AbortController();
  const kept: string[] = [];
  const relayed = here.endpoint.relay(permit, prepareChat(here, body, 'test.chat'), {
    response: () => {
      throw new Error('the client has gone');
    },
    signal: client.signal,
    settle: async (answer) => {
      kept.push(Buffer.from(answer).toString());
      await permit.settle();
    },
  });
  // The test does not ask how it ends.
  const done = relayed.catch((error: { code?: string }) => error.code);
  await upstream.received(1);
  return { upstream, answers, client, kept, done };
}

describe('a plain call', () => {
  test('whose provider is silent goes to its next try at the limit of the first byte', async () => {
    const { upstream, answers, parts } = await slow();
    const call = fixture.open(parts, { ...LONG, tries: 2 }).call(permit, { feature, wire: chat() });
    await upstream.received(1);
    time.advance(99 * SECOND);
    expect(permit.states).toEqual(['sent']);
    time.advance(2 * SECOND);
    await upstream.received(2);
    answers[1]?.end(plainAnswer('tea'));
    plain(await call);
    expect(permit.states).toEqual(['unknown', 'served']);
    await upstream.close();
  });

  test('whose provider answers with a head and nothing else is over at the same limit', async () => {
    const { upstream, answers, parts } = await slow();
    const call = fixture.open(parts, { ...LONG, tries: 1 }).call(permit, { feature, wire: chat() });
    const failed = expect(call).rejects.toMatchObject({ code: 'provider_timeout' });
    await upstream.received(1);
    answers[0]?.flushHeaders();
    time.advance(101 * SECOND);
    await failed;
    await upstream.close();
  });

  test('is waited for up to its total limit while blank bytes say that the provider is alive', async () => {
    const { upstream, answers, parts } = await slow();
    const call = fixture.open(parts, { ...LONG, tries: 1 }).call(permit, { feature, wire: chat() });
    await upstream.received(1);
    for (let n = 0; n < 4; n += 1) {
      answers[0]?.write('\n');
      await waitForArrival();
      time.advance(90 * SECOND);
    }
    answers[0]?.end(plainAnswer('tea'));
    expect(plain(await call).usage.estimated).toBe(false);
    await upstream.close();
  });
});

test.each([
  [false, ' '],
  [true, ': still thinking\n\n'],
])('signs of life alone are the provider’s silence in the end: streamed %s', async (stream, life) => {
  const { upstream, answers, parts } = await slow();
  const call = fixture.open(parts, { ...LONG, tries: 1 }).call(permit, { feature, wire: chat({ stream }) });
  const failed = expect(call).rejects.toMatchObject({ code: 'provider_timeout' });
  await upstream.received(1);
  for (let passed = 0; passed < 900; passed += 15) {
    answers[0]?.write(life);
    await waitForArrival();
    time.advance(15 * SECOND);
  }
  await failed;
  expect(permit.rows).toMatchObject([{ state: 'unknown', usage: { charged: 0 } }]);
  await upstream.close();
});

describe('a plain call whose answer is kept under a key', () => {
  test('goes on when its client has left, as long as a stream waits for a reader, and then its place is free', async () => {
    const { upstream, client, kept, done } = await openKeyed();
    time.advance(5 * SECOND);
    client.abort();
    time.advance(29 * SECOND);
    await turn();
    expect(permit.closed).toBeUndefined();
    time.advance(2 * SECOND);
    expect(await done).toBe('client_gone');
    expect(permit.closed).toBe('settled');
    expect(kept).toEqual([]);
    await upstream.close();
  });

  test('is kept when it comes in that time', async () => {
    const { upstream, answers, client, kept, done } = await openKeyed();
    client.abort();
    time.advance(29 * SECOND);
    answers[0]?.end(plainAnswer('tea'));
    await done;
    expect(kept).toEqual([plainAnswer('tea')]);
    time.advance(60 * SECOND);
    expect(permit.states).toEqual(['served']);
    await upstream.close();
  });
});

/** A few turns of the event loop over loopback: what was written has been read. */
async function waitForArrival(): Promise<void> {
  const upstream = await scriptedUpstream((response) => void response.end());
  for (let n = 0; n < 3; n += 1) await fetch(upstream.url).then((answer) => answer.text());
  await upstream.close();
}
