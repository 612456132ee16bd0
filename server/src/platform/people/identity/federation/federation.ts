import type { RequestOrigin } from '#platform/audit';
import { commitPoint, type Transaction } from '#platform/db';
import { AppError, sha256 } from '#platform/kernel';
import type { Logger } from '#platform/telemetry';
import type { DeviceGiven } from '../sessions/devices.ts';
import { completeSignIn } from '../sessions/session-opening.ts';
import {
  CODE_PROVIDERS,
  type CodeProvider,
  type Provider,
  type SignedIn,
} from '../sessions/sign-in-replies.ts';
import { SignInProviderError } from './fetch-safely.ts';
import { createSignInFlows, type FlowsParts, type SignInFlows } from './flows.ts';
import { createIdentities, type Identities } from './identities.ts';
import type { Identified } from './openid.ts';
import type { Providers } from './providers.ts';
import { type SignInRequest, type PeopleParts, personOf } from './people.ts';
import { returnUrl } from './return-address.ts';
import type { CredentialRow } from '../users/user-store.ts';
import { useIdToken } from './state-store.ts';

const NAMED = commitPoint(
  'identity.named',
  'the user whom a provider has named, linked or registered where they were not, and the code that lets them in',
);
const REFUSED = commitPoint(
  'identity.provider-refused',
  'the record of a sign-in that a provider did not vouch for',
);

const NOT_BY_SANDBOX =
  'A platform admin cannot sign in through the sandbox, where anybody can claim any identity. Sign in with your password.';

export interface FederationParts extends FlowsParts, PeopleParts {
  readonly mail: FlowsParts['mail'];
  readonly providers: Providers;
  /** The log for a provider's words, for the operator: the user gets our own codes alone. */
  readonly log: Pick<Logger, 'warn'>;
}

/** The answer that an app hands in: it was at the provider by itself. */
export interface AppAnswer {
  readonly code: string;
  /** Both are undefined for a code of the device's own sign-in, as Apple's: it has a nonce. */
  readonly codeVerifier?: string | undefined;
  readonly redirectUri?: string | undefined;
  readonly nonce?: string | undefined;
  /** The person's name, as the provider told the app; used for a new user alone. */
  readonly name?: string | undefined;
  readonly device?: DeviceGiven | undefined;
}

/** Query by which a browser comes back from a provider. */
export interface CallbackQuery {
  readonly state: string;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  readonly iss?: string | undefined;
  /** The person's name, where the provider's answer has it beside the token; used for a new user alone. */
  readonly name?: string | undefined;
}

/** Sign-ins at providers (docs/sign-in.md). */
export interface Federation {
  readonly flows: SignInFlows;
  readonly identities: Identities;
  /** Providers by which browsers can sign in. */
  readonly offered: readonly CodeProvider[];
  /** Where to send a browser, and the cookie that it must come back with. */
  begin(
    provider: CodeProvider,
    asked: {
      readonly returnTo: string;
      readonly codeChallenge: string;
      readonly cookie: string | undefined;
    },
  ): Promise<{ location: string; setCookie: string }>;
  /** Where to send a browser that came back: to the product, with a one-time code or an error. Throws `sign_in_failed` for one that was not sent. */
  callback(
    provider: CodeProvider,
    came: { readonly query: CallbackQuery; readonly cookie: string | undefined },
    origin: RequestOrigin,
  ): Promise<string>;
  /** Signs in by a code that an app got at the provider. */
  byCode(provider: CodeProvider, answer: AppAnswer, origin: RequestOrigin): Promise<SignedIn>;
  /** Each ID token lets in once. */
  firebase(
    given: { readonly idToken: string; readonly device?: DeviceGiven | undefined },
    origin: RequestOrigin,
  ): Promise<SignedIn>;
}

