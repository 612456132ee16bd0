import { describe, expect, test } from 'vitest';
import { isRecord } from '#platform/kernel';
import { MISTRAL } from '../providers/mistral.ts';
import { toConverse } from '../providers/converse/to-converse.ts';
import { toGemini } from '../providers/gemini/to-gemini.ts';
import { toMessages } from '../providers/messages/to-messages.ts';
import { toChatRequest as fromGemini } from './gemini/to-chat.ts';
import { losingNothing } from './lossless.ts';
import { toChatRequest as fromMessages } from './messages/to-chat.ts';
import { toChatRequest as fromResponses } from './responses/to-chat.ts';
import '../errors.ts';

type Fields = Readonly<Record<string, unknown>>;
type Translate = (request: Fields) => Fields;

const PICTURE = 'data:image/png;base64,AA==';
const SCHEMA = { type: 'object', properties: { at: { type: 'string' } } };
const CHAT = {
  model: 'm',
  tools: [
    { type: 'function', function: { name: 'look', description: 'Looks.', parameters: SCHEMA, strict: true } },
  ],
  messages: [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Tea?' },
        { type: 'image_url', image_url: { url: PICTURE } },
      ],
    },
    {
      role: 'assistant',
      content: 'I look.',
      refusal: 'Not there.',
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":"tea"}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', name: 'look', content: 'green' },
  ],
};
const MESSAGES = {
  model: 'm',
  max_tokens: 9,
  system: [{ type: 'text', text: 'Be brief.' }],
  tools: [{ name: 'look', description: 'Looks.', input_schema: SCHEMA }],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Tea?' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
      ],
    },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'look', input: { at: 'tea' } }] },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'green' }] }],
    },
  ],
};
const RESPONSES = {
  model: 'm',
  tools: [{ type: 'function', name: 'look', parameters: SCHEMA }],
  input: [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'Tea?' },
        { type: 'input_image', image_url: PICTURE },
      ],
    },
    {
      type: 'function_call',
      id: 'f',
      status: 'completed',
      call_id: 'c1',
      name: 'look',
      arguments: '{"at":"tea"}',
    },
    { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: 'green' }] },
  ],
};
const GEMINI = {
  model: 'm',
  systemInstruction: { role: 'user', parts: [{ text: 'Be brief.' }] },
  tools: [{ functionDeclarations: [{ name: 'look', parametersJsonSchema: SCHEMA }] }],
  contents: [
    { role: 'user', parts: [{ text: 'Tea?' }, { inlineData: { mimeType: 'image/png', data: 'AA==' } }] },
    { role: 'model', parts: [{ functionCall: { name: 'look', args: { at: 'tea' } } }] },
    { role: 'user', parts: [{ functionResponse: { name: 'look', response: { is: 'green' } } }] },
  ],
};

const TRANSLATIONS: readonly (readonly [string, Fields, Translate])[] = [
  ['chat to Gemini', CHAT, toGemini],
  ['chat to Anthropic', CHAT, toMessages],
  ['chat to Bedrock', CHAT, toConverse],
  ['chat to Mistral', CHAT, (chat) => MISTRAL.body(chat)],
  ['Anthropic to chat', MESSAGES, fromMessages],
  ['Responses to chat', RESPONSES, fromResponses],
  ['Google to chat', GEMINI, fromGemini],
];

/** The same request over and over, each time with a member more in another of its objects. */
function* withOneMore(request: Fields): Generator<readonly [place: string, Fields]> {
  const places: string[] = [];
  const find = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (isRecord(value) && path.includes('.')) places.push(path);
    for (const [name, member] of Object.entries(value)) find(member, `${path}.${name}`);
  };
  for (const [name, value] of Object.entries(request)) find(value, name);
  for (const place of places) {
    const copy = structuredClone(request);
    const owner = place.split('.').reduce<unknown>((at, name) => (at as Fields)[name], copy);
    Object.assign(owner as object, { foo: 'bar' });
    yield [place, copy];
  }
}

describe.each(TRANSLATIONS)('%s', (_, request, translate) => {
  test('says as much as it would without a watcher, and no view of it gets out', () => {
    expect(losingNothing(structuredClone(request), translate)).toEqual(translate(structuredClone(request)));
  });

  test('refuses by its name a member that it does not know, in whichever object, or hands it on', () => {
    const kept: string[] = [];
    for (const [place, more] of withOneMore(request)) {
      try {
        const translated = losingNothing(more, translate);
        expect(JSON.stringify(translated), place).toMatch(/foo/);
        kept.push(place);
      } catch (error) {
        expect(error, place).toMatchObject({ code: 'field_refused', details: { reason: 'lost' } });
        expect(String((error as { details?: Fields }).details?.['field']), place).toMatch(
          /foo$|functionCall$|functionResponse$/,
        );
      }
    }
    // Members of a schema, a call's arguments and a result are the caller's own.
    if (translate !== TRANSLATIONS[3]?.[2])
      for (const place of kept) expect(place).toMatch(/parameters|[sS]chema|\.input$|args|response/);
  });
});

const firstRole = (chat: Fields) => (chat['messages'] as readonly Fields[])[0]?.['role'];

test('a response’s words between a call and its result are of the call’s turn, and no system says nothing', () => {
  const words = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.' }] };
  const [, call, result] = RESPONSES.input;
  const { messages } = fromResponses({ model: 'm', instructions: '', input: [call, words, result] });
  expect(messages).toMatchObject([
    { role: 'assistant', content: [{ text: 'I look.' }], tool_calls: [{ id: 'c1' }] },
    { role: 'tool', tool_call_id: 'c1' },
  ]);
  expect(firstRole(fromMessages({ ...MESSAGES, system: '' }))).toBe('user');
  expect(firstRole(fromGemini({ ...GEMINI, systemInstruction: { parts: [{ text: '' }] } }))).toBe('user');
});

test.each<[string, Translate]>([
  ['Gemini', toGemini],
  ['Anthropic', toMessages],
  ['Bedrock', toConverse],
])('%s is told of a refusal that stands beside no content', (_, translate) => {
  const assistant = { role: 'assistant', content: null, refusal: 'I can not.' };
  const messages = [{ role: 'user', content: 'a' }, assistant, { role: 'user', content: 'b' }];
  expect(JSON.stringify(translate({ model: 'm', messages }))).toContain('I can not.');
});

const call = (id: string, text = '{}') => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: text },
});
const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: `of ${id}` });

const after = (...results: readonly object[]) => ({
  model: 'm',
  messages: [
    { role: 'user', content: 'a' },
    { role: 'assistant', tool_calls: [call('c1'), call('c2')] },
    ...results,
  ],
});

test('Gemini gets results in the order of their calls, as it pairs them by it; arguments that are no object are refused', () => {
  expect(toGemini(after(result('c2'), result('c1')))).toEqual(toGemini(after(result('c1'), result('c2'))));
  for (const text of ['{"a":', '[]', '7'])
    expect(() =>
      toGemini({ model: 'm', messages: [{ role: 'assistant', tool_calls: [call('c', text)] }] }),
    ).toThrow(
      expect.objectContaining({
        code: 'field_refused',
        details: { field: 'messages.tool_calls', reason: 'lost' },
      }),
    );
});
