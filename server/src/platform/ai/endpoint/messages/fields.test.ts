import { describe, expect, test } from 'vitest';
import { MESSAGES } from '../../dialects/messages.ts';
import { cost, createPrices, reserve } from '../../metering/prices.ts';
import { inputTokens, sizeOf } from '../../metering/tokens.ts';
import { readWire } from '../../wire.ts';
import { checkPriced } from '../fields.ts';
import { checkMessageFields } from './fields.ts';

const PRICE = createPrices().of('anthropic', 'claude-haiku-4-5') ?? createPrices().default;
const NONE = new Set<string>();
const PNG = 'iVBORw0KGgoAAAANSUhEUgAABdwAAAA';
const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };
const pdf = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' } };

/** A request with such blocks, as the door reads it. */
function asked(content: readonly object[], more: object = {}) {
  const body = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content }], ...more };
  const pictures = checkMessageFields(body, NONE);
  return { ...readWire(MESSAGES, JSON.stringify(body)), pictures };
}

describe('pictures and documents', () => {
  test.each<[string, object, number]>([
    ['a picture that lies elsewhere', { type: 'image', source: { type: 'url', url: 'https://x.test' } }, 1],
    ['a picture in the result of a tool', { type: 'tool_result', tool_use_id: 't', content: [picture] }, 1],
    ['a document of pages', pdf, 1],
    ['a document of words', { type: 'document', source: { type: 'text', data: 'tea' } }, 0],
    ['words', { type: 'text', text: 'tea' }, 0],
  ])('%s', (_, block, count) => {
    expect(asked([block]).pictures).toHaveLength(count);
  });

  test('a document of pages counts as all that the model has room for', () => {
    expect(inputTokens(PRICE, asked([pdf]))).toBeGreaterThanOrEqual(PRICE.context ?? 0);
    expect(() => checkPriced({ ...PRICE, context: undefined }, asked([pdf]))).toThrow(/document/);
  });

  test.each<[string, object]>([
    ['a file that is kept at the vendor', { type: 'image', source: { type: 'file', file_id: 'f' } }],
    [
      'the same in the result of a tool',
      { type: 'tool_result', content: [{ ...pdf, source: { type: 'file' } }] },
    ],
    ['a result of a tool that ran at the vendor', { type: 'web_search_tool_result', content: [] }],
    ['a file of a container', { type: 'container_upload', file_id: 'f' }],
    ['no block', {}],
  ])('%s is refused', (_, block) => {
    expect(() => asked([block])).toThrow(/messages/);
  });
});

test('a tier at the listed price is taken, and another one is not', () => {
  for (const tier of ['auto', 'standard_only']) checkPriced(PRICE, asked([], { service_tier: tier }));
  expect(() => checkPriced(PRICE, asked([], { service_tier: 'flex' }))).toThrow(/service_tier/);
});

test('a cache of an hour has its own price, for which there is room before the call', () => {
  const mark = { type: 'ephemeral', ttl: '1h' };
  const marked = asked([{ type: 'text', text: 'tea', cache_control: mark }]);
  const most = reserve(PRICE, { ...sizeOf(PRICE, marked), maxOutputTokens: 0 });
  expect(most).toBe(marked.inputBytes * 2);
  const { usage } = MESSAGES.readAnswer({
    content: [],
    stop_reason: 'end_turn',
    usage: {
      input_tokens: 100,
      cache_read_input_tokens: 1_000,
      cache_creation_input_tokens: 3_000,
      cache_creation: { ephemeral_5m_input_tokens: 1_000, ephemeral_1h_input_tokens: 2_000 },
      output_tokens: 10,
    },
  });
  expect(usage).toMatchObject({ promptTokens: 4_100, cachedTokens: 1_000, cacheWriteTokens: 3_000 });
  expect(usage && cost(PRICE, usage)).toBe(100 + 100 + 1_250 + 4_000 + 50);
});
