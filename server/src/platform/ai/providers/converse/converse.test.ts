import { AWS_KEYS, createOpenAISandbox, type Fault } from '#sandbox/openai';
import { describe, expect, test } from 'vitest';
import { chat, plain, read } from '@plinth/testkit/fixtures/ai/open';
import { type RecordingPermit, recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { MESSAGES_DOOR } from '../../endpoint/messages/door.ts';
import { createPrices } from '../../metering/prices.ts';
import type { UpstreamOptions } from '../providers.ts';
import type { Fields } from '../translation.ts';

const fixture = makeFixture(createOpenAISandbox);
const feature = 'chat';
const prices = createPrices({
  overrides: {
    'bedrock/sandbox-small': {
      input: 1_000_000,
      cached_input: 100_000,
      cache_write: 1_250_000,
      cache_write_1h: 2_000_000,
      output: 4_000_000,
      context: 128_000,
      max_output: 4_096,
      source: 'the sandbox',
    },
  },
});
const KEYS = { access_key_id: AWS_KEYS.accessKeyId, secret_access_key: AWS_KEYS.secretAccessKey };

/** The sandbox as Bedrock, alone or behind another upstream. */
function bedrock(options: Partial<UpstreamOptions> = {}, other?: UpstreamOptions) {
  const baseUrl = new URL(fixture.sandbox.url).origin;
  const own = { name: 'bedrock', baseUrl, models: ['sandbox-small'], aws: KEYS, ...options };
  const upstreams = other === undefined ? [own] : [own, other];
  const models = upstreams.map(({ name }) => `${name}/sandbox-small`);
  return fixture.open({ upstreams, prices }, { models, tries: 1, patience: 0 });
}

async function call(permit: RecordingPermit, fields: object = {}) {
  return bedrock().call(permit, { feature, wire: chat(fields) });
}

/** The figures of the only call of a permit, in the names of the bill. */
function posted({ rows: [row] }: RecordingPermit): object {
  if (row === undefined || !('usage' in row) || row.usage === undefined)
    throw new Error('nothing was posted');
  const { promptTokens, completionTokens, cachedTokens, providerRequestId } = row.usage;
  return {
    request_id: providerRequestId,
    prompt_tokens: promptTokens,
    cached_tokens: cachedTokens,
    completion_tokens: completionTokens,
  };
}

const TOOL = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const PARIS = { messages: [{ role: 'user', content: 'The weather in Paris?' }], tools: [TOOL] };
const CACHED = {
  messages: [
    {
      role: 'system',
      content: [
        {
          type: 'text',
          text: 'You know all about gardens. '.repeat(400),
          cache_control: { type: 'ephemeral', ttl: '1h' },
        },
      ],
    },
    { role: 'user', content: 'Crop rotation?' },
  ],
};

describe('the ledger has what Bedrock bills', () => {
  test.each<[string, object, Fault | undefined]>([
    ['of a plain answer', {}, undefined],
    ['of a stream', { stream: true }, undefined],
    ['of a call of a tool', PARIS, undefined],
    ['of a call of a tool in a stream', { ...PARIS, stream: true }, undefined],
    ['of thoughts', { reasoning_effort: 'low' }, undefined],
    ['of thoughts in a stream', { reasoning_effort: 'low', stream: true }, undefined],
    ['of an answer that was cut', { max_tokens: 20, stream: true }, undefined],
    ['of a plain answer in gzip', {}, { kind: 'dialect', as: 'gzip' }],
  ])('%s', async (_, fields, fault) => {
    if (fault !== undefined) fixture.sandbox.faults.next(fault);
    const permit = recordingPermit();
    const answer = await call(permit, fields);
    if (answer.kind === 'stream') expect(await read(answer)).toMatchObject({ end: 'complete' });
    expect(permit.states).toEqual(['served']);
    expect(fixture.sandbox.bill().at(-1)).toMatchObject({ endpoint: '/model/converse', ...posted(permit) });
  });

  test('of a prompt that is written to its cache for an hour, and read from it', async () => {
    const costs: number[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      const permit = recordingPermit();
      const { usage } = plain(await call(permit, { ...CACHED, max_tokens: 10 }));
      const billed = fixture.sandbox.bill().at(-1);
      const {
        prompt_tokens: prompt = 0,
        cached_tokens: read_ = 0,
        cache_write_1h_tokens: written = 0,
      } = billed ?? {};
      expect(Math.max(read_, written)).toBeGreaterThan(1_000);
      expect(billed).toMatchObject(posted(permit));
      const rest = prompt - read_ - written;
      expect(usage.cost).toBe(Math.ceil(rest + 0.1 * read_ + 2 * written + 4 * usage.completionTokens));
      costs.push(usage.cost);
    }
    expect(costs[1]).toBeLessThan((costs[0] ?? 0) / 5);
  });

  test('where usage is missing: an estimate, and the stream is whole', async () => {
    fixture.sandbox.faults.next({ kind: 'missing_usage' });
    const permit = recordingPermit();
    const { end, text } = await read(await call(permit, { stream: true }));
    expect([end, permit.states]).toEqual(['complete', ['served']]);
    expect(text).toContain('[DONE]');
    expect(permit.rows).toMatchObject([{ usage: { estimated: true } }]);
  });
});

type Delta = Readonly<Record<string, string | null | undefined>>;

test('a stream whose reader leaves is read on, and booked as Bedrock bills it', async () => {
  fixture.sandbox.faults.next({ kind: 'think', after: 3, ms: 20 });
  const permit = recordingPermit();
  const answer = await call(permit, { stream: true });
  if (answer.kind !== 'stream') throw new Error('expected a stream');
  answer.live.stop();
  expect(await answer.live.finished).toBe('hung_up');
  const { completion_tokens: completionTokens } = fixture.sandbox.bill().at(-1) ?? {};
  await expect.poll(() => permit.amended).toMatchObject([{ completionTokens, estimated: false }]);
});

describe('an answer of Bedrock', () => {
  test('is the same in a stream as plainly', async () => {
    const body = plain(await call(recordingPermit(), { reasoning_effort: 'low' })).body.toString('utf8');
    const { choices } = JSON.parse(body) as { choices: { message: Record<string, unknown> }[] };
    const { text } = await read(await call(recordingPermit(), { reasoning_effort: 'low', stream: true }));
    const deltas = text
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'))
      .map((event) => JSON.parse(event.slice(6)) as { choices: { delta: Delta }[] })
      .map(({ choices: [choice] }) => choice?.delta ?? {});
    const joined = (name: string) => deltas.map((delta) => delta[name] ?? '').join('');
    const { message } = choices[0] ?? {};
    expect(joined('content')).toBe(message?.['content']);
    expect(joined('reasoning_content')).toBe(message?.['reasoning_content']);
    expect(deltas.flatMap((delta) => delta['reasoning_details'] ?? [])).toEqual(
      message?.['reasoning_details'],
    );
  });

  test('takes its thought and its call of a tool back in the next turn', async () => {
    const first = { ...PARIS, reasoning_effort: 'low' };
    const body = plain(await call(recordingPermit(), first)).body.toString('utf8');
    const { choices } = JSON.parse(body) as { choices: { message: { tool_calls: { id: string }[] } }[] };
    const message = choices[0]?.message;
    const result = { role: 'tool', tool_call_id: message?.tool_calls[0]?.id, content: '21 °C' };
    const next = { ...first, messages: [...PARIS.messages, message, result] };
    const answer = plain(await call(recordingPermit(), next));
    expect(JSON.parse(answer.body.toString('utf8'))).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
  });

  test('is asked for with a key of Bedrock as with a signature; with a wrong secret nothing is served', async () => {
    const wire = chat();
    const token = bedrock({ aws: undefined, apiKey: 'bedrock-api-key-1' });
    expect(plain(await token.call(recordingPermit(), { feature, wire })).kind).toBe('plain');
    const stranger = bedrock({ aws: { ...KEYS, secret_access_key: 'wrong' } });
    const permit = recordingPermit();
    await expect(stranger.call(permit, { feature, wire })).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
    expect(permit.states).toEqual(['not_served']);
  });
});

test('a request in Anthropic’s protocol reaches Bedrock by two translations', async () => {
  const ai = bedrock();
  const tools = [{ name: 'get_weather', input_schema: TOOL.function.parameters }];
  const body = JSON.stringify({
    model: 'bedrock/sandbox-small',
    max_tokens: 200,
    messages: PARIS.messages,
    tools,
  });
  const { wire } = ai.endpoint.prepare({ door: MESSAGES_DOOR, body, policy: 'test.chat' });
  const permit = recordingPermit();
  const { body: chatAnswer } = plain(await ai.call(permit, { feature, wire }));
  expect(MESSAGES_DOOR.translation?.answer(JSON.parse(chatAnswer.toString('utf8')) as Fields)).toMatchObject({
    stop_reason: 'tool_use',
    content: [{ type: 'tool_use', name: 'get_weather', input: { city: 'Paris' } }],
  });
  expect(fixture.sandbox.bill().at(-1)).toMatchObject(posted(permit));
});

describe('a failure of Bedrock', () => {
  test.each<[string, Fault, object]>([
    ['throttles', { kind: 'status', status: 429 }, { code: 'provider_unavailable', postponed: true }],
    ['is away', { kind: 'status', status: 503 }, { code: 'provider_unavailable', postponed: false }],
    [
      'has a model that fails',
      { kind: 'status', status: 424 },
      { code: 'provider_unavailable', postponed: false },
    ],
    [
      'refuses a request',
      { kind: 'status', status: 400, message: 'No.' },
      { code: 'provider_rejected', upstream: { code: 'ValidationException', message: 'No.' } },
    ],
    [
      'finds an input too long',
      { kind: 'status', status: 400, message: 'Input is too long for requested model.' },
      { code: 'context_too_large', upstream: { code: 'context_length_exceeded' } },
    ],
  ])('that %s is what it is with any other provider', async (_, fault, error) => {
    fixture.sandbox.faults.next(fault);
    const permit = recordingPermit();
    const failing = bedrock().call(permit, { feature, wire: chat({ stream: true }) });
    await expect(failing).rejects.toMatchObject(error);
    expect(permit.states.filter((state) => state !== 'throttled' && state !== 'not_served')).toEqual([]);
  });

  test.each<[string, Fault, string | undefined]>([
    [
      'an exception',
      { kind: 'stream_error', after: 3, type: 'modelStreamErrorException' },
      'ModelStreamErrorException',
    ],
    ['a broken frame', { kind: 'malformed_json', after: 3 }, undefined],
    ['a cut', { kind: 'cut_stream', after: 3 }, undefined],
    ['a lost connection', { kind: 'cut_stream', after: 3, abrupt: true }, undefined],
  ])('in mid-stream is never a complete answer: %s', async (_, fault, code) => {
    fixture.sandbox.faults.next(fault);
    const permit = recordingPermit();
    const answer = await call(permit, { stream: true });
    if (answer.kind !== 'stream') throw new Error('expected a stream');
    const told: { upstream?: { code?: string } }[] = [];
    let text = '';
    answer.live.pipe({
      write: (chunk) => (text += chunk.toString('utf8')) !== '',
      end: () => {},
      fail: (error) => void told.push(error as object),
    });
    expect(await answer.live.finished).toBe('cut');
    expect(told.map(({ upstream }) => upstream?.code)).toEqual([code]);
    expect(text).toContain('"content"');
    expect(text).not.toMatch(/\[DONE\]|"finish_reason":"/);
    expect(permit.states).toEqual(['unknown']);
  });
});

describe('a field that Converse does not have', () => {
  test('is refused by name, and nothing is sent', async () => {
    const permit = recordingPermit();
    const before = fixture.sandbox.requests();
    const refused = bedrock().call(permit, { feature, wire: chat({ seed: 7 }) });
    await expect(refused).rejects.toMatchObject({
      code: 'field_refused',
      details: { field: 'seed', reason: 'lost' },
    });
    expect([permit.states, fixture.sandbox.requests() - before]).toEqual([[], 0]);
  });

  test.each([
    [{}, 'bedrock'],
    [{ seed: 7 }, 'sandbox'],
  ])('has the models passed over that would lose it: %j is asked of %s', async (fields, provider) => {
    const other = { name: 'sandbox', baseUrl: fixture.sandbox.url, apiKey: 'k' };
    const permit = recordingPermit();
    await bedrock({}, other).call(permit, { feature, wire: chat(fields) });
    expect(permit.rows).toMatchObject([{ state: 'served', call: { provider } }]);
  });
});
