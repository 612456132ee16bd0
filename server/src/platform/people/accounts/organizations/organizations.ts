import { actorOf, type Audit, type RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { type Caller, type Page, page, type Role } from '#platform/http';
import { callerChanged } from '#platform/identity';
import { type AccountId, AppError, type UserId } from '#platform/kernel';
import { authorizeMember, lockAuthorized, type OrganizationRequest } from '../members/authorize-member.ts';
import { type Mail, mailTime } from '#platform/mail';
import type { OpenAccount } from './open-account.ts';
import type { OwnershipRule } from '../members/ownership.ts';
import { plainName } from './plain-name.ts';
import type { Roles } from '../members/roles.ts';
import {
  type AccountRow,
  close,
  closedOrganizationsOf,
  lockOrganization,
  organization,
  organizationsOf,
  ownersOf,
  rename,
  reopen,
} from '../store.ts';

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
  /** The open ones, or the closed ones that the caller may open again. */
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
  get(request: OrganizationRequest): Promise<OrganizationView>;
  /** For admins and owners. */
  rename(request: OrganizationRequest, name: string): Promise<OrganizationView>;
  /** For owners. From then on it can't be reached and nothing is spent for it; its data stays for the time of an undo. */
  close(request: OrganizationRequest): Promise<OrganizationView>;
  /** The same of any, as a platform admin. Answers until when its owners can open it again. Throws `not_found`. */
  closeOther(request: OrganizationRequest): Promise<Date>;
  /** For owners, for 14 days after it was closed: all is as it was before. */
  restore(request: OrganizationRequest): Promise<OrganizationView>;
}

interface OrganizationsParts {
  readonly db: Database;
  readonly audit: Audit;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly roles: Roles;
  readonly open: OpenAccount;
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
    async get(request) {
      const { accountId, role } = await authorizeMember(roles, request, 'viewer');
      const [[row]] = await db.tenant(accountId, [organization(accountId)]);
      if (row === undefined) throw new AppError('not_found');
      return organizationView(row, role);
    },
    async rename(request, name) {
      const { accountId } = await authorizeMember(roles, request, 'admin');
      return db.tenant(accountId, CHANGE, async (tx) => {
        const { account, role } = await lockAuthorized(tx, request, { least: 'admin' });
        const [row] = await tx.run(rename(accountId, name));
        const changes = { name: { before: account.name, after: name } };
        await audit.recordIn(tx, { ...event(request, accountId), action: 'account.renamed', changes });
        return organizationView(row ?? account, role);
      });
    },
    close: (request) => closeOrganization(parts, request),
    closeOther: (request) => closeOther(parts, request),
    restore: (request) => restore(parts, request),
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

async function closeOrganization(
  parts: OrganizationsParts,
  request: OrganizationRequest,
): Promise<OrganizationView> {
  const { db, roles } = parts;
  const { accountId } = await authorizeMember(roles, request, 'owner');
  const closed = await db.tenant(accountId, CHANGE, async (tx) => {
    const { account, role } = await lockAuthorized(tx, request, { least: 'owner' });
    return organizationView(await closeIn(parts, tx, { account, request }), role);
  });
  parts.mail.wake();
  forgetMembership({ db, roles }, accountId);
  return closed;
}

async function closeOther(parts: OrganizationsParts, request: OrganizationRequest): Promise<Date> {
  const accountId = request.organization as AccountId;
  const { restorable_until: until } = await parts.db.tenant(accountId, CHANGE, async (tx) => {
    const [account] = await tx.run(lockOrganization(accountId));
    if (account === undefined) throw new AppError('not_found');
    return closeIn(parts, tx, { account, request });
  });
  parts.mail.wake();
  forgetMembership(parts, accountId);
  if (until === null) throw new Error('a closed organization has no time for its undo');
  return until;
}

/** Closes one that is locked, and tells its owners. */
async function closeIn(
  parts: OrganizationsParts,
  tx: Transaction,
  { account, request }: { readonly account: AccountRow; readonly request: OrganizationRequest },
): Promise<AccountRow> {
  const { account_id: accountId } = account;
  const [row = account] = await tx.run(close(accountId));
  await parts.audit.recordIn(tx, { ...event(request, accountId), action: 'account.closed' });
  await tellOwners(parts, tx, { account: row, request });
  return row;
}

async function tellOwners(
  { mail }: OrganizationsParts,
  tx: Transaction,
  { account, request }: { readonly account: AccountRow; readonly request: OrganizationRequest },
): Promise<void> {
  const { account_id: accountId, restorable_until } = account;
  const until = restorable_until === null ? '' : mailTime(restorable_until);
  const facts = { organization: plainName(account.name), until };
  for (const { user_id: userId, email: to } of await tx.run(ownersOf(accountId))) {
    const { requestId } = request.origin;
    await tx.runAll(
      mail.sending({ to, template: 'organization_closed', facts, accountId, userId, requestId }),
    );
  }
}

async function restore(
  { db, audit, roles, assertMayOwn }: OrganizationsParts,
  request: OrganizationRequest,
): Promise<OrganizationView> {
  const accountId = request.organization as AccountId;
  const restored = await db.tenant(accountId, CHANGE, async (tx) => {
    const { account, role } = await lockAuthorized(tx, request, { least: 'owner', closedToo: true });
    // An open one stays so.
    if (account.restorable_until === null) return organizationView(account, role);
    const [row] = await tx.run(reopen(accountId));
    await assertMayOwn(tx, accountId, request.caller.userId);
    await audit.recordIn(tx, { ...event(request, accountId), action: 'account.restored' });
    return organizationView(row ?? account, role);
  });
  forgetMembership({ db, roles }, accountId);
  // Theirs go there again, if they did before.
  callerChanged(db, request.caller.userId);
  return restored;
}

/** Every member's role there may have changed, as may the account that calls of its members go to, and what its keys may do. */
function forgetMembership(
  { db, roles }: Pick<OrganizationsParts, 'db' | 'roles'>,
  accountId: AccountId,
): void {
  roles.changed(accountId);
  callerChanged(db, accountId);
}

function event({ caller, origin }: OrganizationRequest, accountId: AccountId) {
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
