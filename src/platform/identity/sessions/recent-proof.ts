import type { Database } from '#platform/db';
import type { Caller } from '#platform/http';
import { AppError, type UserId } from '#platform/kernel';
import { freshSession } from './session-store.ts';
import { userById } from '../users/user-store.ts';
import { type Factor, factorsOf, isOn, methodsOf } from './factors.ts';

/**
 * Throws `step_up_required` unless the caller's session was proven within the last 15 minutes, by signing in or since:
 * for calls that are not for whoever found it open. Asked before any transaction.
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
