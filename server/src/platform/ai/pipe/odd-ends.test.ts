import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { chat, plain, read } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { delta, plainAnswer, scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';
import { RESPONSES } from '../dialects/responses.ts';
import { createPrices } from '../metering/prices.ts';
import { readWire, type WireRequest } from '../wire.ts';

const fixture = makeFixture(createOpenAISandbox);
const STREAM = { 'content-type': 'text/event-stream' };
const JSON_TYPE = { 'content-type': 'application/json' };
const row = {
  input: 1_000_000,
  cached_input: 100_000,
  output: 4_000_000,
  context: 100_000,
  max_output: 4_096,
  source: 'a vendor',
};

type Answer = (response: ServerResponse) => unknown;

const SPEAKS = { gemini: ['gemini'], anthropic: ['messages'], openai: ['chat', 'responses'] } as const;

/** Asks a model of a vendor that answers so, and says how many times it was asked. */
async function ask(vendor: keyof typeof SPEAKS, answer: Answer, wire: WireRequest) {
  let asked = 0;
  const upstream = await scriptedUpstream((response) => {
    asked += 1;
    answer(response);
  });
  const model = `${vendor}/m`;
  const upstreams = [
    { name: vendor, baseUrl: upstream.url, apiKey: 'k', speaks: SPEAKS[vendor], models: ['m'] },
  ];
  const prices = createPrices({ overrides: { [model]: row } });
  const ai = fixture.open({ upstreams, prices }, { models: [model], patience: 0 });
  const permit = recordingPermit();
  const [answered] = await Promise.allSettled([ai.call(permit, { feature: 'chat', wire })]);
  const ended =
    answered.status === 'fulfilled' && answered.value.kind === 'stream'
      ? await read(answered.value)
      : undefined;
  await upstream.close();
  return { permit, answered, ended, asked };
}

const event = (said: object): string => `data: ${JSON.stringify(said)}\n\n`;
const named = (type: string, more: object): string => `event: ${type}\n${event({ type, ...more })}`;
/** An answer whose connection breaks after these events. */
const breaks =
  (...events: readonly string[]): Answer =>
  (response) => {
    response.writeHead(200, STREAM);
    response.write(events.join(''), () => setImmediate(() => response.destroy()));
  };

const GOOGLE = { promptTokenCount: 5_000, cachedContentTokenCount: 4_000, candidatesTokenCount: 2 };
const googles = (text: string, more: object = {}) => ({
  candidates: [{ content: { parts: text === '' ? [] : [{ text }] }, ...more }],
  usageMetadata: GOOGLE,
});
const ANTHROPIC = { input_tokens: 10, cache_read_input_tokens: 5_000, output_tokens: 1 };
const BEGINS = [
  named('message_start', { message: { id: 'x', content: [], usage: ANTHROPIC } }),
  named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  named('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hi' } }),
];
const LOST = named('error', { error: { type: 'overloaded_error', message: 'Overloaded' } });

const CACHED = { promptTokens: 5_010, cachedTokens: 5_000 };
const TOLD = { promptTokens: 5_000, cachedTokens: 4_000, completionTokens: 2, estimated: false };

test.each([
  { vendor: 'gemini', how: 'breaks', answer: breaks(event(googles('Hi'))), usage: TOLD },
  { vendor: 'anthropic', how: 'breaks', answer: breaks(...BEGINS), usage: CACHED },
  { vendor: 'anthropic', how: 'ends in an error', answer: breaks(...BEGINS, LOST), usage: CACHED },
] as const)('a chat’s stream from $vendor that $how is booked at the figures it has told', async (given) => {
  const { permit, ended } = await ask(given.vendor, given.answer, chat({ stream: true }));
  expect(ended?.end).toBe('cut');
  expect(permit.rows).toMatchObject([{ usage: given.usage }]);
});

describe.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'OTHER'])(
  'an answer of Google’s that ends with %s',
  (finishReason) => {
    test('can not be used', async () => {
      const { answered, permit } = await ask(
        'gemini',
        (response) => response.writeHead(200, JSON_TYPE).end(JSON.stringify(googles('', { finishReason }))),
        chat(),
      );
      expect(answered).toMatchObject({ reason: { code: 'answer_unusable', caused: false } });
      expect(permit.rows.at(-1)).toMatchObject({ usage: { promptTokens: 5_000, charged: 0 } });
    });

    test('has broken, where it is a stream', async () => {
      const end = event(googles('', { finishReason }));
      const { ended } = await ask(
        'gemini',
        (response) => response.writeHead(200, STREAM).end(event(googles('Hi')) + end),
        chat({ stream: true }),
      );
      expect(ended?.end).toBe('cut');
      expect(ended?.text).not.toContain('"finish_reason":"stop"');
    });
  },
);

test('an empty answer of Google’s says that it has no tokens', async () => {
  const answer = {
    candidates: [{ content: {}, finishReason: 'SAFETY' }],
    usageMetadata: { promptTokenCount: 10 },
  };
  const { answered } = await ask(
    'gemini',
    (response) => response.writeHead(200, JSON_TYPE).end(JSON.stringify(answer)),
    chat(),
  );
  if (answered.status !== 'fulfilled') throw answered.reason;
  expect(JSON.parse(plain(answered.value).body.toString('utf8'))).toMatchObject({
    choices: [{ finish_reason: 'content_filter' }],
    usage: { prompt_tokens: 10, completion_tokens: 0 },
  });
});