export function createFederation(parts: FederationParts): Federation {
  const { providers } = parts;
  const flows = createSignInFlows(parts);
  return {
    flows,
    identities: createIdentities(parts),
    offered: CODE_PROVIDERS.filter((provider) => providers.clients[provider]?.web !== undefined),
    async begin(provider, asked) {
      const web = setUp(providers.clients[provider]?.web);
      const { setCookie, ...begun } = await flows.begin({ ...asked, provider });
      const redirectUri = redirectUriOf(parts, provider);
      return { location: await web.authorizationUrl({ ...begun, redirectUri }), setCookie };
    },
    callback: (provider, came, origin) => finish({ ...parts, flows }, { provider, ...came, origin }),
    byCode: (provider, { code, device, name, ...given }, origin) =>
      auditFailure(parts, { provider, origin }, async () => {
        const app = setUp(providers.clients[provider]?.app);
        const { codeVerifier, redirectUri, nonce } = given;
        const answer = { query: { code }, state: undefined, codeVerifier, redirectUri, nonce };
        const identified = named(await app.identify(answer), name);
        const user = await withPerson(parts, { provider, identified, origin }, async (_tx, found) => found);
        return completeSignIn(parts, { user, method: provider, origin, device });
      }),
    firebase: ({ idToken, device }, origin) =>
      auditFailure(parts, { provider: 'firebase', origin }, async () => {
        const { expiresAt, ...identified } = await setUp(providers.firebase).identify(idToken);
        const user = await withPerson(
          parts,
          { provider: 'firebase', identified, origin },
          async (tx, found) => {
            const [, used] = await tx.runAll(useIdToken(sha256(signedPart(idToken)), expiresAt));
            if (used.length === 0) throw new AppError('sign_in_failed');
            return found;
          },
        );
        return completeSignIn(parts, { user, method: 'firebase', origin, device });
      }),
  };
}

const redirectUriOf = ({ settings }: FederationParts, provider: CodeProvider) =>
  `${settings.baseUrl}/v1/auth/${provider}/callback`;

/** A name that came beside the token is the browser's or the app's word: it names a new user, and proves nothing. */
const named = (identified: Identified, name: string | undefined): Identified => ({
  ...identified,
  name: identified.name ?? name,
});

interface ReturnedBrowser {
  readonly provider: CodeProvider;
  readonly query: CallbackQuery;
  readonly cookie: string | undefined;
  readonly origin: RequestOrigin;
}

async function finish(
  parts: FederationParts & { readonly flows: SignInFlows },
  { provider, query: { name, ...query }, cookie, origin }: ReturnedBrowser,
): Promise<string> {
  const { flows, providers } = parts;
  const web = setUp(providers.clients[provider]?.web);
  const { state } = query;
  const { returnTo, codeChallenge, ...sent } = await flows.finish({ provider, state, cookie });
  const redirectUri = redirectUriOf(parts, provider);
  const attempt = async () => {
    const identified = named(await web.identify({ ...sent, query: asText(query), state, redirectUri }), name);
    return withPerson(parts, { provider, identified, origin }, async (tx, user) =>
      flows.grant(tx, { userId: user.user_id, method: provider, codeChallenge }),
    );
  };
  try {
    return returnUrl(returnTo, { code: await auditFailure(parts, { provider, origin }, attempt) });
  } catch (error) {
    // A person stands in front of it: the product says it in its own words.
    if (error instanceof AppError) return returnUrl(returnTo, { error: error.code });
    throw error;
  }
}

function setUp<Value>(provider: Value | undefined): Value {
  if (provider === undefined) throw new AppError('sign_in_not_set_up');
  return provider;
}

/** Finds the user, and does with them what belongs into the same commit. */
async function withPerson<Value>(
  parts: FederationParts,
  who: SignInRequest,
  then: (tx: Transaction, user: CredentialRow) => Promise<Value>,
): Promise<Value> {
  const { value, user, isClaimed } = await parts.db.system('identity.credentials', NAMED, async (tx) => {
    const found = await personOf(parts, tx, who);
    // With the transaction goes the link that may have been made.
    if (parts.providers.isSandbox === true && found.user.role === 'admin')
      throw new AppError('sign_in_not_linked', { message: NOT_BY_SANDBOX });
    return { ...found, value: await then(tx, found.user) };
  });
  if (isClaimed) parts.callers.forget(user.user_id);
  parts.mail.wake();
  return value;
}

/** The audit says who was refused; the log says why, as far as the provider is concerned. */
async function auditFailure<Value>(
  { db, audit, log }: FederationParts,
  { provider, origin }: { readonly provider: Provider; readonly origin: RequestOrigin },
  attempt: () => Promise<Value>,
): Promise<Value> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.cause instanceof SignInProviderError)
      log.warn({ provider, reason: error.cause.code, request_id: origin.requestId }, 'a sign-in failed');
    const changes = { method: provider, code: error.code };
    await db.system('identity.credentials', REFUSED, (tx) =>
      audit.recordIn(tx, { action: 'session.refused', actor: { kind: 'system' }, changes, origin }),
    );
    throw error;
  }
}

/** The signed part of an ID token. Its signature can be written in many ways that are all read as the same. */
const signedPart = (idToken: string) => idToken.slice(0, idToken.lastIndexOf('.'));

/** The query as the provider sent it, without what it left out. */
export function asText(query: CallbackQuery): Record<string, string> {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(given);
}
