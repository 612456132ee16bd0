import { type Audit, actorOf, type RequestOrigin } from '#platform/audit';
import { type Database, type Transaction, commitPoint, statement } from '#platform/db';
import type { Role, Caller } from '#platform/http';
import type { AccountOwner, Membership, OwnedOrganizations } from '#platform/identity';
import { type AccountId, type Clock, type UserId, AppError } from '#platform/kernel';
import {
  type AcceptInvitation,
  createAcceptInvitation,
  createInvitations,
  type Invitations,
  type InvitationsParts,
} from './invitations/invitations.ts';
import { authorizeMember, lockAuthorized, type OrganizationRequest } from './members/authorize-member.ts';
import { createOwnedOrganizations } from './organizations/owned-organizations.ts';
import { createMembers, type Members } from './members/members.ts';
import { createNewcomers, type Newcomers } from './members/newcomers.ts';
import { createOrganizations, type Organizations } from './organizations/organizations.ts';
import { createOpenAccount } from './organizations/open-account.ts';
import { createOwnershipRule } from './members/ownership.ts';
import { ACCOUNT_CHANGED, createRoles, type Roles } from './members/roles.ts';
import { type AccountByName, createAccountByName } from './customers/account-by-name.ts';
import { createExternalCustomers, type ExternalCustomers } from './customers/customers.ts';
import { createServedAccounts, type ServedAccounts } from './customers/served-accounts.ts';
import { createDirectory, type Directory } from './directory/users.ts';
import { createSettings, type Settings } from './settings.ts';
import type { Webhooks } from '#platform/webhooks';
import { membershipsOf } from './store.ts';
import { createTeams, type Teams } from './teams/teams.ts';
import { type AdminAudit, createAdminAudit } from './audit-trail/admin-audit.ts';
import { type AuditTrail, createAuditTrail } from './audit-trail/audit-trail.ts';

export interface AccountsParts extends Omit<InvitationsParts, 'roles'> {
  readonly clock: Clock;
  /** Organizations that one user may own. */
  readonly organizationsPerUser: number;
  /** Told of customers, in their transactions. */
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
}

/** Accounts own data and pay; members may act for them. */
export interface Accounts {
  readonly roleOf: Roles['roleOf'];
  readonly kindOf: Roles['kindOf'];
  readonly isArchived: Roles['isArchived'];
  /** The account that an operator's backend calls for. */
  readonly servedAccount: ServedAccounts['find'];
  /** The account that an admin's call names. */
  readonly accountByName: AccountByName;
  /** Accounts that the operator's backend names by ids of its own. */
  readonly customers: ExternalCustomers;
  /** The account that each user has from the start. */
  makePersonalAccount(tx: Transaction, owner: AccountOwner): Promise<AccountId>;
  makeOrganization(tx: Transaction, owner: AccountOwner, name: string): Promise<AccountId>;
  /** All accounts of a user, in the user's own scope. */
  membershipsOf(tx: Transaction, userId: UserId): Promise<Membership[]>;
  readonly organizations: Organizations;
  readonly members: Members;
  readonly invitations: Invitations;
  readonly teams: Teams;
  readonly accept: AcceptInvitation;
  readonly newcomers: Newcomers;
  /** Whether a call on an organization may be made, for modules above that hold something of one. */
  authorizeMember(request: OrganizationRequest, least: Role): ReturnType<typeof authorizeMember>;
  /** The same in the transaction of a change, with the organization locked. */
  readonly lockAuthorized: typeof lockAuthorized;
  readonly auditTrail: AuditTrail;
  readonly adminAudit: AdminAudit;
  readonly directory: Directory;
  readonly settings: Settings;
  readonly suspension: AccountSuspension;
  /** Handles a person's organizations when they close their account; for identity. */
  readonly ownedOrganizations: OwnedOrganizations;
  close(): void;
}

export function createAccounts(parts: AccountsParts): Accounts {
  const roles = createRoles(parts);
  const assertMayOwn = createOwnershipRule(parts.organizationsPerUser);
  const open = createOpenAccount({ ...parts, assertMayOwn });
  const served = createServedAccounts({ ...parts, topic: ACCOUNT_CHANGED });
  const newcomers = createNewcomers({ ...parts, roles, assertMayOwn });

  return {
    roleOf: roles.roleOf,
    kindOf: roles.kindOf,
    isArchived: roles.isArchived,
    servedAccount: served.find,
    accountByName: createAccountByName({ ...parts, served }),
    customers: createExternalCustomers({ ...parts, roles }),
    makePersonalAccount: (tx, owner) =>
      open(tx, { ...owner, kind: 'personal', name: owner.fullName ?? owner.email.slice(0, 200) }),
    makeOrganization: (tx, owner, name) => open(tx, { ...owner, kind: 'organization', name }),
    async membershipsOf(tx, userId) {
      const rows = await tx.run(membershipsOf(userId));
      return rows.map(({ account_id: accountId, kind, name, status, role }) => ({
        accountId,
        kind,
        name,
        status,
        role,
      }));
    },
    organizations: createOrganizations({ ...parts, roles, open, assertMayOwn }),
    members: createMembers({ ...parts, roles, assertMayOwn }),
    invitations: createInvitations({ ...parts, roles }),
    teams: createTeams({ ...parts, roles }),
    accept: createAcceptInvitation({ ...parts, newcomers }),
    newcomers,
    authorizeMember: (request, least) => authorizeMember(roles, request, least),
    lockAuthorized,
    auditTrail: createAuditTrail({ ...parts, roles }),
    adminAudit: createAdminAudit(parts),
    directory: createDirectory(parts),
    settings: createSettings(parts),
    suspension: createAccountSuspension(parts),
    ownedOrganizations: createOwnedOrganizations({ ...parts, roles }),
    close() {
      roles.close();
      served.close();
    },
  };
}

const SUSPENSION = commitPoint('accounts.standing', 'an account suspended, or reinstated');

type Status = 'active' | 'suspended';

const lockAccount = (accountId: AccountId) =>
  statement<{ status: Status }>(
    'select status from accounts.accounts where account_id = $1 for no key update',
    [accountId],
  );

const setStatus = (accountId: AccountId, status: Status) =>
  statement('update accounts.accounts set status = $2, updated_at = app.now() where account_id = $1', [
    accountId,
    status,
  ]);

/** Whether an account may spend, as platform admins say. */
interface AccountSuspension {
  /**
   * From then on nothing is spent for the account, at once and on every node: admission asks the row itself. What runs ends as it
   * would have; what waits is given up and gives back what it was charged. Its members read on.
   */
  suspend(admin: Caller, accountId: string, origin: RequestOrigin): Promise<void>;
  reinstate(admin: Caller, accountId: string, origin: RequestOrigin): Promise<void>;
}

function createAccountSuspension({
  db,
  audit,
}: {
  readonly db: Database;
  readonly audit: Audit;
}): AccountSuspension {
  const setTo =
    (status: Status, action: string) => async (admin: Caller, id: string, origin: RequestOrigin) => {
      const accountId = id as AccountId;
      await db.system('admin.accounts', SUSPENSION, async (tx) => {
        const [account] = await tx.run(lockAccount(accountId));
        if (account === undefined) throw new AppError('not_found');
        if (account.status === status) return;
        await tx.run(setStatus(accountId, status));
        const target = { kind: 'account', id };
        await audit.recordIn(tx, { action, actor: actorOf(admin), accountId, target, origin });
      });
    };
  return {
    suspend: setTo('suspended', 'account.suspended'),
    reinstate: setTo('active', 'account.reinstated'),
  };
}
