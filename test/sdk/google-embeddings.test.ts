import { ApiError, GoogleGenAI } from '@google/genai';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Customer, testApp, upstreamOf } from '@plinth/testkit/services/app';

const app = await testApp();
const { sandbox } = app;
/** The same models in OpenAI's embeddings alone. */
const openAi = await testApp({
  beside: app,
  settings: {
    AI_UPSTREAMS: JSON.stringify([{ ...upstreamOf(sandbox), speaks: ['chat', 'embeddings'] }]),
  },
});
const TEXTS = ['Barley in a small garden.', 'Rye on the hill.'];
const ASKED = { model: 'sandbox-embed', contents: TEXTS, config: { outputDimensionality: 8 } };

beforeEach(() => sandbox.faults.clear());

const modelsOf = ({ key }: Customer, { url }: { readonly url: string }) =>
  new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: `${url}/v1/ai/google` } }).models;

const single = ({ key }: Customer, at: { readonly url: string }, more: object = {}) =>
  fetch(`${at.url}/v1/ai/google/v1beta/models/embedding:embedContent`, {
    method: 'POST',
    headers: { 'x-goog-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ content: { parts: [{ text: TEXTS[0] }] }, outputDimensionality: 8, ...more }),
  });

async function readRows({ key }: Customer): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { body } = await app.call(key, 'GET /v1/usage');
  return body['events'] as readonly Readonly<Record<string, unknown>>[];
}

describe.each([
  ['in Google’s protocol', app, '/v1/models:embedContent'],
  ['in OpenAI’s embeddings', openAi, '/v1/embeddings'],
])('Google’s client at a model that is asked %s', (_, at, endpoint) => {
  it('gets the embeddings of its texts, and the ledger is the bill', async () => {
    const ada = await app.customer();
    const before = sandbox.bill().length;
    const { embeddings = [], usageMetadata: usage } = await modelsOf(ada, at).embedContent(ASKED);
    const one = (await (await single(ada, at)).json()) as {
      readonly embedding: { readonly values: number[] };
    };
    expect(embeddings.map(({ values }) => values?.length)).toEqual([8, 8]);
    expect(one.embedding.values).toEqual(embeddings[0]?.values);
    const billed = sandbox.bill().slice(before);
    expect(billed.map((line) => line.endpoint)).toEqual([endpoint, endpoint]);
    expect(usage?.promptTokenCount).toBe(billed[0]?.prompt_tokens);
    const rows = (await readRows(ada)).toReversed();
    expect(rows.map(({ feature, prompt_tokens: tokens }) => [feature, tokens])).toEqual(
      billed.map((line) => ['embeddings', line.prompt_tokens]),
    );
    expect(rows.map(({ estimated }) => estimated)).toEqual([false, false]);
  });

  it.each([
    ['no texts', { contents: [] }],
    ['an empty text', { contents: [''] }],
    ['a picture', { contents: [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }] }],
    ['a length that is none', { config: { outputDimensionality: 0.5 } }],
    ['a chat model', { model: 'sandbox-small' }],
  ])('is told what is wrong with %s, and pays nothing', async (_what, more) => {
    const ada = await app.customer();
    const error = await modelsOf(ada, at)
      .embedContent({ ...ASKED, ...more })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 400 });
    expect(await readRows(ada)).toEqual([]);
  });
});

it('what OpenAI’s embeddings would lose is refused by name, and reaches a model that knows it', async () => {
  const ada = await app.customer();
  const config = { ...ASKED.config, taskType: 'RETRIEVAL_DOCUMENT', title: 'Barley' };
  expect((await modelsOf(ada, app).embedContent({ ...ASKED, config })).embeddings).toHaveLength(2);
  for (const more of [
    { taskType: 'RETRIEVAL_QUERY' },
    { title: 'Barley' },
    { content: { parts: [{ text: 'a' }, { text: 'b' }] } },
  ]) {
    const refused = await single(ada, openAi, more);
    const said = JSON.stringify(await refused.json());
    expect([refused.status, said.includes('"reason":"lost"')]).toEqual([400, true]);
  }
});

it('a model that tells no usage is charged by our count, and an answer that is none costs nothing', async () => {
  const ada = await app.customer();
  sandbox.faults.next({ kind: 'missing_usage' });
  expect((await single(ada, app)).status).toBe(200);
  sandbox.faults.always({ kind: 'malformed_json' });
  expect((await single(ada, app)).status).toBe(502);
  const rows = (await readRows(ada)).toReversed();
  expect(rows[0]).toMatchObject({ estimated: true });
  expect(Number(rows[0]?.['charged_micros'])).toBeGreaterThan(0);
  expect(rows.slice(1).map((row) => row['charged_micros'])).toEqual(rows.slice(1).map(() => 0));
});
