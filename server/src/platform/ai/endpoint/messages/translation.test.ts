import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRecord, jsonIn } from '#platform/kernel';
import { eventsIn } from '../../streams/events.ts';
import '../../errors.ts';
import { MessageStream } from './message-stream.ts';
import { toChatRequest } from './to-chat.ts';
import { toMessage } from './to-message.ts';

const BASE = { model: 'small', max_tokens: 9, messages: [{ role: 'user', content: 'Tea?' }] };

const WHOLE = {
  ...BASE,
  stream: true,
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
  temperature: 0.5,
  stop_sequences: ['END'],
  metadata: { user_id: 'u' },
  thinking: { type: 'disabled' },
  tools: [{ name: 'look', description: 'Looks.', input_schema: { type: 'object' } }],
  tool_choice: { type: 'any', disable_parallel_tool_use: true },
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Tea?' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 'c1', name: 'look', input: { at: 'tea' } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'green' }] },
        { type: 'text', text: 'And?' },
      ],
    },
  ],
};

const IN_CHAT = {
  model: 'small',
  max_tokens: 9,
  stream: true,
  stream_options: { include_usage: true },
  temperature: 0.5,
  stop: ['END'],
  tools: [
    {
      type: 'function',
      function: { name: 'look', description: 'Looks.', parameters: { type: 'object' } },
    },
  ],
  tool_choice: 'required',
  parallel_tool_calls: false,
  messages: [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Tea?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
      ],
    },
    {
      role: 'assistant',
      content: 'I look.',
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":"tea"}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'green' },
    { role: 'user', content: 'And?' },
  ],
};

const says = (content: unknown, role = 'user') => ({ messages: [{ role, content }] });

describe('a request for a message', () => {
  test('becomes a chat with the same words, pictures, tools and bounds', () => {
    expect(toChatRequest(WHOLE)).toEqual(IN_CHAT);
  });

  test.each([
    ['top_k', { top_k: 4 }],
    ['thinking', { thinking: { type: 'enabled', budget_tokens: 1_024 } }],
    ['stop_sequences', { stop_sequences: ['a', 'b', 'c', 'd', 'e'] }],
    ['service_tier', { service_tier: 'standard_only' }],
    ['output_config', { output_config: { effort: 'max' } }],
    ['output_config.format', { output_config: { format: {} } }],
    ['context_management', { context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } }],
    ['tools.type', { tools: [{ type: 'bash_20250124', name: 'bash' }] }],
    ['tools.input_examples', { tools: [{ name: 'a', input_schema: {}, input_examples: [{}] }] }],
    ['tool_choice', { tool_choice: { type: 'other' } }],
    ['messages.content.document', says([{ type: 'document', source: {} }])],
    ['messages.content.source', says([{ type: 'image', source: { type: 'file', file_id: 'f' } }])],
    ['messages.content.thinking', says([{ type: 'thinking', thinking: 'x', signature: 's' }], 'assistant')],
    ['messages.content.is_error', says([{ type: 'tool_result', tool_use_id: 'c', is_error: true }])],
    [
      'messages.content.content.image',
      says([{ type: 'tool_result', tool_use_id: 'c', content: [{ type: 'image' }] }]),
    ],
  ])('is refused where %s would be lost', (field, more) => {
    expect(() => toChatRequest({ ...BASE, ...more })).toThrow(
      expect.objectContaining({ code: 'field_refused', details: { field, reason: 'lost' } }) as Error,
    );
  });

  test.each([
    ['no list of messages', { messages: 'Tea?' }],
    ['a message of numbers', { messages: [{ role: 'user', content: [1] }] }],
    ['tools that are none', { tools: {} }],
  ])('is refused with %s', (_, more) => {
    expect(() => toChatRequest({ ...BASE, ...more })).toThrow(
      expect.objectContaining({ code: 'validation_failed' }) as Error,
    );
  });
});

const USAGE = {
  prompt_tokens: 10,
  completion_tokens: 4,
  total_tokens: 14,
  prompt_tokens_details: { cached_tokens: 6 },
};
const FIGURES = {
  input_tokens: 4,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 6,
  output_tokens: 4,
};

