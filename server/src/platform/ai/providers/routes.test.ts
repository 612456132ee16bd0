import { describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import type { Ai } from '../ai.ts';
import { chat } from '@plinth/testkit/fixtures/ai/open';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { plainAnswer, scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';
import { readAiFile } from '../settings.ts';

const fixture = makeFixture(createOpenAISandbox);
const [SMALL, LARGE] = ['sandbox/sandbox-small', 'sandbox/sandbox-large'];

const file = (aliases: object) => readAiFile(JSON.stringify({ version: '2026-11-28', aliases }));
const open = (route: object, parts: Parameters<typeof fixture.open>[0] = {}) =>
  fixture.open({ ...file({ house: route }), ...parts }, { models: ['house'], tries: 3 });

/** The models that a call went to, in order. */
async function modelsOf(ai: Ai, account = 'a', fields: object = {}): Promise<string[]> {
  const permit = recordingPermit({ account });
  await ai.call(permit, { feature: 'chat', wire: chat(fields) });
  return permit.rows.map(({ call }) => call.model.replace('sandbox-', ''));
}

const accounts = Array.from(
  { length: 400 },
  (_, n) => `01936f00-0000-7000-8000-${String(n).padStart(12, '0')}`,
);

async function firsts(ai: Ai, callers: readonly string[]): Promise<string[]> {
  const models: string[] = [];
  for (const account of callers) models.push((await modelsOf(ai, account))[0] ?? '');
  return models;
}

const weights = (small: number, large: number, facts: object = {}) => ({
  order: 'weight',
  models: [
    { model: SMALL, weight: small },
    { model: LARGE, weight: large },
  ],
  ...facts,
});
const large = (models: readonly string[]) => models.filter((model) => model === 'large').length;

describe('a route by weight', () => {
  test('sends an account to the same model, and about as many accounts to each as it says', async () => {
    const ai = open(weights(90, 10));
    const models = await firsts(ai, accounts);
    // 40 of 400 are meant; which ones is fixed by their ids.
    expect(large(models)).toBeGreaterThan(20);
    expect(large(models)).toBeLessThan(60);
    expect(await firsts(open(weights(90, 10)), accounts.slice(0, 50))).toEqual(models.slice(0, 50));
  });

  test('that gives a canary more keeps the accounts that it has', async () => {
    const callers = accounts.slice(0, 100);
    const before = await firsts(open(weights(95, 5)), callers);
    const after = await firsts(open(weights(70, 30)), callers);
    expect(large(after)).toBeGreaterThan(large(before));
    expect(before.every((model, n) => model !== 'large' || after[n] === 'large')).toBe(true);
  });

  test('and not by account has the shares of its weights in any stretch of calls', async () => {
    const ai = open(weights(3, 1, { sticky: false }));
    const models = await firsts(
      ai,
      Array.from({ length: 80 }, () => 'a'),
    );
    for (const from of [0, 20, 40, 60]) {
      const share = large(models.slice(from, from + 20));
      expect(share).toBeGreaterThanOrEqual(4);
      expect(share).toBeLessThanOrEqual(6);
    }
  });

  test('goes on with the others where the first fails, at their own prices', async () => {
    const ai = open(weights(0, 1));
    fixture.sandbox.faults.always({ kind: 'status', status: 500, model: 'sandbox-large' });
    expect((await modelsOf(ai)).at(-1)).toBe('small');
  });
});

test('a policy of a model and a route asks the model first, and each once', async () => {
  const ai = fixture.open(file({ house: weights(0, 1) }), {
    models: [SMALL ?? '', 'house'],
    tries: 3,
    patience: 0,
  });
  fixture.sandbox.faults.always({ kind: 'status', status: 429, retry_after: 60 });
  const permit = recordingPermit();
  await expect(ai.call(permit, { feature: 'chat', wire: chat() })).rejects.toMatchObject({ postponed: true });
  expect(permit.rows.map(({ call }) => call.model)).toEqual(['sandbox-small', 'sandbox-large']);
});

test('a route by price asks the cheapest first, and the others in the order of their prices', async () => {
  const prices = {
    [SMALL]: { input: 9, output: 9, source: 't' },
    [LARGE]: { input: 1, output: 1, source: 't' },
  };
  const settings = (order: string) =>
    readAiFile(
      JSON.stringify({
        version: '2026-11-28',
        prices,
        aliases: { house: { order, models: [{ model: SMALL }, { model: LARGE }] } },
      }),
    );
  const first = async (order: string) =>
    (await modelsOf(fixture.open(settings(order), { models: ['house'] })))[0];
  expect([await first('price'), await first('given')]).toEqual(['large', 'small']);
});

test('a route by latency asks the model that answered soonest of late, and a slow one again when it was long not asked', async () => {
  const time = drivenTime();
  const pauses: Record<string, number> = { 'sandbox-small': 4_000, 'sandbox-large': 1_000 };
  const upstream = await scriptedUpstream((response, { body }) => {
    const { model } = JSON.parse(body) as { model: string };
    time.advance(pauses[model] ?? 0);
    response.end(plainAnswer('tea'));
  });
  const route = { order: 'latency', models: [{ model: SMALL }, { model: LARGE }] };
  const ai = open(route, { ...time, upstreams: [{ name: 'sandbox', baseUrl: upstream.url }] });
  const asked = async (count: number) =>
    firsts(
      ai,
      Array.from({ length: count }, () => 'a'),
    );
  // Each once, to be measured.
  expect(await asked(4)).toEqual(['small', 'large', 'large', 'large']);
  time.advance(600_000);
  pauses['sandbox-small'] = 100;
  expect(await asked(6)).toContain('small');
  expect((await asked(3)).at(-1)).toBe('small');
  await upstream.close();
});

test('a route of another file is in effect for the next call', async () => {
  const ai = open(weights(1, 0));
  expect(await modelsOf(ai)).toEqual(['small']);
  ai.choose({ ...file({ house: weights(0, 1) }), policyOverrides: {} });
  expect(await modelsOf(ai)).toEqual(['large']);
});

test.each([
  [{ order: 'fastest', models: [{ model: SMALL }] }, 'aliases.house.order: '],
  [weights(0, 0), 'aliases.house.models: the weights sum to nothing.'],
  [{ models: [{ model: 'small' }] }, 'aliases.house.models.0.model: must be provider/model.'],
  [{ models: [{ model: SMALL, share: 2 }] }, 'aliases.house.models.0.share: there is no such setting.'],
])('%j is refused with its place', (route, says) => {
  expect(() => file({ house: route })).toThrow(says);
});
