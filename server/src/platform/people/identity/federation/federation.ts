import type { RequestOrigin } from '#platform/audit';
import { commitPoint, type Transaction } from '#platform/db';
import { AppError, sha256 } from '#platform/kernel';
import type { Logger } from '#platform/telemetry';
import type { DeviceGiven } from '../sessions/devices.ts';
import { completeSignIn } from '../sessions/session-opening.ts';
import type { SignedIn } from '../sessions/sign-in-replies.ts';
import { SignInProviderError } from './fetch-safely.ts';
import type { Firebase } from './firebase.ts';
import { createSignInFlows, type FlowsParts, type SignInFlows } from './flows.ts';
import { createIdentities, type Identities } from './identities.ts';
import type { Provider } from './identity-store.ts';
import type { OpenIdClient } from './openid.ts';
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

/** The providers that say who a person is; sign-ins by one that is undefined are refused. */
export interface Providers {
  /** Google, for browsers and for apps, which are clients of their own there. */
  readonly google: { readonly web: OpenIdClient | undefined; readonly app: OpenIdClient | undefined };
  readonly firebase: Firebase | undefined;
  /** Whether they are a sandbox, which believes all that a caller on this machine says: it speaks for no platform admin. */
  readonly isSandbox?: boolean;
}

export interface FederationParts extends FlowsParts, PeopleParts {
  readonly mail: FlowsParts['mail'];
  readonly providers: Providers;
  /** The log for a provider's words, for the operator: the user gets our own codes alone. */
  readonly log: Pick<Logger, 'warn'>;
}

/** The answer that an app hands in: it was at the provider by itself. */
export interface AppAnswer {
  readonly code: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
  readonly nonce?: string | undefined;
  readonly device?: DeviceGiven | undefined;
}

/** Query by which a browser comes back from a provider. */
export interface CallbackQuery {
  readonly state: string;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  readonly iss?: string | undefined;
}

/** Sign-ins at providers (docs/sign-in.md). */
export interface Federation {
  readonly flows: SignInFlows;
  readonly identities: Identities;
  /** Whether browsers can sign in by Google. */
  readonly takesGoogle: boolean;
  /** Where to send a browser, and the cookie that it must come back with. */
  begin(asked: {
    readonly returnTo: string;
    readonly codeChallenge: string;
    readonly cookie: string | undefined;
  }): Promise<{ location: string; setCookie: string }>;
  /** Where to send a browser that came back: to the product, with a one-time code or an error. Throws `sign_in_failed` for one that was not sent. */
  callback(
    came: { readonly query: CallbackQuery; readonly cookie: string | undefined },
    origin: RequestOrigin,
  ): Promise<string>;
  google(answer: AppAnswer, origin: RequestOrigin): Promise<SignedIn>;
  /** Each ID token lets in once. */
  firebase(
    given: { readonly idToken: string; readonly device?: DeviceGiven | undefined },
    origin: RequestOrigin,
  ): Promise<SignedIn>;
}

export function createFederation(parts: FederationParts): Federation {
  const { providers } = parts;
  const flows = createSignInFlows(parts);
  const redirectUri = `${parts.settings.baseUrl}/v1/auth/google/callback`;
  return {
    flows,
    identities: createIdentities(parts),
    takesGoogle: providers.google.web !== undefined,
    async begin(asked) {
      const web = setUp(providers.google.web);
      const { setCookie, ...begun } = await flows.begin({ ...asked, provider: 'google' });
      return { location: await web.authorizationUrl({ ...begun, redirectUri }), setCookie };
    },
    async callback({ query, cookie }, origin) {
      const web = setUp(providers.google.web);
      const { state } = query;
      const begun = await flows.finish({ provider: 'google', state, cookie });
      const { returnTo, codeChallenge } = begun;
      const attempt = async () => {
        const identified = await web.identify({ ...begun, query: asText(query), state, redirectUri });
        return withPerson(parts, { provider: 'google', identified, origin }, async (tx, user) =>
          flows.grant(tx, { userId: user.user_id, method: 'google', codeChallenge }),
        );
      };
      try {
        return returnUrl(returnTo, {
          code: await auditFailure(parts, { provider: 'google', origin }, attempt),
        });
      } catch (error) {
        // A person stands in front of it: the product says it in its own words.
        if (error instanceof AppError) return returnUrl(returnTo, { error: error.code });
        throw error;
      }
    },
    google: ({ code, device, ...answer }, origin) =>
      auditFailure(parts, { provider: 'google', origin }, async () => {
        const app = setUp(providers.google.app);
        const asked = { ...answer, query: { code }, state: undefined, nonce: answer.nonce };
        const identified = await app.identify(asked);
        const user = await withPerson(
          parts,
          { provider: 'google', identified, origin },
          async (_tx, found) => found,
        );
        return completeSignIn(parts, { user, method: 'google', origin, device });
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
function asText(query: CallbackQuery): Record<string, string> {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(given);
}
