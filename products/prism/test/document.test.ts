import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureOwner } from '#platform/owner';
import { testApp } from '@plinth/testkit/services/app';
import { expect, test } from 'vitest';

const alone = await testApp({ settings: { PRODUCTS: 'prism' } });
const { call } = alone;
const person = { email: 'ada@example.com', password: 'Analytical-Engine-1843' };
const key = (name: string) => ({ headers: { 'idempotency-key': name } });
const idOf = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) => String(body['id']);

test('the local owner uses Prism at once, by the key of their personal account', async () => {
  const { dataDir } = alone.app.modules.options.config;
  await ensureOwner(alone.app.modules, dataDir);
  const owner = JSON.parse(readFileSync(join(dataDir, 'owner.json'), 'utf8')) as Record<string, string>;
  const body = { thought: 'I always ruin everything.' };
  const headers = { 'idempotency-key': 'owner' };
  expect((await call(owner['personal_api_key'], 'POST /v1/turns', { body, headers })).status).toBe(200);
  expect((await call(owner['api_key'], 'POST /v1/turns', { body, headers })).status).toBe(403);
});

test('a start of Prism alone answers at the paths of its plan document, and at /v1', async () => {
  expect(await call(undefined, 'POST /auth/register', { body: person })).toMatchObject({ status: 201 });
  const { body } = await call(undefined, 'POST /auth/login', { body: person });
  const token = String(body['access_token']);
  const refresh = { refresh_token: body['refresh_token'] };
  expect((await call(token, 'GET /me')).body).toMatchObject({ email: person.email });
  expect((await call(token, 'GET /billing/entitlements')).status).toBe(200);
  const session = await call(token, 'POST /mirror/sessions', { body: {} });
  const said = { session_id: idOf(session), content: 'I am torn about the move.' };
  expect((await call(token, 'POST /mirror/messages', { body: said, ...key('said') })).status).toBe(200);
  const turn = await call(token, 'POST /turns', {
    body: { thought: 'I always ruin everything.' },
    ...key('turn'),
  });
  expect(turn.status).toBe(200);
  const goal = await call(token, 'POST /lens/goals', { body: { title: 'Run ten kilometres' } });
  expect(goal.status).toBe(201);
  expect((await call(token, `GET /v1/lens/goals/${idOf(goal)}`)).body).toMatchObject({ id: idOf(goal) });
  expect((await call(undefined, 'POST /auth/refresh', { body: refresh })).status).toBe(200);
  for (const [path, type] of [
    ['/healthz', 'application/json'],
    ['/app/sign-in', 'text/html'],
  ])
    expect((await fetch(`${alone.url}${path}`)).headers.get('content-type')).toContain(type);
});

test('beside another product Prism’s calls are below /v1', async () => {
  const both = await testApp({ work: false, settings: { PRODUCTS: 'prism,reel' } });
  expect((await both.call(undefined, 'POST /auth/register', { body: person })).status).toBe(404);
});
