import {
  ApiError,
  type GenerateContentParameters,
  type GenerateContentResponse,
  GoogleGenAI,
  Type,
} from '@google/genai';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BilledCall, Fault } from '#sandbox/openai';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const app = await testApp();
const { sandbox } = app;
/**
 * With a provider of its own, for failures: they add up in a breaker, which calls that went well keep closed for ten seconds alone.
 * One with fewer calls never opens, however slow the tests are.
 */
const broken = await testApp();
const FEWEST_TO_OPEN = 10;
const SOON = { timeout: 120_000, interval: 20 };
const ASKED = {
  model: 'sandbox-small',
  contents: 'Explain crop rotation in small gardens.',
} satisfies GenerateContentParameters;
const WEATHER = {
  functionDeclarations: [
    {
      name: 'get_weather',
      parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ['city'] },
    },
  ],
};
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

beforeEach(() => sandbox.faults.clear());

const clientOf = ({ key }: Pick<Customer, 'key'>, url = app.url) =>
  new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: `${url}/v1/ai/google` } });

/** A customer of their own, their client, and what the provider bills from now on. */
async function opened(at = app) {
  const customer = await at.customer('gateway.scale');
  const before = at.sandbox.bill().length;
  const { models } = clientOf(customer, at.url);
  return { customer, models, billed: () => at.sandbox.bill().slice(before) };
}

type Row = Readonly<Record<string, unknown>>;

async function rowsOf({ key }: Customer, at = app): Promise<Row[]> {
  const { body } = await at.call(key, 'GET /v1/usage');
  return (body['events'] as Row[]).toReversed();
}

const FIGURES = ['prompt_tokens', 'cached_tokens', 'completion_tokens', 'reasoning_tokens'] as const;

/** The rows of the ledger, corrections added up, are the lines of the bill. */
async function expectLedger(customer: Customer, billed: readonly BilledCall[]): Promise<void> {
  await vi.waitFor(async () => {
    const rows = await rowsOf(customer);
    for (const figure of FIGURES) {
      const sum = (of: readonly (Row | BilledCall)[]) =>
        of.reduce((total, row) => total + Number((row as Row)[figure]), 0);
      expect([figure, sum(rows)]).toEqual([figure, sum(billed)]);
    }
  }, SOON);
}

interface GoogleFailure {
  readonly status: number;
  readonly error: {
    readonly code: number;
    readonly message: string;
    readonly status: string;
    readonly request_id: string;
    readonly details: readonly Row[];
  };
}

/** The package has the error's body in its message, and of a stream some words before it. */
async function failureOf(asked: PromiseLike<unknown>): Promise<GoogleFailure> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const body = JSON.parse(error.message.slice(error.message.indexOf('{'))) as Pick<GoogleFailure, 'error'>;
    return { status: error.status, ...body };
  }
  throw new Error('expected a failure');
}

const reasonOf = ({ error }: GoogleFailure) => error.details.find((one) => 'reason' in one)?.['reason'];

async function readAll(models: GoogleGenAI['models'], params: GenerateContentParameters = ASKED) {
  const chunks: GenerateContentResponse[] = [];
  for await (const chunk of await models.generateContentStream(params)) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks: readonly GenerateContentResponse[]) => chunks.map(({ text }) => text ?? '').join('');

