import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { openProvider } from '@plinth/testkit/services/provider';
import { testApp } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { appSignIn, browser, RETURN_TO, settingsFor } from './browser.ts';
import { newEmail, PASSWORD, somebodyAt } from './mailbox.ts';

const provider = await openProvider();
const app = await testApp({ settings: settingsFor(provider) });

/** What the database has no part in is tried on one engine. */
const isFirst = engine === 'postgres';
const FAILED = { status: 401, code: 'sign_in_failed' };
const getMe = async (token: unknown) => (await app.call(String(token), 'GET /v1/me')).body;

/** How many users have an address, and how many identities they have at the provider. */
async function usersOf(email: string): Promise<{ users: number; identities: number }> {
  const sql = `select count(distinct u.user_id)::int as users, count(i.id)::int as identities
    from identity.users u left join identity.identities i using (user_id) where lower(u.email) = lower($1)`;
  const [row] = await app.db.asMigrator(statement<{ users: number; identities: number }>(sql, [email]));
  return row ?? { users: 0, identities: 0 };
}

/** A browser that is about to come back from the provider. */
async function openReturning(email = newEmail()) {
  const ada = browser(app, provider);
  const from = await provider.decide((await ada.begin()).href, email);
  return { ada, from, email };
}

/** A browser that came back with a one-time code. */
async function openWithCode() {
  const ada = browser(app, provider);
  return { ada, code: (await ada.signIn(newEmail())).get('code') };
}

describe('signing in by Google', () => {
  test('registers a newcomer, with a verified address, an account of their own and no password', async () => {
    const ada = browser(app, provider);
    const email = newEmail();
    provider.person(email, { name: 'Ada Lovelace' });
    const query = await ada.signIn(email);
    expect(Object.fromEntries(query)).toEqual({ code: expect.stringMatching(/^plo_[\w-]{43}$/) });
    const { body } = await ada.exchange(query.get('code'));
    expect(await getMe(body['access_token'])).toMatchObject({
      email,
      email_verified: true,
      full_name: 'Ada Lovelace',
      accounts: [{ kind: 'personal', role: 'owner' }],
    });
    expect((await somebodyAt(app, email).login(PASSWORD)).code).toBe('invalid_credentials');
  });

  test('finds the same user again by their subject, also after their address changed', async () => {
    const ada = browser(app, provider);
    const email = newEmail();
    const first = await ada.exchange((await ada.signIn(email)).get('code'));
    const { subject } = provider.person(email);
    const renamed = newEmail();
    provider.person(renamed, { subject });
    const later = await ada.exchange((await ada.signIn(renamed)).get('code'));
    expect((await getMe(later.body['access_token']))['id']).toBe(
      (await getMe(first.body['access_token']))['id'],
    );
  });

  test('gives a user without a password one by a link in a mail', async () => {
    const ada = browser(app, provider);
    const email = newEmail();
    await ada.signIn(email);
    const reader = somebodyAt(app, email);
    await reader.auth('forgot-password', { email });
    await reader.auth('reset-password', { token: await reader.link(), password: PASSWORD });
    expect((await reader.login(PASSWORD)).status).toBe(200);
    expect((await ada.signIn(email)).get('code')).not.toBeNull();
  });

  test('sends a person who says no back to the product, with the error', async () => {
    const query = await browser(app, provider).signIn(undefined);
    expect(Object.fromEntries(query)).toEqual({ error: 'sign_in_canceled' });
  });

  test('that came to nothing is in the audit, with what it came to', async () => {
    await browser(app, provider).signIn(undefined);
    const sql = `select changes from audit.events where action = 'session.refused' order by id desc limit 1`;
    const [event] = await app.db.asMigrator(statement<{ changes: object }>(sql));
    expect(event?.changes).toEqual({ method: 'google', code: 'sign_in_canceled' });
  });

  test('asks a user with a second factor for it', async () => {
    const ada = browser(app, provider);
    const email = newEmail();
    await ada.signIn(email);
    const sql = `insert into identity.totp (user_id, secret, confirmed_at)
      select user_id, 'sealed', app.now() from identity.users where email = $1`;
    await app.db.asMigrator(statement(sql, [email]));
    const { status, body } = await ada.exchange((await ada.signIn(email)).get('code'));
    expect({ status, body }).toMatchObject({ status: 200, body: { mfa_required: true, methods: ['totp'] } });
    expect(body).not.toHaveProperty('access_token');
  });

  test('makes nobody of an address that Google has not verified', async () => {
    const email = newEmail();
    provider.person(email, { emailVerified: false });
    const query = await browser(app, provider).signIn(email);
    expect(Object.fromEntries(query)).toEqual({ error: 'provider_email_unverified' });
    expect(await usersOf(email)).toEqual({ users: 0, identities: 0 });
  });

  test('lets no suspended user in', async () => {
    const ada = browser(app, provider);
    const email = newEmail();
    await ada.signIn(email);
    const sql = `update identity.users set status = 'suspended' where email = $1`;
    await app.db.asMigrator(statement(sql, [email]));
    const query = await ada.signIn(email);
    expect(await ada.exchange(query.get('code'))).toMatchObject({ status: 403, code: 'user_suspended' });
  });

  test('two at once by one newcomer make one user', async () => {
    const email = newEmail();
    const ways = await Promise.all([openReturning(email), openReturning(email), openReturning(email)]);
    const led = await Promise.all(ways.map(({ ada, from }) => ada.back(from)));
    expect(led.map(({ location }) => [...location.searchParams.keys()])).toEqual([
      ['code'],
      ['code'],
      ['code'],
    ]);
    expect(await usersOf(email)).toEqual({ users: 1, identities: 1 });
  });

  test('goes on while a rotated key signs', async () => {
    const ada = browser(app, provider);
    expect((await ada.signIn(newEmail())).get('code')).not.toBeNull();
    await provider.rotateKeys();
    expect((await ada.signIn(newEmail())).get('code')).not.toBeNull();
  });
});

