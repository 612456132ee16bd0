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

  test.each<[string, readonly (readonly [index: unknown, id: unknown, name: unknown, text: string])[]]>([
    [
      'all counted as the first',
      [
        [0, 'a', 'f', '{"a":1}'],
        [0, 'b', 'g', '{"b":2}'],
      ],
    ],
    [
      'all counted as the first, without ids',
      [
        [0, '', 'f', '{"a":1}'],
        [0, '', 'g', '{"b":2}'],
      ],
    ],
    [
      'not counted',
      [
        [undefined, 'a', 'f', '{"a":1}'],
        [undefined, 'b', 'g', '{"b":2}'],
      ],
    ],
    [
      'not counted, and in pieces',
      [
        [undefined, 'a', 'f', '{"a"'],
        [undefined, undefined, undefined, ':1}'],
        [undefined, 'b', 'g', ''],
        [undefined, undefined, undefined, '{"b":2}'],
      ],
    ],
    [
      'counted by texts, in pieces that say their id again',
      [
        ['0', 'a', 'f', '{"a"'],
        ['1', 'b', 'g', '{"b"'],
        ['0', 'a', 'f', ':1}'],
        ['1', 'b', 'g', ':2}'],
      ],
    ],
  ])('calls of a stream that are %s stay apart', (_case, pieces) => {
    const stream = streamOf();
    const chunks = pieces.map(([index, id, name, text]) => ({
      choices: [{ index: 0, delta: { tool_calls: [{ index, id, function: { name, arguments: text } }] } }],
    }));
    const end = { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] };
    const bytes = [...chunks, end].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('');
    const events = Buffer.concat([stream.push(Buffer.from(bytes)), stream.end()]).toString('utf8');
    const said = [...eventsIn(events)].map((event) => jsonIn(event));
    const texts = ['arguments', 'args'].flatMap((name) => valuesOf(name, said));
    // Anthropic's arguments come in pieces, under the number of their block.
    const blocks = new Map<unknown, string>();
    for (const event of said.filter(isRecord)) {
      const { index, delta } = event;
      const piece = isRecord(delta) ? delta['partial_json'] : undefined;
      if (typeof piece === 'string') blocks.set(index, (blocks.get(index) ?? '') + piece);
    }
    const read = [...texts, ...blocks.values()].map((one) => (typeof one === 'string' ? jsonIn(one) : one));
    expect(read).toContainEqual({ a: 1 });
    expect(read).toContainEqual({ b: 2 });
    expect(valuesOf('name', said)).toEqual(expect.arrayContaining(['f', 'g']));
  });

  test('a call without an id gets one, by which its result can be told', () => {
    for (const said of told(
      { content: null, tool_calls: [{ ...called('{}'), id: undefined }] },
      'tool_calls',
    )) {
      const ids = ['call_id', 'id'].flatMap((member) => valuesOf(member, said));
      // Google's results name the tool, and need no id.
      if (_name !== 'Google’s') expect(ids).toContain(Array.isArray(said) ? 'call_0' : 'call_x_0');
      expect(ids).not.toContain('');
    }
  });

  test('a message that a stream says whole is told', () => {
    const stream = streamOf();
    const whole = { choices: [{ index: 0, message: { content: 'green tea' }, finish_reason: 'stop' }] };
    const events = [stream.push(Buffer.from(`data: ${JSON.stringify(whole)}\n\n`)), stream.end()];
    expect(Buffer.concat(events).toString('utf8')).toContain('green tea');
  });

  test.each(['constructor', '__proto__', 'toString'])('an end for the reason %s is a plain one', (finish) => {
    const [plain] = told({ content: 'tea' }, finish);
    const reasons = ['stop_reason', 'status', 'finishReason'].flatMap((name) => valuesOf(name, plain));
    expect(['end_turn', 'completed', 'STOP']).toContain(reasons[0]);
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
