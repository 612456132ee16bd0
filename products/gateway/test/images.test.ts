import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const IMAGES = 'POST /v1/ai/images/generations';
const MODEL = 'sandbox-image';
const ASKED = { model: MODEL, prompt: 'a field of barley' };
const { url, call, customer, sandbox } = await testApp();

const draw = ({ key }: Customer, more: object = {}) => call(key, IMAGES, { body: { ...ASKED, ...more } });

async function readEvents({ key }: Customer): Promise<Readonly<Record<string, unknown>>[]> {
  const { body } = await call(key, 'GET /v1/usage');
  return body['events'] as Readonly<Record<string, unknown>>[];
}

test('the official client gets pictures, and the ledger equals the provider’s bill', async () => {
  const ada = await customer('gateway.developer');
  const client = new OpenAI({ baseURL: `${url}/v1/ai`, apiKey: ada.key, maxRetries: 0 });
  const before = sandbox.bill().length;
  const size = '1536x1024';
  const { data = [], usage } = await client.images.generate({ ...ASKED, n: 2, quality: 'low', size });
  // Width and height of a PNG stand behind its signature and the frame of its first part.
  const sizes = data.map(({ b64_json: picture = '' }) => {
    const png = Buffer.from(picture, 'base64');
    return [png.readUInt32BE(16), png.readUInt32BE(20)];
  });
  expect(sizes).toEqual([
    [1_536, 1_024],
    [1_536, 1_024],
  ]);
  const bill = sandbox.bill().slice(before);
  expect(bill).toMatchObject([{ prompt_tokens: usage?.input_tokens, completion_tokens: 800 }]);
  const cost = Number(usage?.input_tokens) * 5 + 800 * 32;
  expect(await readEvents(ada)).toMatchObject([
    { feature: 'images', model: MODEL, completion_tokens: 800, cost_micros: cost, charged_micros: cost },
  ]);
});

test('a picture is reserved at its whole price: what a budget can not buy is denied and not cut', async () => {
  const ada = await customer('gateway.developer');
  const statuses: number[] = [];
  // A picture may take $0.20 of the day's $0.50, and takes $0.13.
  for (let nth = 0; nth < 4; nth += 1) statuses.push((await draw(ada, { quality: 'high' })).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
  expect((await draw(ada, { quality: 'low' })).status).toBe(200);
});

test('a picture whose provider tells no usage is charged as the dearest of its quality', async () => {
  const ada = await customer();
  sandbox.faults.next({ kind: 'missing_usage' });
  expect((await draw(ada, { quality: 'medium' })).status).toBe(200);
  expect(await readEvents(ada)).toMatchObject([{ completion_tokens: 1_584, estimated: true }]);
});

test.each([
  ['a chat model', { model: 'small' }, 'model_unsupported'],
  ['no prompt', { prompt: '' }, 'validation_failed'],
  ['more pictures than an answer has room for', { n: 5 }, 'validation_failed'],
  ['a part of a picture', { n: 1.5 }, 'validation_failed'],
  ['a stream', { stream: true }, 'field_refused'],
  ['a looser filter', { moderation: 'low' }, 'field_refused'],
])('%s is refused', async (_, more, code) => {
  const ada = await customer();
  expect(await draw(ada, more)).toMatchObject({ status: 400, body: { error: { code } } });
  expect(await readEvents(ada)).toEqual([]);
});

test('fields that are not set are none, and a model of pictures is asked there alone', async () => {
  const ada = await customer();
  expect((await draw(ada, { quality: 'low', n: null, size: null, stream: false })).status).toBe(200);
  const messages = [{ role: 'user', content: 'a field of barley' }];
  const answer = await call(ada.key, 'POST /v1/ai/chat/completions', { body: { model: MODEL, messages } });
  expect(answer).toMatchObject({
    status: 400,
    body: { error: { code: 'model_unsupported', details: { paths: ['/v1/ai/images/generations'] } } },
  });
});
