import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { TENANT, type TokenFault, type WireFault } from '#sandbox/openid';
import { testApp } from '@plinth/testkit/services/app';
import { browser } from './browser.ts';
import { newEmail, PASSWORD, somebodyAt } from './mailbox.ts';
import { openProviders, settingsOfAll } from './providers.ts';

const providers = await openProviders();
const app = await testApp({ settings: settingsOfAll(providers) });

type Name = keyof typeof providers;
const NAMES = Object.keys(providers) as readonly Name[];
const at = (name: Name) => browser(app, providers[name], name);
const FAILED = { error: 'sign_in_failed' };
const PRIVATE_TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad';

/** Signs a person in: answers `/v1/me`, or the error that the product's page is told. */
async function signIn(name: Name, email: string) {
  const ada = at(name);
  const query = await ada.signIn(email);
  const code = query.get('code');
  if (code === null) return Object.fromEntries(query);
  const { body } = await ada.exchange(code);
  return (await app.call(String(body['access_token']), 'GET /v1/me')).body;
}

async function countUsers(email: string): Promise<number | undefined> {
  const sql = 'select count(*)::int as count from identity.users where lower(email) = lower($1)';
  return (await app.db.asMigrator(statement<{ count: number }>(sql, [email])))[0]?.count;
}

/** A user with a password, whose address is verified here. */
async function openVictim() {
  const email = newEmail();
  const victim = somebodyAt(app, email);
  await victim.auth('register', { email, password: PASSWORD });
  await victim.auth('verify-email', { token: await victim.link() });
  return { email, victim };
}

const FAULTS: readonly TokenFault[] = [
  'wrong issuer',
  'wrong audience',
  'expired',
  'issued later',
  'unsigned',
  'signed by the public key',
  'not signed by us',
  'by an unknown key',
  'no nonce',
  'wrong nonce',
];

describe.each(NAMES)('at %s an attacker', (name) => {
  test.each(FAULTS)('whose ID token is/has: %s, is refused', async (fault) => {
    const email = newEmail();
    const ada = at(name);
    const from = await providers[name].decide((await ada.begin()).href, email);
    providers[name].faults.tokens(fault);
    const { location } = await ada.back(from);
    expect(Object.fromEntries(location.searchParams)).toEqual(FAILED);
    expect(await countUsers(email)).toBe(0);
  });

  test('brings a state to another browser, and the answer twice, and neither lets in', async () => {
    const [ada, eve] = [at(name), at(name)];
    const from = await providers[name].decide((await ada.begin()).href, newEmail());
    await eve.begin();
    expect(await eve.back(from)).toMatchObject({ status: 401, code: 'sign_in_failed' });
    expect((await ada.back(from)).location.searchParams.get('code')).toMatch(/^plo_/);
    expect(await ada.back(from)).toMatchObject({ status: 401, code: 'sign_in_failed' });
  });

  test('puts the code of their own sign-in into another’s, which fails by PKCE and nonce', async () => {
    const [ada, eve] = [at(name), at(name)];
    const own = await providers[name].decide((await eve.begin()).href, newEmail());
    const from = await providers[name].decide((await ada.begin()).href, newEmail());
    from.searchParams.set('code', own.searchParams.get('code') ?? '');
    expect(Object.fromEntries((await ada.back(from)).location.searchParams)).toEqual(FAILED);
  });

  test('takes the one-time code of a victim, which is nothing without the page’s verifier', async () => {
    const ada = at(name);
    const code = (await ada.signIn(newEmail())).get('code');
    expect((await ada.exchange(code, at(name).verifier)).code).toBe('sign_in_failed');
    expect((await ada.exchange(code)).status).toBe(200);
  });

  test.each<[WireFault, string]>([
    ['endless', 'sign_in_unavailable'],
    ['reset', 'sign_in_unavailable'],
    [{ status: 503 }, 'sign_in_unavailable'],
    ['redirect', 'sign_in_failed'],
    ['html', 'sign_in_failed'],
  ])('has the token answered by: %j, and the product hears it in our words', async (fault, error) => {
    const ada = at(name);
    const from = await providers[name].decide((await ada.begin()).href, newEmail());
    providers[name].faults.at('token', fault);
    expect(Object.fromEntries((await ada.back(from)).location.searchParams)).toEqual({ error });
  });

  test('keeps an old key, which signs nothing any more when the provider has rotated it', async () => {
    const email = newEmail();
    expect(await signIn(name, email)).toMatchObject({ email });
    await providers[name].rotateKeys();
    expect(await signIn(name, email)).toMatchObject({ email });
  });

  test.each([
    ['false', { email_verified: false, xms_edov: false }],
    ['"false"', { email_verified: 'false', xms_edov: 'false' }],
    ['missing', { email_verified: undefined, xms_edov: undefined }],
  ])('claims a victim’s address with a proof that is %s, and is not linked', async (_word, claims) => {
    const { email, victim } = await openVictim();
    providers[name].person(email, { claims });
    expect(await signIn(name, email)).toEqual({ error: 'provider_email_unverified' });
    expect((await victim.login(PASSWORD)).status).toBe(200);
  });
});

