import { createHash, randomBytes } from 'node:crypto';
import type { OpenIdSandbox } from '#sandbox/openid';
import { toAnswer } from './mailbox.ts';
import type { TestApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';

export const RETURN_TO = 'https://app.example.com/signed-in';

/** What the app needs to be told to take this sandbox for Google, and for Firebase's keys. */
export function settingsFor(sandbox: OpenIdSandbox): Record<string, string> {
  return {
    GOOGLE_ISSUER: sandbox.url,
    GOOGLE_CLIENT_ID: sandbox.clientId,
    GOOGLE_CLIENT_SECRET: sandbox.clientSecret,
    GOOGLE_APP_CLIENT_ID: sandbox.appClientId,
    FIREBASE_PROJECT_ID: 'plinth-test',
    FIREBASE_KEYS_URL: sandbox.firebaseKeysUrl,
    SIGN_IN_RETURN_TO: `${RETURN_TO},app://`,
  };
}

/** Where a redirect leads, and what it says. */
export interface RedirectResult {
  readonly status: number;
  readonly code: string | undefined;
  readonly location: URL;
}

/** A browser with a cookie jar, and the product's page in it, which keeps a secret of its own. */
export interface Browser {
  readonly verifier: string;
  readonly challenge: string;
  cookie: string;
  /** Opens a path here, and follows nothing. */
  open(path: string): Promise<RedirectResult>;
  /** Begins a sign-in; answers where the provider is. */
  begin(returnTo?: string): Promise<URL>;
  /** Comes back from the provider to where it said. */
  back(from: URL): Promise<RedirectResult>;
  /** The whole way there and back for a user; answers what the product's page is opened with. */
  signIn(email: string | undefined): Promise<URLSearchParams>;
  /** Exchanges a one-time code. */
  exchange(code: string | null, verifier?: string): ReturnType<typeof post>;
}

const post = async (app: TestApp, path: string, body: object) => {
  await forgetRates(app);
  return toAnswer(await app.call(undefined, `POST ${path}`, { body }));
};

/** Something that a browser is sent to, and sent back by. */
export type Deciding = Pick<OpenIdSandbox, 'decide'>;

export function browser(app: TestApp, provider: Deciding, name = 'google'): Browser {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const self: Browser = {
    verifier,
    challenge,
    cookie: '',
    async open(path) {
      await forgetRates(app);
      const headers = self.cookie === '' ? {} : { cookie: self.cookie };
      const response = await fetch(`${app.url}${path}`, { redirect: 'manual', headers });
      const [set] = response.headers.getSetCookie();
      if (set !== undefined) self.cookie = set.split(';', 1)[0] ?? '';
      const text = await response.text();
      const { error } = text === '' ? {} : (JSON.parse(text) as { error?: { code: string } });
      const location = new URL(response.headers.get('location') ?? 'none:');
      return { status: response.status, code: error?.code, location };
    },
    async begin(returnTo = RETURN_TO) {
      const query = new URLSearchParams({ return_to: returnTo, code_challenge: challenge });
      const led = await self.open(`/v1/auth/${name}?${query.toString()}`);
      if (led.status !== 302) throw new Error(`the sign-in did not begin: ${led.code}`);
      return led.location;
    },
    async back({ pathname, search, searchParams }) {
      if (name !== 'apple') return self.open(pathname + search);
      // From another site: a browser sends no cookie of SameSite=Lax with a form.
      await forgetRates(app);
      const form = { method: 'POST', body: searchParams, redirect: 'manual' } as const;
      const posted = await fetch(`${app.url}${pathname}`, form);
      const on = new URL(posted.headers.get('location') ?? '', `${app.url}${pathname}`);
      return self.open(on.pathname + on.search);
    },
    async signIn(email) {
      const from = await provider.decide((await self.begin()).href, email);
      const { status, code, location } = await self.back(from);
      if (status !== 302) throw new Error(`the browser was not sent on: ${code}`);
      return location.searchParams;
    },
    exchange: (code, as = verifier) =>
      post(app, '/v1/auth/exchange', { code: code ?? 'none', code_verifier: as }),
  };
  return self;
}

/** An app that has been at the provider by itself; answers its call. */
export async function appSignIn(
  app: TestApp,
  provider: OpenIdSandbox,
  { email, ...more }: { readonly email: string; readonly [field: string]: string },
): ReturnType<typeof post> {
  const { verifier, challenge } = browser(app, provider);
  const asked = {
    client_id: provider.appClientId,
    response_type: 'code',
    scope: 'openid email profile',
    redirect_uri: 'com.example.app:/signed-in',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...(more['nonce'] === undefined ? {} : { nonce: more['nonce'] }),
  };
  const url = `${provider.url}/authorize?${new URLSearchParams(asked).toString()}`;
  const code = (await provider.decide(url, email)).searchParams.get('code');
  const body = { code, code_verifier: verifier, redirect_uri: asked.redirect_uri, ...more };
  return post(app, '/v1/auth/google', body);
}

export const firebaseSignIn = (app: TestApp, idToken: string) =>
  post(app, '/v1/auth/firebase', { id_token: idToken });
