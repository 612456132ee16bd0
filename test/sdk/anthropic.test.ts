import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BilledCall, Fault } from '#sandbox/openai';
import { scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const app = await testApp();
const { sandbox, call } = app;
/**
 * With a provider of its own, for failures of a second account: they add up in a breaker, which calls that went well keep closed for
 * ten seconds alone. One with fewer calls never opens, however slow the tests are.
 */
const broken = await testApp();
const FEWEST_TO_OPEN = 10;
const SOON = { timeout: 120_000, interval: 20 };
const ASKED = {
  model: 'sandbox-small',
  max_tokens: 2_000,
  messages: [{ role: 'user', content: 'Explain crop rotation in small gardens.' }],
} satisfies Anthropic.MessageCreateParams;
const WEATHER = {
  name: 'get_weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
} satisfies Anthropic.Tool;
const THINKING = { ...ASKED, thinking: { type: 'enabled', budget_tokens: 1_500 } } as const;

beforeEach(() => sandbox.faults.clear());

function clientOf({ key }: Pick<Customer, 'key'>, url = app.url): Anthropic {
  return new Anthropic({ baseURL: `${url}/v1/ai`, apiKey: key, maxRetries: 0, logLevel: 'off' });
}

/** A customer of their own, their client, and what the provider bills from now on. */
async function opened(at = app) {
  const customer = await at.customer('gateway.scale');
  const before = at.sandbox.bill().length;
  return { customer, client: clientOf(customer, at.url), billed: () => at.sandbox.bill().slice(before) };
}

type Row = Readonly<Record<string, unknown>>;

async function rowsOf({ key }: Customer, at = app): Promise<Row[]> {
  const { body } = await at.call(key, 'GET /v1/usage');
  return (body['events'] as Row[]).toReversed();
}

const FIGURES = ['prompt_tokens', 'cached_tokens', 'completion_tokens', 'reasoning_tokens'] as const;

/** The rows of the ledger, corrections added up, are the lines of the bill. */
async function expectLedger(customer: Customer, billed: readonly BilledCall[], at = app): Promise<void> {
  await vi.waitFor(async () => {
    const rows = await rowsOf(customer, at);
    for (const figure of FIGURES) {
      const sum = (of: readonly (Row | BilledCall)[]) =>
        of.reduce((total, row) => total + Number((row as Row)[figure]), 0);
      expect([figure, sum(rows)]).toEqual([figure, sum(billed)]);
    }
  }, SOON);
}

async function failureOf(asked: PromiseLike<unknown>): Promise<InstanceType<typeof Anthropic.APIError>> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof Anthropic.APIError) return error;
    throw error;
  }
  throw new Error('expected a failure');
}

async function readAll(client: Anthropic, params: Anthropic.MessageCreateParams = ASKED) {
  const events: Anthropic.RawMessageStreamEvent[] = [];
  for await (const event of await client.messages.create({ ...params, stream: true })) events.push(event);
  return events;
}

const textOf = ({ content }: Anthropic.Message) =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');