describe('what a browser comes back with', () => {
  test('is good once', async () => {
    const { ada, from } = await openReturning();
    expect((await ada.back(from)).location.searchParams.get('code')).not.toBeNull();
    expect(await ada.back(from)).toMatchObject(FAILED);
  });

  test('is good once of two at once', async () => {
    const { ada, from, email } = await openReturning();
    const led = await Promise.all([ada.back(from), ada.back(from)]);
    expect(led.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([302, 401]);
    expect(await usersOf(email)).toEqual({ users: 1, identities: 1 });
  });

  test('is good for ten minutes', async () => {
    const { ada, from } = await openReturning();
    await advance(app.db, '10 minutes');
    expect(await ada.back(from)).toMatchObject(FAILED);
  });

  test.each([
    ['altered', (from: URL) => from.searchParams.set('state', `x${from.searchParams.get('state')}`), 401],
    ['without its state', (from: URL) => from.searchParams.delete('state'), 400],
    ['with two states', (from: URL) => from.searchParams.append('state', 'another'), 400],
  ])('is refused %s', async (_how, alter, status) => {
    const { ada, from } = await openReturning();
    alter(from);
    expect((await ada.back(from)).status).toBe(status);
  });

  test('signs nobody in by another code, or by the answer of another provider', async () => {
    const [own, other] = [await openReturning(), await openReturning()];
    own.from.searchParams.set('code', other.from.searchParams.get('code') ?? '');
    expect((await own.ada.back(own.from)).location.searchParams.get('error')).toBe('sign_in_failed');
    const mixed = await openReturning();
    mixed.from.searchParams.set('iss', 'https://another.example');
    expect((await mixed.ada.back(mixed.from)).location.searchParams.get('error')).toBe('sign_in_failed');
  });

  test('is worth nothing in another browser, and stays good in its own', async () => {
    const { ada, from } = await openReturning();
    const victim = browser(app, provider);
    expect(await victim.back(from)).toMatchObject(FAILED);
    await victim.begin();
    expect(await victim.back(from)).toMatchObject(FAILED);
    expect((await ada.back(from)).status).toBe(302);
  });

  test('belongs to one of two tabs, which do not end each other', async () => {
    const ada = browser(app, provider);
    const tabs = [await ada.begin(), await ada.begin()];
    for (const tab of tabs) {
      const led = await ada.back(await provider.decide(tab.href, newEmail()));
      expect(led.location.searchParams.get('code')).not.toBeNull();
    }
  });

  test('rests nowhere as it is, nor what Google is asked with', async () => {
    const ada = browser(app, provider);
    const at = await ada.begin();
    const [row] = await app.db.asMigrator(
      statement<{ stored: string }>(
        'select string_agg(s::text, $1) as stored from identity.sign_in_states s',
        [' '],
      ),
    );
    const [, secret = ''] = ada.cookie.split('=');
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(row?.stored).not.toContain(at.searchParams.get(name));
    expect(row?.stored).not.toContain(secret);
  });

  test
    .runIf(isFirst)
    .each([
      'wrong nonce',
      'no nonce',
      'wrong audience',
      'wrong issuer',
      'expired',
      'issued later',
      'not signed by us',
      'unsigned',
    ] as const)('with an ID token that is %s makes nobody', async (fault) => {
    const { ada, from, email } = await openReturning();
    provider.faults.tokens(fault);
    expect((await ada.back(from)).location.searchParams.get('error')).toBe('sign_in_failed');
    expect(await usersOf(email)).toEqual({ users: 0, identities: 0 });
  });

  test.runIf(isFirst).each([{ status: 500 }, { status: 429 }, 'reset', 'endless'] as const)(
    'while Google answers with %j, is answered in our own words',
    async (fault) => {
      const { ada, from } = await openReturning();
      provider.faults.at('token', fault);
      expect((await ada.back(from)).location.searchParams.get('error')).toBe('sign_in_unavailable');
    },
  );
});

describe('a one-time code', () => {
  test('is exchanged once', async () => {
    const { ada, code } = await openWithCode();
    expect((await ada.exchange(code)).status).toBe(200);
    expect(await ada.exchange(code)).toMatchObject(FAILED);
  });

  test('is exchanged once of two at once', async () => {
    const { ada, code } = await openWithCode();
    const both = await Promise.all([ada.exchange(code), ada.exchange(code)]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401]);
  });

  test('is good for a minute', async () => {
    const { ada, code } = await openWithCode();
    await advance(app.db, '60 seconds');
    expect(await ada.exchange(code)).toMatchObject(FAILED);
  });

  test('is refused without the verifier that its page kept, and when altered', async () => {
    const { ada, code } = await openWithCode();
    expect(await browser(app, provider).exchange(code)).toMatchObject(FAILED);
    expect(await ada.exchange(`${code}x`)).toMatchObject(FAILED);
    expect((await ada.exchange(code)).status).toBe(200);
  });

  test('ends with a new password', async () => {
    const ada = browser(app, provider);
    const email = newEmail();
    const reader = somebodyAt(app, email);
    const code = (await ada.signIn(email)).get('code');
    await reader.auth('forgot-password', { email });
    await reader.auth('reset-password', { token: await reader.link(), password: PASSWORD });
    expect(await ada.exchange(code)).toMatchObject(FAILED);
  });
});

