import type { Audit, Whence } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { AppError, type Ids, type Random, randomToken, sha256 } from '#platform/kernel';
import type { AccessTokens } from './access-tokens.ts';
import { insertRefreshToken, insertSession } from './session-store.ts';
import { type CredentialRow, lockUser } from './store.ts';

const LOGIN = commitPoint('identity.login', 'a session and its first refresh token');

const REFRESH_PREFIX = 'plr_';

/** What a client holds after a log-in; `expires_at` is the access token's end in Unix seconds. */
export interface AuthTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_at: number;
}

/** What a sign-in comes to. */
export type SignedIn = AuthTokens;

/** How a user proved who they are. */
export type Method = 'password' | 'google' | 'firebase' | 'sso' | 'passkey';

export interface EnteringParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly random: Random;
  readonly audit: Audit;
  readonly tokens: AccessTokens;
  readonly emailVerification: 'off' | 'soft' | 'required';
}

/** A user who has proven who they are. */
export interface Entry {
  readonly user: CredentialRow;
  readonly method: Method;
  readonly whence: Whence;
  /** What must still hold, or be written, when the user is locked; it throws where they must stay outside. */
  readonly confirm?: (tx: Transaction, now: CredentialRow) => Promise<void>;
}

/** The one door: every sign-in, by whatever proof, opens its session here. Throws what `assertMayEnter` throws. */
export async function enter(
  parts: EnteringParts,
  { user, method, whence, confirm }: Entry,
): Promise<SignedIn> {
  const opened = await parts.db.system('identity.credentials', LOGIN, async (tx) => {
    const [now] = await tx.run(lockUser(user.user_id));
    if (now === undefined) throw new AppError('invalid_credentials');
    assertMayEnter(now, parts.emailVerification);
    await confirm?.(tx, now);
    return openSession(parts, tx, { user: now, method, whence });
  });
  return authTokens(parts, user, opened);
}

/** What may stand in a user's way is told to those alone who have proven who they are. */
export function assertMayEnter(
  user: CredentialRow,
  emailVerification: EnteringParts['emailVerification'],
): void {
  if (user.status !== 'active') throw new AppError('user_suspended');
  assertVerified(user, emailVerification);
}

/** `soft` gives a week from the registration on; `off` never asks. */
export function assertVerified(
  user: CredentialRow,
  emailVerification: EnteringParts['emailVerification'],
): void {
  if (user.email_verified || emailVerification === 'off') return;
  if (emailVerification === 'required' || user.is_overdue) throw new AppError('email_not_verified');
}

interface Opened {
  readonly sessionId: string;
  readonly refreshToken: string;
}

async function openSession(
  { ids, random, audit }: EnteringParts,
  tx: Transaction,
  { user, method, whence }: Entry,
): Promise<Opened> {
  const { user_id: userId } = user;
  const sessionId = ids.next();
  const refreshToken = newRefreshToken(random);
  await tx.runAll([
    insertSession({ userId, sessionId, method, ip: whence.ip, userAgent: whence.userAgent }),
    insertRefreshToken(userId, sessionId, sha256(refreshToken)),
  ]);
  const target = { kind: 'session', id: sessionId };
  const actor = { kind: 'user', userId } as const;
  await audit.recordIn(tx, { action: 'session.opened', actor, target, changes: { method }, whence });
  return { sessionId, refreshToken };
}

export const newRefreshToken = (random: Random): string => randomToken(random, REFRESH_PREFIX);

/** The pair of a session; its access token is signed anew. */
export async function authTokens(
  { tokens }: Pick<EnteringParts, 'tokens'>,
  user: CredentialRow,
  opened: Opened,
): Promise<AuthTokens> {
  const { token, expiresAt } = await tokens.sign({
    userId: user.user_id,
    sessionId: opened.sessionId,
    role: user.role,
    accountId: user.default_account_id,
  });
  return { access_token: token, refresh_token: opened.refreshToken, expires_at: expiresAt };
}
