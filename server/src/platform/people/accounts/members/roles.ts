import { type Database, createReadCache } from '#platform/db';
import type { Role } from '#platform/http';
import type { AccountId, Clock, UserId } from '#platform/kernel';
import { roleIn } from '../store.ts';

/** An account whose members or state changed. */
export const ACCOUNT_CHANGED = 'accounts.changed';

export interface Roles {
  /** A user's role in an account; undefined when they are no member, or there is no such account (any more). */
  roleOf(userId: UserId, accountId: AccountId): Promise<Role | undefined>;
  /** The kind of an account that a user is a member of; undefined as above. */
  kindOf(userId: UserId, accountId: AccountId): Promise<Kind | undefined>;
  /** Whether an account that a user is a member of is a customer that the operator's backend archived. */
  isArchived(userId: UserId, accountId: AccountId): Promise<boolean>;
  /** Tells all processes that an account's members or state changed, by its id or by a customer's external id. Call it after the commit. */
  changed(account: string): void;
  close(): void;
}

type Kind = 'personal' | 'organization';

interface Place {
  readonly role: Role;
  readonly kind: Kind;
  readonly is_archived: boolean;
}

/** Roles, kept for seconds: each call asks for one. */
export function createRoles({ db, clock }: { readonly db: Database; readonly clock: Clock }): Roles {
  const kept = createReadCache<Place | undefined>({ db, clock, topic: ACCOUNT_CHANGED });
  const placeOf = (userId: UserId, accountId: AccountId) =>
    kept.get(accountId, `${accountId} ${userId}`, async () => {
      const [[row]] = await db.system('accounts.membership', [roleIn(userId, accountId)]);
      return row;
    });
  return {
    roleOf: async (userId, accountId) => (await placeOf(userId, accountId))?.role,
    kindOf: async (userId, accountId) => (await placeOf(userId, accountId))?.kind,
    isArchived: async (userId, accountId) => (await placeOf(userId, accountId))?.is_archived === true,
    changed: (accountId) => db.signal(ACCOUNT_CHANGED, accountId),
    close: kept.close,
  };
}
