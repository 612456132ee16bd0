import type { MessageCreateParams } from '@anthropic-ai/sdk/resources/messages';
import { createOpenAISandbox, type Fault } from '#sandbox/openai';
import { describe, expect, test } from 'vitest';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { chat, plain, read } from '@plinth/testkit/fixtures/ai/open';
import { type RecordingPermit, recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { createPrices } from '../../metering/prices.ts';
import { eventsIn } from '../../streams/events.ts';
import type { TranslationContext, VendorUpstream } from '../translation.ts';
import { MessageChatStream, toCompletion } from './from-messages.ts';
import { MESSAGES_TRANSLATION } from './messages.ts';
import { toMessages } from './to-messages.ts';

const user = { role: 'user', content: 'Hi' } as const;
const said = [
  { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
] satisfies MessageCreateParams['messages'];
const PNG = 'iVBORw0KGgo=';
const call = { id: 't1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } };
const mark = { type: 'ephemeral', ttl: '1h' } as const;

type Written = Partial<MessageCreateParams> & { readonly temperature?: number; readonly top_p?: number };

describe('a chat request is written as Anthropic has it', () => {
  test.each<[string, object, Written]>([
    [
      'words of the system, with what is to be kept',
      {
        messages: [
          { role: 'developer', content: [{ type: 'text', text: 'Be brief.', cache_control: mark }] },
          user,
        ],
      },
      { system: [{ type: 'text', text: 'Be brief.', cache_control: mark }], messages: said },
    ],
    [
      'figures, and fields that ask for what is usual',
      {
        messages: [user],
        max_completion_tokens: 9,
        temperature: 1,
        top_p: 0.9,
        stop: 'END',
        n: 1,
        logprobs: false,
        seed: null,
      },
      { messages: said, max_tokens: 9, temperature: 1, top_p: 0.9, stop_sequences: ['END'] },
    ],
    [
      'an effort, a tier, a form of the answer, and who asks',
      {
        messages: [user],
        reasoning_effort: 'high',
        service_tier: 'default',
        safety_identifier: 'h',
        response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
      },
      {
        messages: said,
        metadata: { user_id: 'h' },
        output_config: { effort: 'high', format: { type: 'json_schema', schema: { type: 'object' } } },
        service_tier: 'standard_only',
      },
    ],
    [
      'tools, of which one is called at a time',
      {
        messages: [user],
        tools: [
          {
            type: 'function',
            function: { name: 'look', description: 'Looks.', strict: true },
            cache_control: mark,
          },
        ],
        parallel_tool_calls: false,
        tool_choice: 'required',
      },
      {
        messages: said,
        tools: [
          {
            name: 'look',
            description: 'Looks.',
            input_schema: { type: 'object', properties: {} },
            strict: true,
            cache_control: mark,
          },
        ],
        tool_choice: { type: 'any', disable_parallel_tool_use: true },
      },
    ],
    [
      'words of the system in the midst',
      { messages: [user, { role: 'system', content: 'Now in German.' }, user] },
      {
        messages: [...said, { role: 'system', content: [{ type: 'text', text: 'Now in German.' }] }, ...said],
      },
    ],
    [
      'a signed thought and a call, and its result with the next words in one turn',
      {
        messages: [
          user,
          {
            role: 'assistant',
            content: null,
            reasoning_content: 'Hm.',
            reasoning_details: [
              { type: 'reasoning.text', signature: 's', index: 0 },
              { type: 'reasoning.encrypted', data: 'd', index: 1 },
            ],
            tool_calls: [call],
          },
          { role: 'tool', tool_call_id: 't1', content: 'sunny' },
          {
            role: 'user',
            content: [
              { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
              { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
            ],
          },
        ],
      },
      {
        messages: [
          ...said,
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'Hm.', signature: 's' },
              { type: 'redacted_thinking', data: 'd' },
              { type: 'tool_use', id: 't1', name: 'look', input: { at: 1 } },
            ],
          },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'sunny' }] },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
              { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
            ],
          },
        ],
      },
    ],
  ])('%s', (_, asked, written) => {
    expect(MESSAGES_TRANSLATION.body({ model: 'm', ...asked })).toEqual({ model: 'm', ...written });
  });

  test.each<[string, object]>([
    ['seed', { seed: 1 }],
    ['n', { n: 2 }],
    ['logprobs', { logprobs: true }],
    ['frequency_penalty', { frequency_penalty: 1 }],
    ['temperature', { temperature: 1.2 }],
    ['service_tier', { service_tier: 'flex' }],
    ['reasoning_effort', { reasoning_effort: 'minimal' }],
    ['response_format', { response_format: { type: 'json_object' } }],
    ['tool_choice', { tool_choice: { type: 'allowed_tools' } }],
    ['tools.type', { tools: [{ type: 'custom', custom: { name: 'a' } }] }],
    ['messages.role', { messages: [user, { role: 'function', content: 'sunny' }] }],
    ['messages.name', { messages: [{ ...user, name: 'Ada' }] }],
    ['messages.content.file', { messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] }],
    [
      'messages.content.image_url',
      {
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://x.test/a' } }] }],
      },
    ],
  ])('%s would be lost', (field, asked) => {
    expect(() => MESSAGES_TRANSLATION.body({ messages: [user], ...asked })).toThrow(
      expect.objectContaining({ details: { field, reason: 'lost' } }),
    );
  });
});

