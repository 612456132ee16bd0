import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createOpenAISandbox, type OpenAISandbox } from '../index.ts';

/** The official package against the sandbox: what it sends is of the package's types, and billed as it says. */

let sandbox: OpenAISandbox;
let client: Anthropic;

beforeAll(async () => {
  sandbox = await createOpenAISandbox();
  const { origin } = new URL(sandbox.url);
  client = new Anthropic({ baseURL: origin, apiKey: sandbox.apiKey, maxRetries: 0, logLevel: 'off' });
});
beforeEach(() => sandbox.faults.clear());
afterAll(() => sandbox.close());

const GARDEN = {
  model: 'sandbox-small',
  max_tokens: 1_000,
  messages: [{ role: 'user', content: 'Explain the benefits of crop rotation in small gardens.' }],
} satisfies Anthropic.MessageCreateParams;
const WEATHER = {
  name: 'get_weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
} satisfies Anthropic.Tool;
const PARIS = {
  ...GARDEN,
  messages: [{ role: 'user', content: 'The weather in Paris?' }],
  tools: [WEATHER],
} satisfies Anthropic.MessageCreateParams;
const THINKING = {
  ...GARDEN,
  max_tokens: 3_000,
  thinking: { type: 'enabled', budget_tokens: 2_000 },
} as const;
const USAGE = {
  input_tokens: 21,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  output_tokens: 2,
  output_tokens_details: { thinking_tokens: 0 },
  server_tool_use: null,
  service_tier: 'standard',
  inference_geo: null,
  speed: null,
} satisfies Anthropic.Usage;
const END = { stop_details: null, container: null, stop_sequence: null } as const;

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => new Error('the call went through'),
    (reason: unknown) => reason,
  );
}