test.each([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
  ['content_filter', 'refusal'],
])('an answer that ends with %s ends with %s, and its figures are apart', (finish_reason, stop_reason) => {
  const message = { role: 'assistant', content: 'Tea.' };
  const told = toMessage({
    id: 'x',
    model: 'm',
    choices: [{ message, finish_reason }],
    usage: USAGE,
  });
  expect(told).toEqual({
    id: 'x',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [{ type: 'text', text: 'Tea.' }],
    stop_reason,
    stop_sequence: null,
    usage: FIGURES,
  });
});

const call = (text: string) => ({ id: 'c', type: 'function', function: { name: 'look', arguments: text } });

/** It can be parsed, and not be written again. */
const DEEP = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;

test('calls of tools come with their arguments as an object, and as they are where they are none', () => {
  const message = { content: null, tool_calls: ['{"a":1}', '', 'no {', DEEP].map(call) };
  expect(toMessage({ choices: [{ message, finish_reason: 'tool_calls' }], usage: USAGE })).toMatchObject({
    content: [
      { input: { a: 1 } },
      { input: {} },
      { input: { arguments: 'no {' } },
      { input: { arguments: DEEP } },
    ],
  });
});

interface Block {
  type?: string;
  id?: unknown;
  text: string;
}

/** The blocks that Anthropic's own client would put together, and the stream's last words. */
function accumulated(events: string) {
  const blocks: Block[] = [];
  let open: number | undefined;
  let end: unknown;
  for (const text of eventsIn(events)) {
    const event = jsonIn(text);
    if (!isRecord(event)) throw new Error('an event is no object');
    const { type, index, delta, content_block: block } = event;
    if (type === 'content_block_start' && isRecord(block)) {
      expect([open, index]).toEqual([undefined, blocks.length]);
      open = blocks.length;
      blocks.push({ type: String(block['type']), id: block['id'], text: '' });
    } else if (type === 'content_block_delta' && isRecord(delta)) {
      expect(index).toBe(open);
      const last = blocks.at(-1);
      if (last !== undefined) last.text += String(delta['text'] ?? delta['partial_json']);
    } else if (type === 'content_block_stop') {
      expect(index).toBe(open);
      open = undefined;
    } else if (type === 'message_delta') end = event;
  }
  expect(open).toBeUndefined();
  return { blocks, end };
}

test('a stream says each text and call whole, however a chat mixes them and a network cuts it', () => {
  const piece = fc.oneof(
    fc.record({ content: fc.constantFrom('tea ', 'é', '\n') }),
    fc.record({ call: fc.integer({ min: 0, max: 2 }), said: fc.constantFrom('{', '"a"', '') }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, isApart) => {
      const chunks = pieces.map((one) =>
        'content' in one
          ? { choices: [{ delta: { content: one.content } }] }
          : {
              choices: [
                {
                  delta: {
                    tool_calls: [
                      { index: one.call, id: `c${one.call}`, function: { name: 'n', arguments: one.said } },
                    ],
                  },
                },
              ],
            },
      );
      const last = [{ choices: [{ delta: {}, finish_reason: 'stop' }] }, { choices: [], usage: USAGE }];
      const events = [...chunks, ...last].map(
        (chunk) => `data: ${JSON.stringify({ id: 'x', ...chunk })}\n\n`,
      );
      const stream = new MessageStream();
      const parts = isApart ? events : [events.join('')];
      const told = [...parts, 'data: [DONE]\n\n'].map((part) => stream.push(Buffer.from(part)).toString());
      const { blocks, end } = accumulated(told.join('') + stream.end().toString());
      const text = pieces.map((one) => ('content' in one ? one.content : '')).join('');
      const saidOf = (at: number) =>
        pieces.map((one) => ('call' in one && one.call === at ? one.said : '')).join('');
      const called = [...new Set(pieces.flatMap((one) => ('call' in one ? [one.call] : [])))];
      const texts = blocks.filter(({ type }) => type === 'text');
      expect(texts.map((block) => block.text).join('')).toBe(text);
      const calls = blocks.filter(({ type }) => type === 'tool_use');
      expect(new Map(calls.map((block) => [block.id, block.text]))).toEqual(
        new Map(called.map((at) => [`c${at}`, saidOf(at)])),
      );
      expect(calls).toHaveLength(called.length);
      expect(end).toMatchObject({
        delta: { stop_reason: called.length > 0 ? 'tool_use' : 'end_turn' },
        usage: FIGURES,
      });
    }),
  );
});