describe('the official package of Anthropic', () => {
  it('gets messages, plain and streamed, and the ledger is the bill', async () => {
    const { customer, client, billed } = await opened();
    const plain = await client.messages.create(ASKED);
    const streamed = await client.messages.stream(ASKED).finalMessage();
    expect(streamed.content).toMatchObject(plain.content);
    expect(textOf(plain)).toContain('rotation');
    expect(billed()).toMatchObject([
      { endpoint: '/v1/messages', streamed: false, completion_tokens: plain.usage.output_tokens },
      { endpoint: '/v1/messages', streamed: true, completion_tokens: plain.usage.output_tokens },
    ]);
    await expectLedger(customer, billed());
    expect(await rowsOf(customer)).toMatchObject([{ estimated: false }, { estimated: false }]);
  });

  it('calls tools, and a signed thought comes back to the provider as it was', async () => {
    const { customer, client, billed } = await opened();
    const question = { role: 'user', content: 'The weather in Paris?' } as const;
    const params = { ...THINKING, messages: [question], tools: [WEATHER] };
    const first = await client.messages.stream(params).finalMessage();
    const [thought, use] = first.content;
    expect(thought).toMatchObject({ type: 'thinking', signature: expect.stringMatching(/^.{44}$/) });
    if (use?.type !== 'tool_use') throw new Error('no call');
    const content = [{ type: 'tool_result', tool_use_id: use.id, content: 'sunny, 21 degrees' }] as const;
    const second = await client.messages.create({
      ...params,
      messages: [
        question,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [...content] },
      ],
    });
    expect(textOf(second)).toContain('sunny, 21 degrees');
    await expectLedger(customer, billed());
    expect(billed()[0]?.reasoning_tokens).toBeGreaterThan(5);
  });

  it('reads from the cache what it has written there, and the ledger tells them apart', async () => {
    const { customer, client, billed } = await opened();
    const mark = { type: 'ephemeral', ttl: '1h' } as const;
    const system = [{ type: 'text' as const, text: 'soil '.repeat(1_500), cache_control: mark }];
    const { usage: written } = await client.messages.create({ ...ASKED, system });
    const { usage: read } = (await readAll(client, { ...ASKED, system })).flatMap((event) =>
      event.type === 'message_start' ? [event.message] : [],
    )[0] ?? { usage: undefined };
    expect(written.cache_creation?.ephemeral_1h_input_tokens).toBeGreaterThan(1_024);
    expect(read?.cache_read_input_tokens).toBe(written.cache_creation_input_tokens);
    await expectLedger(customer, billed());
    expect((await rowsOf(customer)).map(({ cached_tokens: cached }) => cached)).toEqual([
      0,
      read?.cache_read_input_tokens,
    ]);
  });

  it('gets a stream from a provider that answers plainly', async () => {
    const { customer, client, billed } = await opened();
    const withTools = {
      ...THINKING,
      tools: [WEATHER],
      messages: [{ role: 'user', content: 'The weather in Paris?' }],
    };
    for (const params of [ASKED, withTools as Anthropic.MessageCreateParamsNonStreaming]) {
      const { id: _, ...plain } = await client.messages.create(params);
      sandbox.faults.next({ kind: 'dialect', as: 'plain' });
      expect(await client.messages.stream(params).finalMessage()).toMatchObject(plain);
    }
    await expectLedger(customer, billed());
  });

  it('gets a plain answer once more under an Idempotency-Key, and it is paid once', async () => {
    const { client, billed } = await opened();
    const headers = { 'idempotency-key': 'once' };
    const first = await client.messages.create(ASKED, { headers });
    expect((await client.messages.create(ASKED, { headers })).id).toBe(first.id);
    expect(billed()).toHaveLength(1);
  });

  it('counts tokens, never fewer than are billed, for nothing', async () => {
    const { customer, client, billed } = await opened();
    const { max_tokens: _, ...counted } = { ...ASKED, tools: [WEATHER] };
    const count = await client.messages.countTokens(counted);
    expect(count).toEqual({ input_tokens: expect.any(Number), estimated: true });
    expect([await rowsOf(customer), billed()]).toEqual([[], []]);
    const { usage } = await client.messages.create({ ...counted, max_tokens: 10 });
    expect(count.input_tokens).toBeGreaterThanOrEqual(usage.input_tokens);
  });

  it('is answered at the path without its own /v1 too, by either header of the key', async () => {
    const { customer } = await opened();
    const body = JSON.stringify({ ...ASKED, max_tokens: 5 });
    for (const path of ['/v1/ai/messages', '/v1/ai/v1/messages']) {
      for (const key of [{ 'x-api-key': customer.key }, { authorization: `Bearer ${customer.key}` }]) {
        const headers = { ...key, 'content-type': 'application/json' };
        const response = await fetch(app.url + path, { method: 'POST', headers, body });
        expect(await response.json()).toMatchObject({ type: 'message', stop_reason: 'max_tokens' });
      }
    }
  });
});

