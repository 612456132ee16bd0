import type { Audit } from '#platform/audit';
import type { Database, Transaction } from '#platform/db';
import type { AccountOwner, Membership } from '#platform/identity';
import type { AccountId, Clock, Ids, UserId } from '#platform/kernel';
import { createMembers, type Members } from './members.ts';
import { createOrganizations, type Organizations } from './organizations.ts';
import { createRoles, type Roles } from './roles.ts';
import { membershipsOf, openAccount } from './store.ts';

export interface AccountsParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audit: Audit;
}

/** Who owns data and pays, and who may act for them. */
export interface Accounts {
  readonly roleOf: Roles['roleOf'];
  /** The account that each user has from the start. */
  makePersonalAccount(tx: Transaction, owner: AccountOwner): Promise<AccountId>;
  makeOrganization(tx: Transaction, owner: AccountOwner, name: string): Promise<AccountId>;
  /** All accounts of a user, in the user's own scope. */
  membershipsOf(tx: Transaction, userId: UserId): Promise<Membership[]>;
  readonly organizations: Organizations;
  readonly members: Members;
  close(): void;
}

export function createAccounts(parts: AccountsParts): Accounts {
  const { ids, audit } = parts;
  const roles = createRoles(parts);

  async function open(tx: Transaction, owner: AccountOwner, made: { kind: Membership['kind']; name: string }) {
    const accountId = ids.next<AccountId>();
    await tx.run(openAccount({ ...made, accountId, owner: owner.userId }));
    await audit.recordIn(tx, {
      action: 'account.opened',
      actor: { kind: 'user', userId: owner.userId },
      accountId,
      target: { kind: 'account', id: accountId },
      changes: made,
      whence: owner.whence,
    });
    return accountId;
  }

  return {
    roleOf: roles.roleOf,
    makePersonalAccount: (tx, owner) =>
      open(tx, owner, { kind: 'personal', name: owner.fullName ?? owner.email }),
    makeOrganization: (tx, owner, name) => open(tx, owner, { kind: 'organization', name }),
    async membershipsOf(tx, userId) {
      const rows = await tx.run(membershipsOf(userId));
      return rows.map(({ account_id: accountId, kind, name, role }) => ({ accountId, kind, name, role }));
    },
    organizations: createOrganizations({ ...parts, roles }),
    members: createMembers({ ...parts, roles }),
    close: roles.close,
  };
}
