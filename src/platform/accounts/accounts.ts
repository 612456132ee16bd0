import type { Audit } from '#platform/audit';
import type { Database, Transaction } from '#platform/db';
import type { AccountOwner, Membership } from '#platform/identity';
import type { AccountId, Clock, Ids, Random, UserId } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import { type Accepting, createAccepting } from './acceptance.ts';
import { createInvitations, type Invitations } from './invitations.ts';
import { createMembers, type Members } from './members.ts';
import { createOrganizations, type Organizations } from './organizations.ts';
import { createOpening } from './opening.ts';
import { createRoles, type Roles } from './roles.ts';
import type { Room } from './room.ts';
import { createSettings, type Settings } from './settings.ts';
import { membershipsOf, ownerIn } from './store.ts';
import { createTrail, type Trail } from './trail.ts';

export interface AccountsParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly audit: Audit;
  readonly mail: Pick<Mail, 'sending' | 'lately' | 'wake'>;
  readonly room: Room;
  /** Where an invitee goes with a token. */
  readonly invitationLink: (token: string) => string;
}

/** Who owns data and pays, and who may act for them. */
export interface Accounts {
  readonly roleOf: Roles['roleOf'];
  readonly kindOf: Roles['kindOf'];
  /** Who has owned an account for the longest: what an operator's backend does for it is in their name. Undefined: no such account. */
  ownerOf(accountId: AccountId): Promise<UserId | undefined>;
  /** The account that each user has from the start. */
  makePersonalAccount(tx: Transaction, owner: AccountOwner): Promise<AccountId>;
  makeOrganization(tx: Transaction, owner: AccountOwner, name: string): Promise<AccountId>;
  /** All accounts of a user, in the user's own scope. */
  membershipsOf(tx: Transaction, userId: UserId): Promise<Membership[]>;
  readonly organizations: Organizations;
  readonly members: Members;
  readonly invitations: Invitations;
  readonly accept: Accepting;
  readonly trail: Trail;
  readonly settings: Settings;
  close(): void;
}

export function createAccounts(parts: AccountsParts): Accounts {
  const roles = createRoles(parts);
  const open = createOpening(parts);

  return {
    roleOf: roles.roleOf,
    kindOf: roles.kindOf,
    ownerOf: async (accountId) =>
      (await parts.db.system('accounts.membership', [ownerIn(accountId)]))[0][0]?.user_id,
    makePersonalAccount: (tx, owner) =>
      open(tx, { ...owner, kind: 'personal', name: owner.fullName ?? owner.email.slice(0, 200) }),
    makeOrganization: (tx, owner, name) => open(tx, { ...owner, kind: 'organization', name }),
    async membershipsOf(tx, userId) {
      const rows = await tx.run(membershipsOf(userId));
      return rows.map(({ account_id: accountId, kind, name, role }) => ({ accountId, kind, name, role }));
    },
    organizations: createOrganizations({ ...parts, roles, open }),
    members: createMembers({ ...parts, roles }),
    invitations: createInvitations({ ...parts, roles }),
    accept: createAccepting({ ...parts, roles }),
    trail: createTrail({ ...parts, roles }),
    settings: createSettings(parts),
    close: roles.close,
  };
}
