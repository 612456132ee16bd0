import type { Database, Transaction } from '#platform/db';
import type { Caller, Role } from '#platform/http';
import { assertProven } from '#platform/identity';
import { type AccountId, AppError, type UserId } from '#platform/kernel';
import { mayOwn, ownedBy } from '../store.ts';

/** Changes of an owner are for owners: an admin neither makes nor unmakes one, and no key does. */
export function assertRank(own: Role, concerned: readonly Role[], { keyId }: Caller): void {
  if (concerned.includes('owner') && (own !== 'owner' || keyId !== undefined)) {
    throw new AppError('forbidden', {
      message: 'Only an owner who has signed in can change who is an owner.',
    });
  }
}

/**
 * Ownership is given by a person who has proven within the last 15 minutes who they are, and not by a key or a session that
 * was found open: an owner can take everything else. A key makes no admin either: they can make keys that may do
 * more than it. Asked before any transaction.
 */
export async function assertMayGive(db: Database, caller: Caller, role: Role = 'owner'): Promise<void> {
  const { keyId } = caller;
  if (role === 'admin' && keyId !== undefined) {
    throw new AppError('forbidden', { message: 'An API key makes nobody an admin. Sign in to do it.' });
  }
  if (role === 'owner') await assertProven(db, caller);
}

/** Asked in the transaction that makes a user an owner of an organization, or opens it again for them. */
export type OwnershipRule = (tx: Transaction, accountId: AccountId, userId: UserId) => Promise<void>;

/**
 * A user who has closed their account or is suspended does not become an owner, or come back as one: an organization would be left to
 * them; nor does one who owns `most` organizations already. Asked after the write, in the order in which all who hold a membership take
 * the user's row: of two who make one person an owner at once, the second counts what the first has done.
 */
export function createOwnershipRule(most: number): OwnershipRule {
  return async (tx, accountId, userId) => {
    const [row] = await tx.run(mayOwn(accountId, userId));
    if (row?.may_own !== true) {
      throw new AppError('conflict', {
        message: 'A user who has closed their account, or is suspended, cannot own an organization.',
      });
    }
    const [count] = await tx.run(ownedBy(accountId, userId));
    if (count === undefined || count.owned > most)
      throw new AppError('too_many_organizations', { details: { max: most } });
  };
}
