import { createHash } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { createOpenIdSandbox } from './index.ts';

const client = { clientId: 'shop', clientSecret: 's3cret', redirectUris: ['https://shop.example/in'] };
const provider = await createOpenIdSandbox({ clients: [client, { clientId: 'app' }] });
afterAll(() => provider.close());

const VERIFIER = 'v'.repeat(43);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const ASKED = {
  client_id: 'shop',
  response_type: 'code',
  scope: 'openid email',
  redirect_uri: 'https://shop.example/in',
  state: 'the-state',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
};
const authorizeUrl = (more: object = {}) =>
  `${provider.url}/authorize?${new URLSearchParams({ ...ASKED, ...more }).toString()}`;
const GRANT = {
  grant_type: 'authorization_code',
  redirect_uri: ASKED.redirect_uri,
  code_verifier: VERIFIER,
  client_id: 'shop',
  client_secret: 's3cret',
};

async function requestToken(more: object): Promise<{ status: number; error: unknown }> {
  const body = new URLSearchParams({ ...GRANT, ...more });
  const response = await fetch(`${provider.url}/token`, { method: 'POST', body });
  const { error } = (await response.json()) as { error?: unknown };
  return { status: response.status, error };
}

const codeFor = async (more: object = {}) =>
  (await provider.decide(authorizeUrl(more), 'ada@example.com')).searchParams.get('code');

test('it shows a page with a form that leads back with a code and the state', async () => {
  const page = await fetch(authorizeUrl({ login_hint: '"><script>' }));
  const html = await page.text();
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(html).toContain('&quot;&gt;&lt;script&gt;');
  const action = /action="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const back = await provider.decide(new URL(action, provider.url).href, 'ada@example.com');
  expect(back.searchParams.get('state')).toBe('the-state');
  expect(await requestToken({ code: back.searchParams.get('code') })).toMatchObject({ status: 200 });
});

test('a code is good once, for its client, its redirect_uri and its verifier', async () => {
  const refused = { status: 400, error: 'invalid_grant' };
  const used = await codeFor();
  expect((await requestToken({ code: used })).status).toBe(200);
  expect(await requestToken({ code: used })).toEqual(refused);
  expect(await requestToken({ code: await codeFor(), redirect_uri: 'https://shop.example/other' })).toEqual(
    refused,
  );
  expect(await requestToken({ code: await codeFor(), code_verifier: 'w'.repeat(43) })).toEqual(refused);
  const appCode = await codeFor({ client_id: 'app', redirect_uri: 'app:/in' });
  expect(await requestToken({ code: appCode })).toEqual(refused);
});

test('a client shows its secret', async () => {
  const code = await codeFor();
  const refused = { status: 401, error: 'invalid_client' };
  expect(await requestToken({ code, client_secret: 'another' })).toEqual(refused);
  expect(await requestToken({ code, client_id: 'app' })).toEqual(refused);
});

test.each([
  ['an unknown client', { client_id: 'nobody' }],
  ['an address that the client did not register', { redirect_uri: 'https://evil.example/in' }],
  ['a plain challenge', { code_challenge_method: 'plain' }],
  ['a scope without openid', { scope: 'email' }],
])('%s is told to the person, and not sent anywhere', async (_what, more) => {
  await expect(provider.decide(authorizeUrl(more), 'ada@example.com')).rejects.toThrow('refuses');
});
