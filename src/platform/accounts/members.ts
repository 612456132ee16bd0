import { actorOf, type Audit } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { type Page, page, type Role } from '#platform/http';
import { callerChanged, userByEmail } from '#platform/identity';
import { type AccountId, AppError, type UserId } from '#platform/kernel';
import { enter, lock, type Locked, type Visit } from './entry.ts';
import type { Roles } from './roles.ts';
import { addMember, people, type PersonRow, removeMember, setRole } from './store.ts';

const CHANGE = commitPoint('accounts.member-change', 'a changed or ended membership');

export interface MemberView {
  readonly user_id: string;
  readonly email: string;
  readonly full_name: string | null;
  readonly avatar_url: string | null;
  readonly role: Role;
  /** When they became a member. */
  readonly created_at: string;
}

export interface Members {
  list(
    visit: Visit,
    query: { readonly after: string | undefined; readonly limit: number },
  ): Promise<Page<MemberView>>;
  /**
   * Finds whom an admin wants to add, before any transaction. `not_found` when nobody has that email.
   * That tells an admin of an organization, which anyone can be, whether an email is known. It can't be hidden as long
   * as adding shows at once, so the route is rated by user and each look is in the audit; invitations will end it.
   */
  find(visit: Visit, email: string): Promise<UserId>;
  /** Adds a member in the scope of the caller; row security lets admins alone do it. Call `changed` after the commit. */
  addIn(
    tx: Transaction,
    visit: Visit,
    member: { readonly userId: UserId; readonly role: Role },
  ): Promise<MemberView>;
  changed(visit: Visit): void;
  /** For admins; what concerns an owner, for owners. The last owner keeps the role. */
  changeRole(visit: Visit, userId: string, role: Role): Promise<MemberView>;
  /** Ends a membership: one's own (leaving), or as an admin another's. The last owner stays. Their keys end with it. */
  remove(visit: Visit, userId: string): Promise<void>;
}

interface MembersParts {
  readonly db: Database;
  readonly audit: Audit;
  readonly roles: Roles;
}

const LOOKED = commitPoint(
  'accounts.invitee-looked-up',
  'the record that an admin looked for a user by email',
);

export function createMembers(parts: MembersParts): Members {
  const { db, audit, roles } = parts;
  return {
    async list(visit, { after, limit }) {
      const { accountId } = await enter(roles, visit, 'viewer');
      const [rows] = await db.tenant(accountId, [people(accountId, { after, limit: limit + 1 })]);
      return page(rows, limit, { item: memberView, position: ({ user_id }) => [user_id] });
    },
    async find(visit, email) {
      const { accountId } = await enter(roles, visit, 'admin');
      const [[user]] = await db.system('accounts.invitee', [userByEmail(email)]);
      if (user !== undefined) return user.user_id;
      await db.tenant(accountId, LOOKED, (tx) =>
        audit.recordIn(tx, {
          actor: actorOf(visit.caller),
          accountId,
          whence: visit.whence,
          action: 'member.not_found',
        }),
      );
      throw new AppError('not_found', { message: 'Nobody is registered with this email address.' });
    },
    async addIn(tx, visit, { userId, role }) {
      const accountId = visit.organization as AccountId;
      const locked = await lock(tx, visit, { least: 'admin' });
      assertRank(locked.role, [role]);
      const added = await tx.run(addMember(accountId, userId, role));
      if (added.length === 0) throw new AppError('already_member');
      await audit.recordIn(tx, event(visit, { action: 'member.added', userId, changes: { role } }));
      return readMember(tx, accountId, userId);
    },
    changed: ({ organization }) => roles.changed(organization as AccountId),
    changeRole: (visit, userId, role) => changeRole(parts, visit, { userId: userId as UserId, role }),
    remove: (visit, userId) => remove(parts, visit, userId as UserId),
  };
}

async function changeRole(
  { db, audit, roles }: MembersParts,
  visit: Visit,
  { userId, role }: { readonly userId: UserId; readonly role: Role },
): Promise<MemberView> {
  const { accountId } = await enter(roles, visit, 'admin');
  const member = await db.tenant(accountId, CHANGE, async (tx) => {
    const { role: own, target } = await lock(tx, visit, { least: 'admin', target: userId });
    if (target === undefined) throw new AppError('not_found');
    assertRank(own, [target.role, role]);
    if (role !== 'owner') assertNotLastOwner(target);
    await tx.run(setRole(accountId, userId, role));
    const changes = { role: { before: target.role, after: role } };
    await audit.recordIn(tx, event(visit, { action: 'member.role_changed', userId, changes }));
    return readMember(tx, accountId, userId);
  });
  roles.changed(accountId);
  return member;
}

async function remove({ db, audit, roles }: MembersParts, visit: Visit, userId: UserId): Promise<void> {
  const leaving = userId === visit.caller.userId;
  const least = leaving ? 'viewer' : 'admin';
  const { accountId } = await enter(roles, visit, least);
  await db.tenant(accountId, CHANGE, async (tx) => {
    const { role: own, target } = await lock(tx, visit, { least, target: userId });
    if (target === undefined) throw new AppError('not_found');
    if (!leaving) assertRank(own, [target.role]);
    assertNotLastOwner(target);
    await tx.run(removeMember(accountId, userId));
    const action = leaving ? 'member.left' : 'member.removed';
    await audit.recordIn(tx, event(visit, { action, userId, changes: { role: { before: target.role } } }));
  });
  roles.changed(accountId);
  // Keys ended with the membership, and calls without an account go to another one now.
  callerChanged(db, userId);
}

/** An admin neither makes nor unmakes an owner. */
function assertRank(own: Role, concerned: readonly Role[]): void {
  if (own !== 'owner' && concerned.includes('owner')) {
    throw new AppError('forbidden', { message: 'Only an owner can change who is an owner.' });
  }
}

function assertNotLastOwner(target: NonNullable<Locked['target']>): void {
  if (target.role === 'owner' && target.otherOwners === 0) throw new AppError('last_owner');
}

function event(
  { caller, whence, organization }: Visit,
  what: {
    readonly action: string;
    readonly userId: UserId;
    readonly changes: Readonly<Record<string, unknown>>;
  },
) {
  const { action, userId, changes } = what;
  const target = { kind: 'user', id: userId };
  return { action, actor: actorOf(caller), accountId: organization as AccountId, target, changes, whence };
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
