import { actorOf, type Audit, type RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { type Caller, type Page, page, type Role } from '#platform/http';
import { callerChanged } from '#platform/identity';
import { type AccountId, AppError, type UserId } from '#platform/kernel';
import { enter, lock, type Visit } from './entry.ts';
import type { Mail } from '#platform/mail';
import type { Opening } from './opening.ts';
import type { OwnershipRule } from './ownership.ts';
import { plainName } from './plain-name.ts';
import type { Roles } from './roles.ts';
import {
  type AccountRow,
  close,
  closedOrganizationsOf,
  organization,
  organizationsOf,
  ownersOf,
  rename,
  reopen,
} from './store.ts';

const CHANGE = commitPoint('accounts.organization-change', 'a renamed, closed or reopened organization');

export interface OrganizationView {
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  /** The caller's own role in it. */
  readonly role: Role;
  /** Until when a closed one can be opened again; null: it is open. */
  readonly restorable_until: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface Organizations {
  /** Those that are open; or the closed ones, of whoever may open them again. */
  list(
    caller: Caller,
    query: { readonly after: string | undefined; readonly limit: number; readonly closed?: boolean },
  ): Promise<Page<OrganizationView>>;
  /** Adds an organization owned by a user, in that user's scope. */
  makeIn(
    tx: Transaction,
    owner: { readonly userId: UserId; readonly origin: RequestOrigin },
    name: string,
  ): Promise<OrganizationView>;
  get(visit: Visit): Promise<OrganizationView>;
  /** For admins and owners. */
  rename(visit: Visit, name: string): Promise<OrganizationView>;
  /** For owners. From then on nobody reaches it and nothing is spent for it; its data stays for the time of an undo. */
  close(visit: Visit): Promise<OrganizationView>;
  /** For owners, for 14 days after it was closed: all is as it was before. */
  restore(visit: Visit): Promise<OrganizationView>;
}

interface OrganizationsParts {
  readonly db: Database;
  readonly audit: Audit;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly roles: Roles;
  readonly open: Opening;
  readonly assertMayOwn: OwnershipRule;
}

export function createOrganizations(parts: OrganizationsParts): Organizations {
  const { db, audit, roles, open } = parts;
  return {
    list: (caller, query) => list(db, caller, query),
    async makeIn(tx, { userId, origin }, name) {
      const accountId = await open(tx, { userId, origin, kind: 'organization', name });
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
    close: (visit) => closeOrganization(parts, visit),
    restore: (visit) => restore(parts, visit),
  };
}

async function list(
  db: Database,
  { userId, keyId, accountId }: Caller,
  { after, limit, closed = false }: Parameters<Organizations['list']>[1],
): Promise<Page<OrganizationView>> {
  const only = keyId === undefined ? undefined : accountId;
  const query = { only, after, limit: limit + 1 };
  const [rows] = closed
    ? await db.system('accounts.membership', [closedOrganizationsOf(userId, query)])
    : await db.user(userId, [organizationsOf(userId, query)]);
  return page(rows, limit, {
    item: (row) => organizationView(row, row.role),
    position: ({ account_id }) => [account_id],
  });
}

async function closeOrganization(parts: OrganizationsParts, visit: Visit): Promise<OrganizationView> {
  const { db, audit, roles } = parts;
  const { accountId } = await enter(roles, visit, 'owner');
  const closed = await db.tenant(accountId, CHANGE, async (tx) => {
    const { account, role } = await lock(tx, visit, { least: 'owner' });
    const [row] = await tx.run(close(accountId));
    await audit.recordIn(tx, { ...event(visit, accountId), action: 'account.closed' });
    await tellOwners(parts, tx, { account: row ?? account, visit });
    return organizationView(row ?? account, role);
  });
  parts.mail.wake();
  changed({ db, roles }, accountId);
  return closed;
}

async function tellOwners(
  { mail }: OrganizationsParts,
  tx: Transaction,
  { account, visit }: { readonly account: AccountRow; readonly visit: Visit },
): Promise<void> {
  const { account_id: accountId, restorable_until } = account;
  const until = `${restorable_until?.toISOString().slice(0, 16).replace('T', ' ') ?? ''} UTC`;
  const facts = { organization: plainName(account.name), until };
  for (const { user_id: userId, email: to } of await tx.run(ownersOf(accountId))) {
    const { requestId } = visit.origin;
    await tx.runAll(
      mail.sending({ to, template: 'organization_closed', facts, accountId, userId, requestId }),
    );
  }
}

async function restore(
  { db, audit, roles, assertMayOwn }: OrganizationsParts,
  visit: Visit,
): Promise<OrganizationView> {
  const accountId = visit.organization as AccountId;
  const restored = await db.tenant(accountId, CHANGE, async (tx) => {
    const { account, role } = await lock(tx, visit, { least: 'owner', closedToo: true });
    // What is open stays so.
    if (account.restorable_until === null) return organizationView(account, role);
    const [row] = await tx.run(reopen(accountId));
    await assertMayOwn(tx, accountId, visit.caller.userId);
    await audit.recordIn(tx, { ...event(visit, accountId), action: 'account.restored' });
    return organizationView(row ?? account, role);
  });
  changed({ db, roles }, accountId);
  // Theirs go there again, if they did before.
  callerChanged(db, visit.caller.userId);
  return restored;
}

/** Nobody's role there is what it was; nor is the account that calls of its members go to, or what its keys may do. */
function changed({ db, roles }: Pick<OrganizationsParts, 'db' | 'roles'>, accountId: AccountId): void {
  roles.changed(accountId);
  callerChanged(db, accountId);
}

function event({ caller, origin }: Visit, accountId: AccountId) {
  return { actor: actorOf(caller), accountId, target: { kind: 'account', id: accountId }, origin };
}

/** An organization as its member with that role sees it. */
export function organizationView(row: AccountRow, role: Role): OrganizationView {
  return {
    id: row.account_id,
    name: row.name,
    status: row.status,
    role,
    restorable_until: row.restorable_until?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
