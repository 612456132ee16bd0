import type { RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, type Statement } from '#platform/db';
import { type CodeProvider, type OpenIdSettings, returnUrl, type SignInClient } from '#platform/identity';
import { type AccountId, AppError, isUuid } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import type { Logger } from '#platform/telemetry';
import { type ProvisioningParts, provisionUser } from './provision-user.ts';
import { CLIENT_SECRET } from './connection-store.ts';
import { domainOf } from './domain-names.ts';
import { anyProvider, organizationOfDomain, providerOf, type ProviderRow } from './link-store.ts';

const REFUSED = commitPoint('sso.refused', 'the record of a sign-in by single sign-on that led nowhere');

/** Where a browser goes to be signed in: by its person's address, or by the organization itself. */
export interface SsoSignInRequest {
  readonly email?: string | undefined;
  readonly organization?: string | undefined;
  readonly returnTo: string;
  readonly codeChallenge: string;
}

/** Sign-ins of an organization's people by its provider. */
export interface SignIn {
  /** Ways to sign in besides passwords and passkeys. */
  methods(): Promise<Readonly<Record<CodeProvider | 'mail' | 'sso', boolean>>>;
  /** The address of this server that sends a browser to the provider. Throws `sso_unconfigured`. */
  start(asked: SsoSignInRequest): Promise<string>;
  /** Throws `sso_unconfigured`, `sign_in_unavailable`, `validation_failed`. */
  redirect(organization: string, asked: RedirectRequest): Promise<{ location: string; setCookie: string }>;
  /**
   * Where to send a browser that comes back: to where its sign-in began, with a one-time code or the code of an error.
   * Throws `sign_in_failed` for one that this server did not send, or not this way.
   */
  finish(organization: string, callback: CallbackRequest, origin: RequestOrigin): Promise<string>;
}

export interface RedirectRequest {
  readonly returnTo: string;
  readonly codeChallenge: string;
  readonly cookie: string | undefined;
}

export interface CallbackRequest {
  readonly query: {
    readonly state: string;
    readonly code?: string | undefined;
    readonly error?: string | undefined;
    readonly iss?: string | undefined;
  };
  readonly cookie: string | undefined;
}

export interface SignInParts extends ProvisioningParts {
  readonly secrets: Secrets;
  /** A client of a provider that an organization names. */
  readonly clientOf: (settings: OpenIdSettings) => SignInClient;
  /** The log for a provider's words, for the operator: the user and the organization get our own codes alone. */
  readonly log: Pick<Logger, 'warn'>;
  /** The address of this server, without a slash at its end. */
  readonly baseUrl: string;
}

export function createSignIn(parts: SignInParts): SignIn {
  const { db, baseUrl } = parts;
  return {
    async methods() {
      const [used] = await db.system('sso.sign-in', [anyProvider]);
      const { federation, mailSignIns } = parts.identity;
      const { offered } = federation;
      return {
        mail: mailSignIns.isOn,
        google: offered.includes('google'),
        apple: offered.includes('apple'),
        microsoft: offered.includes('microsoft'),
        github: offered.includes('github'),
        sso: used.length > 0,
      };
    },
    async start({ email, organization, returnTo, codeChallenge }) {
      const accountId = await organizationOf(db, { email, organization });
      const url = new URL(`${baseUrl}/v1/auth/sso/${accountId}`);
      url.searchParams.set('return_to', returnTo);
      url.searchParams.set('code_challenge', codeChallenge);
      return url.href;
    },
    redirect: (organization, asked) => redirect(parts, organization, asked),
    finish: (organization, callback, origin) => finish(parts, { organization, callback, origin }),
  };
}

async function organizationOf(
  db: Database,
  { email, organization }: Pick<SsoSignInRequest, 'email' | 'organization'>,
): Promise<AccountId> {
  const domain = email === undefined ? undefined : domainOf(email);
  const places: readonly Statement<{ account_id: AccountId }>[] = [
    ...(domain === undefined ? [] : [organizationOfDomain(domain)]),
    ...(organization === undefined ? [] : [providerOf(organization as AccountId)]),
  ];
  const [found] = (await db.system('sso.sign-in', places)).flat();
  if (found === undefined) throw new AppError('sso_unconfigured');
  return found.account_id;
}

