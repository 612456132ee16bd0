import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import type { AppError } from '#platform/kernel';
import { createOpenIdSandbox, type TokenFault } from '#sandbox/openid';
import '../errors.ts';
import { createOpenIdClient, type OpenIdSettings, type SignInClient } from './openid.ts';

const REDIRECT = 'https://plinth.test/callback';

/** A clock whose time for kept documents stands until it is moved on; tokens are of the present. */
function createStandingClock() {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    monotonic: () => ahead,
    advance: (milliseconds: number) => (ahead += milliseconds),
  };
}

// One for all: its key takes its time to be made.
const provider = await createOpenIdSandbox();
// Its key is made here, and not while a test waits for it.
await provider.rotateKeys();
afterAll(() => provider.close());

function makeFixture(settings: Partial<OpenIdSettings> = {}) {
  for (const name of Object.keys(provider.metadata)) delete provider.metadata[name];
  provider.keepEmailOut(false);
  provider.faults.clear();
  const clock = createStandingClock();
  const { url: issuer, clientId, clientSecret } = provider;
  const parts = { clock, allowLoopback: true, patience: 60_000 };
  const client = createOpenIdClient(parts, { issuer, clientId, clientSecret, ...settings });
  return { clock, client, parts };
}

const secret = () => randomBytes(32).toString('base64url');

/** A person decides at the provider; answers what `identify` is called with. */
async function authorize(client: SignInClient, email = 'ada@example.com') {
  const asked = { redirectUri: REDIRECT, state: secret(), nonce: secret(), codeVerifier: secret() };
  const back = await provider.decide(await client.authorizationUrl(asked), email);
  return { ...asked, query: Object.fromEntries(back.searchParams) };
}

const codeOf = async (doing: Promise<unknown>) =>
  doing.then(
    () => 'done',
    (error: AppError) => error.code,
  );

/** The kept cause, where an ID token is not as it should be. */
async function causeOf(fault: TokenFault): Promise<unknown> {
  const { client } = makeFixture();
  const came = await authorize(client);
  provider.faults.tokens(fault);
  return client.identify(came).catch((error: AppError) => error.cause);
}

const toThisMachine = async () => [{ address: '127.0.0.1', family: 4 }];

/** The check of an issuer whose every name leads to this machine. */
const checkAt = (issuer: string, allowLoopback: boolean) => {
  const parts = { clock: createStandingClock(), allowLoopback, resolve: toThisMachine };
  return codeOf(createOpenIdClient(parts, { issuer, clientId: 'any', clientSecret: undefined }).check());
};

describe('an OpenID client', () => {
  test('sends a browser with state, nonce and the hash of a verifier that stays here', async () => {
    const { client } = makeFixture();
    const url = new URL(
      await client.authorizationUrl({
        redirectUri: REDIRECT,
        state: 'the-state',
        nonce: 'the-nonce',
        codeVerifier: 'v'.repeat(43),
        further: { login_hint: 'ada@example.com' },
      }),
    );
    expect(url.href).toContain(`${provider.url}/authorize?`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: provider.clientId,
      response_type: 'code',
      scope: 'openid email profile',
      redirect_uri: REDIRECT,
      state: 'the-state',
      nonce: 'the-nonce',
      code_challenge: createHash('sha256').update('v'.repeat(43)).digest('base64url'),
      code_challenge_method: 'S256',
      login_hint: 'ada@example.com',
    });
  });

  test('says who came back: subject, address and whether it is verified', async () => {
    const { client } = makeFixture();
    provider.person('grace@example.com', { subject: '42', emailVerified: false, name: 'Grace Hopper' });
    expect(await client.identify(await authorize(client, 'grace@example.com'))).toEqual({
      subject: '42',
      email: 'grace@example.com',
      emailVerified: false,
      hostedDomain: 'example.com',
      name: 'Grace Hopper',
    });
  });

  test('asks userinfo for an address that the ID token does not hold', async () => {
    const { client } = makeFixture();
    provider.keepEmailOut(true);
    const { email, emailVerified } = await client.identify(await authorize(client));
    expect({ email, emailVerified }).toEqual({ email: 'ada@example.com', emailVerified: true });
  });

  test.each([
    ['in the body', ['client_secret_post']],
    ['in a header', ['client_secret_basic']],
    ['in a header, where the provider names no way', undefined],
  ])('shows its secret %s', async (_how, methods) => {
    const { client } = makeFixture();
    provider.metadata['token_endpoint_auth_methods_supported'] = methods;
    expect(await codeOf(authorize(client).then((came) => client.identify(came)))).toBe('done');
  });

  test('is refused with another secret, or none', async () => {
    for (const clientSecret of ['another', undefined]) {
      const { client } = makeFixture({ clientSecret });
      expect(await codeOf(authorize(client).then((came) => client.identify(came)))).toBe('sign_in_failed');
    }
  });

  test('goes by its own clock: an ID token is good for its hour', async () => {
    const { client, clock } = makeFixture();
    const [early, late] = [await authorize(client), await authorize(client)];
    clock.advance(3_500_000);
    expect(await codeOf(client.identify(early))).toBe('done');
    clock.advance(200_000);
    expect(await codeOf(client.identify(late))).toBe('sign_in_failed');
  });

  test('reads the discovery document once in ten minutes, and again after one that failed', async () => {
    const { client, clock } = makeFixture();
    provider.faults.at('discovery', { status: 503 });
    expect(await codeOf(authorize(client))).toBe('sign_in_unavailable');
    expect(await codeOf(authorize(client))).toBe('done');
    provider.faults.at('discovery', { status: 503 });
    expect(await codeOf(authorize(client))).toBe('done');
    clock.advance(600_000);
    expect(await codeOf(authorize(client))).toBe('sign_in_unavailable');
    expect(await codeOf(client.check())).toBe('done');
  });
});

