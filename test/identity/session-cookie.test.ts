import { describe, expect, test } from 'vitest';
import { inlineSchema } from '#server';
import { advance } from '@plinth/testkit/factories';
import { allRoutes } from '../../server/src/app.ts';
import { testApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { PASSWORD, register } from './mailbox.ts';

const app = await testApp({
  settings: {
    TRUSTED_PROXIES: '127.0.0.1',
    CORS_ORIGINS: 'https://app.example.com',
    SESSION_ORIGINS: 'http://127.0.0.1:5173',
  },
});
/** A browser app on the same site. */
const SIBLING = 'http://127.0.0.1:5173';
const NAME = `plinth_refresh_${new URL(app.url).port}`;
const PAGE = { origin: app.url, 'plinth-session': 'cookie' };

/** A call of a page of this server, with the cookie that the browser has. */
const page = (
  call: string,
  cookie = '',
  { as, ...more }: { readonly as?: string; readonly headers?: object } = {},
) => app.call(as, call, { body: {}, headers: { ...PAGE, cookie, ...more.headers } });
const refresh = (cookie: string, headers = {}) => page('POST /v1/auth/refresh', cookie, { headers });
/** What a browser sends back of what it was told to keep. */
const cookieOf = ({ headers }: { readonly headers: Headers }) =>
  headers.get('set-cookie')?.split(';')[0] ?? '';

/** Whether CORS allows the header, and credentials. */
const preflight = async (origin: string, path: string) => {
  const asked = { origin, 'access-control-request-method': 'POST' };
  const { headers } = await fetch(`${app.url}${path}`, { method: 'OPTIONS', headers: asked });
  expect(headers.get('access-control-allow-origin')).toBe(origin);
  return [
    headers.get('access-control-allow-headers')?.includes('plinth-session'),
    headers.get('access-control-allow-credentials'),
  ];
};

/** A user who signed in at a page of this server. */
async function atPage() {
  const ada = await register(app);
  await forgetRates(app);
  const body = { email: ada.email, password: PASSWORD };
  const reply = await app.call(undefined, 'POST /v1/auth/login', { body, headers: PAGE });
  return { ...ada, reply, cookie: cookieOf(reply), access: String(reply.body['access_token']) };
}

describe('a session in a cookie', () => {
  test('is declared by every call whose answer may hold a refresh token', () => {
    const holding = allRoutes().filter(({ shape }) =>
      Object.values(shape.reply).some((reply) =>
        JSON.stringify(inlineSchema(reply, 'output')).includes('"refresh_token"'),
      ),
    );
    expect(holding.length).toBeGreaterThan(6);
    expect(holding.filter(({ shape: { session = 'ends' } }) => session === 'ends')).toEqual([]);
  });

  test('is opened, refreshed and ended without a refresh token in any answer', async () => {
    const { reply, cookie, access } = await atPage();
    expect(reply.body).toEqual({ access_token: access, expires_at: expect.any(Number) });
    expect(cookie).toMatch(new RegExp(`^${NAME}=plr_[\\w-]{43}$`));
    const next = await refresh(cookie);
    expect(next.body).toEqual({ access_token: expect.any(String), expires_at: expect.any(Number) });
    expect(cookieOf(next)).toMatch(new RegExp(`^${NAME}=plr_`));
    expect(cookieOf(next)).not.toBe(cookie);
    const out = await page('POST /v1/auth/logout', cookieOf(next), { as: String(next.body['access_token']) });
    expect([out.status, cookieOf(out)]).toEqual([200, `${NAME}=`]);
    const over = await refresh(cookieOf(next));
    expect([over.status, cookieOf(over)]).toEqual([401, `${NAME}=`]);
  });

  test('is for https where a proxy that is trusted says so', async () => {
    const { email } = await register(app);
    await forgetRates(app);
    const headers = {
      ...PAGE,
      origin: 'https://a.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'a.example',
    };
    const reply = await app.call(undefined, 'POST /v1/auth/login', {
      body: { email, password: PASSWORD },
      headers,
    });
    expect(reply.headers.get('set-cookie')).toMatch(/^__Host-plinth_refresh=plr_.*; Secure$/);
  });

  test('goes on in ten tabs that refresh at once', async () => {
    const { cookie } = await atPage();
    const tabs = await Promise.all(Array.from({ length: 10 }, () => refresh(cookie)));
    expect(tabs.map(({ status }) => status)).toEqual(tabs.map(() => 200));
    expect(new Set(tabs.map(cookieOf)).size).toBe(1);
    await advance(app.db, '11 seconds');
    await forgetRates(app);
    expect((await refresh(cookieOf(tabs[0] ?? new Response()))).status).toBe(200);
  });

  test('ends for both when a copied cookie is used after the grace, and its owner gets a mail', async () => {
    const { cookie: copied, mails } = await atPage();
    const own = await refresh(copied);
    await advance(app.db, '11 seconds');
    const stolen = await refresh(copied);
    expect([stolen.status, cookieOf(stolen)]).toEqual([401, `${NAME}=`]);
    expect((await refresh(cookieOf(own))).status).toBe(401);
    expect((await app.call(String(own.body['access_token']), 'GET /v1/me')).status).toBe(401);
    expect((await mails()).filter(({ subject }) => subject === 'We ended one of your sessions')).toHaveLength(
      1,
    );
  });

  test('is no credential of any other call', async () => {
    const { cookie } = await atPage();
    expect((await app.call(undefined, 'GET /v1/me', { headers: { ...PAGE, cookie } })).status).toBe(401);
    expect((await page('POST /v1/auth/logout', cookie)).status).toBe(401);
    const body = {};
    const plain = await app.call(undefined, 'POST /v1/auth/refresh', { body, headers: { cookie } });
    expect([plain.status, plain.headers.get('set-cookie')]).toEqual([400, null]);
    expect((await refresh(cookie)).status).toBe(200);
  });

  test('is refused to a foreign page, a listed one too, and stays as it is', async () => {
    const { cookie, access } = await atPage();
    const foreign = { origin: 'https://app.example.com' };
    const refused = [
      await refresh(cookie, foreign),
      await page('POST /v1/auth/logout', cookie, { as: access, headers: foreign }),
    ];
    for (const { status, body, headers } of refused)
      expect([status, body['error'], headers.get('set-cookie')]).toEqual([
        403,
        expect.objectContaining({ code: 'own_origin_required' }),
        null,
      ]);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await refresh(cookie, form)).status).toBe(415);
    expect((await refresh(cookie)).status).toBe(200);
  });

  test('is nothing that CORS lets a page ask for, but one of SESSION_ORIGINS, for sessions alone', async () => {
    expect(await preflight('https://app.example.com', '/v1/auth/refresh')).toEqual([false, null]);
    expect(await preflight(SIBLING, '/v1/auth/refresh')).toEqual([true, 'true']);
    for (const path of ['/v1/me', '/portal', '/app/sign-in', '/v1/authors'])
      expect(await preflight(SIBLING, path)).toEqual([false, null]);
  });

  test('is an app’s of SESSION_ORIGINS, apart from the one of the server’s own pages', async () => {
    const { email, cookie } = await atPage();
    await forgetRates(app);
    const headers = { ...PAGE, origin: SIBLING };
    const body = { email, password: PASSWORD };
    const reply = await app.call(undefined, 'POST /v1/auth/login', { body, headers });
    expect(reply.headers.get('access-control-allow-credentials')).toBe('true');
    const sibling = cookieOf(reply);
    expect(sibling).toMatch(new RegExp(`^${NAME}_[0-9a-f]{16}=plr_`));
    const both = `${cookie}; ${sibling}`;
    const next = await refresh(both, { origin: SIBLING });
    expect([next.status, cookieOf(next).split('=')[0]]).toEqual([200, sibling.split('=')[0]]);
    expect((await refresh(both)).status).toBe(200);
    expect((await refresh(cookie, { origin: SIBLING })).status).toBe(401);
    const foreign = await refresh(both, { origin: SIBLING, 'sec-fetch-site': 'cross-site' });
    expect(foreign.body['error']).toMatchObject({ code: 'same_site_required' });
  });
});
