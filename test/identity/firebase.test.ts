import { describe, expect, test } from 'vitest';
import { openProvider } from '@plinth/testkit/services/provider';
import { testApp } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { firebaseSignIn, settingsFor } from './browser.ts';
import { newEmail, register } from './mailbox.ts';

const provider = await openProvider();
const app = await testApp({ settings: settingsFor(provider) });

const PROJECT = 'plinth-test';
const FAILED = { status: 401, code: 'sign_in_failed' };
const seconds = (ago: number) => Math.floor(Date.now() / 1_000) - ago;
const tokenFor = (email = newEmail(), claims: object = {}) =>
  provider.firebaseToken(PROJECT, provider.person(email), claims);
/** The same signature with other bits in its last letter, which are not read. */
const changeLastBits = (token: string) => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + letters[letters.indexOf(token.slice(-1)) ^ 1];
};
const userOf = async (body: Readonly<Record<string, unknown>>) =>
  (await app.call(String(body['access_token']), 'GET /v1/me')).body;

describe('an ID token of Firebase', () => {
  test('registers a newcomer, and finds them again', async () => {
    const email = newEmail();
    const first = await firebaseSignIn(app, await tokenFor(email));
    expect(await userOf(first.body)).toMatchObject({ email, email_verified: true });
    const again = await firebaseSignIn(app, await tokenFor(email, { jti: 'another' }));
    expect((await userOf(again.body))['id']).toBe((await userOf(first.body))['id']);
  });

  test('gives an address that nobody has proven here to its owner', async () => {
    const squatter = await register(app);
    const { access } = await squatter.enter();
    const { status } = await firebaseSignIn(app, await tokenFor(squatter.email));
    expect(status).toBe(200);
    expect((await app.call(access, 'GET /v1/me')).status).toBe(401);
    expect((await squatter.login()).code).toBe('invalid_credentials');
  });

  test('links where the address is verified on both sides, and nowhere else', async () => {
    const ada = await register(app);
    await ada.auth('verify-email', { token: await ada.link() });
    const unverified = await tokenFor(ada.email, { email_verified: false });
    expect((await firebaseSignIn(app, unverified)).code).toBe('provider_email_unverified');
    const byGoogle = await tokenFor(ada.email, { firebase: { sign_in_provider: 'google.com' } });
    expect((await firebaseSignIn(app, byGoogle)).code).toBe('sign_in_not_linked');
    const { body } = await firebaseSignIn(app, await tokenFor(ada.email, { jti: 'another' }));
    expect(await userOf(body)).toMatchObject({ email: ada.email });
  });

  test('lets in once, also of two at once', async () => {
    const token = await tokenFor();
    const both = await Promise.all([firebaseSignIn(app, token), firebaseSignIn(app, token)]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401]);
    for (const again of [token, `${token}==`, `${token} `, changeLastBits(token)])
      expect(await firebaseSignIn(app, again)).toMatchObject(FAILED);
  });

  test.runIf(engine === 'postgres').each([
    ['of another project', { aud: 'another-project' }],
    ['of another issuer', { iss: 'https://securetoken.google.com/another-project' }],
    ['that is over', { iat: seconds(4_000), exp: seconds(100) }],
    ['that is older than ten minutes', { iat: seconds(700) }],
    ['of nobody', { sub: '' }],
    ['of a sign-in that is still to come', { auth_time: seconds(-1_000) }],
    ['without a sign-in', { auth_time: undefined }],
    ['of somebody without an address', { email: undefined, email_verified: undefined }],
  ])('%s lets nobody in', async (_what, claims) => {
    const { status } = await firebaseSignIn(app, await tokenFor(newEmail(), claims));
    expect([401, 403]).toContain(status);
  });

  test.each(['not signed by us', 'unsigned'] as const)('that is %s lets nobody in', async (fault) => {
    provider.faults.tokens(fault);
    expect(await firebaseSignIn(app, await tokenFor())).toMatchObject(FAILED);
  });

  test('that was altered lets nobody in', async () => {
    const [head, body = '', signature] = (await tokenFor()).split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'another' })).toString('base64url');
    expect(await firebaseSignIn(app, `${head}.${forged}.${signature}`)).toMatchObject(FAILED);
    expect(await firebaseSignIn(app, 'no token at all')).toMatchObject(FAILED);
  });
});
