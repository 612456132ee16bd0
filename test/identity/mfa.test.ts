import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { testApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { authenticatorOf, callsAs, challengeOf, enrol, newcomer, withAuthenticator } from './factors.ts';
import { toAnswer, OTHER, PASSWORD } from './mailbox.ts';

const app = await testApp({ settings: { TRUSTED_PROXIES: '127.0.0.1' } });
const anyone = callsAs(app, undefined);
const verify = (token: string, proof: object) =>
  anyone('POST /v1/auth/mfa/verify', { mfa_token: token, ...proof });

describe('an authenticator app', () => {
  test('is asked for at each sign-in from its first code on, and lets in with a code', async () => {
    const one = await withAuthenticator(app);
    expect(one.recoveryCodes).toHaveLength(10);
    const login = await one.ada.login();
    expect(login).toMatchObject({
      status: 200,
      body: {
        mfa_required: true,
        methods: ['totp', 'recovery_code'],
        mfa_token: expect.stringMatching(/^plm_/),
      },
    });
    const entered = await verify(String(login.body['mfa_token']), { code: await one.code() });
    expect(entered.status).toBe(200);
    const status = await callsAs(app, String(entered.body['access_token']))('GET /v1/auth/mfa');
    expect(status.body).toEqual({ enabled: true, totp: true, recovery_codes_left: 10, passkeys: [] });
  });

  test('changes nothing before its first code, and that is good for 15 minutes', async () => {
    const one = await newcomer(app);
    const { body } = await one.call('POST /v1/auth/mfa/totp');
    expect(String(body['otpauth_uri'])).toContain(`secret=${String(body['secret'])}`);
    const code = authenticatorOf(app, String(body['secret']));
    expect((await one.call('POST /v1/auth/mfa/totp/confirm', { code: '000000' })).code).toBe('mfa_refused');
    expect((await one.ada.login()).body).toHaveProperty('access_token');
    await advance(app.db, '16 minutes');
    const late = await newSession(one);
    expect(await late('POST /v1/auth/mfa/totp/confirm', { code: await code() })).toMatchObject({
      status: 409,
      code: 'conflict',
    });
  });

  test('takes each code once, also where it comes twice at once', async () => {
    const one = await withAuthenticator(app);
    const tokens = [await challengeOf(one), await challengeOf(one)];
    const code = await one.code();
    const answers = await Promise.all(tokens.map((token) => verify(token, { code })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403]);
    const third = await verify(await challengeOf(one), { code });
    expect(third.code).toBe('mfa_refused');
    // The step before one that was used is over as well.
    const before = await verify(await challengeOf(one), { code: await one.code(-1) });
    expect(before.code).toBe('mfa_refused');
    expect((await verify(await challengeOf(one), { code: await one.code(1) })).status).toBe(200);
  });

  test('that two tabs confirm at once is confirmed once, with one set of recovery codes', async () => {
    const one = await newcomer(app);
    const { body } = await one.call('POST /v1/auth/mfa/totp');
    const code = await authenticatorOf(app, String(body['secret']))();
    const both = await Promise.all(
      [code, code].map((typed) => one.call('POST /v1/auth/mfa/totp/confirm', { code: typed })),
    );
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect((await one.call('GET /v1/auth/mfa')).body).toMatchObject({ recovery_codes_left: 10 });
  });

  test('is replaced by another with no moment in between', async () => {
    const one = await withAuthenticator(app);
    const { body } = await one.call('POST /v1/auth/mfa/totp');
    expect((await verify(await challengeOf(one), { code: await one.code() })).status).toBe(200);
    const next = authenticatorOf(app, String(body['secret']));
    const confirmed = await one.call('POST /v1/auth/mfa/totp/confirm', { code: await next() });
    expect(confirmed.body).toEqual({ recovery_codes: null });
    await advance(app.db, '31 seconds');
    expect((await verify(await challengeOf(one), { code: await one.code() })).code).toBe('mfa_refused');
    expect((await verify(await challengeOf(one), { code: await next() })).status).toBe(200);
  });

  test('that is removed takes its recovery codes with it, and a mail tells of each change', async () => {
    const one = await withAuthenticator(app);
    expect((await one.call('DELETE /v1/auth/mfa/totp')).status).toBe(200);
    expect((await one.call('DELETE /v1/auth/mfa/totp')).code).toBe('not_found');
    expect((await one.ada.login()).body).toHaveProperty('access_token');
    expect((await one.call('GET /v1/auth/mfa')).body).toMatchObject({
      enabled: false,
      recovery_codes_left: 0,
    });
    const told = (await one.ada.mails()).filter(({ subject }) => subject === 'Your two-step sign-in');
    expect(told.map(({ text }) => text)).toEqual([
      expect.stringContaining('An authenticator app was added.'),
      expect.stringContaining('Your authenticator app was removed.'),
    ]);
  });

  test('is kept sealed, and its recovery codes as hashes', async () => {
    const one = await newcomer(app);
    const { body } = await one.call('POST /v1/auth/mfa/totp');
    const secret = String(body['secret']);
    const code = await authenticatorOf(app, secret)();
    const { body: confirmed } = await one.call('POST /v1/auth/mfa/totp/confirm', { code });
    const rows = await app.db.asMigrator(
      statement(
        'select t::text from identity.totp t union all select c::text from identity.recovery_codes c',
      ),
    );
    const kept = JSON.stringify(rows);
    for (const told of [secret, ...(confirmed['recovery_codes'] as string[])])
      expect(kept).not.toContain(told);
  });
});

describe('a challenge', () => {
  test('is answered once, also by two at once', async () => {
    const one = await withAuthenticator(app);
    const [token, [first = '', second = '']] = [await challengeOf(one), one.recoveryCodes];
    const answers = await Promise.all(
      [first, second].map((recovery_code) => verify(token, { recovery_code })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401]);
    expect((await verify(token, { code: await one.code() })).code).toBe('mfa_over');
  });

  test('is over after five wrong tries, ten minutes, or a new password', async () => {
    const one = await withAuthenticator(app);
    const tried = await challengeOf(one);
    for (let n = 0; n < 5; n += 1) {
      expect((await verify(tried, { recovery_code: 'A'.repeat(20) })).code).toBe('mfa_refused');
    }
    expect((await verify(tried, { code: await one.code() })).code).toBe('mfa_over');
    const old = await challengeOf(one);
    await advance(app.db, '11 minutes');
    expect((await verify(old, { code: await one.code() })).code).toBe('mfa_over');
    const open = await challengeOf(one);
    await one.ada.auth('forgot-password', { email: one.ada.email });
    await one.ada.auth('reset-password', { token: await one.ada.link(), password: OTHER });
    expect((await verify(open, { code: await one.code() })).code).toBe('mfa_over');
  });

  test('of somebody else is not answered by one’s own factors, and a made-up one by none', async () => {
    const [one, two] = [await withAuthenticator(app), await withAuthenticator(app)];
    const [own = ''] = two.recoveryCodes;
    const token = await challengeOf(one);
    expect((await verify(token, { recovery_code: own })).code).toBe('mfa_refused');
    expect((await verify(token, { code: await two.code() })).code).toBe('mfa_refused');
    expect((await verify('plm_made-up', { recovery_code: own })).code).toBe('mfa_over');
    expect((await verify(`${token}x`, { code: await one.code() })).code).toBe('mfa_over');
  });

  test('is asked after a password reset as well', async () => {
    const one = await withAuthenticator(app);
    await one.ada.auth('verify-email', { token: await one.ada.link() });
    await one.ada.auth('forgot-password', { email: one.ada.email });
    const reset = await one.ada.auth('reset-password', { token: await one.ada.link(), password: OTHER });
    expect(reset.body).toEqual({ status: 'password_changed' });
    expect((await one.ada.login(OTHER)).body).toMatchObject({ mfa_required: true });
  });

  test('lets nobody in who was suspended meanwhile', async () => {
    const one = await withAuthenticator(app);
    const token = await challengeOf(one);
    await app.db.asMigrator(
      statement(`update identity.users set status = 'suspended' where email = $1`, [one.ada.email]),
    );
    const [recovery_code = ''] = one.recoveryCodes;
    expect(await verify(token, { recovery_code })).toMatchObject({ status: 403, code: 'user_suspended' });
    // What was not let in has used nothing up.
    await app.db.asMigrator(
      statement(`update identity.users set status = 'active' where email = $1`, [one.ada.email]),
    );
    expect((await verify(token, { recovery_code })).status).toBe(200);
  });

  test('lets no token of its own in anywhere else', async () => {
    const one = await withAuthenticator(app);
    const token = await challengeOf(one);
    expect((await callsAs(app, token)('GET /v1/me')).status).toBe(401);
    expect((await anyone('POST /v1/auth/refresh', { refresh_token: token })).status).toBe(401);
  });
});

describe('a recovery code', () => {
  test('lets in once, however it is written, and a mail says so', async () => {
    const one = await withAuthenticator(app);
    const [code = ''] = one.recoveryCodes;
    const written = { recovery_code: code.replaceAll('-', ' ').toLowerCase() };
    expect((await verify(await challengeOf(one), written)).status).toBe(200);
    expect((await verify(await challengeOf(one), { recovery_code: code })).code).toBe('mfa_refused');
    expect((await one.call('GET /v1/auth/mfa')).body).toMatchObject({ recovery_codes_left: 9 });
    expect((await one.ada.mails()).at(-1)?.text).toContain('One of your recovery codes was used.');
  });

  test('is no longer good when new ones are made, and there are none without a factor', async () => {
    const one = await withAuthenticator(app);
    const { body } = await one.call('POST /v1/auth/mfa/recovery-codes');
    const [[before], [after]] = [one.recoveryCodes, body['recovery_codes'] as string[]];
    expect((await verify(await challengeOf(one), { recovery_code: before })).code).toBe('mfa_refused');
    expect((await verify(await challengeOf(one), { recovery_code: after })).status).toBe(200);
    const two = await newcomer(app);
    expect((await two.call('POST /v1/auth/mfa/recovery-codes')).code).toBe('conflict');
  });
});

describe('a guesser of codes', () => {
  test('is made to wait, longer each time, over all challenges; other factors still let the owner in', async () => {
    const one = await withAuthenticator(app);
    for (let n = 0; n < 5; n += 1) {
      expect((await verify(await challengeOf(one), { code: '000000' })).code).toBe('mfa_refused');
    }
    const paused = await verify(await challengeOf(one), { code: await one.code() });
    expect(paused).toMatchObject({ status: 429, code: 'mfa_paused' });
    const [recovery_code = ''] = one.recoveryCodes;
    expect((await verify(await challengeOf(one), { recovery_code })).status).toBe(200);
    expect((await one.ada.mails()).some(({ text }) => text.includes('Wrong codes were tried'))).toBe(true);
    await advance(app.db, '61 seconds');
    expect((await verify(await challengeOf(one), { code: '000000' })).code).toBe('mfa_refused');
    await advance(app.db, '61 seconds');
    expect((await verify(await challengeOf(one), { code: await one.code() })).code).toBe('mfa_paused');
    await advance(app.db, '60 seconds');
    expect((await verify(await challengeOf(one), { code: await one.code() })).status).toBe(200);
  });
});

const STRANGER = '198.51.100.66';

/** A sign-in with a code, from an address and perhaps a known device; answers how it went. */
async function signInFrom(
  ip: string,
  one: Pick<Awaited<ReturnType<typeof newcomer>>, 'ada'>,
  proof: { readonly code: string; readonly former_refresh_token?: string },
): Promise<string> {
  const token = await challengeOf(one);
  await forgetRates(app);
  const sent = { body: { mfa_token: token, ...proof }, headers: { 'x-forwarded-for': ip } };
  const { status, code } = toAnswer(await app.call(undefined, 'POST /v1/auth/mfa/verify', sent));
  return code ?? String(status);
}

/** Wrong codes from another address, until none from there is looked at. */
async function guessUntilPaused(one: Awaited<ReturnType<typeof withAuthenticator>>): Promise<void> {
  for (let n = 0; n < 5; n += 1) await signInFrom(STRANGER, one, { code: '000000' });
  expect(await signInFrom(STRANGER, one, { code: await one.code() })).toBe('mfa_paused');
}

describe('a guesser of codes who knows the password', () => {
  test('does not keep the owner from where they have shown a factor: their address, and their device anywhere', async () => {
    const one = await withAuthenticator(app);
    const { body } = await verify(await challengeOf(one), { code: await one.code() });
    const former = String(body['refresh_token']);
    await guessUntilPaused(one);
    await advance(app.db, '30 seconds');
    expect(await signInFrom('127.0.0.1', one, { code: await one.code() })).toBe('200');
    await advance(app.db, '30 seconds');
    const elsewhere = '203.0.113.9';
    // The minute is over, and one more closes all other places for two.
    expect(await signInFrom(elsewhere, one, { code: '000000' })).toBe('mfa_refused');
    expect(await signInFrom(elsewhere, one, { code: await one.code() })).toBe('mfa_paused');
    expect(await signInFrom(elsewhere, one, { code: await one.code(), former_refresh_token: former })).toBe(
      '200',
    );
    // What the owner showed has forgiven the guesser nothing.
    await advance(app.db, '121 seconds');
    expect(await signInFrom(STRANGER, one, { code: '000000' })).toBe('mfa_refused');
    expect(await signInFrom(STRANGER, one, { code: await one.code() })).toBe('mfa_paused');
  });

  test('has no places of their own by sessions from before there was a second factor', async () => {
    const one = await newcomer(app);
    const former = (await one.ada.enter()).refresh;
    const old = callsAs(app, (await one.ada.enter()).access);
    const factors = await enrol(app, one.call);
    const owner = { ...one, ...factors };
    await guessUntilPaused(owner);
    expect(await signInFrom(STRANGER, owner, { code: '000000', former_refresh_token: former })).toBe(
      'mfa_paused',
    );
    // The session in which the app was confirmed is at a known place, the others are not.
    await forgetAddresses(app, owner);
    expect((await old('POST /v1/auth/step-up', { code: '000000' })).code).toBe('mfa_paused');
    expect((await one.call('POST /v1/auth/step-up', { code: '000000' })).code).toBe('mfa_refused');
    expect((await one.call('POST /v1/auth/step-up', { code: await factors.code() })).status).toBe(200);
  });

  test('in a session that they hold closes that session alone', async () => {
    const one = await withAuthenticator(app);
    const { body } = await verify(await challengeOf(one), { code: await one.code() });
    const held = callsAs(app, String(body['access_token']));
    for (let n = 0; n < 5; n += 1) await held('POST /v1/auth/step-up', { code: '000000' });
    expect((await held('POST /v1/auth/step-up', { code: '000000' })).code).toBe('mfa_paused');
    await advance(app.db, '30 seconds');
    expect((await one.call('POST /v1/auth/step-up', { code: await one.code() })).status).toBe(200);
  });
});

/** Forgets that the user was ever at this address: what is tried from here comes from anywhere. */
async function forgetAddresses(
  { db }: typeof app,
  { ada }: Pick<Awaited<ReturnType<typeof newcomer>>, 'ada'>,
) {
  const sql = `update identity.sessions set ip_block = 'another' where user_id = (select user_id from identity.users where email = $1)`;
  await db.asMigrator(statement(sql, [ada.email]));
}

/** A session of a user whose others are old by now. */
async function newSession({ ada }: Awaited<ReturnType<typeof newcomer>>) {
  return callsAs(app, (await ada.enter(PASSWORD)).access);
}
