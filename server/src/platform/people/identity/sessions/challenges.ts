import { statement, type Transaction } from '#platform/db';
import { type Random, randomToken, sha256, type UserId } from '#platform/kernel';
import type { Challenge, Factor, Method } from './sign-in-replies.ts';
import type { CredentialRow } from '../users/user-store.ts';

const PREFIX = 'plm_';
const LIFETIME = `interval '10 minutes'`;
/** Then the password is asked for anew: a challenge is no place to guess. */
const MOST_TRIES = 5;

/** Keeps a sign-in until its second factor comes; in the transaction in which its first was found good. */
export async function createChallenge(
  { random }: { readonly random: Random },
  tx: Transaction,
  { user, method, methods }: { user: CredentialRow; method: Method; methods: readonly Factor[] },
): Promise<Challenge> {
  const token = randomToken(random, PREFIX);
  const [, [kept]] = await tx.runAll([
    pruneChallenges(user.user_id),
    insertChallenge({ user, method, tokenHash: sha256(token) }),
  ]);
  if (kept === undefined) throw new Error('a challenge was not stored');
  return {
    mfa_required: true,
    mfa_token: token,
    methods,
    expires_at: kept.expires_at.toISOString(),
  };
}

const pruneChallenges = (userId: UserId) =>
  statement('delete from identity.mfa_challenges where user_id = $1 and expires_at <= app.now()', [userId]);

const insertChallenge = (challenge: { user: CredentialRow; method: Method; tokenHash: string }) =>
  statement<{ expires_at: Date }>(
    `insert into identity.mfa_challenges (user_id, token_hash, method, password_version, expires_at)
     values ($1, $2, $3, $4, app.now() + ${LIFETIME}) returning expires_at`,
    [challenge.user.user_id, challenge.tokenHash, challenge.method, challenge.user.password_version],
  );

/** Whose a challenge is; not locked. */
export const challengeOwner = (tokenHash: string) =>
  statement<{ user_id: UserId }>(
    'select user_id from identity.mfa_challenges where token_hash = $1 and expires_at > app.now()',
    [tokenHash],
  );

/** Counts a try; no row comes back where there are none left, or it is over. */
export const useTry = (userId: UserId, tokenHash: string) =>
  statement<{ method: Method; password_version: number }>(
    `update identity.mfa_challenges set tries = tries + 1, updated_at = app.now()
     where user_id = $1 and token_hash = $2 and tries < ${MOST_TRIES} and expires_at > app.now()
     returning method, password_version`,
    [userId, tokenHash],
  );

export const endChallenge = (userId: UserId, tokenHash: string) =>
  statement('delete from identity.mfa_challenges where user_id = $1 and token_hash = $2', [
    userId,
    tokenHash,
  ]);

/** Ends all sign-ins of a user that wait for a second factor. */
export const endChallenges = (userId: UserId) =>
  statement('delete from identity.mfa_challenges where user_id = $1', [userId]);
