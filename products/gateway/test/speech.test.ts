import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const SPEECH = 'POST /v1/ai/audio/speech';
const ASKED = { model: 'sandbox-speech', input: 'The barley is in. 🌾', voice: 'alloy' };
const { url, call, customer, sandbox } = await testApp();

const speak = ({ key }: Customer, more: object = {}, headers = {}) =>
  call(key, SPEECH, { body: { ...ASKED, ...more }, headers });

async function readEvents({ key }: Customer): Promise<Readonly<Record<string, unknown>>[]> {
  const { body } = await call(key, 'GET /v1/usage');
  return body['events'] as Readonly<Record<string, unknown>>[];
}

test('the official client gets sound, byte for byte, and is charged for the characters', async () => {
  const ada = await customer();
  const client = new OpenAI({ baseURL: `${url}/v1/ai`, apiKey: ada.key, maxRetries: 0 });
  const direct = new OpenAI({ baseURL: sandbox.url, apiKey: 'key' });
  const before = sandbox.bill().length;
  const answer = await client.audio.speech.create({ ...ASKED, response_format: 'opus' });
  expect(answer.headers.get('content-type')).toBe('audio/opus');
  const sound = Buffer.from(await answer.arrayBuffer());
  expect(sandbox.bill().slice(before)).toMatchObject([{ prompt_tokens: 19 }]);
  expect(sound).toEqual(Buffer.from(await (await direct.audio.speech.create(ASKED)).arrayBuffer()));
  // 19 characters at $15 a million.
  const row = {
    feature: 'speech',
    prompt_tokens: 19,
    cost_micros: 285,
    charged_micros: 285,
    estimated: false,
  };
  expect(await readEvents(ada)).toMatchObject([row]);
});

test('a repeat of its Idempotency-Key is told that it was made, and costs nothing', async () => {
  const ada = await customer();
  const body = JSON.stringify(ASKED);
  const headers = {
    authorization: `Bearer ${ada.key}`,
    'content-type': 'application/json',
    'idempotency-key': 'once',
  };
  const ask = () => fetch(`${url}/v1/ai/audio/speech`, { method: 'POST', headers, body });
  const first = await ask();
  await first.arrayBuffer();
  const repeat = await ask();
  expect([first.status, repeat.status]).toEqual([200, 409]);
  expect(await repeat.json()).toMatchObject({ error: { code: 'outcome_unknown' } });
  expect(await readEvents(ada)).toHaveLength(1);
});

test('an answer that is no sound costs the caller nothing', async () => {
  const ada = await customer();
  sandbox.faults.always({ kind: 'malformed_json' });
  expect((await speak(ada)).status).toBe(502);
  sandbox.faults.clear();
  const events = await readEvents(ada);
  expect(events.map((event) => event['charged_micros'])).toEqual(events.map(() => 0));
});

test.each([
  ['a chat model', { model: 'small' }, 'model_unsupported'],
  ['no text', { input: '' }, 'validation_failed'],
  ['a text that is too long', { input: 'a'.repeat(4_097) }, 'validation_failed'],
  ['a speed that no voice has', { speed: 9 }, 'validation_failed'],
  ['a stream of events', { stream_format: 'sse' }, 'field_refused'],
])('%s is refused', async (_, more, code) => {
  const ada = await customer();
  expect(await speak(ada, more)).toMatchObject({ status: 400, body: { error: { code } } });
  expect(await readEvents(ada)).toEqual([]);
});
