import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';

const { url, call, customer, sandbox } = await testApp();
const baseURL = `${url}/v1/ai`;

test('the official client asks without a model: a text that flags itself is flagged, and nothing is charged', async () => {
  const who = await customer();
  const client = new OpenAI({ baseURL, apiKey: who.key, maxRetries: 0 });
  const billed = sandbox.bill().length;
  const { results } = await client.moderations.create({ input: ['tea', '[flag violence]'] });
  expect(results.map(({ flagged }) => flagged)).toEqual([false, true]);
  expect(sandbox.bill()).toHaveLength(billed);
  const { body } = await call(who.key, 'GET /v1/usage');
  expect(JSON.stringify(body)).not.toMatch(/"(?:cost|charged)_micros":[1-9]/);
});

test.each([
  ['a chat model', { input: 'tea', model: 'small' }, 'model_unsupported'],
  ['no input', {}, 'validation_failed'],
  ['a field that is not known', { input: 'tea', store: true }, 'field_refused'],
])('%s is refused', async (_, body, code) => {
  const who = await customer();
  const answer = await call(who.key, 'POST /v1/ai/moderations', { body });
  expect(answer).toMatchObject({ status: 400, body: { error: { code } } });
});

test('its model is asked there alone', async () => {
  const who = await customer();
  const answer = await call(who.key, 'POST /v1/ai/chat/completions', {
    body: { model: 'omni-moderation-latest', messages: [{ role: 'user', content: 'tea' }] },
  });
  expect(answer).toMatchObject({
    status: 400,
    body: { error: { code: 'model_unsupported', details: { paths: ['/v1/ai/moderations'] } } },
  });
});