async function redirect(
  parts: SignInParts,
  organization: string,
  asked: RedirectRequest,
): Promise<{ location: string; setCookie: string }> {
  const { flows } = parts.identity.federation;
  const provider = await requireProvider(parts, organization);
  const begun = await flows.begin({ ...asked, provider: placeOf(provider) });
  const { state, nonce, codeVerifier, setCookie } = begun;
  const location = await clientFor(parts, provider).authorizationUrl({
    redirectUri: redirectUri(parts.baseUrl, provider.account_id),
    state,
    nonce,
    codeVerifier,
  });
  return { location, setCookie };
}

async function finish(
  parts: SignInParts,
  {
    organization,
    callback: { query, cookie },
    origin,
  }: { readonly organization: string; readonly callback: CallbackRequest; readonly origin: RequestOrigin },
): Promise<string> {
  const provider = await requireProvider(parts, organization);
  const { state } = query;
  const returned = await parts.identity.federation.flows.finish({
    provider: placeOf(provider),
    state,
    cookie,
  });
  const { returnTo, codeChallenge, ...sent } = returned;
  try {
    const answer = {
      ...sent,
      query: textOnly(query),
      state,
      redirectUri: redirectUri(parts.baseUrl, provider.account_id),
    };
    const identified = await clientFor(parts, provider).identify(answer);
    const code = await provisionUser(parts, { provider, identified, codeChallenge, origin });
    return returnUrl(returnTo, { code });
  } catch (error) {
    // A fault of ours is not said in an address.
    if (!(error instanceof AppError) || error.status === 500) throw error;
    await recordRefusal(parts, { provider, error, origin });
    // A person stands in front of it: the product says it in its own words.
    return returnUrl(returnTo, { error: error.code });
  }
}

/** The provider's query, without what it left out. */
function textOnly(query: CallbackRequest['query']): Record<string, string> {
  const entries = Object.entries(query);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The person behind it is not known, or must not be believed: the organization hears why its provider's word was not enough. */
async function recordRefusal(
  { db, audit, log }: SignInParts,
  {
    provider,
    error,
    origin,
  }: { readonly provider: ProviderRow; readonly error: AppError; readonly origin: RequestOrigin },
): Promise<void> {
  const { account_id: accountId, issuer } = provider;
  if (error.cause !== undefined)
    log.warn(
      { issuer, code: error.code, err: error.cause, request_id: origin.requestId },
      'a single sign-on failed',
    );
  await db.system('sso.sign-in', REFUSED, (tx) =>
    audit.recordIn(tx, {
      action: 'sso.refused',
      actor: { kind: 'system' },
      accountId,
      changes: { reason: error.code },
      origin,
    }),
  );
}

async function requireProvider({ db }: SignInParts, organization: string): Promise<ProviderRow> {
  const [[provider]] = isUuid(organization)
    ? await db.system('sso.sign-in', [providerOf(organization as AccountId)])
    : [[]];
  if (provider === undefined) throw new AppError('sso_unconfigured');
  return provider;
}

/** A sign-in belongs to a provider as it was set up when it began: its answer fits no other. */
const placeOf = ({ account_id: id, version }: ProviderRow) => `sso ${id} ${version}`;

function clientFor({ clientOf, secrets }: SignInParts, provider: ProviderRow) {
  const { issuer, client_id: clientId, account_id: id, sealed_secret: sealed } = provider;
  return clientOf({ issuer, clientId, clientSecret: secrets.open(sealed, CLIENT_SECRET.context(id)) });
}

/** One for each organization, so that no provider can answer in the place of another (RFC 9700, section 4.4.2). */
export function redirectUri(baseUrl: string, accountId: AccountId): string {
  return `${baseUrl}/v1/auth/sso/${accountId}/callback`;
}
