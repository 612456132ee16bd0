import { routesFor } from '#platform/http';
import { AppError } from '#platform/kernel';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { withSessionCookie } from './session-cookie.ts';

const OWN = 'http://localhost:3000';
const TOKENS = { access_token: 'eyJ', refresh_token: 'plr_next', expires_at: 1 };
const PLAIN = 'Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict';

interface Sent {
  readonly session?: 'opens' | 'refreshes' | 'ends';
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly protocol?: string;
  readonly body?: object;
  readonly publicUrl?: string;
  readonly sessionOrigins?: readonly string[];
  readonly answers?: (call: { readonly body: unknown }) => unknown;
}

/** Result of a call: its answer or error, the cookie that it sets, and the body that its handler had. */
async function send({ session = 'opens', headers, protocol = 'http', body, answers, ...said }: Sent) {
  const bodies: unknown[] = [];
  const route = routesFor<undefined>()(
    'POST /v1/enter',
    {
      summary: 'Enter',
      tag: 'Test',
      auth: 'none',
      session,
      rate: { perMinute: 1, by: 'ip' },
      reply: { 200: z.unknown() },
      example: { reply: {} },
    },
    async (call) => {
      bodies.push(call.body);
      return answers === undefined ? TOKENS : answers(call);
    },
  );
  const all = {
    origin: OWN,
    host: 'localhost:3000',
    'content-type': 'application/json',
    'plinth-session': 'cookie',
    ...headers,
  };
  const cookies: unknown[] = [];
  const responder = { setHeader: (_name: string, value: unknown) => void cookies.push(value) };
  const call = { body, origin: { request: { headers: all, protocol, host: all.host }, responder } };
  const handle = withSessionCookie(route, said);
  const answered = await handle(call, undefined).catch((error: unknown) => (error as AppError).code);
  return { answered, cookies, bodies };
}

test('a call that does not ask for a cookie has the tokens in its answer, whatever cookie it sends', async () => {
  const headers = { 'plinth-session': undefined, cookie: 'plinth_refresh_3000=plr_mine' };
  for (const session of ['opens', 'refreshes', 'ends'] as const)
    expect(await send({ session, headers, body: {} })).toEqual({
      answered: TOKENS,
      cookies: [],
      bodies: [{}],
    });
});

test('a refresh token is in the cookie alone: of http by its port, of https with the prefix that keeps neighbours out', async () => {
  const { refresh_token: _, ...rest } = TOKENS;
  const secure = { host: 'a.example', origin: 'https://a.example' };
  const bare = { host: 'a.example', origin: 'http://a.example' };
  const behindProxy = { headers: { ...secure, host: '10.0.0.1:6174' }, publicUrl: 'https://a.example/' };
  const cases: [Sent, string][] = [
    [{}, `plinth_refresh_3000=plr_next; ${PLAIN}`],
    [{ headers: bare }, `plinth_refresh_80=plr_next; ${PLAIN}`],
    [{ headers: secure, protocol: 'https' }, `__Host-plinth_refresh=plr_next; ${PLAIN}; Secure`],
    [behindProxy, `__Host-plinth_refresh=plr_next; ${PLAIN}; Secure`],
  ];
  for (const [sent, cookie] of cases)
    expect(await send(sent)).toEqual({ answered: rest, cookies: [cookie], bodies: [undefined] });
});

test('what has no refresh token, such as a challenge, is answered as it is', async () => {
  const challenge = { mfa_required: true, mfa_token: 'plm_1' };
  expect(await send({ answers: () => challenge })).toMatchObject({ answered: challenge, cookies: [] });
});

const from = (origin: string, more: object = {}) => ({ origin, 'sec-fetch-site': 'same-site', ...more });

