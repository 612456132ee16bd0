import Anthropic from '@anthropic-ai/sdk';
import { afterAll, expect, it } from 'vitest';
import { scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';
import { testApp } from '@plinth/testkit/services/app';

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'Yes.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 2 },
};
const TOO_LONG = { type: 'invalid_request_error', message: 'prompt is too long: 9 tokens > 8 maximum' };
const upstream = await scriptedUpstream((response, { body }) => {
  const isLong = body.includes('a whole book');
  response.writeHead(isLong ? 400 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(isLong ? { type: 'error', error: TOO_LONG } : MESSAGE));
});
afterAll(() => upstream.close());

// An upstream that speaks the protocol although neither its name nor its host tells.
const settings = {
  AI_UPSTREAMS: JSON.stringify([
    { name: 'proxy', base_url: upstream.url, api_key: 'k', models: ['m'], speaks: ['messages'] },
  ]),
  AI_CONFIG: JSON.stringify({ version: '2026-11-28', allow_unpriced: ['proxy/*'] }),
};
const { url, customer, call } = await testApp({ settings });
const who = await customer('gateway.scale');
const client = new Anthropic({
  baseURL: `${url}/v1/ai`,
  apiKey: who.key,
  maxRetries: 0,
  logLevel: 'off',
});

/** The request of a coding agent, as Claude Code 2.1 makes it, in small. */
const ASKED = {
  model: 'm',
  max_tokens: 100,
  betas: [
    'claude-code-20250219',
    'interleaved-thinking-2025-05-14',
    'context-1m-2025-08-07',
    'mcp-client-2025-04-04',
  ],
  system: [{ type: 'text' as const, text: 'Be brief.', cache_control: { type: 'ephemeral' as const } }],
  thinking: { type: 'adaptive' as const },
  output_config: { effort: 'high' as const },
  context_management: { edits: [{ type: 'clear_thinking_20251015' as const, keep: 'all' as const }] },
  messages: [{ role: 'user' as const, content: 'Is it so?' }],
};

it('a coding agent of Anthropic’s asks with its betas: those that change no price and reach nothing else go on', async () => {
  expect((await client.beta.messages.create(ASKED)).content).toMatchObject([{ text: 'Yes.' }]);
  const sent = upstream.requests.at(-1);
  expect(sent?.headers['anthropic-beta']).toBe('claude-code-20250219,interleaved-thinking-2025-05-14');
  const { system, thinking, output_config, context_management } = ASKED;
  expect(JSON.parse(sent?.body ?? '')).toMatchObject({
    system,
    thinking,
    output_config,
    context_management,
  });
});

it.each([
  ['a summary at the vendor', { edits: [{ type: 'compact_20260112' }] }],
  ['something else', { edits: [], other: true }],
  ['a text', 'all'],
])('context that is managed by %s is refused', async (_, context_management) => {
  const { betas: _betas, ...asked } = ASKED;
  const answer = await call(who.key, 'POST /v1/ai/messages', { body: { ...asked, context_management } });
  const error = { code: 'field_refused', details: { field: 'context_management' } };
  expect(answer).toMatchObject({ status: 400, body: { error } });
});

it('a prompt that is too long is told so, with the id that the client shows', async () => {
  const messages = [{ role: 'user' as const, content: 'a whole book' }];
  const failure = await client.messages
    .create({ model: 'm', max_tokens: 9, messages })
    .catch((error: unknown) => error);
  if (!(failure instanceof Anthropic.APIError)) throw failure;
  expect(failure).toMatchObject({ status: 400, error: { error: { code: 'context_length_exceeded' } } });
  expect(failure.requestID).toBe((failure.error as { request_id: string }).request_id);
});

it('models are listed', async () => {
  const { data } = await client.models.list();
  expect(data.map(({ id }) => id)).toContain('proxy/m');
  expect(await client.models.retrieve('m')).toMatchObject({ id: 'm' });
});

it('a protocol that the upstream does not speak is refused, with the path that takes the model', async () => {
  const answer = await call(who.key, 'POST /v1/ai/embeddings', { body: { model: 'm', input: 'Is it so?' } });
  const details = { paths: expect.arrayContaining(['/v1/ai/messages']) };
  expect(answer).toMatchObject({ status: 400, body: { error: { code: 'model_unsupported', details } } });
});
