import { actorOf, type Audit, type Whence } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { type Caller, type Page, page, type Role } from '#platform/http';
import { callerChanged } from '#platform/identity';
import { type AccountId, AppError, type UserId } from '#platform/kernel';
import { enter, lock, type Visit } from './entry.ts';
import type { Opening } from './opening.ts';
import type { Roles } from './roles.ts';
import { type AccountRow, close, organization, organizationsOf, rename } from './store.ts';

const CHANGE = commitPoint('accounts.organization-change', 'a renamed or closed organization');

export interface OrganizationView {
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  /** The caller's own role in it. */
  readonly role: Role;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface Organizations {
  list(
    caller: Caller,
    query: { readonly after: string | undefined; readonly limit: number },
  ): Promise<Page<OrganizationView>>;
  /** Adds an organization owned by a user, in that user's scope. */
  makeIn(
    tx: Transaction,
    owner: { readonly userId: UserId; readonly whence: Whence },
    name: string,
  ): Promise<OrganizationView>;
  get(visit: Visit): Promise<OrganizationView>;
  /** For admins and owners. */
  rename(visit: Visit, name: string): Promise<OrganizationView>;
  /** For owners. Its data stays for the time that erasure takes, but nobody reaches it any more. */
  close(visit: Visit): Promise<void>;
}

export function createOrganizations(parts: {
  readonly db: Database;
  readonly audit: Audit;
  readonly roles: Roles;
  readonly open: Opening;
}): Organizations {
  const { db, audit, roles, open } = parts;
  return {
    async list({ userId, keyId, accountId }, { after, limit }) {
      const only = keyId === undefined ? undefined : accountId;
      const [rows] = await db.user(userId, [organizationsOf(userId, { only, after, limit: limit + 1 })]);
      return page(rows, limit, {
        item: (row) => organizationView(row, row.role),
        position: ({ account_id }) => [account_id],
      });
    },
    async makeIn(tx, { userId, whence }, name) {
      const accountId = await open(tx, { userId, whence, kind: 'organization', name });
      const [row] = await tx.run(organization(accountId));
      if (row === undefined) throw new Error('an organization was not stored');
      return organizationView(row, 'owner');
    },
    async get(visit) {
      const { accountId, role } = await enter(roles, visit, 'viewer');
      const [[row]] = await db.tenant(accountId, [organization(accountId)]);
      if (row === undefined) throw new AppError('not_found');
      return organizationView(row, role);
    },
    async rename(visit, name) {
      const { accountId } = await enter(roles, visit, 'admin');
      return db.tenant(accountId, CHANGE, async (tx) => {
        const { account, role } = await lock(tx, visit, { least: 'admin' });
        const [row] = await tx.run(rename(accountId, name));
        const changes = { name: { before: account.name, after: name } };
        await audit.recordIn(tx, { ...event(visit, accountId), action: 'account.renamed', changes });
        return organizationView(row ?? account, role);
      });
    },
    async close(visit) {
      const { accountId } = await enter(roles, visit, 'owner');
      await db.tenant(accountId, CHANGE, async (tx) => {
        await lock(tx, visit, { least: 'owner' });
        await tx.run(close(accountId));
        await audit.recordIn(tx, { ...event(visit, accountId), action: 'account.closed' });
      });
      roles.changed(accountId);
      // Calls without an account go to another one now.
      callerChanged(db, visit.caller.userId);
    },
  };
}

function event({ caller, whence }: Visit, accountId: AccountId) {
  return { actor: actorOf(caller), accountId, target: { kind: 'account', id: accountId }, whence };
}

/** An organization as its member with that role sees it. */
function organizationView(row: AccountRow, role: Role): OrganizationView {
  return {
    id: row.account_id,
    name: row.name,
    status: row.status,
    role,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
