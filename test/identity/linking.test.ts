import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { openProvider } from '@plinth/testkit/services/provider';
import { testApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { callsAs, enrol } from './factors.ts';
import { browser, RETURN_TO, settingsFor } from './browser.ts';
import { toAnswer, newEmail, OTHER, PASSWORD, register, signedIn, somebodyAt } from './mailbox.ts';

const provider = await openProvider();
const app = await testApp({ settings: settingsFor(provider) });

const call = async (token: string, what: string) => {
  await forgetRates(app);
  return toAnswer(await app.call(token, what));
};
const idOf = async (token: string) => (await call(token, 'GET /v1/me')).body['id'];

interface LinkedIdentity {
  readonly id: string;
  readonly provider: string;
  readonly email: string;
}
const listIdentities = async (token: string) =>
  (await call(token, 'GET /v1/me/identities')).body['data'] as readonly LinkedIdentity[];

/** Signs a user in by Google; answers their access token, or the error that the product is told. */
async function byGoogle(email: string, at = app): Promise<string> {
  const ada = browser(at, provider);
  const query = await ada.signIn(email);
  const code = query.get('code');
  return code === null ? String(query.get('error')) : String((await ada.exchange(code)).body['access_token']);
}

async function createVerified() {
  const ada = await register(app);
  await ada.auth('verify-email', { token: await ada.link() });
  return ada;
}

async function countAudited(action: string): Promise<number> {
  const sql = 'select count(*)::int as n from audit.events where action = $1';
  const [row] = await app.db.asMigrator(statement<{ n: number }>(sql, [action]));
  return row?.n ?? 0;
}

/** A user with a password who came by Google too, and the call that ends that. */
async function linkedOne() {
  const ada = await createVerified();
  const token = await byGoogle(ada.email);
  const [identity] = await listIdentities(token);
  return { ada, token, call: `DELETE /v1/me/identities/${identity?.id}` };
}

describe('an address that is verified on both sides', () => {
  test('links, in any case of its letters, and a mail and the audit say so', async () => {
    const ada = await createVerified();
    const { access } = await ada.enter();
    const before = await countAudited('user.identity_linked');
    const token = await byGoogle(ada.email.toUpperCase());
    expect(await idOf(token)).toBe(await idOf(access));
    expect(await listIdentities(access)).toMatchObject([
      { provider: 'google', email: ada.email.toUpperCase() },
    ]);
    expect((await ada.mails()).at(-1)?.subject).toBe('Your account can be signed in to by Google');
    expect(await countAudited('user.identity_linked')).toBe(before + 1);
    expect((await ada.login()).status).toBe(200);
  });

  test('links once of several at once', async () => {
    const ada = await createVerified();
    const tokens = await Promise.all([byGoogle(ada.email), byGoogle(ada.email), byGoogle(ada.email)]);
    expect(new Set(await Promise.all(tokens.map(idOf))).size).toBe(1);
    expect(await listIdentities(tokens[0] ?? '')).toHaveLength(1);
  });

  test('links no second account of the provider to the same user', async () => {
    const ada = await createVerified();
    const token = await byGoogle(ada.email);
    provider.person(ada.email, { subject: 'somebody-else' });
    expect(await byGoogle(ada.email)).toBe('sign_in_not_linked');
    expect(await listIdentities(token)).toHaveLength(1);
  });
});

describe('an address that is verified on both sides, and that Google does not hand out,', () => {
  test.each([
    ['of a private account of Google’s', undefined],
    ['of an organization with another domain', 'other.example'],
  ])('%s links to nobody, and still registers a newcomer', async (_whose, hostedDomain) => {
    const ada = await createVerified();
    const newcomer = newEmail();
    for (const email of [ada.email, newcomer]) provider.person(email, { hostedDomain });
    expect(await byGoogle(ada.email)).toBe('sign_in_not_linked');
    expect(await listIdentities((await ada.enter()).access)).toEqual([]);
    expect(await listIdentities(await byGoogle(newcomer))).toHaveLength(1);
    // Who is linked is known by their subject.
    expect(await listIdentities(await byGoogle(newcomer))).toHaveLength(1);
  });

  test('links where it is one of Gmail’s', async () => {
    const email = newEmail().replace('example.com', 'gmail.com');
    const ada = somebodyAt(app, email);
    await ada.auth('register', { email, password: PASSWORD });
    await ada.auth('verify-email', { token: await ada.link() });
    provider.person(email, { hostedDomain: undefined });
    expect(await listIdentities(await byGoogle(email))).toHaveLength(1);
  });
});

describe('the sandbox, which believes any address', () => {
  test('lets in nobody as a platform admin: neither by their address, nor where it was linked before', async () => {
    const settings = { SIGN_IN_RETURN_TO: RETURN_TO };
    const local = await testApp({ beside: app, settings, work: false });
    const role = (email: string, is: string) =>
      app.db.asMigrator(statement('update identity.users set role = $2 where email = $1', [email, is]));
    const [stranger, friend] = [await createVerified(), await createVerified()];
    const token = await byGoogle(friend.email, local);
    expect(await idOf(token)).toBe(await idOf((await friend.enter()).access));
    for (const { email } of [stranger, friend]) {
      await role(email, 'admin');
      expect(await byGoogle(email, local)).toBe('sign_in_not_linked');
      expect(await byGoogle(email.toUpperCase(), local)).toBe('sign_in_not_linked');
    }
    expect(await listIdentities((await stranger.enter()).access)).toEqual([]);
    await role(friend.email, 'user');
    expect(await idOf(await byGoogle(friend.email, local))).toBe(await idOf(token));
    await local.close();
  });
});

describe('an address that is not verified', () => {
  test('here, becomes that of its owner by Google’s word: sessions and passwords of its former registrant stop working', async () => {
    // A squatter registers with Ada's address before she does, leaves all they can, and waits for her.
    const ada = await register(app);
    const { access, refresh } = await ada.enter();
    const squatter = callsAs(app, access);
    const { recoveryCodes } = await enrol(app, squatter);
    const { body } = await squatter('POST /v1/api-keys', { name: 'waiting', scopes: ['account:read'] });
    await squatter('PATCH /v1/me', { avatar_url: 'https://squatter.example/who-looks.png' });
    const verifying = await ada.link();
    const challenge = String((await ada.login()).body['mfa_token']);
    await ada.auth('forgot-password', { email: ada.email });
    const resetting = await ada.link();
    const open = await squatter('GET /v1/me');

    const owner = await byGoogle(ada.email);
    const me = (await call(owner, 'GET /v1/me')).body;
    expect(me).toMatchObject({ id: open.body['id'], email_verified: true, avatar_url: null });
    expect(await listIdentities(owner)).toHaveLength(1);
    for (const old of [access, String(body['key'])]) expect((await call(old, 'GET /v1/me')).status).toBe(401);
    expect((await ada.auth('refresh', { refresh_token: refresh })).status).toBe(401);
    expect((await ada.login()).code).toBe('invalid_credentials');
    const [recovery_code = ''] = recoveryCodes;
    const waiting = await ada.auth('mfa/verify', { mfa_token: challenge, recovery_code });
    expect(waiting.code).toBe('mfa_over');
    expect((await ada.auth('verify-email', { token: verifying })).code).toBe('link_invalid');
    const reset = await ada.auth('reset-password', { token: resetting, password: OTHER });
    expect(reset.code).toBe('link_invalid');
    expect((await call(owner, 'GET /v1/auth/mfa')).body).toMatchObject({ enabled: false, passkeys: [] });
    expect((await call(owner, 'GET /v1/api-keys')).body['data']).toEqual([]);
    expect((await call(owner, 'GET /v1/auth/sessions')).body['data']).toHaveLength(1);
    expect((await ada.mails()).at(-1)?.subject).toBe('The account with your address is yours now');
    expect(await countAudited('user.address_claimed')).toBe(1);
    // From here on it is an account like any other.
    expect(await idOf(await byGoogle(ada.email))).toBe(me['id']);
  });

  test('here, is claimed once of two at once', async () => {
    const ada = await register(app);
    const before = await countAudited('user.address_claimed');
    const tokens = await Promise.all([byGoogle(ada.email), byGoogle(ada.email)]);
    expect(new Set(await Promise.all(tokens.map(idOf))).size).toBe(1);
    expect(await countAudited('user.address_claimed')).toBe(before + 1);
  });

  test('here, stays whose it is where Google does not hand it out, and where it is an admin of the platform’s', async () => {
    const ada = await register(app);
    provider.person(ada.email, { hostedDomain: 'other.example' });
    expect(await byGoogle(ada.email)).toBe('sign_in_not_linked');
    const bob = await register(app);
    const makeAdmin = statement(`update identity.users set role = 'admin' where email = $1`, [bob.email]);
    await app.db.asMigrator(makeAdmin);
    expect(await byGoogle(bob.email)).toBe('sign_in_not_linked');
    for (const one of [ada, bob]) expect((await one.login()).status).toBe(200);
  });

  test('there, links to nobody', async () => {
    const ada = await createVerified();
    provider.person(ada.email, { emailVerified: false });
    expect(await byGoogle(ada.email)).toBe('provider_email_unverified');
    expect(await listIdentities((await ada.enter()).access)).toEqual([]);
  });

  test('there by now, still lets in a linked user', async () => {
    const ada = await createVerified();
    await byGoogle(ada.email);
    provider.person(ada.email, { emailVerified: false });
    expect(await listIdentities(await byGoogle(ada.email))).toHaveLength(1);
  });
});

describe('unlinking', () => {
  test('ends it, with a mail and in the audit; the next sign-in links anew', async () => {
    const { ada, token, call: unlink } = await linkedOne();
    expect(await call(token, unlink)).toMatchObject({ status: 200, body: { ok: true } });
    expect(await listIdentities(token)).toEqual([]);
    expect((await ada.mails()).at(-1)?.subject).toBe('Your account is no longer signed in to by Google');
    expect((await call(token, unlink)).code).toBe('not_found');
    expect(await listIdentities(await byGoogle(ada.email))).toHaveLength(1);
  });

  test('is for the user alone', async () => {
    const { token, call: unlink } = await linkedOne();
    const other = await createVerified();
    expect((await call((await other.enter()).access, unlink)).code).toBe('not_found');
    expect(await listIdentities(token)).toHaveLength(1);
  });

  test('is not for a finder of an open session', async () => {
    const { ada, call: unlink } = await linkedOne();
    const { refresh } = await ada.enter();
    await advance(app.db, '15 minutes');
    const { body } = await ada.auth('refresh', { refresh_token: refresh });
    expect((await call(String(body['access_token']), unlink)).code).toBe('step_up_required');
  });

  test('leaves a user without a password the last way in', async () => {
    const email = newEmail();
    const token = await byGoogle(email);
    const [identity] = await listIdentities(token);
    expect((await call(token, `DELETE /v1/me/identities/${identity?.id}`)).code).toBe('conflict');
    expect(await listIdentities(token)).toHaveLength(1);
  });
});

test('a reset by mail unlinks who came by another address than the mail went to, and says so', async () => {
  const ada = await createVerified();
  const token = await byGoogle(ada.email);
  const renamed = newEmail();
  const { access } = await ada.enter();
  await signedIn(app, access)('change-email', { email: renamed, password: PASSWORD });
  await ada.auth('verify-email', { token: await ada.link(renamed) });
  expect(await listIdentities(token)).toHaveLength(1);
  const before = await countAudited('user.identity_unlinked');
  await ada.auth('forgot-password', { email: renamed });
  await ada.auth('reset-password', { token: await ada.link(renamed), password: OTHER });
  const after = await ada.enter(OTHER, renamed);
  expect(await listIdentities(after.access)).toEqual([]);
  const told = (await ada.mails(renamed)).map(({ subject }) => subject);
  expect(told).toContain('Your account is no longer signed in to by Google');
  expect(await countAudited('user.identity_unlinked')).toBe(before + 1);
});