describe('the official package of Google', () => {
  it('gets content, plain and streamed, and the ledger is the bill', async () => {
    const { customer, models, billed } = await opened();
    const plain = await models.generateContent(ASKED);
    const streamed = await readAll(models);
    expect(textOf(streamed)).toBe(plain.text);
    expect(plain.text).toContain('rotation');
    const tokens = plain.usageMetadata?.candidatesTokenCount;
    expect(streamed.at(-1)).toMatchObject({ usageMetadata: { candidatesTokenCount: tokens } });
    expect(billed()).toMatchObject([
      { endpoint: '/v1/models:generateContent', streamed: false, completion_tokens: tokens },
      { endpoint: '/v1/models:generateContent', streamed: true, completion_tokens: tokens },
    ]);
    await expectLedger(customer, billed());
    expect(await rowsOf(customer)).toMatchObject([{ estimated: false }, { estimated: false }]);
  });

  it('calls functions, and a signed thought comes back to the provider as it was', async () => {
    const { customer, models, billed } = await opened();
    const question = { role: 'user', parts: [{ text: 'The weather in Paris?' }] };
    const config = { tools: [WEATHER], thinkingConfig: { includeThoughts: true, thinkingBudget: 200 } };
    const chunks = await readAll(models, { ...ASKED, contents: [question], config });
    const parts = chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
    const called = parts.find(({ functionCall }) => functionCall !== undefined);
    expect(parts[0]).toMatchObject({ thought: true });
    expect(called).toMatchObject({ thoughtSignature: expect.stringMatching(/^.{44}$/) });
    const { name = '', args, id = '' } = called?.functionCall ?? {};
    expect({ name, args }).toEqual({ name: 'get_weather', args: { city: 'Paris' } });
    const answered = await models.generateContent({
      ...ASKED,
      config,
      contents: [
        question,
        { role: 'model', parts: called === undefined ? [] : [called] },
        {
          role: 'user',
          parts: [{ functionResponse: { id, name, response: { output: 'sunny, 21 degrees' } } }],
        },
      ],
    });
    expect(answered.text).toContain('sunny, 21 degrees');
    await expectLedger(customer, billed());
    expect(billed()[0]?.reasoning_tokens).toBeGreaterThan(5);
  });

  it('gets an object, sees a picture, and several candidates', async () => {
    const { customer, models, billed } = await opened();
    const config = {
      responseMimeType: 'application/json',
      responseSchema: {
        type: Type.OBJECT,
        properties: { title: { type: Type.STRING } },
        required: ['title'],
      },
    };
    const { text = '' } = await models.generateContent({ ...ASKED, config });
    expect(JSON.parse(text)).toEqual({ title: expect.any(String) });
    const contents = [{ text: 'What is it?' }, { inlineData: { mimeType: 'image/png', data: PIXEL } }];
    const seen = await models.generateContent({ ...ASKED, contents, config: { candidateCount: 2 } });
    expect(seen.candidates).toHaveLength(2);
    expect(seen.usageMetadata?.promptTokenCount).toBeGreaterThan(258);
    await expectLedger(customer, billed());
  });

  it('is told of a prompt that is blocked, plain and streamed', async () => {
    const { customer, models, billed } = await opened();
    sandbox.faults.always({ kind: 'empty_choices' });
    expect(await models.generateContent(ASKED)).toMatchObject({ promptFeedback: { blockReason: 'SAFETY' } });
    expect(await readAll(models)).toMatchObject([{ promptFeedback: { blockReason: 'SAFETY' } }]);
    await expectLedger(customer, billed());
    expect(billed()).toHaveLength(2);
  });

  it('gets a stream from a provider that answers plainly', async () => {
    const { customer, models, billed } = await opened();
    const plain = await models.generateContent(ASKED);
    sandbox.faults.next({ kind: 'dialect', as: 'plain' });
    expect(textOf(await readAll(models))).toBe(plain.text);
    await expectLedger(customer, billed());
  });

  it('counts tokens, never fewer than are billed, for nothing', async () => {
    const { customer, models, billed } = await opened();
    const { totalTokens = 0 } = await models.countTokens(ASKED);
    expect([await rowsOf(customer), billed()]).toEqual([[], []]);
    const { usageMetadata } = await models.generateContent({ ...ASKED, config: { maxOutputTokens: 10 } });
    expect(totalTokens).toBeGreaterThanOrEqual(usageMetadata?.promptTokenCount ?? Infinity);
  });

  it('lists the models that it may ask, and is answered at either version of the protocol', async () => {
    const { customer, models } = await opened();
    const methods = new Map<string | undefined, string[] | undefined>();
    for await (const { name, supportedActions } of await models.list()) methods.set(name, supportedActions);
    for (const name of ['models/small', 'models/sandbox-large'])
      expect(methods.get(name)).toEqual(['generateContent', 'streamGenerateContent', 'countTokens']);
    expect(methods.get('models/sandbox-embed')).toEqual(['embedContent', 'batchEmbedContents']);
    expect(methods.has('models/sandbox-image')).toBe(false);
    expect(await models.get({ model: 'small' })).toMatchObject({ name: 'models/small' });
    const body = JSON.stringify({
      contents: [{ parts: [{ text: 'Hi' }] }],
      generationConfig: { maxOutputTokens: 5 },
    });
    for (const version of ['v1', 'v1beta']) {
      for (const key of [{ 'x-goog-api-key': customer.key }, { authorization: `Bearer ${customer.key}` }]) {
        const url = `${app.url}/v1/ai/google/${version}/models/small:generateContent`;
        const headers = { ...key, 'content-type': 'application/json' };
        const response = await fetch(url, { method: 'POST', headers, body });
        expect(await response.json()).toMatchObject({ candidates: [{ finishReason: 'MAX_TOKENS' }] });
      }
    }
  });
});

