import { expect, test } from 'vitest';
import { anthropicError, googleError, openAiError } from '#platform/ai';
import { routesFor } from '#platform/http';
import { serve } from '@plinth/testkit/shop';
import { z } from 'zod';

const route = routesFor<object>();
const shape = {
  summary: 'Answers',
  tag: 'AI gateway',
  auth: 'none',
  rate: { perMinute: 1_000, by: 'ip' },
  reply: { 200: z.strictObject({}) },
  example: { reply: {} },
} as const;
const openAi = [
  route('GET /v1/ai/chat/completions', { ...shape, errorForm: openAiError }, async () => ({})),
  route('GET /v1/ai/models', { ...shape, errorForm: openAiError }, async () => ({})),
];
const messages = route('GET /v1/ai/v1/messages', { ...shape, errorForm: anthropicError }, async () => ({}));
const mounted = (...routes: (typeof openAi)[number][]) => ({
  mounted: [{ module: 'gateway', routes, service: {} }],
});

const PUBLIC = { publicUrl: 'https://api.example.com/' };
const BASE = 'https://api.example.com/v1/ai';
const { call } = await serve(PUBLIC, mounted(...openAi, messages));
const openAiAlone = await serve(PUBLIC, mounted(...openAi));
const none = await serve(PUBLIC);

const post = (path: string, init: RequestInit = {}) => call(path, { method: 'POST', body: '{}', ...init });

const OPENAI = `The base URL of OpenAI's protocol is ${BASE}`;
const CALLS = ', with GET /chat/completions, GET /models.';

test.each([
  ['/v1/chat/completions', '.'],
  ['/v1/chat/completions/?api-version=2026-01-01', '.'],
  ['/chat/completions', '.'],
  ['/api/v1/chat/completions', '.'],
  ['/api/chat/completions', '.'],
  ['/openai/v1/chat/completions', '.'],
  ['/openai/deployments/gpt-6/chat/completions?api-version=2026-01-01', '.'],
  ['/v1beta/openai/chat/completions', '.'],
  ['/openrouter/api/v1/chat/completions', '.'],
  ['/v1/ai/v1/chat/completions', '.'],
  ['/v1/models', '.'],
  ['/models', '.'],
  ['/v1/models/small', CALLS],
  ['/v1/responses', CALLS],
  ['/v1/embeddings', CALLS],
  ['/v1/images/generations', CALLS],
  ['/v1/ai/images/generations', CALLS],
  ['/v1/audio/transcriptions', CALLS],
  ['/v1/batches/batch_1/cancel', CALLS],
  ['/openai/status', CALLS],
])('POST %s is told OpenAI’s base URL, in OpenAI’s form', async (path, end) => {
  const { status, json } = await post(path);
  const message = `There is no POST ${path.split(/\/?\?/, 1)[0]} here. ${OPENAI}${end}`;
  expect([status, json]).toEqual([
    404,
    {
      error: {
        code: 'not_found',
        message,
        details: { base_url: BASE },
        type: 'invalid_request_error',
        param: null,
        request_id: expect.any(String),
        docs_url: '/docs/guides/errors#not_found',
      },
    },
  ]);
});

test.each([
  ['/v1/messages', '.'],
  ['/messages', '.'],
  ['/anthropic/v1/messages', '.'],
  ['/v1/messages/count_tokens', ', with GET /v1/messages.'],
  ['/anthropic/v1/files', ', with GET /v1/messages.'],
])('POST %s is told Anthropic’s base URL, in Anthropic’s form', async (path, end) => {
  const { status, json } = await post(path);
  const message = `There is no POST ${path} here. The base URL of Anthropic's protocol is ${BASE}${end}`;
  expect([status, json]).toMatchObject([
    404,
    {
      type: 'error',
      error: { type: 'not_found_error', code: 'not_found', message, details: { base_url: BASE } },
    },
  ]);
});

test.each(['/v1beta/models/gemini-3-pro:generateContent?key=marker', '/v1/ai/google/v1alpha/models'])(
  'POST %s is told Google’s base URL, in Google’s form',
  async (path) => {
    const shapeOf = { ...shape, params: { model: 'text' as const }, errorForm: googleError };
    const verb = 'GET /v1/ai/google/v1beta/models/:model/generateContent';
    const google = route(
      verb,
      { ...shapeOf, example: { params: { model: 'm' }, reply: {} } },
      async () => ({}),
    );
    const server = await serve(PUBLIC, { mounted: [{ module: 'gateway', routes: [google], service: {} }] });
    const { status, json } = await server.call(path, { method: 'POST', body: '{}' });
    expect([status, json]).toMatchObject([404, { error: { code: 404, status: 'NOT_FOUND' } }]);
    expect(json.error?.message).toContain(`The base URL of Gemini's protocol is ${BASE}/google/v1beta, with`);
    expect(JSON.stringify(json)).not.toContain('marker');
  },
);

test.each([
  ['/v1beta/models/gemini-3-pro:generateContent?key=marker', 'Gemini'],
  ['/v1/projects/p/locations/l/publishers/google/models/gemini-3-pro:streamGenerateContent', 'Gemini'],
  ['/api/chat', 'Ollama'],
  ['/v1/ai/api/generate', 'Ollama'],
])('POST %s is told the protocol that there is', async (path, protocol) => {
  const { status, json } = await post(path);
  const message = `There is no POST ${path.split('?', 1)[0]} here, nor ${protocol}'s protocol. ${OPENAI}, with`;
  const { error } = json as { readonly error?: unknown };
  // Ollama's clients read a sentence.
  const told = protocol === 'Ollama' ? error : json.error?.message;
  expect([status, told]).toEqual([404, expect.stringContaining(message)]);
});

test('a method that a path does not take is refused in the form of its protocol', async () => {
  const anthropics = await post('/v1/ai/v1/messages');
  expect([anthropics.status, anthropics.json]).toMatchObject([
    405,
    { type: 'error', error: { code: 'method_not_allowed' } },
  ]);
  const { status, json } = await post('/v1/ai/models');
  expect([status, json]).toMatchObject([405, { error: { code: 'method_not_allowed', param: null } }]);
});

test('a protocol without a route here is led to the one that has', async () => {
  const { json } = await openAiAlone.call('/v1/messages', { method: 'POST', body: '{}' });
  expect(json).toMatchObject({
    type: 'error',
    error: {
      message: `There is no POST /v1/messages here, nor Anthropic's protocol. ${OPENAI}${CALLS}`,
    },
  });
});

test('a body of any kind and size is not looked at, and the address is never the Host header’s', async () => {
  for (const init of [
    { body: 'x'.repeat(200_000) },
    { body: 'x', headers: { 'content-type': 'multipart/form-data; boundary=x' } },
    { headers: { 'x-forwarded-host': 'evil.example.com' } },
  ])
    expect((await post('/v1/audio/transcriptions', init)).json.error?.details).toEqual({ base_url: BASE });
});

test.each(['/v1/secret-of-mine', '/v1/chat', '/v1/sessions/models', '/anthropics', '/v1/ai'])(
  '%s is an unknown path like any other',
  async (path) => {
    expect((await post(path)).json.error?.message).toContain('This server has no call at this path.');
  },
);

test('a server without the gateway speaks of none', async () => {
  const { json } = await none.call('/v1/chat/completions', { method: 'POST', body: '{}' });
  expect(json.error?.message).toContain('This server has no call at this path.');
});
