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
  /** undefined: a public client, which PKCE alone speaks for. Made anew for each call where it is a function. */
  readonly clientSecret: string | (() => Promise<string>) | undefined;
  /** None when not said. */
  readonly dialect?: OpenIdDialect;
}

/** The ways of a provider that differ from the standard's. */
export interface OpenIdDialect {
  readonly scope?: string;
  /** Further parameters that a browser is sent with. */
  readonly further?: Readonly<Record<string, string>>;
  /** The discovery document names its issuer with `{tenantid}`, which stands for the token's own tenant; `identify` checks which. */
  readonly tenanted?: true;
  /** The person of a checked ID token, where the standard's claims do not say it. Userinfo is not asked then. Throws what is not believed. */
  readonly identify?: (claims: unknown) => Identified;
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
  /** Both are undefined for an app that the device's own sign-in gave its code, without a redirect. */
  readonly redirectUri: string | undefined;
  readonly codeVerifier: string | undefined;
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

/** One client of a provider that signs people in by a code. */
export interface SignInClient {
  /** Where to send a browser. Throws `sign_in_unavailable`. */
  authorizationUrl(asked: Authorization): Promise<string>;
  /**
   * Exchanges the code and checks the answer. Throws `sign_in_canceled` when the person or provider said no, `sign_in_failed` when
   * something does not fit, `sign_in_unavailable` when the provider does not answer in time or fails itself.
   */
  identify(answer: AuthorizationAnswer): Promise<Identified>;
  /** Asks the provider, now: for `doctor` and for people who set a provider up. Throws `sign_in_unavailable`. */
  check(): Promise<void>;
}

/** Milliseconds. */
const DISCOVERY_KEPT = 600_000;
const SCOPE = 'openid email profile';
/** Seconds by which the provider's clock and ours may differ. */
const LEEWAY = 60;

/**
 * OpenID Connect as `openid-client` speaks it: the code flow with PKCE, state and nonce. It keeps the discovery document for ten
 * minutes; keys are read for each sign-in, so that a provider may change them at any time.
 */
export function createOpenIdClient(parts: OpenIdParts, settings: OpenIdSettings): SignInClient {
  const discovered = cachedFor(DISCOVERY_KEPT, parts.clock, () => discover(parts, settings));
  const configure = async (redirectUri?: string) =>
    configurationOf(parts, { settings, redirectUri, server: await discovered() });
  return {
    // The provider names the address, and it may name none, or one that a browser would run: the library refuses it.
    authorizationUrl: (asked) =>
      translateErrors(
        configure().then((config) => authorizationUrl(config, withDialect(asked, settings.dialect))),
      ),
    identify: (answer) =>
      translateErrors(
        configure(answer.redirectUri).then((config) =>
          identifyUser(config, { ...answer, settings, now: parts.clock.now() }),
        ),
      ),
    async check() {
      // With a secret that is made: a key that makes none is found by this too.
      await translateErrors(discover(parts, settings).then((server) => clientAuth(settings, server)));
    },
  };
}

const withDialect = (asked: Authorization, { scope = SCOPE, further }: OpenIdDialect = {}) => ({
  ...asked,
  further: { scope, ...further, ...asked.further },
});

/** The address of a provider's page; `further` has the scope. */
export async function authorizationUrl(
  config: openid.Configuration,
  { redirectUri, state, nonce, codeVerifier, further }: Authorization,
): Promise<string> {
  return openid.buildAuthorizationUrl(config, {
    ...further,
    redirect_uri: redirectUri,
    state,
    nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  }).href;
}

/** The library knows issuers with a tenant in them at this address alone; where a document is really asked for is ours to say. */
const TENANTED = 'https://login.microsoftonline.com/common/v2.0';

const discoveryUrl = ({ issuer, dialect }: OpenIdSettings) =>
  new URL(dialect?.tenanted === true ? TENANTED : issuer);

async function discover(parts: OpenIdParts, settings: OpenIdSettings): Promise<openid.ServerMetadata> {
  const { issuer, clientId, dialect } = settings;
  const document = `${issuer}/.well-known/openid-configuration`;
  const config = await openid.discovery(discoveryUrl(settings), clientId, undefined, openid.None(), {
    [openid.customFetch]: (url, asked) =>
      fetchSafely(parts, dialect?.tenanted === true ? document : url, asked),
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
async function configurationOf(parts: OpenIdParts, { settings, server, redirectUri }: ConfigurationInput) {
  const client = { [openid.clockSkew]: clockSkew(parts) };
  const auth = await clientAuth(settings, server);
  const config = await openid.discovery(discoveryUrl(settings), settings.clientId, client, auth, {
    // The document that was read before.
    [openid.customFetch]: async () => Response.json(server),
    execute: parts.allowLoopback ? [openid.allowInsecureRequests] : [],
  });
  // The ID token comes over TLS; its signature is checked all the same.
  openid.enableNonRepudiationChecks(config);
  return fetchingSafely(parts, config, redirectUri);
}

/** Seconds: the library goes by the machine's own clock. */
export const clockSkew = ({ clock }: OpenIdParts) => Math.round((clock.now() - systemClock.now()) / 1_000);

/** Has a configuration ask by `fetchSafely`, and say the redirect URI as it was said before, or not at all. */
export function fetchingSafely(
  parts: OpenIdParts,
  config: openid.Configuration,
  redirectUri: string | undefined,
): openid.Configuration {
  config[openid.customFetch] = (url, asked) => {
    if (asked.body instanceof URLSearchParams && asked.body.has('redirect_uri')) {
      if (redirectUri === undefined) asked.body.delete('redirect_uri');
      else asked.body.set('redirect_uri', redirectUri);
    }
    return fetchSafely(parts, url, asked);
  };
  if (parts.allowLoopback) openid.allowInsecureRequests(config);
  return config;
}

/** By the way that the provider names; by HTTP's own where it names none (OpenID Connect Discovery, section 3). */
async function clientAuth(
  { clientSecret: given }: OpenIdSettings,
  server: openid.ServerMetadata,
): Promise<openid.ClientAuth> {
  const clientSecret = typeof given === 'function' ? await given() : given;
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

interface IdentifyInput extends AuthorizationAnswer {
  readonly settings: OpenIdSettings;
  readonly now: number;
}

async function identifyUser(
  config: openid.Configuration,
  { settings: { dialect }, now, ...answer }: IdentifyInput,
): Promise<Identified> {
  const tokens = await tokensOf(config, answer, { idTokenExpected: true });
  const token = tokens.claims();
  // The library checks that the token is not over, and not that it was issued already.
  if (token === undefined || token.iat > now / 1_000 + LEEWAY) throw new AppError('sign_in_failed');
  if (dialect?.identify !== undefined) return dialect.identify(token);
  const claims = claimsSchema.parse(token);
  const asksUserInfo = config.serverMetadata().userinfo_endpoint !== undefined;
  if (claims.email !== undefined || !asksUserInfo) return identifiedOf(claims);
  // Some providers keep the email out of ID tokens that come with an access token.
  return identifiedOf(
    claimsSchema.parse(await openid.fetchUserInfo(config, tokens.access_token, claims.sub)),
  );
}

/** Exchanges a code by what the browser or app came back with. */
export function tokensOf(
  config: openid.Configuration,
  { query, state, nonce, codeVerifier }: AuthorizationAnswer,
  checks: openid.AuthorizationCodeGrantChecks = {},
) {
  const answered = new URL('https://callback.invalid');
  for (const [name, value] of Object.entries(query)) answered.searchParams.set(name, value);
  // An app looked at the answer itself, and handed on the code alone.
  if (state === undefined) answered.searchParams.set('iss', config.serverMetadata().issuer);
  return openid.authorizationCodeGrant(config, answered, {
    ...checks,
    ...(codeVerifier === undefined ? {} : { pkceCodeVerifier: codeVerifier }),
    ...(state === undefined ? {} : { expectedState: state }),
    ...(nonce === undefined ? {} : { expectedNonce: nonce }),
  });
}

function identifiedOf(claims: z.infer<typeof claimsSchema>): Identified {
  const { sub: subject, email, email_verified: emailVerified, name, hd: hostedDomain } = claims;
  return { subject, email, emailVerified: email === undefined ? false : emailVerified, name, hostedDomain };
}

/** The failure, in our own codes; what the provider said of it is for the log alone. */
export async function translateErrors<Value>(doing: Promise<Value>): Promise<Value> {
  return doing.catch((cause: unknown) => {
    throw new AppError(codeOf(cause), { cause: new SignInProviderError(cause) });
  });
}

function codeOf(error: unknown): 'sign_in_canceled' | 'sign_in_unavailable' | 'sign_in_failed' {
  if (error instanceof openid.AuthorizationResponseError && error.error === 'access_denied')
    return 'sign_in_canceled';
  return isUnreachable(error) ? 'sign_in_unavailable' : 'sign_in_failed';
}
