import { AppError, type Clock, systemClock } from '#platform/kernel';
import * as openid from 'openid-client';
import { z } from 'zod';
import { fetchSafely, type FetchingParts, isUnreachable, SignInProviderError } from './fetch-safely.ts';
import { cachedFor } from './cached-for.ts';

/** A provider of sign-ins, and what we are to it. */
export interface OpenIdSettings {
  /** As its discovery document names it: `https://accounts.google.com`. */
  readonly issuer: string;
  readonly clientId: string;
  /** undefined: a public client, which PKCE alone speaks for. */
  readonly clientSecret: string | undefined;
}

export interface OpenIdParts extends FetchingParts {
  readonly clock: Clock;
}

/** Parameters that a browser is sent to a provider with. */
export interface Authorization {
  /** Where the provider sends it back to, as the provider knows it. */
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  /** Kept here; the provider gets its SHA-256 (RFC 7636). */
  readonly codeVerifier: string;
  /** Further parameters: `prompt`, `login_hint`. */
  readonly further?: Readonly<Record<string, string>>;
}

/** Parameters that a browser came back with, and those that it was sent with. */
export interface AuthorizationAnswer {
  /** The query of the callback: `code` and `state`, or `error`. */
  readonly query: Readonly<Record<string, string>>;
  readonly redirectUri: string;
  readonly codeVerifier: string;
  /** undefined for an app that kept its own state: then `query` has none either. */
  readonly state: string | undefined;
  /** undefined for an app that sent none: then the ID token must have none. */
  readonly nonce: string | undefined;
}

/** The person that a provider names. */
export interface Identified {
  /** Stable for the issuer and client; an email is not. */
  readonly subject: string;
  readonly email: string | undefined;
  /** As the provider says itself; undefined: it says nothing about it. */
  readonly emailVerified: boolean | undefined;
  /** The organization's domain that Google counts the person to (`hd`); a private account of Google's has none. */
  readonly hostedDomain?: string | undefined;
  /** By whom Firebase knows them, this time: `google.com`, `password`. */
  readonly signInProvider?: string | undefined;
  readonly name: string | undefined;
}

/** One provider, for one client of it. It keeps the discovery document for ten minutes; keys are read for each sign-in. */
export interface OpenIdClient {
  /** Where to send a browser. Throws `sign_in_unavailable`. */
  authorizationUrl(asked: Authorization): Promise<string>;
  /**
   * Exchanges the code and checks the ID token: signature, issuer, audience, time, nonce. Throws `sign_in_canceled` when
   * the person or provider said no, `sign_in_failed` when something does not fit, `sign_in_unavailable` when the provider
   * does not answer in time or fails itself.
   */
  identify(answer: AuthorizationAnswer): Promise<Identified>;
  /** Reads the discovery document, now: for `doctor` and for people who set a provider up. Throws `sign_in_unavailable`. */
  check(): Promise<void>;
}

/** Milliseconds. */
const DISCOVERY_KEPT = 600_000;
const SCOPE = 'openid email profile';
/** Seconds by which the provider's clock and ours may differ. */
const LEEWAY = 60;

/** OpenID Connect as `openid-client` speaks it: the code flow with PKCE, state and nonce. */
export function createOpenIdClient(parts: OpenIdParts, settings: OpenIdSettings): OpenIdClient {
  const discovered = cachedFor(DISCOVERY_KEPT, parts.clock, () => discover(parts, settings));
  const configure = async (redirectUri?: string) =>
    configurationOf(parts, { settings, redirectUri, server: await discovered() });
  return {
    // The provider names the address, and it may name none, or one that a browser would run: the library refuses it.
    authorizationUrl: (asked) =>
      translateErrors(configure().then((config) => authorizationUrl(config, asked))),
    identify: (answer) =>
      translateErrors(
        configure(answer.redirectUri).then((config) =>
          identifyUser(config, { ...answer, settings, now: parts.clock.now() }),
        ),
      ),
    async check() {
      await translateErrors(discover(parts, settings));
    },
  };
}

async function authorizationUrl(
  config: openid.Configuration,
  { redirectUri, state, nonce, codeVerifier, further }: Authorization,
): Promise<string> {
  return openid.buildAuthorizationUrl(config, {
    ...further,
    scope: SCOPE,
    redirect_uri: redirectUri,
    state,
    nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  }).href;
}

