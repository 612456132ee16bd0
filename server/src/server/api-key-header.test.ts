import { expect, test } from 'vitest';
import { anthropicError } from '#platform/ai';
import { routesFor } from '#platform/http';
import { serve } from '@plinth/testkit/shop';
import { z } from 'zod';

const route = routesFor<object>();
const shape = {
  summary: 'Says who calls',
  tag: 'AI gateway',
  auth: 'account',
  may: 'viewer',
  scope: 'shop:read',
  rate: { perMinute: 1_000, by: 'account' },
  reply: { 200: z.strictObject({ role: z.string() }) },
  example: { reply: { role: 'owner' } },
} as const;
const foreign = route('GET /v1/ai/who', { ...shape, errorForm: anthropicError }, async ({ role }) => ({
  role,
}));
const own = route('GET /v1/who', shape, async ({ role }) => ({ role }));
const { call, lines } = await serve(
  { corsOrigins: ['https://app.example.com'] },
  { mounted: [{ module: 'gateway', routes: [foreign, own], service: {} }] },
);

async function ask(path: string, headers: Readonly<Record<string, string>>) {
  const { status, json } = await call(path, { headers });
  return [status, json.error?.code, json.error?.message];
}

const DONE = [200, undefined, undefined];
const TWO = [401, 'unauthenticated', expect.stringContaining('two different credentials')];

test.each([
  ['a key', { 'x-api-key': 'key' }, DONE],
  ['an access token', { 'x-api-key': 'token' }, DONE],
  ['the same in both', { 'x-api-key': 'key', authorization: 'Bearer key' }, DONE],
  ['a key under Google’s name', { 'x-goog-api-key': 'key' }, DONE],
  ['two names with two keys', { 'x-api-key': 'key', 'x-goog-api-key': 'token' }, TWO],
  ['an empty one beside a bearer', { 'x-api-key': '', authorization: 'Bearer key' }, DONE],
  [
    'an unknown key',
    { 'x-api-key': 'pl_marker' },
    [401, 'unauthenticated', expect.stringContaining('not valid')],
  ],
  ['another than the bearer', { 'x-api-key': 'key', authorization: 'Bearer token' }, TWO],
  ['an unknown one beside a good bearer', { 'x-api-key': 'sk-ant-marker', authorization: 'Bearer key' }, TWO],
  ['one beside Basic', { 'x-api-key': 'key', authorization: 'Basic bWFya2Vy' }, TWO],
])('X-Api-Key, for a protocol of another’s: %s', async (_what, headers, expected) => {
  expect(await ask('/v1/ai/who', headers)).toEqual(expected);
  expect(lines.join('\n')).not.toContain('marker');
});

test('X-Api-Key, of our own calls: a proxy’s, which is not read', async () => {
  expect(await ask('/v1/who', { 'x-api-key': 'key' })).toEqual([401, 'unauthenticated', expect.any(String)]);
  expect(await ask('/v1/who', { 'x-api-key': 'of a proxy', authorization: 'Bearer key' })).toEqual(DONE);
});

test('a page may send the headers of OpenAI’s and Anthropic’s packages', async () => {
  const { headers } = await call('/v1/ai/who', {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example.com', 'access-control-request-method': 'POST' },
  });
  const allowed = headers.get('access-control-allow-headers')?.split(', ');
  expect(allowed).toEqual(
    expect.arrayContaining([
      'anthropic-version',
      'openai-organization',
      'openai-project',
      'x-api-key',
      'x-goog-api-key',
      'x-stainless-helper',
      'x-stainless-os',
    ]),
  );
});