/** Each event by the names on the wire and in the data, which are the same. */
async function eventsOf(params: Anthropic.MessageCreateParams): Promise<unknown[]> {
  const stream = await client.messages.create({ ...params, stream: true });
  const events: unknown[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe('the official package of Anthropic', () => {
  test('gets a message of its type, with the request id that is billed', async () => {
    const { data, request_id } = await client.messages.create({ ...GARDEN, max_tokens: 2 }).withResponse();
    const message = {
      id: expect.stringMatching(/^msg_/),
      type: 'message',
      role: 'assistant',
      model: 'sandbox-small',
      content: [{ type: 'text', text: expect.any(String), citations: null }],
      stop_reason: 'max_tokens',
      ...END,
      diagnostics: null,
      usage: USAGE,
    } satisfies Anthropic.Message;
    expect(data).toEqual(message);
    expect(sandbox.bill().at(-1)).toMatchObject({
      request_id,
      endpoint: '/v1/messages',
      prompt_tokens: 21,
      completion_tokens: 2,
      streamed: false,
    });
  });

  test('gets a stream of events of its types', async () => {
    const token = {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: expect.any(String) },
    } as const;
    const events = [
      {
        type: 'message_start',
        message: {
          id: expect.stringMatching(/^msg_/),
          type: 'message',
          role: 'assistant',
          model: 'sandbox-small',
          content: [],
          stop_reason: null,
          ...END,
          diagnostics: null,
          usage: { ...USAGE, output_tokens: 1 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '', citations: null } },
      token,
      token,
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'max_tokens', ...END }, usage: USAGE },
      { type: 'message_stop' },
    ] satisfies Anthropic.RawMessageStreamEvent[];
    expect(await eventsOf({ ...GARDEN, max_tokens: 2 })).toEqual(events);
    expect(sandbox.bill().at(-1)).toMatchObject({ completion_tokens: 2, streamed: true });
  });

  test('a stream says the same as the plain answer and ends in the same usage', async () => {
    for (const params of [GARDEN, PARIS, THINKING]) {
      const { id: _, ...plain } = await client.messages.create(params);
      const { id, ...streamed } = await client.messages.stream(params).finalMessage();
      expect(streamed).toMatchObject(plain);
      expect(id).toMatch(/^msg_/);
    }
  });

  test('a stop sequence ends the answer before it, and is named', async () => {
    const whole = textOf(await client.messages.create(GARDEN));
    const cut = await client.messages.create({ ...GARDEN, stop_sequences: ['never said', 'rotation'] });
    expect(textOf(cut)).toBe(whole.slice(0, whole.indexOf('rotation')));
    expect(cut).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'rotation' });
  });

  test('a tool is called, and its result is told of', async () => {
    const first = await client.messages.create(PARIS);
    const [call] = first.content;
    const block = {
      type: 'tool_use',
      id: expect.stringMatching(/^toolu_/),
      name: 'get_weather',
      input: { city: 'Paris' },
      caller: { type: 'direct' },
    } satisfies Anthropic.ToolUseBlock;
    expect(first).toMatchObject({ content: [block], stop_reason: 'tool_use' });
    if (call?.type !== 'tool_use') throw new Error('no call');
    const result = { type: 'tool_result', tool_use_id: call.id, content: 'sunny, 21 degrees' } as const;
    const answers = [
      ...PARIS.messages,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [result] },
    ] satisfies Anthropic.MessageParam[];
    expect(textOf(await client.messages.create({ ...PARIS, messages: answers }))).toContain(
      'sunny, 21 degrees',
    );
    expect(
      await failureOf(client.messages.create({ ...PARIS, messages: answers.slice(0, 2) })),
    ).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
    });
  });

  test('a thought is shown and signed, or only signed; it is billed, and taken back as it was', async () => {
    const shown = await client.messages.create(THINKING);
    const hidden = await client.messages.create({
      ...THINKING,
      thinking: { type: 'adaptive', display: 'omitted' },
    });
    expect(shown.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    expect(hidden.content[0]).toMatchObject({ thinking: '', signature: expect.stringMatching(/^.{44}$/) });
    expect(hidden.usage).toEqual(shown.usage);
    const thought = shown.usage.output_tokens_details?.thinking_tokens ?? 0;
    expect(thought).toBeGreaterThan(5);
    expect(sandbox.bill().at(-1)).toMatchObject({
      completion_tokens: shown.usage.output_tokens,
      reasoning_tokens: thought,
    });
    const more = (content: Anthropic.ContentBlockParam[]) =>
      client.messages.create({
        ...THINKING,
        messages: [...GARDEN.messages, { role: 'assistant', content }, { role: 'user', content: 'Go on.' }],
      });
    expect((await more(shown.content)).stop_reason).toBe('end_turn');
    const [first] = shown.content;
    const changed = { ...first, thinking: 'Something else.' } as Anthropic.ThinkingBlock;
    expect(await failureOf(more([changed]))).toMatchObject({ status: 400 });
  });

  test('what is marked is written to the cache once, and read after that', async () => {
    const system = [
      { type: 'text', text: 'soil '.repeat(1_500), cache_control: { type: 'ephemeral', ttl: '1h' } },
      { type: 'text', text: 'seed '.repeat(1_500), cache_control: { type: 'ephemeral' } },
    ] satisfies Anthropic.TextBlockParam[];
    const first = (await client.messages.create({ ...GARDEN, system })).usage;
    expect(first.cache_read_input_tokens).toBe(0);
    expect(first.cache_creation?.ephemeral_1h_input_tokens).toBeGreaterThan(1_024);
    expect(first.cache_creation?.ephemeral_5m_input_tokens).toBeGreaterThan(1_024);
    const second = (await client.messages.create({ ...GARDEN, system })).usage;
    expect(second).toMatchObject({
      input_tokens: first.input_tokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: first.cache_creation_input_tokens,
    });
    expect(sandbox.bill().slice(-2)).toMatchObject([
      {
        cached_tokens: 0,
        cache_write_5m_tokens: first.cache_creation?.ephemeral_5m_input_tokens,
        cache_write_1h_tokens: first.cache_creation?.ephemeral_1h_input_tokens,
      },
      { cached_tokens: second.cache_read_input_tokens, cache_write_5m_tokens: 0, cache_write_1h_tokens: 0 },
    ]);
  });

  test('tokens are counted as they are billed, and a count is free', async () => {
    const { max_tokens: _, ...counted } = PARIS;
    const before = sandbox.bill().length;
    const { input_tokens: tokens } = await client.messages.countTokens(counted);
    expect(sandbox.bill()).toHaveLength(before);
    expect((await client.messages.create(PARIS)).usage.input_tokens).toBe(tokens);
  });

  test('pictures and documents are read', async () => {
    const png = Buffer.alloc(24);
    png.write('PNG', 1);
    png.writeUInt32BE(750, 16);
    png.writeUInt32BE(100, 20);
    const content = [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png.toString('base64') } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'one two three' } },
      { type: 'text', text: 'Look.' },
    ] satisfies Anthropic.ContentBlockParam[];
    const plain = await client.messages.create({ ...GARDEN, messages: [{ role: 'user', content: 'Look.' }] });
    const both = await client.messages.create({ ...GARDEN, messages: [{ role: 'user', content }] });
    // 750 by 100 pixels, three words and a line break.
    expect(both.usage.input_tokens - plain.usage.input_tokens).toBe(100 + 3 + 1);
  });
});

