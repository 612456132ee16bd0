import { describe, expect, test } from 'vitest';
import { createPrices } from '#platform/ai';
import { plannedCall, usageOf } from './pricing.ts';

const row = { input: 1_000_000, cached_input: 500_000, output: 2_000_000, source: 'a test' };
const prices = createPrices({
  catalogue: {
    price_version: 'v1',
    unit: 'micro-dollars per million tokens',
    default: row,
    models: { 'one/small': row, 'two/small': row, 'two/big': { ...row, output: 4_000_000 } },
  },
  allowUnpriced: ['mine/*'],
});
const tokens = { prompt_tokens: 10, completion_tokens: 3 };

describe('a model', () => {
  test.each([
    [{ model: 'one/small' }, 'one', 'small'],
    [{ model: 'small', provider: 'two' }, 'two', 'small'],
    [{ model: 'big' }, 'two', 'big'],
    // One that the operator allows without a price of its own.
    [{ model: 'any', provider: 'mine' }, 'mine', 'any'],
  ])('is found as %j', (named, provider, model) => {
    expect(usageOf(prices, { usage: { ...named, ...tokens } })).toMatchObject({ provider, model });
  });

  test('that several providers have is asked for by provider', () => {
    expect(() => usageOf(prices, { usage: { model: 'small', ...tokens } })).toThrow(
      expect.objectContaining({ code: 'model_unknown', details: { providers: ['one', 'two'] } }),
    );
  });

  test.each(['tiny', 'three/small', '', '/', 'small/'])('that nobody prices is refused: %j', (model) => {
    expect(() => usageOf(prices, { usage: { model, ...tokens } })).toThrow(
      expect.objectContaining({ code: 'model_unknown' }),
    );
  });
});

describe('what a call used', () => {
  test('costs what the catalogue says, cached tokens at their own price', () => {
    const usage = { model: 'big', ...tokens, cached_tokens: 4, provider_request_id: 'theirs' };
    // 6 at 1, 4 at 0.5, 3 at 4.
    expect(usageOf(prices, { usage })).toEqual({
      provider: 'two',
      model: 'big',
      providerRequestId: 'theirs',
      promptTokens: 10,
      cachedTokens: 4,
      completionTokens: 3,
      reasoningTokens: 0,
      cost: 20,
      charged: 20,
      priceVersion: 'v1',
      estimated: false,
    });
  });

  test('costs what is said, whatever the model', () => {
    const usage = { model: 'tiny', provider: 'three', ...tokens };
    expect(usageOf(prices, { usage, cost_micros: 7 })).toMatchObject({
      provider: 'three',
      model: 'tiny',
      promptTokens: 10,
      cost: 7,
      priceVersion: 'as-said',
    });
    expect(usageOf(prices, { cost_micros: 7 }, { provider: 'two', model: 'big' })).toMatchObject({
      provider: 'two',
      model: 'big',
      cost: 7,
    });
  });

  test('holds no more cached tokens than were sent, nor more reasoning than was generated', () => {
    const usage = { model: 'big', ...tokens, cached_tokens: 99, reasoning_tokens: 99 };
    expect(usageOf(prices, { usage })).toMatchObject({ cachedTokens: 10, reasoningTokens: 3 });
  });
});

describe('an estimate', () => {
  test.each([
    [undefined, 500],
    [{}, 500],
    [{ model: 'big' }, 500],
    [{ model: 'big', prompt_tokens: 10, completion_tokens: 5 }, 30],
    [{ model: 'big', completion_tokens: 5 }, 20],
    [{ cost_micros: 0 }, 0],
    [{ cost_micros: 42 }, 42],
  ])('of %j reserves %i', (estimate, reserve) => {
    expect(plannedCall(prices, 500, estimate)).toMatchObject({ reserve });
  });

  test('of a model without a price is refused', () => {
    expect(() => plannedCall(prices, 500, { model: 'tiny' })).toThrow(
      expect.objectContaining({ code: 'model_unknown' }),
    );
  });
});
