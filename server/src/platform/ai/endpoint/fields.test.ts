import { afterAll, describe, expect, test } from 'vitest';
import { createPrices } from '../metering/prices.ts';
import { CHAT_FIELDS, checkEmbeddingFields, embeddingBytes, tagsOf } from './fields.ts';
import { openAi, prepareChat } from '@plinth/testkit/fixtures/ai/open';
import { keptText } from '../wire.ts';

const POLICY = 'test.chat';
const messages = [{ role: 'user', content: 'Say something about tea, please.' }];
const upstreams = [{ name: 'sandbox', baseUrl: 'http://127.0.0.1:1/v1' }];
const ROW = { input: 1, output: 1, source: 'test' };
const prices = createPrices({ overrides: { 'sandbox/sandbox-blind': ROW } });
const ai = openAi({ upstreams, prices });
const lenient = openAi({ upstreams, allowedFields: ['top_k'] });

afterAll(() => Promise.all([ai.close(), lenient.close()]));

describe('refused before admission', () => {
  test.each([
    ['no JSON', 'nonsense', 'validation_failed'],
    ['no object', '[]', 'validation_failed'],
    ['no messages', '{"model":"small"}', 'validation_failed'],
    ['a field written twice', '{"model":"small","model":"large","messages":[{}]}', 'validation_failed'],
    [
      'a field written twice, once in disguise',
      '{"model":"small","mod\\u0065l":"large","messages":[{}]}',
      'validation_failed',
    ],
    ['a NUL', '{"model":"small","messages":[{"role":"user","content":"a\\u0000b"}]}', 'validation_failed'],
    [
      'half a surrogate pair',
      '{"model":"small","messages":[{"role":"user","content":"\\ud83d"}]}',
      'validation_failed',
    ],
    [
      'endless nesting',
      `{"model":"small","messages":[${'['.repeat(9_999)}${']'.repeat(9_999)}]}`,
      'validation_failed',
    ],
    ['no whole number of tokens', '{"model":"small","messages":[{}],"max_tokens":1.5}', 'validation_failed'],
    ['too many replies', '{"model":"small","messages":[{}],"n":99}', 'validation_failed'],
    ['an unknown model', '{"model":"gpt-99","messages":[{}]}', 'model_unknown'],
    ['an unknown field', '{"model":"small","messages":[{}],"frobnicate":1}', 'field_refused'],
    ['a field of Object', '{"model":"small","messages":[{}],"constructor":1}', 'field_refused'],
    ['a prototype', '{"model":"small","messages":[{}],"__proto__":{"x":1}}', 'field_refused'],
    [
      'metadata of another shape',
      '{"model":"small","messages":[{}],"metadata":{"a":1}}',
      'validation_failed',
    ],
    ['stored state', '{"model":"small","messages":[{}],"previous_response_id":"r"}', 'field_refused'],
    [
      'a file of somebody',
      '{"model":"small","messages":[{"content":[{"type":"file","file":{"file_id":"f"}}]}]}',
      'field_refused',
    ],
    ['web search', '{"model":"small","messages":[{}],"web_search_options":{}}', 'field_refused'],
    [
      'a tool that runs at the vendor',
      '{"model":"small","messages":[{}],"tools":[{"type":"code_interpreter"}]}',
      'field_refused',
    ],
    [
      'images without a price',
      '{"model":"sandbox-blind","messages":[{"content":[{"type":"image_url"}]}]}',
      'field_refused',
    ],
    [
      'a tier without a price',
      '{"model":"small","messages":[{}],"service_tier":"priority"}',
      'field_refused',
    ],
    [
      'a tier that is a field of Object',
      '{"model":"small","messages":[{}],"service_tier":"constructor"}',
      'field_refused',
    ],
  ])('%s', (_what, body, code) => {
    expect(() => prepareChat(ai, body, POLICY)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('bytes that are not UTF-8', () => {
    const body = Buffer.concat([
      Buffer.from('{"model":"small","messages":[{"role":"user","content":"'),
      Buffer.from([0xff]),
      Buffer.from('"}]}'),
    ]);
    expect(() => prepareChat(ai, body, POLICY)).toThrow(
      expect.objectContaining({ code: 'validation_failed' }) as Error,
    );
  });

  test('but not an emoji written as escapes, nor text about escapes', () => {
    const text = JSON.stringify({
      model: 'small',
      messages: [{ role: 'user', content: '\\u0000 \\ud83d' }],
    }).replace('"user"', '"\\ud83d\\ude00"');
    expect(prepareChat(ai, text, POLICY).model).toBe('small');
  });

  test('but not a field that is null, which no provider is sent', () => {
    const fields = Object.keys(CHAT_FIELDS).filter((field) => !/^(?:messages|model)$/.test(field));
    const unset = Object.fromEntries(fields.map((field) => [field, null]));
    const body = JSON.stringify({ model: 'small', messages, ...unset });
    const { wire } = prepareChat(ai, body, POLICY);
    expect(JSON.parse(`{${keptText(wire)}}`)).toEqual({ messages });
    expect(wire).toMatchObject({ stream: false, replies: 1, maxTokens: undefined, hasTemperature: false });
  });

  test('but not metadata, which no provider is sent', () => {
    const body = JSON.stringify({ model: 'small', messages, metadata: { team: 'tea' } });
    expect(JSON.parse(`{${keptText(prepareChat(ai, body, POLICY).wire)}}`)).toEqual({ messages });
  });

  test('but not a field that the operator lets through', () => {
    const body = JSON.stringify({ model: 'small', messages, top_k: 4 });
    expect(keptText(prepareChat(lenient, body, POLICY).wire)).toContain('"top_k":4');
  });
});

const check = (input: unknown) => checkEmbeddingFields({ model: 'embedding', input }, new Set());

describe('the input of embeddings', () => {
  test.each([
    ['a text'],
    [['a text', 'another']],
    [[1, 2, 3]],
    [Array.from({ length: 8_000 }, (_, token) => token)],
    [[[1, 2], [3]]],
    [Array.from({ length: 2_048 }, () => 'a text')],
  ])('may be one or many texts, or tokens (%#)', (input) => {
    expect(() => check(input)).not.toThrow();
  });

  test.each([
    [''],
    [null],
    [undefined],
    [7],
    [{ text: 'a text' }],
    [[]],
    [['a text', '']],
    [[[1], []]],
    [['a text', [1]]],
    [[1, 'a text']],
    [[1, 2.5]],
    [[1, -1]],
    [[null]],
    [Array.from({ length: 2_049 }, () => 'a text')],
    [Array.from({ length: 8_193 }, () => 1)],
    ['x'.repeat(500_001)],
  ])('is refused where it is none, or of two kinds (%#)', (input) => {
    expect(() => check(input)).toThrow(
      expect.objectContaining({ code: 'validation_failed', details: { field: 'input' } }),
    );
  });

  test.each([
    ['dimensions', 0],
    ['dimensions', 1.5],
    ['dimensions', '8'],
    ['encoding_format', 'int8'],
    ['encoding_format', 1],
  ])('has a form: %s is not %s', (field, value) => {
    const body = { model: 'embedding', input: 'a text', [field]: value };
    expect(() => checkEmbeddingFields(body, new Set())).toThrow(
      expect.objectContaining({ code: 'validation_failed', details: { field } }),
    );
  });

  test('says how large the answer may be', () => {
    const texts = Array.from({ length: 2_048 }, () => 'a text');
    const bytes = embeddingBytes({ input: texts, encoding_format: 'base64' });
    expect(bytes).toBeGreaterThan(2_048 * 3_072 * 4 * (4 / 3));
    expect(bytes).toBeLessThan(36 * 1_048_576);
    expect(embeddingBytes({ input: [1, 2], dimensions: 10, encoding_format: 'float' })).toBe(420);
  });
});

test.each<[string, Record<string, unknown>, string | undefined]>([
  ['as OpenAI has it', { user: 'bob' }, 'bob'],
  ['as Anthropic has it, which goes first', { user: 'bob', metadata: { user_id: 'ada' } }, 'ada'],
  ['beside one that is null, which is not set', { user: 'bob', metadata: { user_id: null } }, 'bob'],
  ['beside one that is empty', { user: 'bob', metadata: { user_id: '' } }, 'bob'],
  ['not at all', { metadata: { user_id: null } }, undefined],
])('an end user is named %s', (_, body, name) => {
  expect(tagsOf(body)?.['user_id']).toBe(name);
});