function textOf({ content }: Anthropic.Message): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

describe('failures come as errors of the package', () => {
  test.each([
    [429, Anthropic.RateLimitError, 'rate_limit_error'],
    [500, Anthropic.InternalServerError, 'api_error'],
    [529, Anthropic.InternalServerError, 'overloaded_error'],
    [401, Anthropic.AuthenticationError, 'authentication_error'],
  ])('%i', async (status, kind, type) => {
    const before = sandbox.bill().length;
    sandbox.faults.next({ kind: 'status', status, retry_after: 0 });
    const failure = await failureOf(client.messages.create(GARDEN));
    expect(failure).toBeInstanceOf(kind);
    expect(failure).toMatchObject({ status, type, requestID: expect.stringMatching(/^req_/) });
    expect(sandbox.bill()).toHaveLength(before);
  });

  test.each<[string, object]>([
    ['no max_tokens', { max_tokens: undefined }],
    ['an unknown field', { n: 2 }],
    ['a budget above max_tokens', { thinking: { type: 'enabled', budget_tokens: 1_024 } }],
    ['a tool of the vendor', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['an empty text', { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }],
  ])('400 for %s', async (_, change) => {
    const params = { ...GARDEN, ...change } as Anthropic.MessageCreateParamsNonStreaming;
    const failure = await failureOf(client.messages.create(params));
    expect(failure).toBeInstanceOf(Anthropic.BadRequestError);
  });

  test('an unknown model is 404; no version and no key are refused', async () => {
    expect(await failureOf(client.messages.create({ ...GARDEN, model: 'claude-9' }))).toBeInstanceOf(
      Anthropic.NotFoundError,
    );
    const bare = async (headers: Record<string, string>) =>
      (
        await fetch(`${sandbox.url}/messages`, { method: 'POST', headers, body: JSON.stringify(GARDEN) })
      ).json();
    expect(await bare({ 'x-api-key': 'any' })).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect(await bare({ 'anthropic-version': '2023-06-01' })).toMatchObject({
      type: 'error',
      error: { type: 'authentication_error' },
      request_id: expect.stringMatching(/^req_/),
    });
    expect(await bare({ 'x-api-key': 'any', 'anthropic-version': '2023-06-01' })).toMatchObject({
      type: 'message',
    });
  });

  test('an error in mid-stream ends what the package reads; the call is on the bill', async () => {
    sandbox.faults.next({ kind: 'stream_error', after: 2 });
    const failure = await failureOf(eventsOf(GARDEN));
    expect(failure).toBeInstanceOf(Anthropic.APIError);
    expect(failure).toMatchObject({ type: 'overloaded_error' });
    expect(sandbox.bill().at(-1)).toMatchObject({ fault: { kind: 'stream_error', after: 2 } });
  });

  test('a stream that is cut, or broken off inside an event, is no whole message', async () => {
    sandbox.faults.next({ kind: 'cut_stream', after: 3 }, { kind: 'malformed_json', after: 1 });
    const types = (await eventsOf(GARDEN)).map((event) => (event as { type: string }).type);
    expect(types).toEqual(['message_start', 'content_block_start', ...Array(3).fill('content_block_delta')]);
    expect(await failureOf(eventsOf(GARDEN))).toBeInstanceOf(SyntaxError);
  });

  test('missing usage is missing in the first event and in the last', async () => {
    sandbox.faults.next({ kind: 'missing_usage' });
    expect(JSON.stringify(await eventsOf(GARDEN))).not.toContain('tokens');
  });

  test('a caller who leaves a stream pays for all of it', async () => {
    sandbox.faults.next({ kind: 'hang_midstream', after: 2 });
    const stream = await client.messages.create({ ...GARDEN, stream: true });
    for await (const event of stream) if (event.type === 'content_block_delta') break;
    await vi.waitFor(() => expect(sandbox.bill().at(-1)).toMatchObject({ hung_up: true, streamed: true }), {
      timeout: 120_000,
    });
    const { usage } = await client.messages.create(GARDEN);
    expect(sandbox.bill().at(-2)?.completion_tokens).toBe(usage.output_tokens);
  });
});
