import { beforeEach, describe, expect, test } from 'vitest';
import { advance } from '@plinth/testkit/factories';
import { testApp } from '@plinth/testkit/services/app';
import { browserHere } from '@plinth/testkit/services/browser';
import { callsAs, challengeOf, newcomer, type SignedInSession } from './factors.ts';
import { OTHER, PASSWORD } from './mailbox.ts';
import { newDevice, type Signature, type WebApp } from './virtual-authenticator.ts';

const program = browserHere();

describe.runIf(program !== undefined)('a passkey, in a real browser', async () => {
  if (program === undefined) return;
  const device = await newDevice(program);
  const [page, elsewhere] = [await device.open(), await device.open()];
  const app = await testApp({ settings: { PASSKEY_ORIGINS: page.origin } });
  const anyone = callsAs(app, undefined);

  beforeEach(device.forget);

  /** Makes a passkey of a user. */
  async function add(one: SignedInSession, on: WebApp = page) {
    const { body: options } = await one.call('POST /v1/auth/mfa/passkeys/options');
    const credential = await on.create(options);
    const added = await one.call('POST /v1/auth/mfa/passkeys', { name: 'Phone', credential });
    return { credential, options, added };
  }
  const signInOptions = async () => (await anyone('POST /v1/auth/passkey/options')).body;
  const signIn = (credential: Signature) => anyone('POST /v1/auth/passkey', { credential });
  test('signs in without a password, and no second factor is asked for', async () => {
    const one = await newcomer(app);
    const { added, credential } = await add(one);
    expect(added).toMatchObject({ status: 201, body: { passkey: { name: 'Phone', last_used_at: null } } });
    expect(added.body['recovery_codes']).toHaveLength(10);
    const { body, status } = await signIn(
      await page.get(withOnlyCredential(credential, await signInOptions())),
    );
    expect(status).toBe(200);
    const entered = callsAs(app, String(body['access_token']));
    expect((await entered('GET /v1/me')).body).toMatchObject({ email: one.ada.email });
    const { body: now } = await entered('GET /v1/auth/mfa');
    expect(now).toMatchObject({ enabled: true, passkeys: [{ last_used_at: expect.any(String) }] });
  });

  test('of a user who registered with another’s address lets nobody in once its owner has reset the password', async () => {
    const one = await newcomer(app);
    const { credential } = await add(one);
    await one.ada.auth('forgot-password', { email: one.ada.email });
    await one.ada.auth('reset-password', { token: await one.ada.link(), password: OTHER });
    expect((await signIn(await page.get(withOnlyCredential(credential, await signInOptions())))).code).toBe(
      'mfa_refused',
    );
    expect((await one.ada.login(OTHER)).body).toHaveProperty('access_token');
  });

  test('is the second factor of a log-in with a password, and ends it once', async () => {
    const one = await newcomer(app);
    await add(one);
    const login = await one.ada.login();
    expect(login.body).toMatchObject({ mfa_required: true, methods: ['passkey', 'recovery_code'] });
    const token = String(login.body['mfa_token']);
    const { body: options } = await anyone('POST /v1/auth/mfa/options', { mfa_token: token });
    const answer = { mfa_token: token, passkey: await page.get(options) };
    const answers = await Promise.all(
      [answer, answer].map((body) => anyone('POST /v1/auth/mfa/verify', body)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await anyone('POST /v1/auth/mfa/verify', answer)).code).toBe('mfa_over');
  });

  test('proves a session once more, and a password alone does not', async () => {
    const one = await newcomer(app);
    await add(one);
    await advance(app.db, '16 minutes');
    const stale = await one.call('POST /v1/auth/mfa/recovery-codes');
    expect(stale).toMatchObject({ status: 403, code: 'step_up_required' });
    const { code } = await one.call('POST /v1/auth/step-up', { password: PASSWORD });
    expect(code).toBe('step_up_required');
    const { body: options } = await one.call('POST /v1/auth/step-up/options');
    expect((await one.call('POST /v1/auth/step-up', { passkey: await page.get(options) })).status).toBe(200);
    expect((await one.call('POST /v1/auth/mfa/recovery-codes')).status).toBe(200);
  });

  test('is renamed and removed by its owner alone; the last one takes the recovery codes with it', async () => {
    const [one, two] = [await newcomer(app), await newcomer(app)];
    const { body } = (await add(one)).added;
    const path = `/v1/auth/mfa/passkeys/${(body['passkey'] as { id: string }).id}`;
    expect((await two.call(`PATCH ${path}`, { name: 'Mine' })).code).toBe('not_found');
    expect((await two.call(`DELETE ${path}`)).code).toBe('not_found');
    expect((await one.call(`PATCH ${path}`, { name: 'Laptop' })).body).toMatchObject({ name: 'Laptop' });
    expect((await one.call(`DELETE ${path}`)).status).toBe(200);
    expect((await one.call('GET /v1/auth/mfa')).body).toEqual({
      enabled: false,
      totp: false,
      recovery_codes_left: 0,
      passkeys: [],
    });
    expect((await one.ada.login()).body).toHaveProperty('access_token');
    const told = (await one.ada.mails()).filter(({ subject }) => subject === 'Your two-step sign-in');
    expect(told).toHaveLength(2);
  });

  test('does not sign in twice by one answer, by an altered one, or by one that came too late', async () => {
    const one = await newcomer(app);
    const { credential } = await add(one);
    const used = await page.get(withOnlyCredential(credential, await signInOptions()));
    expect((await signIn(used)).status).toBe(200);
    expect((await signIn(used)).code).toBe('mfa_refused');
    const fresh = await page.get(withOnlyCredential(credential, await signInOptions()));
    const altered = flipBit(String(fresh.response['signature']));
    expect((await signIn(withResponse(fresh, { signature: altered }))).code).toBe('mfa_refused');
    const late = await page.get(withOnlyCredential(credential, await signInOptions()));
    await advance(app.db, '6 minutes');
    expect((await signIn(late)).code).toBe('mfa_refused');
  });

  test('does not sign in from another page, without its owner, or for another user', async () => {
    const [one, two] = [await newcomer(app), await newcomer(app)];
    const [{ credential }, other] = [await add(one), await add(two)];
    const phished = await elsewhere.get(withOnlyCredential(credential, await signInOptions()));
    expect((await signIn(phished)).code).toBe('mfa_refused');
    await device.recognises(false);
    const lax = { ...(await signInOptions()), userVerification: 'discouraged' };
    const held = await page.get(withOnlyCredential(credential, lax));
    await device.recognises(true);
    expect((await signIn(held)).code).toBe('mfa_refused');
    const mine = await page.get(withOnlyCredential(credential, await signInOptions()));
    const theirs = await page.get(withOnlyCredential(other.credential, await signInOptions()));
    const { userHandle = '' } = theirs.response;
    expect((await signIn(withResponse(mine, { userHandle }))).code).toBe('mfa_refused');
    const both = await page.get(withOnlyCredential(other.credential, await signInOptions()));
    expect((await signIn({ ...both, id: credential.id, rawId: credential.id })).code).toBe('mfa_refused');
  });

  test('of another user ends no challenge, and an answer for one purpose is none for another', async () => {
    const [one, two] = [await newcomer(app), await newcomer(app)];
    const [mine, theirs] = [await add(one), await add(two)];
    const token = await challengeOf(one);
    const { body: options } = await anyone('POST /v1/auth/mfa/options', { mfa_token: token });
    const stranger = await page.get(withOnlyCredential(theirs.credential, options));
    expect((await anyone('POST /v1/auth/mfa/verify', { mfa_token: token, passkey: stranger })).code).toBe(
      'mfa_refused',
    );
    const forSignIn = await page.get(withOnlyCredential(mine.credential, await signInOptions()));
    expect((await anyone('POST /v1/auth/mfa/verify', { mfa_token: token, passkey: forSignIn })).code).toBe(
      'mfa_refused',
    );
    const another = await challengeOf(one);
    const forAnother = await page.get(
      (await anyone('POST /v1/auth/mfa/options', { mfa_token: another })).body,
    );
    expect((await anyone('POST /v1/auth/mfa/verify', { mfa_token: token, passkey: forAnother })).code).toBe(
      'mfa_refused',
    );
  });

  test('that has counted no further than before is refused as a copy, and its owner is told', async () => {
    const one = await newcomer(app);
    const { credential } = await add(one);
    for (let n = 0; n < 3; n += 1) {
      expect(
        (await signIn(await page.get(withOnlyCredential(credential, await signInOptions())))).status,
      ).toBe(200);
    }
    await device.setCounter(credential.id, 1);
    const copied = await page.get(withOnlyCredential(credential, await signInOptions()));
    expect((await signIn(copied)).code).toBe('mfa_refused');
    expect((await one.ada.mails()).at(-1)?.text).toContain('there seems to be a copy of it');
  });

  test('is taken once, from the session that asked for it, and from our pages alone', async () => {
    const [one, two] = [await newcomer(app), await newcomer(app)];
    const { credential, options } = await add(one);
    const body = { name: 'Again', credential };
    expect((await one.call('POST /v1/auth/mfa/passkeys', body)).code).toBe('passkey_invalid');
    expect(options['excludeCredentials']).toEqual([]);
    const { body: again } = await one.call('POST /v1/auth/mfa/passkeys/options');
    await expect(page.create(again)).rejects.toThrow(/InvalidStateError|already/);
    const { body: asked } = await two.call('POST /v1/auth/mfa/passkeys/options');
    const stolen = { name: 'Stolen', credential: await page.create(asked) };
    expect((await one.call('POST /v1/auth/mfa/passkeys', stolen)).code).toBe('passkey_invalid');
    expect((await add(await newcomer(app), elsewhere)).added.code).toBe('passkey_invalid');
  });
});

/** Options that leave the device no choice. */
const withOnlyCredential = ({ id }: Signature, options: object) => ({
  ...options,
  allowCredentials: [{ id, type: 'public-key' }],
});

const withResponse = (signature: Signature, changed: Record<string, string>): Signature => ({
  ...signature,
  response: { ...signature.response, ...changed },
});

/** The same bytes but for one bit, in the middle. */
function flipBit(encoded: string): string {
  const bytes = Buffer.from(encoded, 'base64url');
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  return bytes.toString('base64url');
}