const part = (one: object) => ({ contents: [{ parts: [one] }] });

describe('failures come in Google’s form, with our code and request id', () => {
  it.each<[string, object, string]>([
    ['an unknown field', { n: 2 }, 'field_refused'],
    ['a search of the vendor’s', { tools: [{ googleSearch: {} }] }, 'field_refused'],
    ['a search under its other name', { tools: [{ google_search: {} }] }, 'field_refused'],
    ['code that runs there', { tools: [{ codeExecution: {} }] }, 'field_refused'],
    ['a page that is read there', { tools: [{ urlContext: {} }] }, 'field_refused'],
    ['a file that lies there', part({ fileData: { fileUri: 'https://ai.google.dev/f/1' } }), 'field_refused'],
    ['the same under its other name', part({ file_data: { file_uri: 'gs://x' } }), 'field_refused'],
    ['a sound', part({ inlineData: { mimeType: 'audio/wav', data: '' } }), 'field_refused'],
    ['a picture as its answer', { generationConfig: { responseModalities: ['IMAGE'] } }, 'field_refused'],
    ['a cache of another', { cachedContent: 'cachedContents/1' }, 'field_refused'],
    ['no contents', { contents: [] }, 'validation_failed'],
    ['a configuration that is a list', { generationConfig: [] }, 'validation_failed'],
    ['a refusal of the provider', { generationConfig: { temperature: 9 } }, 'provider_rejected'],
  ])('%s', async (_, change, code) => {
    const { customer, billed } = await opened();
    const body = JSON.stringify({ contents: [{ parts: [{ text: 'Hi' }] }], ...change });
    const headers = { 'x-goog-api-key': customer.key, 'content-type': 'application/json' };
    const url = `${app.url}/v1/ai/google/v1beta/models/small:generateContent`;
    const response = await fetch(url, { method: 'POST', headers, body });
    const { error } = (await response.json()) as GoogleFailure;
    expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    expect(error.request_id).toBe(response.headers.get('x-request-id'));
    expect(reasonOf({ status: 400, error })).toBe(code);
    expect(billed()).toEqual([]);
  });

  it('an unknown model is 404, and a key that is none 401', async () => {
    const { models } = await opened();
    const unknown = await failureOf(models.generateContent({ ...ASKED, model: 'gemini-99' }));
    expect([unknown.status, reasonOf(unknown)]).toEqual([404, 'model_unknown']);
    const nobody = await failureOf(clientOf({ key: 'nobody' }).models.generateContent(ASKED));
    expect(nobody).toMatchObject({ status: 401, error: { status: 'UNAUTHENTICATED' } });
  });

  it('a provider that asks to wait in its RetryInfo is waited for, and the client is told', async () => {
    const { models } = await opened();
    sandbox.faults.next({ kind: 'status', status: 429, retry_after: 45 });
    const failure = await failureOf(models.generateContent({ ...ASKED, model: 'sandbox-large' }));
    expect(failure).toMatchObject({ status: 429, error: { status: 'RESOURCE_EXHAUSTED' } });
    expect(failure.error.details).toContainEqual({
      '@type': 'type.googleapis.com/google.rpc.RetryInfo',
      retryDelay: '45s',
    });
  });
});

