import { afterAll, expect, test } from 'vitest';
import { openAi } from '@plinth/testkit/fixtures/ai/open';
import type { Protocol } from '../dialects/dialect.ts';
import { openDoor, PLACES } from './doors.ts';

const ai = openAi({ upstreams: [{ name: 'openai', baseUrl: 'http://127.0.0.1:1/v1' }] });
afterAll(() => ai.close());

const pathsOf = (id: string) => ai.endpoint.model(id).endpoints;

test('a model names each call that takes it, those by a translation too', () => {
  expect(pathsOf('openai/gpt-4.1-mini')).toEqual([
    '/v1/ai/chat/completions',
    '/v1/ai/responses',
    '/v1/ai/messages',
    '/v1/ai/google/v1beta/models/{model}:generateContent',
  ]);
  expect(pathsOf('openai/text-embedding-3-small')).toEqual([
    '/v1/ai/embeddings',
    '/v1/ai/google/v1beta/models/{model}:embedContent',
    '/v1/ai/google/v1beta/models/{model}:batchEmbedContents',
  ]);
});

test.each(Object.entries(PLACES))(
  'the door of %s translates if its place says so',
  async (protocol, place) => {
    const { translation } = await openDoor(protocol as Protocol);
    expect(translation && (translation.into?.name ?? 'chat')).toBe(place.into);
  },
);

/** An object deep within others. */
const nested = (before: string, after: string) => `${before.repeat(12_000)}{}${after.repeat(12_000)}`;

test.each<[Protocol, string]>([
  [
    'messages',
    `{"model":"gpt-4.1","max_tokens":9,"messages":[{"content":[${nested('{"type":"tool_result","content":[', ']}')}]}]}`,
  ],
  ['gemini', `{"contents":[{"parts":[${nested('{"functionResponse":{"parts":[', ']}}')}]}]}`],
  ['responses', `{"model":"gpt-4.1","input":[{"content":[${nested('[', ']')}]}]}`],
])('%s refuses endless nesting', async (protocol, body) => {
  const door = await openDoor(protocol);
  const named = protocol === 'gemini' ? { model: 'gpt-4.1', stream: false } : undefined;
  expect(() => ai.endpoint.prepare({ door, body, policy: 'test.chat', named })).toThrow(
    expect.objectContaining({
      code: 'validation_failed',
      message: 'The body is nested too deeply.',
    }) as Error,
  );
});