test('a listed page of the same site has a cookie of its own, which no other page’s call reads', async () => {
  const pages = {
    sessionOrigins: ['https://app.a.example', 'https://x.a.example'],
    publicUrl: 'https://a.example',
  };
  const { cookies, answered } = await send({ ...pages, headers: from('https://app.a.example') });
  expect(answered).not.toHaveProperty('refresh_token');
  expect(cookies).toEqual([
    expect.stringMatching(
      /^__Host-plinth_refresh_[0-9a-f]{16}=plr_next; Path=\/; .*SameSite=Strict; Secure$/,
    ),
  ]);
  const cookie = `__Host-plinth_refresh=plr_console; ${String(cookies[0]).split(';')[0]}`;
  const refreshed = (origin: string) =>
    send({ ...pages, session: 'refreshes', body: {}, headers: from(origin, { cookie }) });
  expect((await refreshed('https://app.a.example')).bodies).toEqual([{ refresh_token: 'plr_next' }]);
  expect((await refreshed('https://x.a.example')).answered).toBe('unauthenticated');
  expect((await refreshed('https://a.example')).bodies).toEqual([{ refresh_token: 'plr_console' }]);
  expect((await refreshed('https://y.a.example')).answered).toBe('own_origin_required');
  const elsewhere = from('https://app.a.example', { 'sec-fetch-site': 'cross-site' });
  expect((await send({ ...pages, headers: elsewhere })).answered).toBe('same_site_required');
});

test.each<[string, Sent]>([
  ['another host', { headers: { origin: 'https://evil.example' } }],
  ['another port of this host', { headers: { origin: 'http://localhost:4000' } }],
  ['another scheme', { headers: { origin: 'https://localhost:3000' } }],
  ['an origin that is hidden', { headers: { origin: 'null' } }],
  ['no origin', { headers: { origin: undefined } }],
  ['its own address, where PUBLIC_URL says another', { publicUrl: 'https://a.example' }],
  ['no host', { headers: { host: '', origin: 'http://' } }],
  ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
  ['text that begins like JSON', { headers: { 'content-type': 'application/jsonp' } }],
  ['no type of content', { headers: { 'content-type': undefined } }],
])('a call from %s reaches no handler and changes no cookie', async (_from, sent) => {
  const cookie = 'plinth_refresh_3000=plr_mine';
  for (const session of ['opens', 'refreshes', 'ends'] as const)
    expect(await send({ session, body: {}, ...sent, headers: { cookie, ...sent.headers } })).toEqual({
      answered: 'own_origin_required',
      cookies: [],
      bodies: [],
    });
});

const refresh = (cookie: string | undefined, body: object = {}) =>
  send({ session: 'refreshes', body, headers: { cookie } });

test('a refresh reads the cookie of this port alone, and no token of the body beside it', async () => {
  const jar = 'plinth_refresh_300=plr_a; plinth_refresh_3000=plr_mine; x_plinth_refresh_3000=plr_b';
  expect((await refresh(jar)).bodies).toEqual([{ refresh_token: 'plr_mine' }]);
  expect(await refresh('plinth_refresh_4000=plr_a')).toMatchObject({
    answered: 'unauthenticated',
    bodies: [],
  });
  expect(await refresh(undefined)).toMatchObject({ answered: 'unauthenticated', bodies: [] });
  expect(await refresh(jar, { refresh_token: 'plr_other' })).toMatchObject({
    answered: 'validation_failed',
    bodies: [],
  });
});

const fail = (code: string) => () => {
  throw new AppError(code);
};

test('the cookie is cleared by the end of a session and by a refresh of one that is over, and by no other failure', async () => {
  const cleared = 'plinth_refresh_3000=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict';
  const headers = { cookie: 'plinth_refresh_3000=plr_mine' };
  expect(await send({ session: 'ends', headers, answers: () => ({ ok: true }) })).toMatchObject({
    answered: { ok: true },
    cookies: [cleared],
  });
  const refreshing = { session: 'refreshes', headers, body: {} } as const;
  expect((await send({ ...refreshing, answers: fail('unauthenticated') })).cookies).toEqual([cleared]);
  expect((await send({ ...refreshing, answers: fail('unavailable') })).cookies).toEqual([]);
  expect((await send({ session: 'opens', headers, answers: fail('unauthenticated') })).cookies).toEqual([]);
});

test('another word than "cookie" is refused, so that a slip puts no token into an answer', async () => {
  const sent = await send({ headers: { 'plinth-session': 'cookies' } });
  expect(sent).toEqual({ answered: 'validation_failed', cookies: [], bodies: [] });
});