test('what went wrong is said in a word, without a token, a claim or an address', async () => {
  expect(await causeOf('wrong nonce')).toMatchObject({ message: 'OAUTH_JWT_CLAIM_COMPARISON_FAILED' });
  const trouble = inspect(await causeOf('expired'), { depth: 9 });
  expect(trouble).toContain('OAUTH_JWT_TIMESTAMP_CHECK_FAILED');
  expect(trouble).not.toMatch(/ada@example|eyJ/);
});

describe('a provider that', () => {
  test.each(['discovery', 'jwks', 'token', 'userinfo'] as const)(
    'is silent, breaks off, fails or redirects at its %s is given up',
    async (place) => {
      const { client, parts } = makeFixture();
      provider.keepEmailOut(place === 'userinfo');
      for (const [fault, code] of [
        ['reset', 'sign_in_unavailable'],
        [{ status: 500 }, 'sign_in_unavailable'],
        ['redirect', 'sign_in_failed'],
        ['hang', 'sign_in_unavailable'],
      ] as const) {
        const came = place === 'discovery' ? undefined : await authorize(client);
        provider.faults.at(place, fault);
        parts.patience = fault === 'hang' ? 100 : 60_000;
        const doing = came === undefined ? client.check() : client.identify(came);
        expect([fault, await codeOf(doing)]).toEqual([fault, code]);
      }
    },
  );

  test.each([
    ['names another issuer', { issuer: 'https://another.example' }],
    ['signs by nothing that can be checked', { id_token_signing_alg_values_supported: ['none'] }],
  ])('%s is not believed', async (_what, metadata) => {
    const { client } = makeFixture();
    Object.assign(provider.metadata, metadata);
    const doing = authorize(client).then((came) => client.identify(came));
    expect(await codeOf(doing)).toBe('sign_in_failed');
  });

  test.each([
    'http://169.254.169.254/token',
    'https://169.254.169.254/token',
    'http://example.com/token',
    'https://10.0.0.1/token',
    'file:///etc/passwd',
  ])('wants its token asked for at %s is not asked there', async (address) => {
    const { client } = makeFixture();
    provider.metadata['token_endpoint'] = address;
    const doing = authorize(client).then((came) => client.identify(came));
    expect(await codeOf(doing)).toMatch(/^sign_in_(unavailable|failed)$/);
  });

  test('leads to this machine is not connected to, but in development', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (const issuer of [
      `https://rebinds.example.com:${port}`,
      `http://rebinds.example.com:${port}`,
      `https://127.0.0.1:${port}`,
      `https://localhost:${port}`,
    ])
      expect([issuer, await checkAt(issuer, false)]).toEqual([issuer, expect.stringMatching(/^sign_in_/)]);
    expect(connections).toBe(0);
    await checkAt(`http://127.0.0.1:${port}`, true);
    expect(connections).toBe(1);
    server.close();
  });

  test('answers without end is cut off at 256 KiB', async () => {
    const { client } = makeFixture();
    provider.faults.at('discovery', 'endless');
    const cause = { code: 'it answers with more than 262144 bytes' };
    await expect(client.check()).rejects.toMatchObject({ code: 'sign_in_unavailable', cause });
  });
});
