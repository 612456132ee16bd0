import type { Database } from '#platform/db';
import type { Caller, Role } from '#platform/http';
import { assertProven } from '#platform/identity';
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
 * Ownership is given by somebody who has proven within the last 15 minutes who they are, and not by a key or a session that
 * was found open: whoever holds it can take everything else. A key makes no admin either: they can make keys that may do
 * more than it. Asked before any transaction.
 */
export async function assertMayGive(db: Database, caller: Caller, role: Role = 'owner'): Promise<void> {
  const { keyId } = caller;
  if (role === 'admin' && keyId !== undefined) {
    throw new AppError('forbidden', { message: 'An API key makes nobody an admin. Sign in to do it.' });
  }
  if (role === 'owner') await assertProven(db, caller);
}