test('a response that a filter has ended before a word is an answer', async () => {
  const answer = {
    id: 'resp_1',
    status: 'incomplete',
    output: [],
    incomplete_details: { reason: 'content_filter' },
    usage: { input_tokens: 7, output_tokens: 0 },
  };
  const { asked, permit, answered } = await ask(
    'openai',
    (response) => response.writeHead(200, JSON_TYPE).end(JSON.stringify(answer)),
    readWire(RESPONSES, JSON.stringify({ model: 'small', input: 'Tea?', max_output_tokens: 9 })),
  );
  expect([asked, permit.states, answered.status]).toEqual([1, ['served'], 'fulfilled']);
});

describe('a prompt that is above the model’s context is refused for good', () => {
  const error = { message: 'too long', type: 'invalid_request_error', code: 'context_length_exceeded' };

  test.each([200, 400, 413, 422, 429, 500, 503])('with status %i', async (status) => {
    const { asked, answered } = await ask(
      'openai',
      (response) => response.writeHead(status, JSON_TYPE).end(JSON.stringify({ error })),
      chat(),
    );
    expect(answered).toMatchObject({ reason: { code: 'context_too_large', retryable: false } });
    expect(asked).toBe(1);
  });

  test('in the first event of a stream', async () => {
    const { asked, answered } = await ask(
      'openai',
      (response) => response.writeHead(200, STREAM).end(event({ error })),
      chat({ stream: true }),
    );
    expect(answered).toMatchObject({ reason: { code: 'context_too_large' } });
    expect(asked).toBe(1);
  });
});

describe('a provider that has no room, and says so with 200', () => {
  const error = { message: 'Slow down.', code: 429 };
  test.each<[string, keyof typeof SPEAKS, Answer]>([
    ['plainly', 'openai', (response) => response.writeHead(200, JSON_TYPE).end(JSON.stringify({ error }))],
    ['in the first event', 'openai', (response) => response.writeHead(200, STREAM).end(event({ error }))],
    [
      'in Anthropic’s first event',
      'anthropic',
      (response) =>
        response
          .writeHead(200, STREAM)
          .end(named('error', { error: { type: 'rate_limit_error', message: 'Slow down.' } })),
    ],
  ])('%s, is asked again later, as after a 429', async (_, vendor, answer) => {
    const refused = await ask(
      vendor,
      (response) => response.writeHead(429, JSON_TYPE).end(JSON.stringify({ error })),
      chat({ stream: true }),
    );
    const said = await ask(vendor, answer, chat({ stream: true }));
    expect([said.asked, said.permit.states]).toEqual([refused.asked, refused.permit.states]);
    expect(said.answered).toMatchObject({ reason: { code: 'provider_unavailable', postponed: true } });
  });
});

test('an event that its name alone calls an error is one: it is not passed on, nor is the key in it', async () => {
  const said = 'event: error\ndata: {"message":"no engine for sk-secret-123456","code":500}\n\n';
  const { ended, permit } = await ask(
    'openai',
    (response) => response.writeHead(200, STREAM).end(delta('tea') + said),
    chat({ stream: true }),
  );
  expect(ended?.end).toBe('cut');
  expect(ended?.text).not.toContain('engine');
  expect(permit.states).toEqual(['unknown']);
});

test.each([
  { object: 'error', message: 'boom', type: 'InternalServerError', code: 500 },
  { type: 'error', message: 'boom', status: 500 },
  { detail: 'Internal Server Error' },
  { detail: [{ loc: ['body', 'x'], msg: 'boom' }] },
])('a stream with %j in its midst is broken, whatever follows', async (said) => {
  const rest = delta('more') + event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  const { ended, permit } = await ask(
    'openai',
    (response) => response.writeHead(200, STREAM).end(`${delta('tea')}${event(said)}${rest}data: [DONE]\n\n`),
    chat({ stream: true }),
  );
  expect(ended?.end).toBe('cut');
  expect(ended?.text).not.toMatch(/boom|Internal/);
  expect(permit.states).toEqual(['unknown']);
});

test.each([[null], ['x'], [{}], [{ message: null }], [[[]]]])(
  'choices that hold no message (%j) are no answer',
  async (choice) => {
    const usage = { prompt_tokens: 9, completion_tokens: 2 };
    const { answered } = await ask(
      'openai',
      (response) => response.writeHead(200, JSON_TYPE).end(JSON.stringify({ choices: [choice], usage })),
      chat(),
    );
    expect(answered).toMatchObject({ reason: { code: 'answer_unusable' } });
  },
);

test('a vendor’s plain answer to a call that asked for a stream is passed on as one', async () => {
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: 'green tea' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 9, output_tokens: 2 },
  };
  const { ended, asked, permit } = await ask(
    'anthropic',
    (response) => response.writeHead(200, JSON_TYPE).end(JSON.stringify(message)),
    chat({ stream: true }),
  );
  expect([asked, ended?.end]).toEqual([1, 'complete']);
  expect(ended?.text).toContain('green tea');
  expect(permit.rows).toMatchObject([{ usage: { promptTokens: 9, completionTokens: 2 } }]);
});

test('an answer that begins with a mark of its byte order is read', async () => {
  const { asked, answered } = await ask(
    'openai',
    (response) => response.writeHead(200, JSON_TYPE).end(`\u{feff}${plainAnswer('tea')}`),
    chat(),
  );
  expect([asked, answered.status]).toEqual([1, 'fulfilled']);
});
