import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '#platform/config';
import { createOpenAISandbox } from '#sandbox/openai';
import { readAiFile } from './settings.ts';
import { chat, plain, prepareChat } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';

const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';
const DEAR = { input: 9_000_000, cache_write: 18_000_000, output: 30_000_000, source: 'a test' };

function file(parts: object): ReturnType<typeof readAiFile> {
  return readAiFile(JSON.stringify({ version: '2026-11-21', ...parts }));
}

function problemsOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the file of AI_CONFIG', () => {
  test('dates its prices: the version is part of what a row of the ledger says', () => {
    const { prices } = file({ version: '2026-11-21.2', prices: { 'mine/own': DEAR } });
    expect(prices.version).toMatch(/^\d{4}-\d{2}-\d{2}\+2026-11-21\.2$/);
    expect(prices.of('mine', 'own')).toMatchObject({ input: 9_000_000, cacheWrite: 18_000_000 });
    expect(prices.of('mine', 'own')?.version).toBe(prices.version);
  });

  test('is as the docs show it', () => {
    const page = readFileSync(new URL('../../../../docs/gateway.md', import.meta.url), 'utf8');
    const [, example = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
    const { prices, policyOverrides } = readAiFile(example);
    expect(prices.of('openai', 'gpt-6-mini')).toMatchObject({ cacheWrite: 375_000, tokenizer: 'o200k' });
    expect(policyOverrides).toEqual({
      'gateway.chat': { maxOutputTokens: 32_000, timeouts: { firstToken: 120_000 } },
    });
    const own = { name: 'own', baseUrl: 'http://127.0.0.1:9' };
    const openai = { name: 'openai', baseUrl: 'http://127.0.0.1:9' };
    const policies = { 'gateway.chat': { models: ['house'] } };
    const ai = fixture.open({ ...readAiFile(example), upstreams: [own, openai], policies });
    expect(ai.endpoint.models().data.map(({ id }) => id)).toContain('gpt-6-mini');
  });

  test.each([
    ['no version', { version: undefined }, 'AI_CONFIG: version: '],
    ['a version that is no date', { version: 'latest' }, 'AI_CONFIG: version: must be a date'],
    ['an unknown part', { price: {} }, 'AI_CONFIG: price: there is no such setting.'],
    [
      'a price without its source',
      { prices: { 'a/b': { input: 1, output: 1 } } },
      'AI_CONFIG: prices.a/b.source: ',
    ],
    ['a price per token', { prices: { 'a/b': { ...DEAR, input: 0.15 } } }, 'AI_CONFIG: prices.a/b.input: '],
    [
      'an alias of no provider',
      { aliases: { small: ['gpt'] } },
      'AI_CONFIG: aliases.small.0: must be provider/model.',
    ],
  ])('is refused with its place: %s', (_what, parts, says) => {
    const [problem] = problemsOf(() => file(parts));
    expect(problem?.startsWith(says)).toBe(true);
  });

  test.each([
    [
      'an alias of a model that nobody has',
      { aliases: { small: ['openai/gpt-4.1'] } },
      'aliases.small: no configured upstream has openai/gpt-4.1.',
    ],
    ['models of no upstream', { models: { mine: ['a'] } }, 'models.mine: there is no such upstream.'],
    [
      'a model without a price',
      { models: { sandbox: ['new'] } },
      'models.sandbox: sandbox/new has no price: give it one under prices, or name it in allow_unpriced.',
    ],
    [
      'a policy that nobody declares',
      { policies: { 'test.chet': {} } },
      'policies.test.chet: no product declares this policy: test.chat.',
    ],
    [
      'a policy with a wrong part',
      { policies: { 'test.chat': { caps: { input_bytes: -1 } } } },
      'policies.test.chat.caps.input_bytes: ',
    ],
  ])('is refused by the upstreams and products that there are: %s', (_what, parts, says) => {
    const [problem] = problemsOf(() => fixture.open(file(parts)));
    expect(problem?.startsWith(`AI_CONFIG: ${says}`)).toBe(true);
  });

  test('says what is asked for: models, aliases, policies and fields', async () => {
    const ai = fixture.open(
      file({
        prices: { 'sandbox/sandbox-large': DEAR },
        models: { sandbox: ['sandbox-large'] },
        aliases: { small: ['sandbox/sandbox-large'], fast: ['sandbox/sandbox-large'] },
        policies: { 'test.chat': { max_output_tokens: 3 } },
        allowed_fields: ['top_k'],
      }),
    );
    expect(ai.endpoint.models().data.map(({ id }) => id)).toEqual([
      'sandbox/sandbox-large',
      'sandbox-large',
      'small',
      'large',
      'fast',
    ]);
    const body = JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hi' }], top_k: 3 });
    expect(prepareChat(ai, body, 'test.chat')).toMatchObject({ maxTokens: 3 });
    const permit = recordingPermit();
    const { usage } = plain(await ai.call(permit, { feature, wire: chat() }));
    expect(usage).toMatchObject({ model: 'sandbox-large', priceVersion: ai.prices.version });
    expect(usage.cost).toBe(usage.promptTokens * 9 + usage.completionTokens * 30);
  });
});

describe('other settings while the program runs', () => {
  test('a call under way keeps the price that it began with, and the next one has the new', async () => {
    const ai = fixture.open();
    fixture.sandbox.faults.next({ kind: 'latency', ms: 50 });
    const before = ai.prices.version;
    const underWay = ai.call(recordingPermit(), { feature, wire: chat() });
    ai.choose(file({ prices: { 'sandbox/sandbox-small': DEAR } }));
    const old = plain(await underWay).usage;
    const next = plain(await ai.call(recordingPermit(), { feature, wire: chat() })).usage;
    expect([old.priceVersion, next.priceVersion]).toEqual([before, `${before}+2026-11-21`]);
    expect(next.cost).toBeGreaterThan(old.cost * 10);
  });

  test('a breaker that is open stays open for a model that stays', async () => {
    const ai = fixture.open(
      { breaker: { window: 10_000, minimum: 1, rate: 0.1, open: 60_000 } },
      { tries: 1, patience: 0 },
    );
    fixture.sandbox.faults.next({ kind: 'status', status: 500 });
    await expect(ai.call(recordingPermit(), { feature, wire: chat() })).rejects.toThrow();
    ai.choose(file({ prices: { 'sandbox/sandbox-small': DEAR } }));
    const billed = fixture.sandbox.bill().length;
    await expect(ai.call(recordingPermit(), { feature, wire: chat() })).rejects.toThrow();
    expect(fixture.sandbox.bill()).toHaveLength(billed);
  });

  test('what is wrong changes nothing', () => {
    const ai = fixture.open(file({ aliases: { fast: ['sandbox/sandbox-small'] } }));
    const { version } = ai.prices;
    expect(
      problemsOf(() => ai.choose(file({ version: '2027-01-01', aliases: { fast: ['a/b'] } }))),
    ).toHaveLength(1);
    const body = JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hi' }] });
    expect(prepareChat(ai, body, 'test.chat').chain).toHaveLength(1);
    expect(ai.prices.version).toBe(version);
  });
});
