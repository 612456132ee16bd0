import { afterAll, describe, expect, test } from 'vitest';
import { createCaptchaSandbox } from '#sandbox/captcha';
import { stopTime } from '@plinth/testkit/factories';
import { hashAsInProduction } from '@plinth/testkit/fixtures/argon2';
import { engine } from '@plinth/testkit/services';
import { testApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { toAnswer, newEmail, OTHER, PASSWORD, register, signedIn } from './mailbox.ts';

const captcha = await createCaptchaSandbox();
afterAll(() => captcha.close());
const settings = { TRUSTED_PROXIES: '127.0.0.1' };
const app = await testApp({ settings });
await stopTime(app.db);

let made = 0;
const newIp = () => `10.9.${((made += 1) >> 8) & 255}.${made & 255}`;

interface LoginAttempt {
  readonly password?: string;
  readonly ip: string;
  readonly former_refresh_token?: string;
  readonly captcha_token?: string;
}

async function login(email: string, { ip, password = 'Wrong-Password-1', ...more }: LoginAttempt, on = app) {
  await forgetRates(on);
  const headers = { 'x-forwarded-for': ip };
  const reply = await on.call(undefined, 'POST /v1/auth/login', {
    headers,
    body: { email, password, ...more },
  });
  return { ...toAnswer(reply), retryAfter: reply.headers.get('retry-after') };
}

async function untilRefused(email: string, ip: string, on = app) {
  const replies = [];
  for (let n = 0; n < 6; n += 1) replies.push(await login(email, { ip }, on));
  return replies;
}

const errorOf = ({ status, body }: { status: number; body: Readonly<Record<string, unknown>> }) => {
  const { request_id: _, docs_url: _docs, ...error } = body['error'] as Record<string, unknown>;
  return { status, error };
};

describe('a guesser of passwords', () => {
  test('is told to wait after five, alike for known and for unknown emails', async () => {
    const ada = await register(app);
    const known = await untilRefused(ada.email, newIp());
    const unknown = await untilRefused(newEmail(), newIp());
    expect(known.map(({ code }) => code)).toEqual([
      ...Array.from({ length: 5 }, () => 'invalid_credentials'),
      'too_many_attempts',
    ]);
    expect(known.at(-1)).toMatchObject({ status: 429, retryAfter: '1' });
    expect(unknown.map((reply) => errorOf(reply))).toEqual(known.map((reply) => errorOf(reply)));
    expect(unknown.map(({ retryAfter }) => retryAfter)).toEqual(known.map(({ retryAfter }) => retryAfter));
  });

  test('does not lock the owner out, who comes from another address or on a device of theirs', async () => {
    const ada = await register(app);
    const [ip, home] = [newIp(), newIp()];
    const { body } = await login(ada.email, { ip: home, password: PASSWORD });
    await untilRefused(ada.email, ip);
    expect((await login(ada.email, { ip, password: PASSWORD })).status).toBe(429);
    expect((await login(ada.email, { ip: home, password: PASSWORD })).status).toBe(200);
    expect((await login(ada.email, { ip: newIp(), password: PASSWORD })).status).toBe(200);
    const former = String(body['refresh_token']);
    expect((await login(ada.email, { ip, password: PASSWORD, former_refresh_token: former })).status).toBe(
      200,
    );
  });

  test('hammers an email from everywhere, and its owner gets in all the while where they were before', async () => {
    const ada = await register(app);
    const home = newIp();
    expect((await login(ada.email, { ip: home, password: PASSWORD })).status).toBe(200);
    await forgetRates(app);
    const tryPassword = async (ip: string, password: string) => {
      const headers = { 'x-forwarded-for': ip };
      const body = { email: ada.email, password };
      return toAnswer(await app.call(undefined, 'POST /v1/auth/login', { headers, body })).status;
    };
    for (let n = 0; n < 12; n += 1) expect(await tryPassword(newIp(), 'Wrong-Password-1')).toBe(401);
    expect(await tryPassword(home, PASSWORD)).toBe(200);
  });

  test('gains no further counts by letters that the database makes small otherwise', async () => {
    const ada = await register(app);
    const email = ada.email.replace('i', 'İ');
    expect((await login(email, { ip: newIp(), password: PASSWORD })).code).toBe('invalid_credentials');
    expect((await login(ada.email.toUpperCase(), { ip: newIp(), password: PASSWORD })).status).toBe(200);
  });

  test('gets nothing by a token of another’s device', async () => {
    const [ada, eve] = [await register(app), await register(app)];
    const { body } = await login(eve.email, { ip: newIp(), password: PASSWORD });
    const [ip, former_refresh_token] = [newIp(), String(body['refresh_token'])];
    await untilRefused(ada.email, ip);
    expect((await login(ada.email, { ip, former_refresh_token })).status).toBe(429);
  });

  test('is forgotten when the owner resets the password', async () => {
    const ada = await register(app);
    // What the mailbox does comes from here too.
    await untilRefused(ada.email, '127.0.0.1');
    expect((await login(ada.email, { ip: '127.0.0.1', password: PASSWORD })).status).toBe(429);
    await ada.auth('forgot-password', { email: ada.email });
    expect((await ada.auth('reset-password', { token: await ada.link(), password: OTHER })).status).toBe(200);
    expect((await login(ada.email, { ip: '127.0.0.1', password: OTHER })).status).toBe(200);
  });

  test('in an open session is told to wait there, and nowhere else', async () => {
    const ada = await register(app);
    const [found, own] = [await ada.enter(), await ada.enter()];
    const change = (access: string, password: string) =>
      signedIn(app, access)('change-password', { password, new_password: OTHER });
    for (let n = 0; n < 5; n += 1)
      expect((await change(found.access, 'Wrong-1')).code).toBe('wrong_password');
    expect((await change(found.access, PASSWORD)).code).toBe('too_many_attempts');
    expect((await change(own.access, PASSWORD)).status).toBe(200);
  });
});

test('a guesser of links is told to wait, and a good link still works', async () => {
  const ada = await register(app);
  const guess = async (n: number) =>
    n % 2 === 0
      ? ada.auth('verify-email', { token: `ple_${n}` })
      : ada.auth('reset-password', { token: `ple_${n}`, password: OTHER });
  for (let n = 0; n < 20; n += 1) expect((await guess(n)).code).toBe('link_invalid');
  expect((await guess(20)).code).toBe('too_many_attempts');
  expect((await guess(21)).code).toBe('too_many_attempts');
  expect((await ada.auth('verify-email', { token: await ada.link() })).status).toBe(200);
});

test('a guesser of API keys is told to wait; a good key still works, and expired tokens are no guesses', async () => {
  const { key } = await app.customer();
  const getMe = async (bearer: string) => {
    const reply = await app.call(bearer, 'GET /v1/me', { headers: { 'x-forwarded-for': '10.8.0.1' } });
    return { ...toAnswer(reply), retryAfter: Number(reply.headers.get('retry-after')) };
  };
  for (let n = 0; n < 60; n += 1) expect((await getMe('eyJhbGciOiJFZERTQSJ9.e30.x')).status).toBe(401);
  for (let n = 0; n < 50; n += 1) expect((await getMe(`pl_${n}`)).status).toBe(401);
  // A program that was not told that its key is revoked makes no new guess.
  for (let n = 0; n < 10; n += 1) expect((await getMe('pl_0')).status).toBe(401);
  const refused = await getMe('pl_50');
  expect(refused).toMatchObject({ status: 429, code: 'too_many_attempts' });
  expect(refused.retryAfter).toBeGreaterThan(0);
  expect((await getMe(key)).status).toBe(200);
});

test.runIf(engine === 'postgres')(
  'where a CAPTCHA is set up, a log-in asks for it after three that failed, alike for known and for unknown emails',
  async () => {
    const asking = await testApp({
      beside: app,
      work: false,
      settings: {
        TRUSTED_PROXIES: '127.0.0.1',
        CAPTCHA_VERIFY_URL: captcha.url,
        CAPTCHA_SECRET: captcha.secret,
        CAPTCHA_SITE_KEY: captcha.siteKey,
      },
    });
    const ada = await register(app);
    const [ip, elsewhere] = [newIp(), newIp()];
    const known = (await untilRefused(ada.email, ip, asking)).map((reply) => errorOf(reply));
    const unknown = (await untilRefused(newEmail(), elsewhere, asking)).map((reply) => errorOf(reply));
    expect(unknown).toEqual(known);
    expect(known[3]).toMatchObject({
      status: 403,
      error: { code: 'captcha_required', details: { captcha: { site_key: captcha.siteKey } } },
    });
    const answer = { ip, password: PASSWORD, captcha_token: captcha.solve() };
    expect((await login(ada.email, answer, asking)).status).toBe(200);
    expect(captcha.verified).toEqual([ip]);
  },
);

test.runIf(engine === 'postgres')(
  'while the hashing pool is full, log-ins are refused as busy and everything else answers',
  async () => {
    hashAsInProduction();
    // It has not hashed yet: what unknown emails are compared with costs as much, too.
    const costly = await testApp({ beside: app, work: false, settings });
    const { key } = await costly.customer('reel.basic');
    let under_way = 300;
    const overfull = Promise.withResolvers<void>();
    await forgetRates(costly);
    const logins = Array.from({ length: under_way }, async () => {
      const headers = { 'x-forwarded-for': newIp() };
      const body = { email: newEmail(), password: 'Wrong-Password-1' };
      const reply = toAnswer(await costly.call(undefined, 'POST /v1/auth/login', { headers, body }));
      under_way -= 1;
      if (reply.code === 'busy') overfull.resolve();
      return reply.code;
    });
    const neverFull = Promise.all(logins).then(() => {
      throw new Error('the pool was never full');
    });
    await Promise.race([overfull.promise, neverFull]);
    neverFull.catch(() => {});
    const [health, list] = await Promise.all([
      costly.call(undefined, 'GET /healthz'),
      costly.call(key, 'GET /v1/plans'),
    ]);
    // Both came past those that still waited.
    expect({ health: health.status, list: list.status, waiting: under_way > 0 }).toEqual({
      health: 200,
      list: 200,
      waiting: true,
    });
    expect(new Set(await Promise.all(logins))).toEqual(new Set(['invalid_credentials', 'busy']));
  },
);
