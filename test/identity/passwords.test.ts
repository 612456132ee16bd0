import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { testApp, type TestApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { callsAs, enrol } from './factors.ts';
import { toAnswer, newEmail, OTHER, PASSWORD, register, signedIn, type Somebody } from './mailbox.ts';

const app = await testApp();
const GOOD = { status: 200, body: { status: 'password_changed' } };

const getMe = (token: string, on: TestApp = app) => on.call(token, 'GET /v1/me');
const refresh = (somebody: Somebody, token: string) => somebody.auth('refresh', { refresh_token: token });

async function countAudited(action: string, email: string): Promise<number> {
  const sql = `select count(*)::int as n from audit.events where action = $1
    and target_id = (select user_id::text from identity.users where email = $2)`;
  const [row] = await app.db.asMigrator(statement<{ n: number }>(sql, [action, email]));
  return row?.n ?? 0;
}

/** Both ways to a new password; each answers how that went. */
const WAYS = [
  [
    'a reset',
    async (somebody: Somebody) => {
      await somebody.auth('forgot-password', { email: somebody.email });
      return somebody.auth('reset-password', { token: await somebody.link(), password: OTHER });
    },
    'user.password_reset',
  ],
  [
    'a change',
    async (somebody: Somebody) => {
      const { access } = await somebody.enter();
      return signedIn(app, access)('change-password', { password: PASSWORD, new_password: OTHER });
    },
    'user.password_changed',
  ],
] as const;

describe.each(WAYS)('%s of the password', (_name, change, action) => {
  test('ends every session at once, and says so by mail', async () => {
    const ada = await register(app);
    const [phone, laptop] = [await ada.enter(), await ada.enter()];
    expect((await getMe(phone.access)).status).toBe(200);
    expect(await change(ada)).toMatchObject(GOOD);
    for (const { access, refresh: token } of [phone, laptop]) {
      expect((await getMe(access)).status).toBe(401);
      expect((await refresh(ada, token)).code).toBe('unauthenticated');
    }
    expect((await ada.login()).code).toBe('invalid_credentials');
    expect((await ada.login(OTHER)).status).toBe(200);
    expect((await ada.mails()).at(-1)).toMatchObject({ subject: 'Your password was changed' });
    expect(await countAudited(action, ada.email)).toBe(1);
  });

  test('ends the links that were asked for before it', async () => {
    const ada = await register(app);
    const [verifying, elsewhere] = [await ada.link(), newEmail()];
    const { access } = await ada.enter();
    await signedIn(app, access)('change-email', { email: elsewhere, password: PASSWORD });
    const changing = await ada.link(elsewhere);
    expect(await change(ada)).toMatchObject(GOOD);
    for (const token of [verifying, changing])
      expect((await ada.auth('verify-email', { token })).code).toBe('link_invalid');
  });
});

describe('a reset', () => {
  test('proves the address', async () => {
    const ada = await register(app);
    await WAYS[0][1](ada);
    const { access } = await ada.enter(OTHER);
    expect((await getMe(access)).body).toMatchObject({ email_verified: true });
  });

  test('of an address that nobody had proven ends the keys that were made before, for they may be another’s', async () => {
    const ada = await register(app);
    const keyOf = async (password: string) => {
      const { access } = await ada.enter(password);
      const body = { name: 'a key', scopes: ['account:read'] };
      return String((await app.call(access, 'POST /v1/api-keys', { body })).body['key']);
    };
    const before = await keyOf(PASSWORD);
    expect((await getMe(before)).status).toBe(200);
    await WAYS[0][1](ada);
    expect((await getMe(before)).status).toBe(401);
    const after = await keyOf(OTHER);
    await ada.auth('forgot-password', { email: ada.email });
    await ada.auth('reset-password', { token: await ada.link(), password: PASSWORD });
    expect((await getMe(after)).status).toBe(200);
  });

  test('of an address that nobody had proven ends the second factors that were made before, and later resets end none', async () => {
    const ada = await register(app);
    await enrol(app, callsAs(app, (await ada.enter()).access));
    await WAYS[0][1](ada);
    const { access } = await ada.enter(OTHER);
    const own = callsAs(app, access);
    expect((await own('GET /v1/auth/mfa')).body).toMatchObject({ enabled: false, recovery_codes_left: 0 });
    await enrol(app, own);
    await WAYS[0][1](ada);
    expect((await ada.login(OTHER)).body).toMatchObject({ mfa_required: true });
  });

  test('by a weak password is refused, names the field, and the link stays good', async () => {
    const ada = await register(app);
    await ada.auth('forgot-password', { email: ada.email });
    const token = await ada.link();
    for (const password of ['Password1', 'short', ada.email])
      expect(await ada.auth('reset-password', { token, password })).toMatchObject({
        code: 'validation_failed',
        body: { error: { details: { issues: [{ path: 'body.password' }] } } },
      });
    expect(await ada.auth('reset-password', { token, password: OTHER })).toMatchObject(GOOD);
  });

  test('is asked for in any case of the letters, and goes to the address as its owner wrote it', async () => {
    const ada = await register(app);
    await ada.auth('forgot-password', { email: ada.email.toUpperCase() });
    expect((await ada.mails()).at(-1)).toMatchObject({ subject: 'Choose a new password', to: ada.email });
  });

  test('is asked for three times a minute for one email, whether anybody has it or not', async () => {
    for (const email of [(await register(app)).email, newEmail()]) {
      await forgetRates(app);
      const ask = () => app.call(undefined, 'POST /v1/auth/forgot-password', { body: { email } });
      for (let times = 0; times < 3; times += 1) expect((await ask()).status).toBe(202);
      const { status, headers } = await ask();
      expect([status, headers.get('ratelimit-policy')]).toEqual([429, '"email";q=3;w=60']);
    }
  });

  test('of an unknown email is answered as that of a known one, keeps no trace of it and sends nothing', async () => {
    const [ada, email] = [await register(app), newEmail()];
    const known = await ada.auth('forgot-password', { email: ada.email });
    const unknown = await ada.auth('forgot-password', { email });
    expect({ ...unknown, body: { ...unknown.body, email: ada.email } }).toEqual(known);
    expect(await ada.mails(email)).toEqual([]);
    const left = await app.db.asMigrator(
      statement('select id from mail.messages where recipient = $1', [email]),
    );
    expect(left).toEqual([]);
  });
});

describe('a change', () => {
  test.each([
    ['change-password', { new_password: OTHER }],
    ['change-email', { email: 'eve@example.com' }],
  ])('by %s needs the password, even in an open session', async (call, body) => {
    const ada = await register(app);
    const { access } = await ada.enter();
    expect(await signedIn(app, access)(call, { ...body, password: OTHER })).toMatchObject({
      status: 403,
      code: 'wrong_password',
    });
    expect((await getMe(access)).status).toBe(200);
    expect(await countAudited('user.proof_refused', ada.email)).toBe(1);
    expect(await ada.mails()).toHaveLength(1);
  });

  test('of two at once, one counts', async () => {
    const ada = await register(app);
    const { access } = await ada.enter();
    const change = (to: string) =>
      signedIn(app, access)('change-password', { password: PASSWORD, new_password: to });
    const [one, two] = await Promise.all([change(OTHER), change(`${OTHER}-b`)]);
    const codes = [one, two].map(({ status }) => status).toSorted((a, b) => a - b);
    expect([
      [200, 401],
      [200, 403],
    ]).toContainEqual(codes);
    expect((await ada.login(one.status === 200 ? OTHER : `${OTHER}-b`)).status).toBe(200);
  });

  test('is no key’s', async () => {
    const { key, password } = await app.customer();
    for (const call of ['change-password', 'change-email']) {
      const body = {
        password,
        ...(call === 'change-email' ? { email: newEmail() } : { new_password: OTHER }),
      };
      expect(toAnswer(await app.call(key, `POST /v1/auth/${call}`, { body }))).toMatchObject({ status: 403 });
    }
  });
});

describe('a change of the address', () => {
  test('waits for the link at the new one, then tells the old one, and the new one alone signs in', async () => {
    const [ada, email] = [await register(app), newEmail()];
    const { access } = await ada.enter();
    await ada.auth('forgot-password', { email: ada.email });
    const resetting = await ada.link();
    expect(await signedIn(app, access)('change-email', { email, password: PASSWORD })).toMatchObject({
      status: 202,
      body: { status: 'verification_sent', email },
    });
    expect((await getMe(access)).body).toMatchObject({ email: ada.email, email_verified: false });
    expect((await ada.auth('verify-email', { token: await ada.link(email) })).status).toBe(200);
    expect((await getMe(access)).body).toMatchObject({ email, email_verified: true });
    expect((await ada.mails()).at(-1)).toMatchObject({ subject: 'Your email address was changed' });
    expect((await ada.login()).code).toBe('invalid_credentials');
    expect((await ada.login(PASSWORD, email)).status).toBe(200);
    const late = await ada.auth('reset-password', { token: resetting, password: OTHER });
    expect(late.code).toBe('link_invalid');
  });

  test('to another’s is answered as any other, and nobody gets a mail', async () => {
    const [ada, eve] = [await register(app), await register(app)];
    const { access } = await eve.enter();
    expect(
      await signedIn(app, access)('change-email', { email: ada.email, password: PASSWORD }),
    ).toMatchObject({
      status: 202,
      body: { status: 'verification_sent', email: ada.email },
    });
    expect((await ada.mails()).map(({ subject }) => subject)).toEqual(['Verify your email address']);
    expect(await eve.mails()).toHaveLength(1);
  });

  test('that was asked for with the password of before comes to nothing', async () => {
    const idle = await testApp({ work: false });
    const [ada, email] = [await register(idle), newEmail()];
    const call = signedIn(idle, (await ada.enter()).access);
    expect((await call('change-email', { email, password: PASSWORD })).status).toBe(202);
    expect(await call('change-password', { password: PASSWORD, new_password: OTHER })).toMatchObject(GOOD);
    const worker = idle.app.modules.jobs.work();
    expect((await ada.mails()).map(({ subject }) => subject)).toEqual([
      'Verify your email address',
      'Your password was changed',
    ]);
    expect(await ada.mails(email)).toEqual([]);
    await worker.stop(0);
    await idle.close();
  });

  test('of two to one address, the first to use the link has it', async () => {
    const [ada, eve, email] = [await register(app), await register(app), newEmail()];
    const links: string[] = [];
    for (const one of [ada, eve]) {
      const { access } = await one.enter();
      await signedIn(app, access)('change-email', { email, password: PASSWORD });
      links.push(await one.link(email));
    }
    const uses = await Promise.all(links.map((token) => ada.auth('verify-email', { token })));
    expect(uses.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect((await ada.login(PASSWORD, email)).status).toBe(200);
  });
});
