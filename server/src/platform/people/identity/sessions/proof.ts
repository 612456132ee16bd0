import { actorOf, type Audit, type RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import type { Caller } from '#platform/http';
import { AppError, type UserId } from '#platform/kernel';
import type { Guessing } from '../guessing/guessing.ts';
import { factorsOf, isOn, methodsOf } from './factors.ts';
import { freshSession } from './session-store.ts';
import type { Factor } from './sign-in-replies.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { type CredentialRow, lockUser, userById } from '../users/user-store.ts';

const REFUSED = commitPoint('identity.proof-refused', 'the record of a wrong password');

export interface ProofParts {
  readonly db: Database;
  readonly audit: Audit;
  readonly passwords: Passwords;
  readonly guessing: Guessing;
}

/**
 * The caller, who has just said their password; a session that was found open is not enough. Throws `wrong_password`,
 * `too_many_attempts`, which is counted for each session alone, and for a user with a second factor `step_up_required`,
 * unless that was shown lately.
 */
export async function proven(
  parts: ProofParts,
  {
    caller,
    password,
    origin,
  }: { readonly caller: Caller; readonly password: string; readonly origin: RequestOrigin },
): Promise<CredentialRow> {
  const { db, audit, passwords } = parts;
  const [[user], [factors]] = await db.system('identity.credentials', [
    userById(caller.userId),
    factorsOf(caller.userId),
  ]);
  // A thief of the password may hold the session too.
  if (isOn(factors)) await assertProven(db, caller);
  const by = [{ rule: 'session', of: caller.sessionId ?? caller.userId }] as const;
  const right = await parts.guessing.attempt({ by }, async () =>
    (await passwords.matches(password, user?.password_hash)) ? user : undefined,
  );
  if (right !== undefined) return right;
  await db.system('identity.credentials', REFUSED, (tx) =>
    audit.recordIn(tx, {
      action: 'user.proof_refused',
      actor: actorOf(caller),
      target: { kind: 'user', id: caller.userId },
      origin,
    }),
  );
  throw new AppError('wrong_password');
}

/**
 * Throws `step_up_required` unless the caller's session was proven within the last 15 minutes, by signing in or since:
 * for calls that are not for an intruder who found it open. Asked before any transaction.
 */
export async function assertProven(db: Database, { userId, sessionId }: Caller): Promise<void> {
  const fresh = sessionId === undefined ? [] : (await db.user(userId, [freshSession(userId, sessionId)]))[0];
  if (fresh.length > 0) return;
  throw new AppError('step_up_required', { details: { methods: await waysOf(db, userId) } });
}

/** By what a user can prove themselves; who has neither password nor factor signs in anew. */
async function waysOf(db: Database, userId: UserId): Promise<(Factor | 'password')[]> {
  const [[factors], [user]] = await db.system('identity.credentials', [factorsOf(userId), userById(userId)]);
  if (isOn(factors)) return methodsOf(factors);
  return typeof user?.password_hash === 'string' ? ['password'] : [];
}

/** The user, locked before their links, as everywhere; none when they are suspended. */
export async function lockedUser(tx: Transaction, userId: UserId): Promise<CredentialRow | undefined> {
  const [user] = await tx.run(lockUser(userId));
  return user?.status === 'active' ? user : undefined;
}
