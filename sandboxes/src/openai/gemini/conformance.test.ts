import { ApiError, FinishReason, GenerateContentResponse, GoogleGenAI, MediaModality } from '@google/genai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createOpenAISandbox, type OpenAISandbox } from '../index.ts';

/** The official package against the sandbox: what it sends is of the package's types, and billed as it says. */

let sandbox: OpenAISandbox;
let models: GoogleGenAI['models'];

beforeAll(async () => {
  sandbox = await createOpenAISandbox();
  const httpOptions = { baseUrl: new URL(sandbox.url).origin };
  models = new GoogleGenAI({ apiKey: sandbox.apiKey, httpOptions }).models;
});
beforeEach(() => sandbox.faults.clear());
afterAll(() => sandbox.close());

const GARDEN = {
  model: 'sandbox-small',
  contents: 'Explain the benefits of crop rotation in small gardens.',
};
const SHORT = { ...GARDEN, config: { maxOutputTokens: 2 } };

/** An answer as the package types it, its getters apart. */
type Answer = Pick<
  GenerateContentResponse,
  'candidates' | 'usageMetadata' | 'modelVersion' | 'responseId' | 'promptFeedback'
>;

const usageOf = (said: number) => ({
  promptTokenCount: 21,
  candidatesTokenCount: said,
  totalTokenCount: 21 + said,
  promptTokensDetails: [{ modality: MediaModality.TEXT, tokenCount: 21 }],
});
const HEAD = { modelVersion: 'sandbox-small', responseId: expect.any(String) as string };
const textOf = (text: string, finishReason?: FinishReason) => ({
  content: { parts: [{ text }], role: 'model' },
  ...(finishReason === undefined ? {} : { finishReason }),
  index: 0,
});

async function failureOf(call: Promise<unknown>): Promise<ApiError> {
  const reason: unknown = await call.then(
    () => new Error('the call went through'),
    (error: unknown) => error,
  );
  if (reason instanceof ApiError) return reason;
  throw reason;
}

describe('the official package of Google', () => {
  test('gets an answer of its type, and it is billed as it says', async () => {
    const { sdkHttpResponse: _, ...answer } = await models.generateContent(SHORT);
    const expected = {
      candidates: [textOf(expect.any(String) as string, FinishReason.MAX_TOKENS)],
      usageMetadata: usageOf(2),
      ...HEAD,
    } satisfies Answer;
    expect(answer).toEqual(expected);
    const billed = {
      endpoint: '/v1/models:generateContent',
      prompt_tokens: 21,
      completion_tokens: 2,
      streamed: false,
    };
    expect(sandbox.bill().at(-1)).toMatchObject(billed);
  });

  test('gets a stream of events of its type, with the figures so far', async () => {
    const events: Answer[] = [];
    for await (const { sdkHttpResponse: _, ...event } of await models.generateContentStream(SHORT))
      events.push(event);
    const word = textOf(expect.any(String) as string);
    const expected = [
      { candidates: [word], usageMetadata: usageOf(1), ...HEAD },
      { candidates: [word], usageMetadata: usageOf(2), ...HEAD },
      { candidates: [textOf('', FinishReason.MAX_TOKENS)], usageMetadata: usageOf(2), ...HEAD },
    ] satisfies Answer[];
    expect(events).toEqual(expected);
  });

  test('is refused in Google’s form, and told when to come back in the body alone', async () => {
    sandbox.faults.next({ kind: 'status', status: 429, retry_after: 34 });
    const { status, message } = await failureOf(models.generateContent(GARDEN));
    expect([status, JSON.parse(message)]).toEqual([
      429,
      {
        error: {
          code: 429,
          message: expect.any(String),
          status: 'RESOURCE_EXHAUSTED',
          details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' }],
        },
      },
    ]);
  });

  test('must send the signature of a call’s thought as it was', async () => {
    const question = { role: 'user', parts: [{ text: 'The weather in Paris?' }] };
    const config = {
      thinkingConfig: { thinkingBudget: 50 },
      tools: [
        {
          functionDeclarations: [
            { name: 'weather', parametersJsonSchema: { type: 'object', properties: { city: {} } } },
          ],
        },
      ],
    };
    const { candidates } = await models.generateContent({ ...GARDEN, contents: [question], config });
    const [part = {}] = candidates?.[0]?.content?.parts ?? [];
    const { thoughtSignature, ...unsigned } = part;
    const result = {
      role: 'user',
      parts: [{ functionResponse: { name: 'weather', response: { output: 'sunny' } } }],
    };
    const ask = (call: object) =>
      models.generateContent({
        ...GARDEN,
        config,
        contents: [question, { role: 'model', parts: [call] }, result],
      });
    expect((await ask(part)).text).toContain('sunny');
    expect(await failureOf(ask({ ...part, thoughtSignature: `${thoughtSignature}=` }))).toMatchObject({
      status: 400,
    });
    expect(await failureOf(ask(unsigned))).toMatchObject({ status: 400 });
  });

  test.each([
    ['an unknown field', { nonsense: 1 }],
    ['a temperature out of range', { generationConfig: { temperature: 3 } }],
    ['a role that is none', { contents: [{ role: 'assistant', parts: [{ text: 'Hi' }] }] }],
    ['a content without parts', { contents: [{ parts: [] }] }],
    ['a schema without JSON', { generationConfig: { responseSchema: { type: 'OBJECT' } } }],
    ['a search', { tools: [{ googleSearch: {} }] }],
  ])('is refused %s, and nothing is billed', async (_, change) => {
    const before = sandbox.bill().length;
    const response = await fetch(`${sandbox.url}/models/sandbox-small:generateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': 'any' },
      body: JSON.stringify({ contents: [{ parts: [{ text: 'Hi' }] }], ...change }),
    });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { status: 'INVALID_ARGUMENT' } },
    ]);
    expect(sandbox.bill()).toHaveLength(before);
  });
});
