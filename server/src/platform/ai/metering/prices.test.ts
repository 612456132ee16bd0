import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { micros } from '#platform/kernel';
import { cost, createPrices, outputThatFits, type Price, reserve } from './prices.ts';
import type { TokenUsage } from './usage.ts';

const prices = createPrices();

function priceOf(name: string): Price {
  const [provider = '', model = ''] = name.split('/');
  const price = prices.of(provider, model);
  if (price === undefined) throw new Error(`no price: ${name}`);
  return price;
}

const usage = (promptTokens: number, completionTokens: number): TokenUsage => ({
  promptTokens,
  completionTokens,
  cachedTokens: 0,
  reasoningTokens: 0,
});

const tokens = fc.integer({ min: 0, max: 2_000_000 });
const anyPrice = fc.constantFrom(...prices.names).map(priceOf);

describe('the shipped catalogue', () => {
  test('names a source for each price and says from when it is', () => {
    expect(prices.version).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(prices.names).toEqual(
      expect.arrayContaining(['openai/gpt-4o-mini', 'minimax/MiniMax-M1', 'sandbox/sandbox-small']),
    );
  });

  test('makes the example of the docs cost what they say', () => {
    expect(cost(priceOf('sandbox/sandbox-small'), usage(412, 307))).toBe(246);
  });
});

describe('what a call costs', () => {
  test('is rounded up once, over all kinds of tokens', () => {
    const price = priceOf('openai/gpt-4o-mini');
    expect(cost(price, usage(1, 0))).toBe(1);
    expect(cost(price, usage(1, 1))).toBe(1);
    expect(cost(price, usage(0, 0))).toBe(0);
    expect(cost(price, usage(1_000_000, 1_000_000))).toBe(750_000);
  });

  test('counts cached and reasoning tokens once, each at its own price', () => {
    const price: Price = { ...priceOf('openai/gpt-5'), reasoning: 20_000_000 };
    const mixed = { promptTokens: 1_000, cachedTokens: 400, completionTokens: 500, reasoningTokens: 300 };
    expect(cost(price, mixed)).toBe(Math.ceil((600 * 1.25 + 400 * 0.125 + 200 * 10 + 300 * 20) * 1));
  });

  test('counts tokens that were written to a cache at their own price, and none of them twice', () => {
    const price = priceOf('anthropic/claude-sonnet-4-5');
    const mixed = { ...usage(1_000, 0), cachedTokens: 300, cacheWriteTokens: 500 };
    expect(cost(price, mixed)).toBe(200 * 3 + 300 * 0.3 + 500 * 3.75);
    expect(cost(priceOf('openai/gpt-4o'), { ...usage(1_000, 0), cacheWriteTokens: 500 })).toBe(2_500);
  });

  test('follows the service tier that was used', () => {
    const price = priceOf('openai/gpt-5');
    expect(cost(price, usage(1_000, 1_000), 'priority')).toBe(cost(price, usage(1_000, 1_000)) * 2);
    expect(cost(price, usage(1_000, 1_000), 'default')).toBe(cost(price, usage(1_000, 1_000)));
  });

  test('is of the dearer prices as a whole where the prompt is longer than a step, and so is its reserve', () => {
    const price = priceOf('gemini/gemini-2.5-pro');
    expect(cost(price, usage(200_000, 1_000))).toBe(200_000 * 1.25 + 1_000 * 10);
    expect(cost(price, usage(200_001, 1_000))).toBe(Math.ceil(200_001 * 2.5 + 1_000 * 15));
    const above = { tokens: 9, input: 4_000_000, output: 6_000_000 };
    const row = { input: 2_000_000, cached_input: 1_000_000, output: 3_000_000, above, source: 'a test' };
    const own = createPrices({ overrides: { 'a/b': row } }).of('a', 'b') ?? price;
    expect(cost(own, { ...usage(10, 0), cachedTokens: 10 })).toBe(40);
    const size = { maxOutputTokens: 1_000 };
    expect(reserve(price, { ...size, inputTokens: 200_000 })).toBe(260_000);
    expect(reserve(price, { ...size, inputBytes: 200_001 })).toBe(515_003);
  });

  test('is exact where the product is beyond what a number holds', () => {
    const price: Price = { ...priceOf('openai/gpt-4o'), output: 1_000_000_000 };
    expect(cost(price, usage(0, 99_999_999))).toBe(99_999_999_000);
  });

  test('never exceeds its reserve: more tokens than bytes do not exist, and replies are capped', () => {
    fc.assert(
      fc.property(anyPrice, fc.tuple(tokens, tokens), fc.nat(), (price, [bytes, maxOutputTokens], part) => {
        const used = usage(
          bytes === 0 ? 0 : part % bytes,
          maxOutputTokens === 0 ? 0 : part % maxOutputTokens,
        );
        return cost(price, used) <= reserve(price, { inputBytes: bytes, maxOutputTokens });
      }),
    );
  });
});

test('the reply that a budget buys is the longest whose reserve is within it', () => {
  fc.assert(
    fc.property(
      anyPrice,
      fc.record({ inputBytes: tokens, replies: fc.integer({ min: 1, max: 4 }) }),
      fc.integer({ min: 0, max: 100_000_000 }),
      (price, size, budget) => {
        const fits = outputThatFits(price, size, micros(budget));
        if (fits < 1 || fits === Number.MAX_SAFE_INTEGER) return true;
        const just = reserve(price, { ...size, maxOutputTokens: fits });
        const more = reserve(price, { ...size, maxOutputTokens: fits + 1 });
        return just <= budget && more >= budget;
      },
    ),
  );
});

describe('a model without a price', () => {
  test('is unknown, unless it is allowed by name: then the default price applies', () => {
    expect(prices.of('local', 'llama')).toBeUndefined();
    const allowing = createPrices({ allowUnpriced: ['local/*', 'openai/gpt-next'] });
    expect(allowing.of('local', 'llama')?.output).toBe(20_000_000);
    expect(allowing.of('openai', 'gpt-next')?.output).toBe(20_000_000);
    expect(allowing.of('openai', 'gpt-other')).toBeUndefined();
  });
});

test('a price of the operator replaces ours, and its rows say so', () => {
  const own = createPrices({
    overrides: { 'openai/gpt-4o': { input: 1, output: 2, source: 'our contract' } },
  });
  expect(own.of('openai', 'gpt-4o')).toMatchObject({ input: 1, cachedInput: 1, output: 2, reasoning: 2 });
  expect(own.version).toBe(`${prices.version}+own`);
});

test.each([
  ['a price that is no whole number', { 'a/b': { input: 0.5, output: 1, source: 's' } }],
  ['a negative price', { 'a/b': { input: -1, output: 1, source: 's' } }],
  ['a price without a source', { 'a/b': { input: 1, output: 1 } }],
  ['a misspelt kind of token', { 'a/b': { input: 1, ouput: 1, output: 1, source: 's' } }],
  [
    'transcriptions without a bound',
    { 'a/b': { input: 1, output: 0, kind: 'transcriptions', context: 9, source: 's' } },
  ],
  ['seconds of what hears nothing', { 'a/b': { input: 1, output: 1, max_seconds: 9, source: 's' } }],
  [
    'a longer prompt that is cheaper',
    { 'a/b': { input: 2, output: 2, above: { tokens: 9, input: 1, output: 2 }, source: 's' } },
  ],
  ['a model without its provider', { b: { input: 1, output: 1, source: 's' } }],
])('a catalogue with %s stops the start', (_what, overrides) => {
  expect(() => createPrices({ overrides })).toThrow();
});
