import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { type Customer, type TestApp, testApp } from '@plinth/testkit/services/app';

const EMBEDDINGS = 'POST /v1/ai/embeddings';
const MODEL = 'sandbox-embed';
const { url, call, customer, sandbox } = await testApp();

/** A call that finds no room gives up at once. */
const QUICK = JSON.stringify({ version: '2026-11-28', policies: { 'gateway.embeddings': { patience: 0 } } });

const clientOf = ({ key }: Customer) => new OpenAI({ baseURL: `${url}/v1/ai`, apiKey: key, maxRetries: 0 });

const embed = ({ key }: Customer, more: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  call(key, EMBEDDINGS, { body: { model: MODEL, input: 'crop rotation', ...more }, headers });

async function readUsage({ key }: Customer, at: Pick<TestApp, 'call'> = { call }) {
  const { body } = await at.call(key, 'GET /v1/usage');
  const limits = body['data'] as { product: string; limit: string; used: number }[];
  const used = limits.filter(({ product }) => product === 'gateway').map((one) => [one.limit, one.used]);
  return {
    limits: Object.fromEntries(used) as Record<string, number>,
    events: (body['events'] as Readonly<Record<string, unknown>>[]).toReversed(),
  };
}

const sumOf = (events: readonly Readonly<Record<string, unknown>>[], field: string) =>
  events.reduce((sum, event) => sum + Number(event[field]), 0);

/** Tokens that the sandbox bills for what is asked meanwhile. */
async function billed(ask: () => Promise<unknown>): Promise<number[]> {
  const before = sandbox.bill().length;
  await ask();
  return sandbox
    .bill()
    .slice(before)
    .map(({ prompt_tokens: tokens }) => tokens);
}

/** The faults that the provider has not taken yet. */
async function readFaults(): Promise<unknown> {
  const response = await fetch(new URL('/sandbox/faults', sandbox.url), { method: 'POST', body: '{}' });
  return ((await response.json()) as { next: unknown }).next;
}

describe('the official openai package', () => {
  test('gets the vectors of a list of texts, and the ledger equals the provider’s bill', async () => {
    const ada = await customer('gateway.developer');
    const client = clientOf(ada);
    const input = ['crop rotation', 'rotation of crops', 'a stock exchange'];
    const tokens = await billed(async () => {
      // It asks for base64 by itself.
      const { data, usage } = await client.embeddings.create({ model: MODEL, input, dimensions: 64 });
      expect(data.map(({ embedding, index }) => [embedding.length, index])).toEqual([
        [64, 0],
        [64, 1],
        [64, 2],
      ]);
      const direct = new OpenAI({ baseURL: sandbox.url, apiKey: 'key' });
      const said = await direct.embeddings.create({ model: MODEL, input, dimensions: 64 });
      expect({ data, usage }).toEqual({ data: said.data, usage: said.usage });
    });
    const { events, limits } = await readUsage(ada);
    expect(events).toMatchObject([
      {
        feature: 'embeddings',
        model: MODEL,
        prompt_tokens: tokens[0],
        completion_tokens: 0,
        status: 'posted',
        estimated: false,
      },
    ]);
    expect(limits).toMatchObject({ calls: 1, concurrent: 0, daily_cost: events[0]?.['charged_micros'] });
  });

  test.each([
    ['a text', 'crop rotation'],
    ['tokens', [9_906, 11, 1_917]],
    ['lists of tokens', [[9_906, 11], [1_917]]],
  ])('embeds %s', async (_what, input) => {
    const { data } = await clientOf(await customer()).embeddings.create({ model: 'embedding', input });
    expect(data).toHaveLength(_what === 'lists of tokens' ? 2 : 1);
  });

  test('lists both kinds of model, each with the calls that take it', async () => {
    const client = clientOf(await customer());
    const { data } = await client.models.list();
    const at = Object.fromEntries(
      data.map((model) => [model.id, (model as { endpoints?: unknown }).endpoints]),
    );
    const google = '/v1/ai/google/v1beta/models/{model}';
    const paths = ['/v1/ai/embeddings', `${google}:embedContent`, `${google}:batchEmbedContents`];
    expect([at[MODEL], at['embedding']]).toEqual([paths, paths]);
    expect(at['sandbox-small']).toContain('/v1/ai/chat/completions');
    expect(at['sandbox-small']).not.toContain('/v1/ai/embeddings');
  });
});

test('a model at the wrong door is refused with the one that takes it, and nothing is spent', async () => {
  const ada = await customer();
  const { status, body } = await embed(ada, { model: 'sandbox-small' });
  expect([status, body['error']]).toMatchObject([400, { code: 'model_unsupported', param: 'model' }]);
  expect(JSON.stringify(body)).toContain('/v1/ai/chat/completions');
  const messages = [{ role: 'user', content: 'Hello' }];
  const chat = await call(ada.key, 'POST /v1/ai/chat/completions', { body: { model: MODEL, messages } });
  expect([chat.status, JSON.stringify(chat.body)]).toEqual([
    400,
    expect.stringContaining('Ask it at /v1/ai/embeddings or '),
  ]);
  expect(await readUsage(ada)).toMatchObject({ limits: { calls: 0 }, events: [] });
});

test('a field that is null is not set, and an unknown one is refused by name', async () => {
  const ada = await customer();
  const unset = { dimensions: null, encoding_format: null, user: null };
  expect((await embed(ada, unset)).status).toBe(200);
  const { status, body } = await embed(ada, { truncate: 'END' });
  expect([status, body['error']]).toMatchObject([400, { code: 'field_refused', param: 'truncate' }]);
});

describe('a provider that misbehaves', () => {
  test('without usage: the input is counted, and never charged below its bill', async () => {
    const ada = await customer();
    const input = Array.from({ length: 50 }, (_, nth) => `The harvest of field ${nth}, in tonnes a year.`);
    sandbox.faults.next({ kind: 'missing_usage' });
    const [tokens = 0] = await billed(async () => expect((await embed(ada, { input })).status).toBe(200));
    const { events } = await readUsage(ada);
    expect(events).toMatchObject([{ estimated: true, completion_tokens: 0, status: 'posted' }]);
    const counted = Number(events[0]?.['prompt_tokens']);
    expect(counted).toBeGreaterThanOrEqual(tokens);
    expect(counted).toBeLessThan(tokens * 1.6);
  });

  test.each([
    ['garbage', { kind: 'malformed_json' }, 502],
    ['an answer without vectors', { kind: 'empty_choices' }, 502],
    ['an answer that is cut', { kind: 'cut_stream', abrupt: true }, 503],
    ['a reset', { kind: 'reset', billed: true }, 503],
    ['a 429', { kind: 'status', status: 429, retry_after: 60 }, 429],
  ] as const)('%s costs the caller nothing', async (_what, fault, status) => {
    // A provider of its own: no other test shares its breaker and its throttle.
    const alone = await testApp({ settings: { AI_CONFIG: QUICK } });
    const ada = await alone.customer();
    alone.sandbox.faults.always(fault);
    const body = { model: MODEL, input: 'crop rotation' };
    expect((await alone.call(ada.key, EMBEDDINGS, { body })).status).toBe(status);
    expect(await readUsage(ada, alone)).toMatchObject({ limits: { calls: 0, daily_cost: 0, concurrent: 0 } });
  });
});

test('a client that hangs up is charged for what the provider bills', async () => {
  const ada = await customer();
  sandbox.faults.next({ kind: 'latency', ms: 300 });
  const gone = new AbortController();
  const before = sandbox.bill().length;
  const asking = clientOf(ada)
    .embeddings.create({ model: MODEL, input: 'crop rotation' }, { signal: gone.signal })
    .catch(() => 'gone');
  await expect.poll(readFaults).toEqual([]);
  gone.abort();
  expect(await asking).toBe('gone');
  await expect.poll(() => sandbox.bill().length).toBe(before + 1);
  // A row that corrects the first one, once the provider's figures are there.
  await expect
    .poll(async () => (await readUsage(ada)).events.length, { timeout: 60_000, interval: 500 })
    .toBe(2);
  const { events, limits } = await readUsage(ada);
  expect(sumOf(events, 'prompt_tokens')).toBe(sandbox.bill().at(-1)?.prompt_tokens);
  expect(limits).toMatchObject({ calls: 1, concurrent: 0, daily_cost: sumOf(events, 'charged_micros') });
});

test('of 20 callers where 4 fit, 4 are served and 16 denied', async () => {
  const ada = await customer('gateway.scale');
  const body = { product: 'gateway', feature: 'external', ttl_seconds: 600 };
  for (let nth = 0; nth < 16; nth += 1)
    expect(
      (await call(ada.key, 'POST /v1/permits', { body, headers: { 'idempotency-key': `place-${nth}` } }))
        .status,
    ).toBe(201);
  sandbox.faults.always({ kind: 'hang', billed: true });
  const billedBefore = sandbox.bill().length;
  const gone = new AbortController();
  const statuses: (number | undefined)[] = [];
  const asking = Array.from({ length: 20 }, () =>
    clientOf(ada)
      .embeddings.create({ model: MODEL, input: 'crop rotation' }, { signal: gone.signal })
      .catch((error: unknown) => statuses.push(error instanceof OpenAI.APIError ? error.status : undefined)),
  );
  await expect.poll(() => statuses, { timeout: 60_000 }).toEqual(Array.from({ length: 16 }, () => 429));
  await expect.poll(() => sandbox.bill().length - billedBefore, { timeout: 60_000 }).toBe(4);
  sandbox.faults.clear();
  gone.abort();
  await Promise.all(asking);
});

test('an answer is kept under its Idempotency-Key; a large one is not, and its repeat costs nothing', async () => {
  const ada = await customer('gateway.scale');
  const small = { 'idempotency-key': 'small' };
  const large = { 'idempotency-key': 'large' };
  const inputs = {
    input: Array.from({ length: 300 }, (_, nth) => `field ${nth}`),
    dimensions: 3_072,
    encoding_format: 'base64',
  };
  const tokens = await billed(async () => {
    const first = await embed(ada, {}, small);
    expect((await embed(ada, {}, small)).body).toEqual(first.body);
    expect((await embed(ada, inputs, large)).status).toBe(200);
    const repeat = await embed(ada, inputs, large);
    expect([repeat.status, repeat.body['error']]).toMatchObject([409, { code: 'outcome_unknown' }]);
  });
  expect(tokens).toHaveLength(2);
  expect((await readUsage(ada)).limits['calls']).toBe(2);
});

test('2,048 inputs of 3,072 dimensions pass in base64', async () => {
  const ada = await customer('gateway.scale');
  const input = Array.from({ length: 2_048 }, (_, nth) => `field ${nth}`);
  const { data } = await clientOf(ada).embeddings.create({ model: MODEL, input, dimensions: 3_072 });
  expect(data.map(({ embedding }) => embedding.length)).toEqual(Array.from({ length: 2_048 }, () => 3_072));
  expect((await readUsage(ada)).events).toMatchObject([{ estimated: false }]);
});

test('an answer for which there is no room is refused before it is paid for', async () => {
  const narrow = await testApp({ settings: { BODY_MB_AT_ONCE: '8', BODY_MB_AT_ONCE_PER_ACCOUNT: '4' } });
  const ada = await narrow.customer();
  const input = Array.from({ length: 300 }, (_, nth) => `field ${nth}`);
  const ask = (dimensions: number) =>
    narrow.call(ada.key, EMBEDDINGS, {
      body: { model: MODEL, input, dimensions, encoding_format: 'base64' },
    });
  const { status, body } = await ask(3_072);
  expect([status, body['error']]).toMatchObject([429, { details: { limit: 'body_bytes_in_flight' } }]);
  expect(narrow.sandbox.bill()).toEqual([]);
  expect((await ask(64)).status).toBe(200);
});