async function discover(parts: OpenIdParts, { issuer, clientId }: OpenIdSettings) {
  const config = await openid.discovery(new URL(issuer), clientId, undefined, openid.None(), {
    [openid.customFetch]: (url, asked) => fetchSafely(parts, url, asked),
    execute: parts.allowLoopback ? [openid.allowInsecureRequests] : [],
  });
  return config.serverMetadata();
}

interface ConfigurationInput {
  readonly settings: OpenIdSettings;
  readonly server: openid.ServerMetadata;
  /** The address that the code was asked for with. The library takes it from a URL and writes it anew, which providers compare by letter. */
  readonly redirectUri: string | undefined;
}

/** Made for each call: it holds no more than the call's own time and address, and so reads the provider's keys anew. */
function configurationOf(parts: OpenIdParts, { settings, server, redirectUri }: ConfigurationInput) {
  // The library goes by the machine's own clock.
  const skew = Math.round((parts.clock.now() - systemClock.now()) / 1_000);
  const { clientId } = settings;
  const config = new openid.Configuration(
    server,
    clientId,
    { [openid.clockSkew]: skew },
    clientAuth(settings, server),
  );
  config[openid.customFetch] = (url, asked) => {
    if (asked.body instanceof URLSearchParams && redirectUri !== undefined && asked.body.has('redirect_uri'))
      asked.body.set('redirect_uri', redirectUri);
    return fetchSafely(parts, url, asked);
  };
  // The ID token comes over TLS; its signature is checked all the same.
  openid.enableNonRepudiationChecks(config);
  if (parts.allowLoopback) openid.allowInsecureRequests(config);
  return config;
}

/** By the way that the provider names; by HTTP's own where it names none (OpenID Connect Discovery, section 3). */
function clientAuth({ clientSecret }: OpenIdSettings, server: openid.ServerMetadata): openid.ClientAuth {
  if (clientSecret === undefined) return openid.None();
  const named = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return named.includes('client_secret_post')
    ? openid.ClientSecretPost(clientSecret)
    : openid.ClientSecretBasic(clientSecret);
}

const verified = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);
const claimsSchema = z.object({
  sub: z.string().min(1).max(255),
  email: z.string().max(254).optional(),
  email_verified: verified.optional(),
  name: z.string().max(1_000).optional(),
  hd: z.string().max(253).optional(),
});

async function identifyUser(
  config: openid.Configuration,
  {
    query,
    state,
    nonce,
    codeVerifier,
    settings,
    now,
  }: AuthorizationAnswer & { readonly settings: OpenIdSettings; readonly now: number },
): Promise<Identified> {
  const answered = new URL('https://callback.invalid');
  for (const [name, value] of Object.entries(query)) answered.searchParams.set(name, value);
  // An app looked at the answer itself, and handed on the code alone.
  if (state === undefined) answered.searchParams.set('iss', settings.issuer);
  const tokens = await openid.authorizationCodeGrant(config, answered, {
    pkceCodeVerifier: codeVerifier,
    idTokenExpected: true,
    ...(state === undefined ? {} : { expectedState: state }),
    ...(nonce === undefined ? {} : { expectedNonce: nonce }),
  });
  const token = tokens.claims();
  // The library checks that the token is not over, and not that it was issued already.
  if (token === undefined || token.iat > now / 1_000 + LEEWAY) throw new AppError('sign_in_failed');
  const claims = claimsSchema.parse(token);
  if (claims.email !== undefined) return identifiedOf(claims);
  // Some providers keep the email out of ID tokens that come with an access token.
  return identifiedOf(
    claimsSchema.parse(await openid.fetchUserInfo(config, tokens.access_token, claims.sub)),
  );
}

function identifiedOf(claims: z.infer<typeof claimsSchema>): Identified {
  const { sub: subject, email, email_verified: emailVerified, name, hd: hostedDomain } = claims;
  return { subject, email, emailVerified: email === undefined ? false : emailVerified, name, hostedDomain };
}

/** The failure, in our own codes; what the provider said of it is for the log alone. */
async function translateErrors<Value>(doing: Promise<Value>): Promise<Value> {
  return doing.catch((cause: unknown) => {
    throw new AppError(codeOf(cause), { cause: new SignInProviderError(cause) });
  });
}

function codeOf(error: unknown): 'sign_in_canceled' | 'sign_in_unavailable' | 'sign_in_failed' {
  if (error instanceof openid.AuthorizationResponseError && error.error === 'access_denied')
    return 'sign_in_canceled';
  return isUnreachable(error) ? 'sign_in_unavailable' : 'sign_in_failed';
}
