import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { testApp } from '@plinth/testkit/services/app';
import { toAnswer, newEmail, OTHER, PASSWORD, register, signedIn, somebodyAt } from './mailbox.ts';

const app = await testApp();
const INVALID = { status: 400, code: 'link_invalid' };

const getMe = async (token: string) => toAnswer(await app.call(token, 'GET /v1/me'));
const alterToken = (token: string) => token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');

describe('a registration', () => {
  test('sends a link that verifies the address, by a page whose button a person presses', async () => {
    const ada = await register(app);
    const [mail] = await ada.mails();
    expect(mail?.subject).toBe('Verify your email address');
    const link = await ada.link();
    expect(mail?.html).toContain(`/v1/auth/verify-email/${link}"`);
    const { access } = await ada.enter();
    expect((await getMe(access)).body).toMatchObject({ email_verified: false });
    for (const path of [`/v1/auth/verify-email/${link}`, `/v1/auth/verify-email?token=${link}`]) {
      const page = await fetch(app.url + path);
      expect(page.status).toBe(200);
      expect(await page.text()).not.toContain(link);
    }
    expect((await getMe(access)).body).toMatchObject({ email_verified: false });
    expect(await ada.auth('verify-email', { token: link })).toMatchObject({
      status: 200,
      body: { status: 'verified' },
    });
    expect((await getMe(access)).body).toMatchObject({ email_verified: true });
  });

  test('of a known email answers the same, changes nothing, and tells its owner once an hour', async () => {
    const ada = await register(app, { full_name: 'Ada' });
    const { email } = ada;
    const again = await ada.auth('register', { email, password: OTHER, company_name: 'Eve & Co' });
    expect(again).toMatchObject({ status: 201, body: { status: 'verification_sent', email } });
    await ada.auth('register', { email: email.toUpperCase(), password: OTHER });
    const subjects = (await ada.mails()).map(({ subject }) => subject);
    expect(subjects).toEqual(['Verify your email address', 'You have an account already']);
    expect((await ada.login(OTHER)).code).toBe('invalid_credentials');
    const { access } = await ada.enter();
    expect((await getMe(access)).body['accounts']).toHaveLength(1);
    const left = await app.db.asMigrator(
      statement<{ n: number }>(
        `select count(*)::int as n from accounts.accounts where name in ('Eve & Co') or name like '%decoy%'`,
      ),
    );
    expect(left).toEqual([{ n: 0 }]);
    await advance(app.db, '1 hour');
    await ada.auth('register', { email, password: OTHER });
    expect(await ada.mails()).toHaveLength(3);
  });
});

test('the page behind a link names its address while it is good, asks for it again when its time is over, and leads on when it was used', async () => {
  const ada = await register(app);
  const link = await ada.link();
  const read = async (token: string) => (await fetch(`${app.url}/v1/auth/verify-email/${token}`)).text();
  const good = await read(link);
  expect(good).toContain(`<strong>${ada.email}</strong>`);
  expect(good).toMatch(/<div id="over" hidden>[^]*<div id="on" hidden>/);
  const end = `update identity.email_tokens set expires_at = app.now() where email = $1`;
  await app.db.asMigrator(statement(end, [ada.email]));
  const expired = await read(link);
  expect(expired).toMatch(/<h1>This link is over<[^]*data-call="\/auth\/resend-verification"/);
  expect(expired).toContain(`value="${ada.email}"`);
  await ada.auth('resend-verification', { email: ada.email });
  await ada.auth('verify-email', { token: await ada.link() });
  const used = await read(link);
  expect(used).toMatch(
    /<h1>This link is over<[^]*<div id="on"><p><a class="button" href="[^"]+\/app">Sign in</,
  );
  expect(used).not.toContain(ada.email);
  expect(await read(`ple_${'a'.repeat(43)}`)).toBe(used);
});

/** Each kind of link: how to ask for one, and what using it is. */
const LINKS = [
  {
    kind: 'verifies an address',
    lifetime: '24 hours',
    async ask() {
      const ada = await register(app);
      return { ...ada, askAgain: () => ada.auth('resend-verification', { email: ada.email }) };
    },
    use: (token: string) => ({ call: 'verify-email', body: { token } }),
  },
  {
    kind: 'gives a new password',
    lifetime: '1 hour',
    async ask() {
      const ada = await register(app);
      const askAgain = () => ada.auth('forgot-password', { email: ada.email });
      await askAgain();
      return { ...ada, askAgain };
    },
    use: (token: string) => ({ call: 'reset-password', body: { token, password: OTHER } }),
  },
  {
    kind: 'changes an address',
    lifetime: '24 hours',
    async ask() {
      const ada = await register(app);
      const [{ access }, email] = [await ada.enter(), newEmail()];
      const askAgain = () => signedIn(app, access)('change-email', { email, password: PASSWORD });
      await askAgain();
      return { ...ada, askAgain, link: () => ada.link(email) };
    },
    use: (token: string) => ({ call: 'verify-email', body: { token } }),
  },
] as const;

describe.each(LINKS)('a link that $kind', ({ ask, use, lifetime }) => {
  const useToken = (token: string) => {
    const { call, body } = use(token);
    return somebodyAt(app, '').auth(call, body);
  };

  test('works once', async () => {
    const link = await (await ask()).link();
    expect((await useToken(link)).status).toBe(200);
    expect(await useToken(link)).toMatchObject(INVALID);
  });

  test('works for one of two who use it at once', async () => {
    const link = await (await ask()).link();
    const both = await Promise.all([useToken(link), useToken(link), useToken(link)]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400]);
  });

  test('does not work altered, nor of another kind', async () => {
    const link = await (await ask()).link();
    for (const wrong of [alterToken(link), link.slice(0, -1), `${link}A`, 'ple_', link.toUpperCase()])
      expect(await useToken(wrong)).toMatchObject(INVALID);
    const { call } = use(link);
    const other = call === 'verify-email' ? 'reset-password' : 'verify-email';
    const body = { token: link, ...(other === 'reset-password' ? { password: OTHER } : {}) };
    expect(await somebodyAt(app, '').auth(other, body)).toMatchObject(INVALID);
    expect((await useToken(link)).status).toBe(200);
  });

  test('ends when its time is over', async () => {
    const link = await (await ask()).link();
    await advance(app.db, lifetime);
    expect(await useToken(link)).toMatchObject(INVALID);
  });

  test('ends when a newer one is sent', async () => {
    const asked = await ask();
    const older = await asked.link();
    await asked.askAgain();
    const newer = await asked.link();
    expect(newer).not.toBe(older);
    expect(await useToken(older)).toMatchObject(INVALID);
    expect((await useToken(newer)).status).toBe(200);
  });

  test('is nobody’s whose user is suspended', async () => {
    const asked = await ask();
    const link = await asked.link();
    const set = 'update identity.users set status = $2 where email = $1';
    await app.db.asMigrator(statement(set, [asked.email, 'suspended']));
    expect(await useToken(link)).toMatchObject(INVALID);
    await app.db.asMigrator(statement(set, [asked.email, 'active']));
    expect((await useToken(link)).status).toBe(200);
  });

  test('is sent five times an hour at most', async () => {
    const asked = await ask();
    const links = new Set([await asked.link()]);
    for (let more = 0; more < 6; more += 1) {
      expect((await asked.askAgain()).status).toBe(202);
      links.add(await asked.link());
    }
    expect(links.size).toBe(5);
  });
});
