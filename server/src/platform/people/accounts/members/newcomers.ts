import type { Audit, RequestOrigin } from '#platform/audit';
import type { Transaction } from '#platform/db';
import type { Role } from '#platform/http';
import { type AccountId, AppError, type UserId } from '#platform/kernel';
import type { OwnershipRule } from './ownership.ts';
import type { Roles } from './roles.ts';
import { explainingRefusal, type MemberCapacity } from './capacity.ts';
import { type AccountRow, addMember, lockOrganization } from '../store.ts';

export interface Newcomer {
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly role: Role;
  /** The way in, for the audit: the id of an invitation, or `sso`. */
  readonly by: { readonly invitation: string } | { readonly sso: true };
  readonly origin: RequestOrigin;
}

/** People who become members: by an invitation, or by a module above this one (single sign-on). */
export interface Newcomers {
  /**
   * Does the work that adds a member, in a transaction whose account is that one: says why there was no capacity, and after the commit tells
   * all processes who is a member now.
   */
  join<T>(accountId: AccountId, work: () => Promise<T>): Promise<T>;
  /** Locks an organization, so that all who join and leave come one after the other. Throws `not_found` for a closed one. */
  lock(tx: Transaction, accountId: AccountId): Promise<AccountRow>;
  /** Adds a member under the lock, if there is capacity. Throws `already_member`. */
  joinIn(tx: Transaction, newcomer: Newcomer): Promise<void>;
}

export function createNewcomers(parts: {
  readonly audit: Audit;
  readonly roles: Roles;
  readonly capacity: MemberCapacity;
  readonly assertMayOwn: OwnershipRule;
}): Newcomers {
  const { audit, roles, capacity, assertMayOwn } = parts;
  return {
    async join(accountId, work) {
      const admitted = await explainingRefusal(capacity, work);
      roles.changed(accountId);
      return admitted;
    },
    async lock(tx, accountId) {
      const [account] = await tx.run(lockOrganization(accountId));
      if (account === undefined) throw new AppError('not_found');
      return account;
    },
    async joinIn(tx, { accountId, userId, role, by, origin }) {
      const added = await tx.run(addMember(accountId, userId, role));
      if (added.length === 0) throw new AppError('already_member');
      if (role === 'owner') await assertMayOwn(tx, accountId, userId);
      await audit.recordIn(tx, {
        action: 'member.joined',
        actor: { kind: 'user', userId },
        accountId,
        target: { kind: 'user', id: userId },
        changes: { role, ...by },
        origin,
      });
      await tx.runAll(capacity.check(0));
    },
  };
}
