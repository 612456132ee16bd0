import type { Audit } from '#platform/audit';
import type { Database, Transaction } from '#platform/db';
import type { AccountOwner, Membership } from '#platform/identity';
import type { AccountId, Clock, Ids, UserId } from '#platform/kernel';
import { createMembers, type Members } from './members.ts';
import { createOrganizations, type Organizations } from './organizations.ts';
import { createOpening } from './opening.ts';
import { createRoles, type Roles } from './roles.ts';
import { createSettings, type Settings } from './settings.ts';
import { membershipsOf } from './store.ts';

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
  readonly settings: Settings;
  close(): void;
}

export function createAccounts(parts: AccountsParts): Accounts {
  const roles = createRoles(parts);
  const open = createOpening(parts);

  return {
    roleOf: roles.roleOf,
    makePersonalAccount: (tx, owner) =>
      open(tx, { ...owner, kind: 'personal', name: owner.fullName ?? owner.email.slice(0, 200) }),
    makeOrganization: (tx, owner, name) => open(tx, { ...owner, kind: 'organization', name }),
    async membershipsOf(tx, userId) {
      const rows = await tx.run(membershipsOf(userId));
      return rows.map(({ account_id: accountId, kind, name, role }) => ({ accountId, kind, name, role }));
    },
    organizations: createOrganizations({ ...parts, roles, open }),
    members: createMembers({ ...parts, roles }),
    settings: createSettings(parts),
    close: roles.close,
  };
}