describe('a stream that does not come to its end', () => {
  beforeEach(() => broken.sandbox.faults.clear());
  afterAll(() => expect(broken.sandbox.requests()).toBeLessThan(FEWEST_TO_OPEN));

  it.each<[string, Fault]>([
    ['is cut', { kind: 'cut_stream', after: 3 }],
    ['is dropped', { kind: 'cut_stream', after: 3, abrupt: true }],
    ['tells of an error', { kind: 'stream_error', after: 3 }],
    ['holds garbage', { kind: 'malformed_json', after: 3 }],
  ])('and %s: the client is told, and pays for what it saw', async (_, fault) => {
    const { customer, models, billed } = await opened(broken);
    broken.sandbox.faults.next(fault);
    const failure = await failureOf(readAll(models));
    expect(failure).toMatchObject({ status: 503, error: { status: 'UNAVAILABLE' } });
    expect(reasonOf(failure)).toBe('provider_unavailable');
    const { prompt_tokens } = billed()[0] ?? {};
    const seen = { prompt_tokens, status: 'posted' };
    await vi.waitFor(async () => expect(await rowsOf(customer, broken)).toMatchObject([seen]), SOON);
    const [row = {}] = await rowsOf(customer, broken);
    expect(Number(row['charged_micros'])).toBeGreaterThan(0);
  });

  it('because of its reader is paid for as it is billed', async () => {
    const { customer, billed } = await opened();
    sandbox.faults.next({ kind: 'think', ms: 500, after: 2 });
    // The package reads on in silence.
    const leaves = new AbortController();
    const stream = await fetch(
      `${app.url}/v1/ai/google/v1beta/models/sandbox-small:streamGenerateContent?alt=sse`,
      {
        method: 'POST',
        headers: { 'x-goog-api-key': customer.key, 'content-type': 'application/json' },
        body: JSON.stringify({ contents: [{ parts: [{ text: ASKED.contents }] }] }),
        signal: leaves.signal,
      },
    );
    await stream.body?.getReader().read();
    leaves.abort();
    await expectLedger(customer, billed());
  });

  it('fails before its first word: another try answers, and only what was served is charged', async () => {
    const { customer, models, billed } = await opened(broken);
    broken.sandbox.faults.next({ kind: 'stream_error' }, { kind: 'status', status: 503 });
    expect(textOf(await readAll(models))).toContain('rotation');
    await vi.waitFor(async () => {
      const rows = await rowsOf(customer, broken);
      const charged = rows.filter(({ charged_micros: micros }) => Number(micros) > 0);
      expect(charged).toMatchObject([{ completion_tokens: billed().at(-1)?.completion_tokens }]);
    }, SOON);
  });
});

it('without the provider’s figures content is booked at our own count, which says so', async () => {
  const { customer, models } = await opened();
  for (const ask of [() => models.generateContent(ASKED), () => readAll(models)]) {
    sandbox.faults.next({ kind: 'missing_usage' });
    await ask();
  }
  const counted = { estimated: true, status: 'posted' };
  await vi.waitFor(async () => expect(await rowsOf(customer)).toMatchObject([counted, counted]), SOON);
  for (const row of await rowsOf(customer)) expect(Number(row['completion_tokens'])).toBeGreaterThan(0);
});
