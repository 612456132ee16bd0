import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { testApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { newEmail, PASSWORD, register } from './mailbox.ts';

const app = await testApp({ settings: { TRUSTED_PROXIES: '127.0.0.1' } });
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; rv:131.0) Gecko/20100101 Firefox/131.0';
const SAFARI = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1';
const HOME = '198.51.100.1';
const MAIL = 'A sign-in from a new device';

interface Where {
  readonly ip?: string;
  readonly userAgent?: string;
  readonly device_name?: string;
  readonly former_refresh_token?: string;
}

async function signIn(email: string, { ip = HOME, userAgent = FIREFOX, ...more }: Where = {}) {
  await forgetRates(app);
  const headers = { 'x-forwarded-for': ip, 'user-agent': userAgent };
  const body = { email, password: PASSWORD, ...more };
  const reply = await app.call(undefined, 'POST /v1/auth/login', { body, headers });
  expect(reply.status).toBe(200);
  return { access: String(reply.body['access_token']), refresh: String(reply.body['refresh_token']) };
}

const sessionsOf = async (access: string) =>
  (await app.call(access, 'GET /v1/auth/sessions')).body['data'] as {
    readonly id: string;
    readonly name: string;
    readonly last_used_at: string;
  }[];

test('devices are listed with their name, user agent, address and times; whose is not said otherwise is named by its user agent', async () => {
  const { email } = await register(app);
  await signIn(email);
  const { access } = await signIn(email, {
    ip: '2001:db8::7',
    userAgent: SAFARI,
    device_name: 'Ada’s telephone',
  });
  expect(await sessionsOf(access)).toEqual([
    {
      id: expect.any(String),
      name: 'Ada’s telephone',
      ip: '2001:db8::7',
      user_agent: SAFARI,
      created_at: expect.any(String),
      last_used_at: expect.any(String),
      current: true,
    },
    expect.objectContaining({ name: 'Firefox on Windows', ip: HOME, user_agent: FIREFOX, current: false }),
  ]);
});

test('a refresh is a use', async () => {
  const { email } = await register(app);
  const { access, refresh } = await signIn(email);
  const [before] = await sessionsOf(access);
  await advance(app.db, '1 second');
  await app.call(undefined, 'POST /v1/auth/refresh', { body: { refresh_token: refresh } });
  const [after] = await sessionsOf(access);
  expect(after?.last_used_at.localeCompare(before?.last_used_at ?? '')).toBe(1);
});

const deviceMails = async (mails: () => Promise<{ subject: string; text: string }[]>) =>
  (await mails()).filter(({ subject }) => subject === MAIL);

describe('a mail tells of a sign-in', () => {
  test('on a device or from an address that its user had none on, and not of their first', async () => {
    const ada = await register(app);
    await signIn(ada.email);
    await signIn(ada.email);
    expect(await deviceMails(ada.mails)).toEqual([]);
    await signIn(ada.email, { userAgent: SAFARI });
    await signIn(ada.email, { ip: '203.0.113.9', device_name: 'Call +1 555 0100 at once' });
    const [first, second, ...more] = await deviceMails(ada.mails);
    expect(first?.text).toContain('Safari on iPhone, from 198.51.100.1');
    expect(second?.text).toContain('Firefox on Windows, from 203.0.113.9');
    expect(second?.text).not.toContain('555');
    expect(more).toEqual([]);
  });

  test('not where the device shows a token of a session that it had', async () => {
    const ada = await register(app);
    const { access, refresh } = await signIn(ada.email);
    await app.call(access, 'POST /v1/auth/logout');
    await signIn(ada.email, { ip: '203.0.113.10', former_refresh_token: refresh });
    expect(await deviceMails(ada.mails)).toEqual([]);
  });

  test('where the token is another’s, made up, or of a session that was ended from elsewhere', async () => {
    const [ada, bob] = [await register(app), await register(app)];
    const [lost, here, foreign] = [await signIn(ada.email), await signIn(ada.email), await signIn(bob.email)];
    const [, session] = await sessionsOf(here.access);
    await app.call(here.access, `DELETE /v1/auth/sessions/${session?.id}`);
    for (const [n, former] of [lost.refresh, foreign.refresh, 'plr_made-up'].entries())
      await signIn(ada.email, { ip: `203.0.113.${20 + n}`, former_refresh_token: former });
    expect(await deviceMails(ada.mails)).toHaveLength(3);
  });

  test('three times an hour at most', async () => {
    const ada = await register(app);
    for (let n = 0; n < 6; n += 1) await signIn(ada.email, { ip: `203.0.113.${40 + n}` });
    expect(await deviceMails(ada.mails)).toHaveLength(3);
  });
});

test('sessions are kept for 90 days after they are over, and the newest of a user for ever', async () => {
  const { email } = await register(app);
  for (let n = 0; n < 3; n += 1) await signIn(email);
  const countSessions = async () => {
    const of = 'select user_id from identity.users where email = $1';
    const sql = `select id from identity.sessions where user_id = (${of})`;
    return (await app.db.asMigrator(statement(sql, [email]))).length;
  };
  const { sessions } = app.app.modules.identity;
  await advance(app.db, '119 days');
  await sessions.prune();
  expect(await countSessions()).toBe(3);
  await advance(app.db, '2 days');
  await sessions.prune();
  expect(await countSessions()).toBe(1);
});

test('nobody’s email is no device’s either', async () => {
  const body = { email: newEmail(), password: PASSWORD, former_refresh_token: 'plr_made-up' };
  expect((await app.call(undefined, 'POST /v1/auth/login', { body })).status).toBe(401);
});
