import { expect, test } from 'vitest';
import '../../errors.ts';
import { RESPONSES } from '../../dialects/responses.ts';
import { keptText, readWire } from '../../wire.ts';
import { checkResponsesBody, RESPONSES_FIELDS } from './fields.ts';
import { toChatRequest } from './to-chat.ts';

const NONE: ReadonlySet<string> = new Set();
const BODY = { model: 'small', input: 'tea' };
const item = (type: string, more: object = {}) => ({ input: [{ type, ...more }] });
const part = (type: string, more: object = {}) => ({
  input: [{ role: 'user', content: [{ type, ...more }] }],
});

test.each<[string, object]>([
  ['previous_response_id', { previous_response_id: 'resp_1' }],
  ['conversation', { conversation: 'conv_1' }],
  ['background', { background: true }],
  ['prompt', { prompt: { id: 'pmpt_1' } }],
  ['input.item_reference', item('item_reference', { id: 'msg_1' })],
  ['input.file_id', part('input_file', { file_id: 'file-1' })],
  ['input.file_id', part('input_image', { file_id: 'file-1' })],
  ['input.file_id', item('function_call_output', { output: [{ type: 'input_image', file_id: 'f' }] })],
  ['input.content', part('input_audio')],
  ['input.type', item('computer_call')],
  ['include', { include: ['file_search_call.results'] }],
  ['frobnicate', { frobnicate: 1 }],
  ...['web_search', 'file_search', 'computer', 'code_interpreter', 'image_generation', 'mcp', 'shell'].map(
    (type): [string, object] => [`tools.${type}`, { tools: [{ type }] }],
  ),
  ['tools.web_search', { tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'web_search' }] }] }],
])('%s is refused: %j', (field, change) => {
  expect(() => checkResponsesBody({ ...BODY, ...change }, NONE)).toThrow(
    expect.objectContaining({ code: 'field_refused', details: expect.objectContaining({ field }) as object }),
  );
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['an empty text', ''],
  ['an empty list', []],
  ['a list of texts', ['tea']],
])('an input of %s is refused', (_, input) => {
  expect(() => checkResponsesBody({ ...BODY, input }, NONE)).toThrow(
    expect.objectContaining({ code: 'validation_failed' }),
  );
});

test('null is a field that is not set, and to be answered at once is granted', () => {
  const fields = Object.keys(RESPONSES_FIELDS).filter((field) => !/^(?:input|model)$/.test(field));
  const body = { ...BODY, ...Object.fromEntries(fields.map((field) => [field, null])) };
  expect(checkResponsesBody(body, NONE)).toEqual([]);
  expect(checkResponsesBody({ ...BODY, background: false }, NONE)).toEqual([]);
  expect(toChatRequest(body)).toEqual({ model: 'small', messages: [{ role: 'user', content: 'tea' }] });
});

test('the request of a coding agent, as Codex 0.171 makes it, is taken, and its metadata are not sent', () => {
  const tools = [
    { type: 'function', name: 'exec_command', parameters: { type: 'object' } },
    { type: 'namespace', name: 'multi_agent_v1', tools: [{ type: 'function', name: 'spawn_agent' }] },
  ];
  const body = {
    ...BODY,
    tools,
    include: ['reasoning.encrypted_content'],
    client_metadata: { turn_id: 't' },
  };
  expect(checkResponsesBody(body, NONE)).toEqual([]);
  expect(keptText(readWire(RESPONSES, JSON.stringify(body)))).not.toContain('client_metadata');
});

const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{}' });
const asked = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });

test('calls of one turn, and the words before them, are one message of a chat', () => {
  const input = [
    { role: 'developer', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'input_text', text: 'Two at once' }] },
    {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Well.', annotations: [] }],
    },
    call('a'),
    call('b'),
    { type: 'function_call_output', call_id: 'a', output: '1' },
    { type: 'function_call_output', call_id: 'b', output: [{ type: 'input_text', text: '2' }] },
  ];
  expect(toChatRequest({ model: 'small', input, stream: true })).toEqual({
    model: 'small',
    stream: true,
    stream_options: { include_usage: true },
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Two at once' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'Well.' }], tool_calls: [asked('a'), asked('b')] },
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: '2' }] },
    ],
  });
});

test.each([
  ['tool_choice', { tools: [{ type: 'function', name: 'f' }], tool_choice: { type: 'allowed_tools' } }],
  ['tools.defer_loading', { tools: [{ type: 'function', name: 'f', defer_loading: true }] }],
  ['input.output', item('function_call_output', { output: [{ type: 'input_image', image_url: 'x' }] })],
  ['input.custom_tool_call', item('custom_tool_call')],
  ['include', { include: ['message.output_text.logprobs'] }],
  ['reasoning.mode', { reasoning: { mode: 'pro' } }],
])('%s can not be told in chat completions', (field, change) => {
  expect(() => toChatRequest({ ...BODY, ...change })).toThrow(
    expect.objectContaining({ code: 'field_refused', details: { field, reason: 'lost' } }),
  );
});