describe('failures come in Anthropic’s form, with our code and request id', () => {
  it.each<[string, object, string]>([
    ['no max_tokens', { max_tokens: undefined }, 'validation_failed'],
    ['an unknown field', { n: 2 }, 'field_refused'],
    ['a tool of the vendor’s', { tools: [{ type: 'web_search_20250305', name: 'tool' }] }, 'field_refused'],
    ['an MCP server', { mcp_servers: [{}] }, 'field_refused'],
    ['a container', { container: 'c' }, 'field_refused'],
    ['fast mode', { speed: 'fast' }, 'field_refused'],
    ['a refusal of the provider', { temperature: 9 }, 'provider_rejected'],
  ])('%s', async (_, change, code) => {
    const { client, billed } = await opened();
    const params = { ...ASKED, ...change } as Anthropic.MessageCreateParamsNonStreaming;
    const failure = await failureOf(client.messages.create(params));
    expect(failure).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(failure.error).toMatchObject({
      type: 'error',
      error: { code },
      request_id: failure.headers?.get('x-request-id'),
    });
    expect(billed()).toEqual([]);
  });

  it('an unknown model is 404', async () => {
    const { client } = await opened();
    const failure = await failureOf(client.messages.create({ ...ASKED, model: 'claude-99' }));
    expect(failure).toMatchObject({ type: 'not_found_error', error: { error: { code: 'model_unknown' } } });
  });

  it('a key that is none is 401, and a provider that is overloaded 503', async () => {
    const { client } = await opened();
    expect(await failureOf(clientOf({ key: 'nobody' }).messages.create(ASKED))).toBeInstanceOf(
      Anthropic.AuthenticationError,
    );
    sandbox.faults.next(...Array.from({ length: 3 }, (): Fault => ({ kind: 'status', status: 529 })));
    expect(await failureOf(client.messages.create(ASKED))).toMatchObject({ type: 'overloaded_error' });
  });

  it('a model that is asked elsewhere is 400, and says where', async () => {
    const models = ['sandbox-small', 'sandbox-large', 'sandbox-embed'];
    const embed = { name: 'sandbox', base_url: sandbox.url, api_key: 'any', models };
    const other = await testApp({ settings: { AI_UPSTREAMS: JSON.stringify([embed]) } });
    const client = clientOf(await other.customer('gateway.scale'), other.url);
    const failure = await failureOf(client.messages.create({ ...ASKED, model: 'sandbox-embed' }));
    expect(failure).toMatchObject({ status: 400, error: { error: { code: 'model_unsupported' } } });
    expect(failure.message).toContain('/v1/ai/embeddings');
  });
});

describe('a stream that does not come to its end', () => {
  beforeEach(() => broken.sandbox.faults.clear());
  afterAll(() => expect(broken.sandbox.requests()).toBeLessThan(FEWEST_TO_OPEN));
  // The counter's thread begins with the first count.
  beforeAll(async () => {
    const { client } = await opened(broken);
    await client.messages.countTokens({ model: ASKED.model, messages: ASKED.messages });
  });

  it.each<[string, Fault]>([
    ['is cut', { kind: 'cut_stream', after: 3 }],
    ['is dropped', { kind: 'cut_stream', after: 3, abrupt: true }],
    ['tells of an error', { kind: 'stream_error', after: 3 }],
  ])('and %s: the client is told, and pays for what it saw', async (_, fault) => {
    const { customer, client, billed } = await opened(broken);
    broken.sandbox.faults.next(fault);
    const failure = await failureOf(readAll(client));
    expect(failure).toMatchObject({ type: 'overloaded_error' });
    expect(failure.error).toMatchObject({ error: { code: 'provider_unavailable' } });
    const { prompt_tokens } = billed()[0] ?? {};
    await vi.waitFor(
      async () => expect(await rowsOf(customer, broken)).toMatchObject([{ prompt_tokens }]),
      SOON,
    );
    const [row = {}] = await rowsOf(customer, broken);
    expect(Number(row['charged_micros'])).toBeGreaterThan(0);
    expect(Number(row['charged_micros'])).toBeLessThan(Number(row['cost_micros']));
  });

  it('and holds garbage: the client is told, and the ledger is the bill', async () => {
    const { customer, client, billed } = await opened(broken);
    broken.sandbox.faults.next({ kind: 'malformed_json', after: 3 });
    expect(await failureOf(readAll(client))).toMatchObject({ type: 'overloaded_error' });
    await expectLedger(customer, billed(), broken);
  });

  it('because of its reader is paid for as it is billed', async () => {
    const { customer, client, billed } = await opened(broken);
    broken.sandbox.faults.next({ kind: 'think', ms: 500, after: 2 });
    const stream = await client.messages.create({ ...ASKED, stream: true });
    for await (const event of stream) if (event.type === 'content_block_delta') break;
    await vi.waitFor(async () => expect(await rowsOf(customer, broken)).toHaveLength(2), SOON);
    await expectLedger(customer, billed(), broken);
  });

  it('fails before its first word: another try answers, and only what was served is charged', async () => {
    const { customer, client, billed } = await opened(broken);
    broken.sandbox.faults.next({ kind: 'stream_error' }, { kind: 'status', status: 529 });
    expect(await client.messages.stream(ASKED).finalText()).toContain('rotation');
    await vi.waitFor(async () => {
      const rows = await rowsOf(customer, broken);
      const charged = rows.filter(({ charged_micros: micros }) => Number(micros) > 0);
      expect(charged).toMatchObject([{ completion_tokens: billed().at(-1)?.completion_tokens }]);
    }, SOON);
  });
});

