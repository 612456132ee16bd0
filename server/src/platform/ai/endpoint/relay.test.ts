import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { createEndOfTurn, micros } from '#platform/kernel';
import { createDeadlines } from '../providers/deadlines.ts';
import type { Consumer } from '../providers/exchange.ts';
import { LiveStream } from '../pipe/live-stream.ts';
import { brokenStreamError } from '../pipe/outcome.ts';
import { relay } from './relay.ts';
import { CHAT } from '../dialects/chat.ts';
import { StreamMeter } from '../streams/stream-meter.ts';
import { openAi, prepareChat } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { delta, listen } from '@plinth/testkit/fixtures/ai/upstream';

const ai = openAi({
  upstreams: [{ name: 'scripted', baseUrl: 'http://127.0.0.1:9/v1', apiKey: '', models: ['m'] }],
});
afterAll(() => ai.close());
const DONE = 'data: [DONE]\n\n';
const USAGE = {
  provider: '',
  model: '',
  providerRequestId: undefined,
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  cost: micros(0),
  charged: micros(0),
  priceVersion: '',
  estimated: false,
};

interface Written {
  readonly how: 'write' | 'end';
  readonly text: string;
}

/** A provider's stream in the hands of a test, relayed to a client; `go` sends what follows its head. */
async function relayed(
  go: (consumer: Consumer, resumed: () => number) => void,
  ask: (url: string) => Promise<Response>,
) {
  const written: Written[] = [];
  let resumed = 0;
  const server = createServer((_request: IncomingMessage, response: ServerResponse) => {
    const { write, end } = response;
    response.write = (chunk: Buffer) => {
      written.push({ how: 'write', text: chunk.toString('utf8') });
      return write.call(response, chunk, 'utf8');
    };
    Object.assign(response, {
      end(chunk: Buffer) {
        written.push({ how: 'end', text: chunk.toString('utf8') });
        return end.call(response, chunk, 'utf8');
      },
    });
    void answer(response);
  });

  async function answer(response: ServerResponse): Promise<void> {
    const prepared = prepareChat(
      ai,
      JSON.stringify({ model: 'scripted/m', messages: [{ role: 'user', content: 'x' }], stream: true }),
      'test.chat',
    );
    const [target] = prepared.chain;
    if (target === undefined) throw new Error('there is no model');
    let consumer: Consumer | undefined;
    const live = new LiveStream({
      source: {
        head: Buffer.from(delta('head')),
        attach(given) {
          consumer = given;
        },
        resume() {
          resumed += 1;
          if (resumed === 1 && consumer !== undefined) go(consumer, () => resumed);
        },
        stop() {},
        conclude() {},
      },
      meter: new StreamMeter({ wanted: true }),
      post: () => USAGE,
      brokenBy: (said) => brokenStreamError(said, ''),
    });
    const plan = { maxTokens: 1, room: 0, call: prepared.planned };
    const deadlines = createDeadlines(drivenTime());
    await relay(
      {
        pipe: async () => ({ kind: 'stream', dialect: CHAT, live, target, plan }),
        deadlines,
        logger: undefined,
        sendAtEndOfTurn: createEndOfTurn(),
      },
      recordingPermit(),
      { prepared, to: { response: () => response } },
    );
  }

  const response = await ask(`http://127.0.0.1:${await listen(server)}/`);
  const text = await response.text();
  server.close();
  return { text, written, resumed };
}

test('what a stream says in one turn of the event loop leaves in one write, its end with it', async () => {
  const { text, written } = await relayed((consumer) => {
    for (const word of ['one', 'two']) consumer.data(Buffer.from(delta(word)));
    consumer.data(Buffer.from(DONE));
    consumer.end();
  }, fetch);
  const all = delta('head') + delta('one') + delta('two') + DONE;
  expect(text).toBe(all);
  expect(written).toEqual([{ how: 'end', text: all }]);
});

test('what it says in another turn does not wait for the rest', async () => {
  const { text, written } = await relayed((consumer) => {
    void (async () => {
      await turn();
      await turn();
      consumer.data(Buffer.from(delta('later')));
      await turn();
      await turn();
      consumer.data(Buffer.from(DONE));
      consumer.end();
    })();
  }, fetch);
  expect(text).toBe(delta('head') + delta('later') + DONE);
  expect(written).toEqual([
    { how: 'write', text: delta('head') },
    { how: 'write', text: delta('later') },
    { how: 'end', text: DONE },
  ]);
});

test('a provider that breaks off is told of behind all that it said', async () => {
  const { text } = await relayed((consumer) => {
    consumer.data(Buffer.from(delta('half')));
    consumer.fail('lost');
  }, fetch);
  expect(text.startsWith(delta('head') + delta('half') + 'data: {"error":')).toBe(true);
});

test('a client that does not read has its provider wait, and all of it is there when it does', async () => {
  const part = Buffer.from(delta('x'.repeat(60_000)));
  const paused = Promise.withResolvers<number>();
  let isRead = false;
  const { text } = await relayed(
    (consumer, resumed) => {
      void (async () => {
        let parts = 0;
        while (consumer.data(part)) {
          parts += 1;
          if (parts > 1_000) throw new Error('it was never told to wait');
          await turn();
        }
        paused.resolve(parts + 1);
        await expect.poll(() => isRead).toBe(true);
        // Its provider goes on when the client has room again, and not before.
        await expect.poll(resumed).toBeGreaterThan(1);
        consumer.data(Buffer.from(DONE));
        consumer.end();
      })().catch(paused.reject);
    },
    async (url) => {
      const response = await fetch(url);
      await paused.promise;
      isRead = true;
      return response;
    },
  );
  expect(text.length).toBe(delta('head').length + (await paused.promise) * part.length + DONE.length);
});
