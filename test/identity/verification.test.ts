import { describe, expect, test } from 'vitest';
import { advance } from '@plinth/testkit/factories';
import { testApp } from '@plinth/testkit/services/app';
import { register } from './mailbox.ts';

const UNVERIFIED = { status: 403, code: 'email_not_verified' };

describe('where a verified address is', () => {
  test('required, nobody enters before it is', async () => {
    const app = await testApp({ settings: { EMAIL_VERIFICATION: 'required' } });
    const ada = await register(app);
    expect(await ada.login()).toMatchObject(UNVERIFIED);
    expect((await ada.login('Wrong-Password-1')).code).toBe('invalid_credentials');
    await ada.auth('verify-email', { token: await ada.link() });
    expect((await ada.login()).status).toBe(200);
    await app.close();
  });

  test('soft, one may enter for a week, and no session goes on beyond it', async () => {
    const app = await testApp({ settings: { EMAIL_VERIFICATION: 'soft' } });
    const ada = await register(app);
    const { refresh } = await ada.enter();
    await advance(app.db, '6 days 23 hours');
    const { body, code } = await ada.auth('refresh', { refresh_token: refresh });
    expect(code).toBeUndefined();
    await advance(app.db, '1 hour');
    expect(await ada.login()).toMatchObject(UNVERIFIED);
    const late = { refresh_token: String(body['refresh_token']) };
    expect(await ada.auth('refresh', late)).toMatchObject(UNVERIFIED);
    await ada.auth('resend-verification', { email: ada.email });
    await ada.auth('verify-email', { token: await ada.link() });
    expect((await ada.auth('refresh', late)).status).toBe(200);
    expect((await ada.login()).status).toBe(200);
    await app.close();
  });

  test('off, nobody is kept out, and the mail goes out all the same', async () => {
    const app = await testApp({ settings: { EMAIL_VERIFICATION: 'off' } });
    const ada = await register(app);
    expect((await ada.mails()).map(({ subject }) => subject)).toEqual(['Verify your email address']);
    await advance(app.db, '30 days');
    expect((await ada.login()).status).toBe(200);
    await app.close();
  });

  test('verified already, nothing is sent again', async () => {
    const app = await testApp();
    const ada = await register(app);
    await ada.auth('verify-email', { token: await ada.link() });
    const { status } = await ada.auth('resend-verification', { email: ada.email });
    expect([status, (await ada.mails()).length]).toEqual([202, 1]);
    await app.close();
  });
});
