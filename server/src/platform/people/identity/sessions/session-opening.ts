import type { Audit, RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { AppError, type Ids, type Random, randomToken, sha256, type UserId } from '#platform/kernel';
import type { AccessTokens } from '../signing-keys/access-tokens.ts';
import { createChallenge } from './challenges.ts';
import { factorsOf, methodsOf } from './factors.ts';
import type { AuthTokens, Factor, Method, SignedIn } from './sign-in-replies.ts';
import { type DeviceGiven, type DevicesParts, openOn } from './devices.ts';
import { insertRefreshToken } from './session-store.ts';
import { type CredentialRow, lockUser } from '../users/user-store.ts';

const LOGIN = commitPoint('identity.login', 'a session and its first refresh token');

export const REFRESH_PREFIX = 'plr_';

/**
 * The rule of modules above for a sign-in, in the transaction that lets a user in: it throws where they must come another way.
 * `opens` is false where a second factor stands between this and the session, and where one that is open is refreshed.
 */
export type SignInRule = (
  tx: Transaction,
  signIn: {
    readonly userId: UserId;
    readonly method: Method;
    readonly origin: RequestOrigin;
    readonly opens: boolean;
  },
) => Promise<void>;

export interface SessionOpeningParts extends DevicesParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly random: Random;
  readonly audit: Audit;
  readonly tokens: AccessTokens;
  readonly emailVerification: 'off' | 'soft' | 'required';
  /** None when not said. */
  readonly signInRule?: SignInRule | undefined;
}

/** A user who has proven who they are. */
export interface ProvenSignIn {
  readonly user: CredentialRow;
  readonly method: Method;
  readonly origin: RequestOrigin;
  readonly device?: DeviceGiven | undefined;
  /** Checks or writes when the user is locked; it throws where they must stay outside. */
  readonly confirm?: (tx: Transaction, now: CredentialRow) => Promise<void>;
}

/**
 * Every sign-in, by any proof, opens its session here; where the user has a second factor, it answers a challenge, and the
 * session is opened when that is answered (mfa/answer-challenge.ts). Throws what `assertMaySignIn` throws.
 */
export async function completeSignIn(
  parts: SessionOpeningParts,
  { user, method, origin, device, confirm }: ProvenSignIn,
): Promise<SignedIn> {
  const opened = await parts.db.system('identity.credentials', LOGIN, async (tx) => {
    const [[now], [factors]] = await tx.runAll([lockUser(user.user_id), factorsOf(user.user_id)]);
    if (now === undefined) throw new AppError('invalid_credentials');
    assertMaySignIn(now, parts.emailVerification);
    await confirm?.(tx, now);
    // A passkey is two factors by itself: it was held, and has verified who holds it.
    const methods = method === 'passkey' ? [] : methodsOf(factors);
    if (methods.length > 0) {
      await parts.signInRule?.(tx, { userId: now.user_id, method, origin, opens: false });
      return createChallenge(parts, tx, { user: now, method, methods });
    }
    return openSession(parts, tx, { user: now, method, origin, device });
  });
  parts.mail.wake();
  return 'mfa_token' in opened ? opened : authTokens(parts, user, opened);
}

/** Obstacles of a user are told to those alone who have proven who they are. */
export function assertMaySignIn(
  user: CredentialRow,
  emailVerification: SessionOpeningParts['emailVerification'],
): void {
  if (user.status === 'closed') throw new AppError('user_closed');
  if (user.status !== 'active') throw new AppError('user_suspended');
  assertVerified(user, emailVerification);
}

/** `soft` gives a week from the registration on; `off` never asks. */
export function assertVerified(
  user: CredentialRow,
  emailVerification: SessionOpeningParts['emailVerification'],
): void {
  if (user.email_verified || emailVerification === 'off') return;
  if (emailVerification === 'required' || user.is_overdue) throw new AppError('email_not_verified');
}

interface OpenedSession {
  readonly sessionId: string;
  readonly refreshToken: string;
}

/** Opens a session for a user who is locked, and has shown all that is asked for. */
export async function openSession(
  parts: SessionOpeningParts,
  tx: Transaction,
  { user, method, factor, origin, device }: Omit<ProvenSignIn, 'confirm'> & { readonly factor?: Factor },
): Promise<OpenedSession> {
  const { ids, random, audit } = parts;
  const { user_id: userId } = user;
  await parts.signInRule?.(tx, { userId, method, origin, opens: true });
  const sessionId = ids.next();
  const refreshToken = randomToken(random, REFRESH_PREFIX);
  await openOn(parts, tx, { user, sessionId, method, origin, device });
  await tx.run(insertRefreshToken(userId, sessionId, sha256(refreshToken)));
  const target = { kind: 'session', id: sessionId };
  const actor = { kind: 'user', userId } as const;
  const changes = { method, ...(factor === undefined ? {} : { factor }) };
  await audit.recordIn(tx, { action: 'session.opened', actor, target, changes, origin });
  return { sessionId, refreshToken };
}

/** The pair of a session; its access token is signed anew. */
export async function authTokens(
  { tokens }: Pick<SessionOpeningParts, 'tokens'>,
  user: CredentialRow,
  opened: OpenedSession,
): Promise<AuthTokens> {
  const { token, expiresAt } = await tokens.sign({
    userId: user.user_id,
    sessionId: opened.sessionId,
    role: user.role,
    accountId: user.default_account_id,
  });
  return { access_token: token, refresh_token: opened.refreshToken, expires_at: expiresAt };
}