describe('at Microsoft an attacker', () => {
  test.each([
    ['of another issuer than the token’s tenant', { tid: '11111111-2222-4333-8444-555555555555' }],
    ['without a tenant', { tid: undefined }],
    ['of a tenant that is a path', { tid: `${TENANT}/../x` }],
    ['without an object id', { oid: undefined }],
  ])('brings a token %s, which is not believed', async (_what, claims) => {
    const email = newEmail();
    providers.microsoft.person(email, { claims });
    expect(await signIn('microsoft', email)).toEqual(FAILED);
  });

  test('of another tenant writes a victim’s object id and address, and is another person', async () => {
    const email = newEmail();
    const victim = await signIn('microsoft', email);
    const other = newEmail();
    const { subject } = providers.microsoft.person(email);
    const tenant = '11111111-2222-4333-8444-555555555555';
    providers.microsoft.person(other, { subject, tenant });
    expect((await signIn('microsoft', other))['id']).not.toBe(victim['id']);
  });

  test('of another tenant is refused where one is named, and its own people’s addresses are proven there', async () => {
    const one = await testApp({ settings: { ...settingsOfAll(providers), MICROSOFT_TENANT: TENANT } });
    const [own, foreign] = [newEmail(), newEmail()];
    providers.microsoft.person(own, { emailVerified: false });
    providers.microsoft.person(foreign, { tenant: '11111111-2222-4333-8444-555555555555' });
    const comes = (email: string) => browser(one, providers.microsoft, 'microsoft').signIn(email);
    expect((await comes(own)).get('code')).toMatch(/^plo_/);
    expect(Object.fromEntries(await comes(foreign))).toEqual(FAILED);
  });

  test('of a private account is refused where organizations alone are taken', async () => {
    const settings = { ...settingsOfAll(providers), MICROSOFT_TENANT: 'organizations' };
    const organizations = await testApp({ settings });
    const email = newEmail();
    providers.microsoft.person(email, { tenant: PRIVATE_TENANT });
    const query = await browser(organizations, providers.microsoft, 'microsoft').signIn(email);
    expect(Object.fromEntries(query)).toEqual(FAILED);
  });
});

/** The code that a person's device got for an app, which asked with a nonce. */
async function deviceCode(nonce: string) {
  const query = { client_id: 'com.example.app', response_type: 'code', scope: 'openid', nonce };
  const further = { response_mode: 'form_post', redirect_uri: 'https://device.invalid' };
  const url = `${providers.apple.url}/authorize?${new URLSearchParams({ ...query, ...further }).toString()}`;
  return (await providers.apple.decide(url, newEmail())).searchParams.get('code');
}

const postDeviceCode = (body: object) => app.call(undefined, 'POST /v1/auth/apple', { body });

describe('at Apple an attacker', () => {
  test('forges the form’s user field, which names a new user and is never an address', async () => {
    const { email: victims } = await openVictim();
    const email = newEmail();
    const ada = at('apple');
    const from = await providers.apple.decide((await ada.begin()).href, email);
    const user = { name: { firstName: 'Eve', lastName: '<b>' }, email: victims };
    from.searchParams.set('user', JSON.stringify(user));
    const { location } = await ada.back(from);
    const { body } = await ada.exchange(location.searchParams.get('code'));
    const me = await app.call(String(body['access_token']), 'GET /v1/me');
    expect(me.body).toMatchObject({ email, full_name: 'Eve <b>' });
  });

  test.each(['not JSON', '[]', '{"name":7}'])(
    'sends the user field %s, and nothing but the name is missing',
    async (user) => {
      const email = newEmail();
      const ada = at('apple');
      const from = await providers.apple.decide((await ada.begin()).href, email);
      from.searchParams.set('user', user);
      const { body } = await ada.exchange((await ada.back(from)).location.searchParams.get('code'));
      const me = await app.call(String(body['access_token']), 'GET /v1/me');
      expect(me.body).toMatchObject({ email, full_name: null });
    },
  );

  test.each([{}, { code: 'x' }, { state: '' }, { state: 'x'.repeat(201), code: 'x' }])(
    'posts the form %j from another site, which leads nowhere',
    async (fields) => {
      const form = { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' } as const;
      const response = await fetch(`${app.url}/v1/auth/apple/callback`, form);
      expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    },
  );

  test('says "true" as text, as Apple does, which proves the address', async () => {
    const { email } = await openVictim();
    providers.apple.person(email, { claims: { email_verified: 'true' } });
    expect(await signIn('apple', email)).toMatchObject({ email });
  });

  test('brings the code of a victim’s device with another nonce, or none, and is refused', async () => {
    const wrong = await postDeviceCode({ code: await deviceCode('one'), nonce: 'another' });
    expect([wrong.status, wrong.body]).toMatchObject([401, { error: { code: 'sign_in_failed' } }]);
    expect((await postDeviceCode({ code: await deviceCode('one') })).status).toBe(400);
    expect((await postDeviceCode({ code: await deviceCode('one'), nonce: 'one' })).status).toBe(200);
  });
});
