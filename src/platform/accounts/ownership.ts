import type { Database } from '#platform/db';
import type { Caller, Role } from '#platform/http';
import { freshSession } from '#platform/identity';
import { AppError } from '#platform/kernel';

/** What concerns an owner is for owners: an admin neither makes nor unmakes one, and no key does. */
export function assertRank(own: Role, concerned: readonly Role[], { keyId }: Caller): void {
  if (concerned.includes('owner') && (own !== 'owner' || keyId !== undefined)) {
    throw new AppError('forbidden', {
      message: 'Only an owner who has signed in can change who is an owner.',
    });
  }
}

/**
 * Ownership is given by somebody who has signed in within the last 15 minutes, and not by a key or a session that
 * was found open: whoever holds it can take everything else. A key makes no admin either: they can make keys that may do
 * more than it. Asked before any transaction.
 */
export async function assertMayGive(
  db: Database,
  { userId, keyId, sessionId }: Caller,
  role: Role = 'owner',
): Promise<void> {
  if (role === 'admin' && keyId !== undefined) {
    throw new AppError('forbidden', { message: 'An API key makes nobody an admin. Sign in to do it.' });
  }
  if (role !== 'owner') return;
  const fresh = sessionId === undefined ? [] : (await db.user(userId, [freshSession(userId, sessionId)]))[0];
  if (fresh.length === 0) throw new AppError('fresh_session_needed');
}
