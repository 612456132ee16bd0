import { actorOf, type Audit } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { type Page, page, type Role } from '#platform/http';
import { callerChanged } from '#platform/identity';
import { type AccountId, AppError, type UserId } from '#platform/kernel';
import {
  authorizeMember,
  lockAuthorized,
  type LockedOrganization,
  type OrganizationRequest,
} from './authorize-member.ts';
import { assertMayGive, assertRank, type OwnershipRule } from './ownership.ts';
import type { Roles } from './roles.ts';
import { people, type PersonRow, removeMember, setRole } from '../store.ts';

const CHANGE = commitPoint('accounts.member-change', 'a changed or ended membership');
const TRANSFER = commitPoint('accounts.transferred', 'a new owner, and the former one as admin');

export interface MemberView {
  readonly user_id: string;
  /** null: a user of an operator's customer, who does not sign in here. */
  readonly email: string | null;
  readonly full_name: string | null;
  readonly avatar_url: string | null;
  readonly role: Role;
  /** When they became a member. */
  readonly created_at: string;
}

export interface Members {
  list(
    request: OrganizationRequest,
    query: { readonly after: string | undefined; readonly limit: number },
  ): Promise<Page<MemberView>>;
  /** For admins; what concerns an owner, for owners. The last owner keeps the role; who has closed their account becomes none. */
  changeRole(request: OrganizationRequest, userId: string, role: Role): Promise<MemberView>;
  /** Ends a membership: one's own (leaving), or as an admin another's. The last owner stays. Their keys end with it. */
  remove(request: OrganizationRequest, userId: string): Promise<void>;
  /** For owners: another member becomes one, and the caller an admin. Answers the new owner. Not to who has closed their account. */
  transfer(request: OrganizationRequest, userId: string): Promise<MemberView>;
}

interface MembersParts {
  readonly db: Database;
  readonly audit: Audit;
  readonly roles: Roles;
  readonly assertMayOwn: OwnershipRule;
}

export function createMembers(parts: MembersParts): Members {
  const { db, roles } = parts;
  return {
    async list(request, { after, limit }) {
      const { accountId } = await authorizeMember(roles, request, 'viewer');
      const [rows] = await db.tenant(accountId, [people(accountId, { after, limit: limit + 1 })]);
      return page(rows, limit, { item: memberView, position: ({ user_id }) => [user_id] });
    },
    changeRole: (request, userId, role) => changeRole(parts, request, { userId: userId as UserId, role }),
    remove: (request, userId) => remove(parts, request, userId as UserId),
    transfer: (request, userId) => transfer(parts, request, userId as UserId),
  };
}

async function changeRole(
  { db, audit, roles, assertMayOwn }: MembersParts,
  request: OrganizationRequest,
  { userId, role }: { readonly userId: UserId; readonly role: Role },
): Promise<MemberView> {
  const { accountId } = await authorizeMember(roles, request, 'admin');
  await assertMayGive(db, request.caller, role);
  const member = await db.tenant(accountId, CHANGE, async (tx) => {
    const { role: own, target } = await lockAuthorized(tx, request, { least: 'admin', target: userId });
    if (target === undefined) throw new AppError('not_found');
    assertRank(own, [target.role, role], request.caller);
    if (role !== 'owner') assertNotLastOwner(target);
    await tx.run(setRole(accountId, userId, role));
    if (role === 'owner') await assertMayOwn(tx, accountId, userId);
    const changes = { role: { before: target.role, after: role } };
    await audit.recordIn(tx, event(request, { action: 'member.role_changed', userId, changes }));
    return readMember(tx, accountId, userId);
  });
  roles.changed(accountId);
  return member;
}

async function remove(
  { db, audit, roles }: MembersParts,
  request: OrganizationRequest,
  userId: UserId,
): Promise<void> {
  const leaving = userId === request.caller.userId;
  const least = leaving ? 'viewer' : 'admin';
  const { accountId } = await authorizeMember(roles, request, least);
  await db.tenant(accountId, CHANGE, async (tx) => {
    const { role: own, target } = await lockAuthorized(tx, request, { least, target: userId });
    if (target === undefined) throw new AppError('not_found');
    if (!leaving) assertRank(own, [target.role], request.caller);
    assertNotLastOwner(target);
    await tx.run(removeMember(accountId, userId));
    const action = leaving ? 'member.left' : 'member.removed';
    await audit.recordIn(tx, event(request, { action, userId, changes: { role: { before: target.role } } }));
  });
  roles.changed(accountId);
  // Keys ended with the membership, and calls without an account go to another one now.
  callerChanged(db, userId);
}

async function transfer(
  { db, audit, roles, assertMayOwn }: MembersParts,
  request: OrganizationRequest,
  userId: UserId,
): Promise<MemberView> {
  const { caller } = request;
  const { accountId } = await authorizeMember(roles, request, 'owner');
  await assertMayGive(db, caller);
  const owner = await db.tenant(accountId, TRANSFER, async (tx) => {
    const { target } = await lockAuthorized(tx, request, { least: 'owner', target: userId });
    if (target === undefined) throw new AppError('not_found');
    if (userId === caller.userId)
      throw new AppError('conflict', { message: 'You cannot hand it over to yourself.' });
    await tx.runAll([setRole(accountId, userId, 'owner'), setRole(accountId, caller.userId, 'admin')]);
    await assertMayOwn(tx, accountId, userId);
    const changes = { role: { before: target.role, after: 'owner' }, former_owner: caller.userId };
    await audit.recordIn(tx, event(request, { action: 'account.transferred', userId, changes }));
    return readMember(tx, accountId, userId);
  });
  roles.changed(accountId);
  return owner;
}

function assertNotLastOwner(target: NonNullable<LockedOrganization['target']>): void {
  if (target.role === 'owner' && target.otherOwners === 0) throw new AppError('last_owner');
}

function event(
  { caller, origin, organization }: OrganizationRequest,
  what: {
    readonly action: string;
    readonly userId: UserId;
    readonly changes: Readonly<Record<string, unknown>>;
  },
) {
  const { action, userId, changes } = what;
  const target = { kind: 'user', id: userId };
  return { action, actor: actorOf(caller), accountId: organization as AccountId, target, changes, origin };
}

async function readMember(tx: Transaction, accountId: AccountId, userId: UserId): Promise<MemberView> {
  const [row] = await tx.run(people(accountId, { only: userId, limit: 1 }));
  if (row === undefined) throw new AppError('not_found');
  return memberView(row);
}

function memberView(row: PersonRow): MemberView {
  return {
    user_id: row.user_id,
    email: row.email,
    full_name: row.full_name,
    avatar_url: row.avatar_url,
    role: row.role,
    created_at: row.created_at.toISOString(),
  };
}