describe('an upstream of Anthropic’s own', () => {
  const MODEL = { model: 'claude-haiku-4-5', max_tokens: 50 };
  const THOUGHT = '{"type":"thinking","thinking":"H\\u006d.","signature":"Eq+/=="}';
  const USAGE = '"usage":{"input_tokens":3,"output_tokens":9,"output_tokens_details":{"thinking_tokens":4}}';
  const PLAIN = `{ "type":"message", "id":"msg_1","content":[ ${THOUGHT} ],"stop_reason":"end_turn", ${USAGE} }`;
  const STREAM = [
    `event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","content":[],${USAGE}}}\n\n`,
    'event: ping\ndata: {"type": "ping"}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"H\\u006d."}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"Eq+/=="}}\n\n',
    `event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},${USAGE}}\n\n`,
    'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  ].join('');

  it('is asked as it wants to be, and what it answers passes on byte for byte', async () => {
    const anthropic = await scriptedUpstream((response, { body }) => {
      response.end(body.includes('"stream":true') ? STREAM : PLAIN);
    });
    afterAll(() => anthropic.close());
    const upstream = { name: 'anthropic', base_url: anthropic.url, api_key: 'secret' };
    const other = await testApp({ settings: { AI_UPSTREAMS: JSON.stringify([upstream]) } });
    const customer = await other.customer('gateway.scale');
    const said = `"messages":[{"role":"user", "content":[${THOUGHT}]}],"top_k":40`;
    for (const [more, answer] of [
      ['', PLAIN],
      ['"stream":true,', STREAM],
    ] as const) {
      const response = await fetch(`${other.url}/v1/ai/messages`, {
        method: 'POST',
        headers: { 'x-api-key': customer.key, 'content-type': 'application/json' },
        body: `{${more}${JSON.stringify(MODEL).slice(1, -1)},"metadata":{"user_id":"ada"},${said}}`,
      });
      expect(await response.text()).toBe(answer);
    }
    for (const { headers, body } of anthropic.requests) {
      expect(headers).toMatchObject({ 'x-api-key': 'secret', 'anthropic-version': '2023-06-01' });
      expect(headers).not.toHaveProperty('authorization');
      expect(body).toContain(said);
      const { metadata, ...asked } = JSON.parse(body) as Record<string, unknown>;
      expect(asked).toMatchObject(MODEL);
      expect(metadata).toEqual({ user_id: expect.stringMatching(/^[\w-]{43}$/) });
    }
    const { body } = await other.call(customer.key, 'GET /v1/usage');
    const figures = { prompt_tokens: 3, completion_tokens: 9, reasoning_tokens: 4, estimated: false };
    expect(body['events']).toMatchObject([figures, figures]);
  });
});

it('without the provider’s figures a message is booked at our own count, which says so', async () => {
  const { customer, client } = await opened();
  for (const ask of [() => client.messages.create(ASKED), () => readAll(client)]) {
    sandbox.faults.next({ kind: 'missing_usage' });
    await ask();
  }
  const counted = { estimated: true, status: 'posted' };
  await vi.waitFor(async () => expect(await rowsOf(customer)).toMatchObject([counted, counted]), SOON);
  for (const row of await rowsOf(customer)) expect(Number(row['completion_tokens'])).toBeGreaterThan(0);
});

it('of 20 callers where 4 fit exactly 4 reach the provider', async () => {
  const { customer, client } = await opened();
  for (let nth = 0; nth < 16; nth += 1) {
    const body = { product: 'gateway', feature: 'external', ttl_seconds: 600 };
    const headers = { 'idempotency-key': `place-${nth}` };
    expect((await call(customer.key, 'POST /v1/permits', { body, headers })).status).toBe(201);
  }
  sandbox.faults.always({ kind: 'hang' });
  const [before, stop] = [sandbox.requests(), new AbortController()];
  const denied: unknown[] = [];
  const calls = Array.from({ length: 20 }, () =>
    client.messages.create(ASKED, { signal: stop.signal }).catch((error: unknown) => {
      if (error instanceof Anthropic.RateLimitError) denied.push(error.error);
    }),
  );
  await vi.waitFor(() => expect([denied.length, sandbox.requests() - before]).toEqual([16, 4]), SOON);
  expect(denied[0]).toMatchObject({ error: { type: 'rate_limit_error', code: 'limit_exceeded' } });
  stop.abort();
  await Promise.all(calls);
});
