import { describe, expect, test } from 'vitest';
import { isRecord, jsonIn } from '#platform/kernel';
import { eventsIn } from '../streams/events.ts';
import { GeminiStream, toGeminiAnswer } from './gemini/to-gemini.ts';
import { MessageStream } from './messages/message-stream.ts';
import { toMessage } from './messages/to-message.ts';
import { ResponseStream, toResponse } from './responses/to-response.ts';

/** The protocols into which chats are translated: a whole answer, and the stream of one. */
const PROTOCOLS = [
  ['messages', toMessage, () => new MessageStream()],
  ['responses', toResponse, () => new ResponseStream()],
  ['Google’s', toGeminiAnswer, () => new GeminiStream()],
] as const;

const called = (args: unknown) => ({
  index: 0,
  id: 'c',
  type: 'function',
  function: { name: 'look', arguments: args },
});

/** All values below a name, wherever it stands. */
function valuesOf(name: string, within: unknown): unknown[] {
  if (Array.isArray(within)) return within.flatMap((one) => valuesOf(name, one));
  if (!isRecord(within)) return [];
  return Object.entries(within).flatMap(([key, value]) => (key === name ? [value] : valuesOf(name, value)));
}

describe.each(PROTOCOLS)('in the form of %s', (_name, translate, streamOf) => {
  /** All that a message says in the other protocol, plain and in pieces. */
  function told(message: object, finish_reason = 'stop'): readonly unknown[] {
    const plain = translate({ id: 'x', model: 'm', choices: [{ index: 0, message, finish_reason }] });
    const stream = streamOf();
    const chunks = [
      { choices: [{ index: 0, delta: message }] },
      { choices: [{ index: 0, delta: {}, finish_reason }] },
    ];
    const events = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('');
    const parts = [stream.push(Buffer.from(events)), stream.end()];
    return [plain, [...eventsIn(Buffer.concat(parts).toString('utf8'))].map((event) => jsonIn(event))];
  }

  test('words that a server tells as a list of parts are told', () => {
    for (const said of told({
      content: [
        { type: 'text', text: 'green ' },
        { type: 'text', text: 'tea' },
      ],
    }))
      expect(valuesOf('text', said)).toContain('green tea');
  });

  test.each([{ at: 'tea' }, '{"at":"tea"}'])('arguments that a server tells as %j are told', (args) => {
    for (const said of told({ content: null, tool_calls: [called(args)] }, 'tool_calls')) {
      const values = ['input', 'arguments', 'args', 'partial_json'].flatMap((name) => valuesOf(name, said));
      const read = values.map((value) => (typeof value === 'string' ? jsonIn(value) : value));
      expect(read).toContainEqual({ at: 'tea' });
    }
  });

  test('a call without arguments has an object of none', () => {
    for (const said of told({ content: null, tool_calls: [called('')] }, 'tool_calls')) {
      const values = ['input', 'arguments', 'args'].flatMap((name) => valuesOf(name, said));
      expect(values.map((value) => (typeof value === 'string' ? jsonIn(value) : value)).at(-1)).toEqual({});
    }
  });
});

test('an answer that calls a tool asks for its result, also where its server ends it with `stop`', () => {
  const message = { content: null, tool_calls: [called('{}')] };
  const choices = [{ message, delta: message, finish_reason: 'stop' }];
  expect(toMessage({ choices })).toMatchObject({ stop_reason: 'tool_use' });
  const stream = new MessageStream();
  stream.push(Buffer.from(`data: ${JSON.stringify({ choices })}\n\n`));
  expect(stream.end().toString()).toContain('"stop_reason":"tool_use"');
});