describe.runIf(isFirst)('the way back', () => {
  test.each([
    'https://evil.example/signed-in',
    'https://app.example.com/signed-in/../other',
    'https://app.example.com.evil.example/signed-in',
    'https://ada:pass@app.example.com/signed-in',
    'https://app.example.com/signed-in#here',
    'http://app.example.com/signed-in',
    'javascript://app.example.com/%0aalert(1)',
    '//app.example.com/signed-in',
    '/signed-in',
  ])('never leads to %s', async (address) => {
    const query = new URLSearchParams({
      return_to: address,
      code_challenge: browser(app, provider).challenge,
    });
    const led = await browser(app, provider).open(`/v1/auth/google?${query.toString()}`);
    expect(led).toMatchObject({ status: 400, code: 'validation_failed' });
  });

  test('keeps what the product put into it, but no code and no error', async () => {
    const ada = browser(app, provider);
    const at = await ada.begin(`${RETURN_TO}?next=%2Finbox&code=forged&error=forged`);
    const { location } = await ada.back(await provider.decide(at.href, undefined));
    expect(location.href).toBe(`${RETURN_TO}?next=%2Finbox&error=sign_in_canceled`);
    expect((await ada.begin('app://signed-in')).origin).toBe(provider.url);
  });

  test('is bound to the browser by a cookie that no script reads and no other site sends', async () => {
    const path = `/v1/auth/google?return_to=app://in&code_challenge=${browser(app, provider).challenge}`;
    const cookiesSetBy = async (url: string) =>
      (await fetch(url + path, { redirect: 'manual' })).headers.getSetCookie().join();
    expect(await cookiesSetBy(app.url)).toMatch(
      /^plinth_sign_in=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/,
    );
    const settings = { ...settingsFor(provider), PUBLIC_URL: 'https://plinth.localhost' };
    const secure = await testApp({ beside: app, settings, work: false });
    expect(await cookiesSetBy(secure.url)).toMatch(/^__Host-plinth_sign_in=[\w-]{43}; Path=\/; .*; Secure$/);
    await secure.close();
  });
});

describe.runIf(isFirst)('an app that was at Google by itself', () => {
  test('signs in by its code and its verifier, with or without a nonce', async () => {
    const email = newEmail();
    expect((await appSignIn(app, provider, { email })).status).toBe(200);
    expect((await appSignIn(app, provider, { email, nonce: 'n-1' })).status).toBe(200);
    expect(await usersOf(email)).toEqual({ users: 1, identities: 1 });
  });

  test.each([
    ['another verifier', { code_verifier: 'a'.repeat(43) }],
    ['another redirect_uri', { redirect_uri: 'com.example.app:/other' }],
    ['a made-up code', { code: 'made-up' }],
  ])('is refused with %s', async (_what, more) => {
    expect(await appSignIn(app, provider, { email: newEmail(), ...more })).toMatchObject(FAILED);
  });

  test('is refused when the ID token has another nonce, or one that nobody named', async () => {
    provider.faults.tokens('wrong nonce', 'wrong nonce', 'no nonce');
    expect(await appSignIn(app, provider, { email: newEmail(), nonce: 'n-1' })).toMatchObject(FAILED);
    expect(await appSignIn(app, provider, { email: newEmail() })).toMatchObject(FAILED);
    expect(await appSignIn(app, provider, { email: newEmail(), nonce: 'n-1' })).toMatchObject(FAILED);
  });

  test('is told when there is no Google here', async () => {
    const without = await testApp({ beside: app, settings: { SANDBOX_SIGN_IN: 'false' }, work: false });
    const refused = { status: 404, code: 'sign_in_not_set_up' };
    expect(await appSignIn(without, provider, { email: newEmail() })).toMatchObject(refused);
    await without.close();
  });
});
