import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { exampleOf } from '#platform/http';
import { advance } from '@plinth/testkit/factories';
import { testApp } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { callsAs, challengeOf, newcomer, withAuthenticator } from './factors.ts';
import { newEmail, OTHER, PASSWORD } from './mailbox.ts';

// What a session may do is decided by the same few statements on all engines.
const onFirst = engine === 'postgres';
const app = await testApp();
const passSixteenMinutes = () => advance(app.db, '16 minutes');
const DANGEROUS = 'POST /v1/auth/mfa/totp';
const STEP_UP = 'POST /v1/auth/step-up';

describe.runIf(onFirst)('a session that was proven too long ago', () => {
  test('makes no call that asks for a step-up, and hears by what it can prove itself', async () => {
    const one = await newcomer(app);
    await app.db.asMigrator(
      statement(`update identity.users set role = 'admin' where email = $1`, [one.ada.email]),
    );
    const { access } = await one.ada.enter();
    await passSixteenMinutes();
    const call = callsAs(app, access);
    const asking = app.app.server.routes.filter(({ shape }) => shape.stepUp === true);
    expect(asking.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'POST /v1/api-keys',
        'PATCH /v1/api-keys/:id',
        'POST /v1/api-keys/:id/rotate',
        'POST /v1/auth/mfa/totp',
        'POST /v1/auth/mfa/totp/confirm',
        'DELETE /v1/auth/mfa/totp',
        'POST /v1/auth/mfa/recovery-codes',
        'POST /v1/auth/mfa/passkeys/options',
        'POST /v1/auth/mfa/passkeys',
        'DELETE /v1/auth/mfa/passkeys/:id',
        'POST /v1/admin/users/:id/mfa/reset',
        'DELETE /v1/me/identities/:id',
        'POST /v1/me/exports',
        'POST /v1/organizations/:id/exports',
        'POST /v1/organizations/:id/transfer',
        'DELETE /v1/organizations/:id',
        'PUT /v1/organizations/:id/sso',
        'DELETE /v1/organizations/:id/sso',
        'DELETE /v1/organizations/:id/sso/links/:user_id',
        'POST /v1/organizations/:id/sso/domains',
        'DELETE /v1/organizations/:id/sso/domains/:domain',
      ]),
    );
    for (const route of asking) {
      const { method, path } = route;
      const example = exampleOf(route);
      const query = new URLSearchParams(example.query as Record<string, string> | undefined);
      const line = `${method} ${path.replace(/:\w+/g, app.app.modules.ids.next())}?${query.toString()}`;
      const { status, code, body } = await call(line, example.body as object | undefined);
      expect({ line, status, code }).toEqual({ line, status: 403, code: 'step_up_required' });
      expect(body).toMatchObject({ error: { details: { methods: ['password'] } } });
    }
  });

  test('is as good as new for 15 minutes after a password, and no other session is', async () => {
    const one = await newcomer(app);
    const other = callsAs(app, (await one.ada.enter()).access);
    await passSixteenMinutes();
    expect((await one.call(STEP_UP, { password: OTHER })).code).toBe('wrong_password');
    expect((await one.call(DANGEROUS)).code).toBe('step_up_required');
    expect((await one.call(STEP_UP, { password: PASSWORD })).body).toEqual({ ok: true });
    expect((await one.call(DANGEROUS)).status).toBe(200);
    expect((await other(DANGEROUS)).code).toBe('step_up_required');
    await passSixteenMinutes();
    expect((await one.call(DANGEROUS)).code).toBe('step_up_required');
  });

  test('of a user with a second factor is proven by that, and by each code once', async () => {
    const one = await withAuthenticator(app);
    // A session that is still good becomes no better by the password alone.
    expect((await one.call(STEP_UP, { password: PASSWORD })).code).toBe('step_up_required');
    await passSixteenMinutes();
    // Right or wrong: the answer does not tell which it is.
    for (const password of [PASSWORD, OTHER]) {
      expect(await one.call(STEP_UP, { password })).toMatchObject({
        code: 'step_up_required',
        body: { error: { details: { methods: ['totp', 'recovery_code'] } } },
      });
    }
    expect((await one.call(STEP_UP, { code: '000000' })).code).toBe('mfa_refused');
    const code = await one.code();
    expect((await one.call(STEP_UP, { code })).status).toBe(200);
    expect((await one.call(STEP_UP, { code })).code).toBe('mfa_refused');
    const anyone = callsAs(app, undefined);
    const login = { mfa_token: await challengeOf(one), code };
    expect((await anyone('POST /v1/auth/mfa/verify', login)).code).toBe('mfa_refused');
    const [recovery_code] = one.recoveryCodes;
    expect((await one.call(STEP_UP, { recovery_code })).status).toBe(200);
    expect((await one.call('DELETE /v1/auth/mfa/totp')).status).toBe(200);
  });

  test('of a user with a second factor changes neither address nor password, nor closes the account, by the password alone', async () => {
    const one = await withAuthenticator(app);
    await passSixteenMinutes();
    const calls = [
      ['POST /v1/auth/change-email', { email: newEmail(), password: PASSWORD }],
      ['POST /v1/auth/change-password', { password: PASSWORD, new_password: OTHER }],
      ['DELETE /v1/me', { password: PASSWORD }],
    ] as const;
    for (const [line, body] of calls) {
      const answer = { line, ...(await one.call(line, body)) };
      expect(answer).toMatchObject({ line, status: 403, code: 'step_up_required' });
      // Nor is anything learned of the password.
      expect(await one.call(line, { ...body, password: OTHER })).toMatchObject({ code: 'step_up_required' });
    }
    expect((await one.call(STEP_UP, { code: await one.code() })).status).toBe(200);
    expect((await one.call('DELETE /v1/me', { password: OTHER })).code).toBe('wrong_password');
    expect((await one.call('DELETE /v1/me', { password: PASSWORD })).status).toBe(200);
  });

  test('of a user with neither password nor factor is proven by signing in anew', async () => {
    const one = await newcomer(app);
    await passSixteenMinutes();
    await app.db.asMigrator(
      statement('update identity.users set password_hash = null where email = $1', [one.ada.email]),
    );
    const { body } = await one.call(DANGEROUS);
    expect(body).toMatchObject({ error: { code: 'step_up_required', details: { methods: [] } } });
    expect((await one.call(STEP_UP, { password: PASSWORD })).code).toBe('wrong_password');
  });
});

