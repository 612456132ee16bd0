import type { Database } from '#platform/db';
import type { Caller, Role } from '#platform/http';
import { freshSession } from '#platform/identity';
import { AppError } from '#platform/kernel';

/** What concerns an owner is for owners: an admin neither makes nor unmakes one. */
export function assertRank(own: Role, concerned: readonly Role[]): void {
  if (own !== 'owner' && concerned.includes('owner')) {
    throw new AppError('forbidden', { message: 'Only an owner can change who is an owner.' });
  }
}

/**
 * Ownership is given by somebody who has signed in within the last 15 minutes, and not by a key or a session that
 * was found open: whoever holds it can take everything else. Asked before any transaction.
 */
export async function assertMayGive(
  db: Database,
  { userId, sessionId }: Caller,
  role: Role = 'owner',
): Promise<void> {
  if (role !== 'owner') return;
  const fresh = sessionId === undefined ? [] : (await db.user(userId, [freshSession(userId, sessionId)]))[0];
  if (fresh.length === 0) throw new AppError('fresh_session_needed');
}