const context: TranslationContext = { upstream: {} as VendorUpstream, model: 'm', stream: true, now: 0 };

/** A stream of such events as a chat tells it. */
function told(...events: readonly object[]): string {
  const stream = MESSAGES_TRANSLATION.stream({}, context);
  const bytes = Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
  const parts = [stream.push(bytes.subarray(0, 90)), stream.push(bytes.subarray(90)), stream.end()];
  return Buffer.concat(parts).toString('utf8');
}

const START = {
  type: 'message_start',
  message: { id: 'msg_1', usage: { input_tokens: 5, cache_read_input_tokens: 2, output_tokens: 1 } },
};
const WORD = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Tea' } };
const STOP = { type: 'message_delta', delta: { stop_reason: 'refusal' }, usage: { output_tokens: 3 } };
const END = { type: 'message_stop' };
const ERROR = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };

describe('a stream of Anthropic’s is told in a chat', () => {
  test('with the figures of its first and its last event, once', () => {
    const text = told(START, { type: 'ping' }, WORD, STOP, STOP, END, END);
    expect(text.match(/"usage"/g)).toHaveLength(1);
    expect(text).toContain('"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10');
    expect(text.match(/"finish_reason":"content_filter"/g)).toHaveLength(1);
    expect(text.match(/\[DONE\]/g)).toHaveLength(1);
    expect(text).toMatch(/^data: \{"id":"msg_1","created":0,"model":"m"/);
  });

  test.each<[string, readonly object[]]>([
    ['is cut', [START, WORD]],
    ['has an error in its midst', [START, WORD, ERROR]],
    ['goes on behind an error', [START, WORD, ERROR, STOP, END]],
    ['says its end without a reason', [START, WORD, END]],
  ])('and never as whole where it %s', (_, events) => {
    const text = told(...events);
    expect(text).toContain('"content":"Tea"');
    expect(text).not.toMatch(/\[DONE\]|"finish_reason":"/);
  });
});

const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';
const row = {
  input: 1_000_000,
  cached_input: 100_000,
  cache_write_1h: 2_000_000,
  output: 4_000_000,
  context: 128_000,
  max_output: 4_096,
  source: 'the sandbox',
};

/** The sandbox as Anthropic. */
async function ask(permit: RecordingPermit, fields: object) {
  const upstreams = [
    { name: 'anthropic', baseUrl: fixture.sandbox.url, apiKey: 'k', models: ['sandbox-small'] },
  ];
  const prices = createPrices({ overrides: { 'anthropic/sandbox-small': row } });
  const model = 'anthropic/sandbox-small';
  const ai = fixture.open({ upstreams, prices }, { models: [model], tries: 1, patience: 0 });
  return ai.call(permit, { feature, wire: chat(fields) });
}

const TOOL = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const PARIS = { messages: [{ role: 'user', content: 'The weather in Paris?' }], tools: [TOOL] };
const THOUGHT = { thinking: { type: 'adaptive', display: 'summarized' } };
const CACHED = {
  messages: [
    {
      role: 'system',
      content: [{ type: 'text', text: 'You know all about gardens. '.repeat(400), cache_control: mark }],
    },
    user,
  ],
  max_tokens: 10,
};

describe('the ledger has what Anthropic bills', () => {
  test.each<[string, object, Fault | undefined]>([
    ['of a plain answer', {}, undefined],
    ['of a stream', { stream: true }, undefined],
    ['of a call of a tool in a stream', { ...PARIS, stream: true }, undefined],
    ['of thoughts', THOUGHT, undefined],
    ['of thoughts in a stream', { ...THOUGHT, stream: true }, undefined],
    ['of an answer that was cut', { max_tokens: 20, stream: true }, undefined],
    ['of a prompt that is written to its cache for an hour', CACHED, undefined],
    ['of a prompt that is read from it', { ...CACHED, stream: true }, undefined],
    ['of a stream whose error is followed by its end', { stream: true }, { kind: 'stream_error', after: 3 }],
  ])('%s', async (_, fields, fault) => {
    if (fault !== undefined) fixture.sandbox.faults.next(fault);
    const permit = recordingPermit();
    const answer = await ask(permit, fields);
    if (answer.kind === 'stream')
      expect((await read(answer)).end).toBe(fault === undefined ? 'complete' : 'cut');
    const billed = fixture.sandbox.bill().at(-1);
    expect(billed).toMatchObject({ endpoint: '/v1/messages' });
    if (fault !== undefined) return;
    const [made] = permit.rows;
    if (made === undefined || !('usage' in made) || made.usage === undefined) throw new Error('no usage');
    const { promptTokens, completionTokens, cachedTokens, estimated, cost } = made.usage;
    expect([promptTokens, completionTokens, cachedTokens, estimated]).toEqual([
      billed?.prompt_tokens,
      billed?.completion_tokens,
      billed?.cached_tokens,
      false,
    ]);
    const written = billed?.cache_write_1h_tokens ?? 0;
    const rest = promptTokens - cachedTokens - written;
    expect(cost).toBe(Math.ceil(rest + 0.1 * cachedTokens + 2 * written + 4 * completionTokens));
  });
});

test('two thoughts of a turn go back each with its own signature', () => {
  const content = [
    { type: 'thinking', thinking: 'First.', signature: 's1' },
    { type: 'text', text: 'I look.' },
    { type: 'redacted_thinking', data: 'd' },
    { type: 'thinking', thinking: 'Then.', signature: 's2' },
    { type: 'tool_use', id: 't1', name: 'look', input: {} },
  ];
  const of = { model: 'm', now: 0 };
  const events = content.flatMap((block, index) => {
    const { thinking, signature, text } = block as Record<string, unknown>;
    const deltas = [
      ...(thinking === undefined ? [] : [{ type: 'thinking_delta', thinking }]),
      ...(signature === undefined ? [] : [{ type: 'signature_delta', signature }]),
      ...(text === undefined ? [] : [{ type: 'text_delta', text }]),
    ];
    const begun = thinking === undefined && text === undefined ? block : { type: block.type };
    return [
      { type: 'content_block_start', index, content_block: begun },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ];
  });
  const stream = new MessageChatStream(of);
  const streamed = stream.push(
    Buffer.from(events.map((one) => `event: ${one.type}\ndata: ${JSON.stringify(one)}\n\n`).join('')),
  );
  const deltas = [...eventsIn(streamed.toString('utf8'))].map((data) => {
    const { choices } = JSON.parse(data) as {
      choices: { delta: { reasoning_content?: string; reasoning_details?: object[] } }[];
    };
    return choices[0]?.delta ?? {};
  });
  const { choices } = toCompletion({ id: 'x', content, stop_reason: 'tool_use' }, of) as {
    choices: { message: object }[];
  };
  const inPieces = {
    role: 'assistant',
    content: 'I look.',
    reasoning_content: deltas.map(({ reasoning_content: words = '' }) => words).join(''),
    reasoning_details: deltas.flatMap((delta) => delta.reasoning_details ?? []),
  };
  for (const message of [choices[0]?.message, inPieces]) {
    const sent = toMessages({ model: 'm', messages: [{ role: 'user', content: 'a' }, message] });
    expect(JSON.stringify(sent)).toContain(JSON.stringify([content[0], content[2], content[3]]).slice(1, -1));
  }
});

test('a thought and a call of a tool go back in the next turn, plain and streamed alike', async () => {
  const first = { ...PARIS, ...THOUGHT };
  const body = plain(await ask(recordingPermit(), first)).body.toString('utf8');
  const { choices } = JSON.parse(body) as {
    choices: { message: { reasoning_content: string; tool_calls: { id: string }[] } }[];
  };
  const message = choices[0]?.message;
  expect(message).toMatchObject({ reasoning_content: expect.any(String), content: null });
  const { text } = await read(await ask(recordingPermit(), { ...first, stream: true }));
  expect(text).toContain('"reasoning_details":[{"type":"reasoning.text","signature":"');
  const result = { role: 'tool', tool_call_id: message?.tool_calls[0]?.id, content: '21 °C' };
  const next = { ...first, messages: [...PARIS.messages, message, result] };
  const answer = plain(await ask(recordingPermit(), next));
  expect(JSON.parse(answer.body.toString('utf8'))).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
});