test.runIf(onFirst)('a step-up takes one proof, and no key makes it', async () => {
  const one = await newcomer(app);
  for (const body of [{}, { password: PASSWORD, code: '123456' }]) {
    expect((await one.call(STEP_UP, body)).code).toBe('validation_failed');
  }
  const { key } = await app.customer();
  const call = callsAs(app, key);
  expect((await call(STEP_UP, { password: PASSWORD })).code).toBe('forbidden');
  // What a key may do, its scopes say.
  expect((await call('POST /v1/api-keys', { name: 'A key', scopes: ['reel:read'] })).status).toBe(201);
});

describe.runIf(onFirst)('an admin', async () => {
  const admin = await app.admin();
  const byAdmin = callsAs(app, admin.key);
  const path = async (email: string) => {
    const [user] = await app.db.asMigrator(
      statement<{ user_id: string }>('select user_id from identity.users where email = $1', [email]),
    );
    return `POST /v1/admin/users/${user?.user_id}/mfa/reset`;
  };

  test('removes the second factors of somebody who lost them: sessions end, a mail and the audit tell', async () => {
    const one = await withAuthenticator(app);
    const open = await challengeOf(one);
    expect((await byAdmin(await path(one.ada.email))).body).toEqual({ ok: true });
    expect((await one.call('GET /v1/me')).status).toBe(401);
    const anyone = callsAs(app, undefined);
    const answer = { mfa_token: open, code: await one.code() };
    expect((await anyone('POST /v1/auth/mfa/verify', answer)).code).toBe('mfa_over');
    const { access } = await one.ada.enter();
    expect((await callsAs(app, access)('GET /v1/auth/mfa')).body).toMatchObject({
      enabled: false,
      recovery_codes_left: 0,
    });
    expect((await one.ada.mails()).at(-1)?.text).toContain(
      'An administrator removed all your second factors',
    );
    const [event] = await app.db.asMigrator(
      statement<{ user_id: string }>(
        `select e.user_id from audit.events e join identity.users u on e.target_id = u.user_id::text
         where e.action = 'mfa.reset' and u.email = $1`,
        [one.ada.email],
      ),
    );
    expect(event?.user_id).toBe(admin.userId);
  });

  test('resets nobody unknown, and not themselves; nobody else resets anybody', async () => {
    const [one, two] = [await withAuthenticator(app), await newcomer(app)];
    expect((await two.call(await path(one.ada.email))).code).toBe('forbidden');
    expect((await one.ada.login()).body).toMatchObject({ mfa_required: true });
    expect((await byAdmin(await path(admin.email))).code).toBe('conflict');
    const nobody = `POST /v1/admin/users/${app.app.modules.ids.next()}/mfa/reset`;
    expect((await byAdmin(nobody)).code).toBe('not_found');
  });
});
