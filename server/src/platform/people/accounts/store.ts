import { statement } from '#platform/db';
import type { Role } from '#platform/http';
import type { AccountId, UserId } from '#platform/kernel';

export interface AccountRow {
  account_id: AccountId;
  kind: 'personal' | 'organization';
  name: string;
  status: 'active' | 'suspended';
  /** Until when a closed one can be opened again; null: it is open. */
  restorable_until: Date | null;
  created_at: Date;
  updated_at: Date;
}

/** How long a closed organization can be opened again. */
const UNDO = `interval '14 days'`;

const SHOWN = `a.account_id, a.kind, a.name, a.status, a.deleted_at + ${UNDO} as restorable_until, a.created_at, a.updated_at`;

export interface NewAccount {
  readonly accountId: AccountId;
  readonly kind: 'personal' | 'organization';
  readonly name: string;
  readonly owner: UserId;
}

export const openAccount = (account: NewAccount) =>
  statement('select accounts.open_account($1, $2, $3, $4)', [
    account.accountId,
    account.kind,
    account.name,
    account.owner,
  ]);

/** A user's role in an account that is not closed, and what kind it is; no row when there is none. */
export const roleIn = (userId: UserId, accountId: AccountId) =>
  statement<{ role: Role; kind: 'personal' | 'organization'; is_archived: boolean }>(
    `select m.role, a.kind, c.archived_at is not null as is_archived
     from accounts.members m join accounts.accounts a using (account_id) left join accounts.customers c using (account_id)
     where m.account_id = $1 and m.user_id = $2 and a.deleted_at is null`,
    [accountId, userId],
  );

/** All accounts of a user, personal first. */
export const membershipsOf = (userId: UserId) =>
  statement<AccountRow & { role: Role }>(
    `select ${SHOWN}, m.role from accounts.members m join accounts.accounts a using (account_id)
     where m.user_id = $1 and a.deleted_at is null order by a.kind desc, a.account_id limit 200`,
    [userId],
  );

/** The organizations of a user (or, for a key, the one it is bound to), newest first, from a place in that order on. */
export const organizationsOf = (
  userId: UserId,
  query: { readonly only: AccountId | undefined; readonly after: string | undefined; readonly limit: number },
) =>
  statement<AccountRow & { role: Role }>(
    `select ${SHOWN}, m.role from accounts.members m join accounts.accounts a using (account_id)
     where m.user_id = $1 and a.kind = 'organization' and a.deleted_at is null
       and ($2::uuid is null or m.account_id = $2) and ($3::uuid is null or m.account_id < $3)
     order by m.account_id desc limit $4`,
    [userId, query.only ?? null, query.after ?? null, query.limit],
  );

/**
 * The closed organizations that a user may open again, newest first. Read by the system: row security shows a user what
 * is open alone.
 */
export const closedOrganizationsOf = (
  userId: UserId,
  query: { readonly only: AccountId | undefined; readonly after: string | undefined; readonly limit: number },
) =>
  statement<AccountRow & { role: Role }>(
    `select ${SHOWN}, m.role from accounts.members m join accounts.accounts a using (account_id)
     where m.user_id = $1 and m.role = 'owner' and a.kind = 'organization' and a.deleted_at > app.now() - ${UNDO}
       and ($2::uuid is null or m.account_id = $2) and ($3::uuid is null or m.account_id < $3)
     order by m.account_id desc limit $4`,
    [userId, query.only ?? null, query.after ?? null, query.limit],
  );

export const organization = (accountId: AccountId) =>
  statement<AccountRow>(
    `select ${SHOWN} from accounts.accounts a
     where a.account_id = $1 and a.kind = 'organization' and a.deleted_at is null`,
    [accountId],
  );

/**
 * Locks an organization: changes of its members and its end come one after the other, so that two owners who leave
 * at once can't both go. The weaker lock lets foreign keys to the account pass.
 */
export const lockOrganization = (accountId: AccountId) =>
  statement<AccountRow>(
    `select ${SHOWN} from accounts.accounts a
     where a.account_id = $1 and a.kind = 'organization' and a.deleted_at is null for no key update`,
    [accountId],
  );

/** The same of one that is open, or closed and can be opened again. */
export const lockRestorable = (accountId: AccountId) =>
  statement<AccountRow>(
    `select ${SHOWN} from accounts.accounts a where a.account_id = $1 and a.kind = 'organization'
       and (a.deleted_at is null or a.deleted_at > app.now() - ${UNDO}) for no key update`,
    [accountId],
  );

/** Managers of an organization, and the members that a change is about; read after the lock. */
export const membersForChange = (accountId: AccountId, users: readonly UserId[]) =>
  statement<{ user_id: UserId; role: Role; other_owners: number; is_person: boolean }>(
    `select m.user_id, m.role, accounts.other_owners(m.account_id, m.user_id) as other_owners,
       not exists (select from accounts.customers c where c.account_id = $1 and c.owner_id = m.user_id) as is_person
     from accounts.members m where m.account_id = $1 and m.user_id = any ($2::uuid[])`,
    [accountId, users],
  );

export const rename = (accountId: AccountId, name: string) =>
  statement<AccountRow>(
    `update accounts.accounts a set name = $2, updated_at = app.now() where a.account_id = $1 returning ${SHOWN}`,
    [accountId, name],
  );

export interface SettingsRow {
  account_id: AccountId;
  kind: 'personal' | 'organization';
  name: string;
  time_zone: string;
}

const SETTINGS = 'account_id, kind, name, time_zone';

export const settingsOf = (accountId: AccountId) =>
  statement<SettingsRow>(
    `select ${SETTINGS} from accounts.accounts where account_id = $1 and deleted_at is null`,
    [accountId],
  );

export const setTimeZone = (accountId: AccountId, zone: string) =>
  statement<SettingsRow>(
    `update accounts.accounts set time_zone = $2, updated_at = app.now()
     where account_id = $1 and deleted_at is null returning ${SETTINGS}`,
    [accountId, zone],
  );

export const close = (accountId: AccountId) =>
  statement<AccountRow>(
    `update accounts.accounts a set deleted_at = app.now(), updated_at = app.now() where a.account_id = $1 returning ${SHOWN}`,
    [accountId],
  );

export const reopen = (accountId: AccountId) =>
  statement<AccountRow>(
    `update accounts.accounts a set deleted_at = null, updated_at = app.now() where a.account_id = $1 returning ${SHOWN}`,
    [accountId],
  );

/** Adds a member; no row comes back when they are one already. */
export const addMember = (accountId: AccountId, userId: UserId, role: Role) =>
  statement<{ user_id: UserId; role: Role; created_at: Date }>(
    `insert into accounts.members (account_id, user_id, role) values ($1, $2, $3)
     on conflict (account_id, user_id) do nothing returning user_id, role, created_at`,
    [accountId, userId, role],
  );

export const setRole = (accountId: AccountId, userId: UserId, role: Role) =>
  statement(
    'update accounts.members set role = $3, updated_at = app.now() where account_id = $1 and user_id = $2',
    [accountId, userId, role],
  );

/** Whether a member may own the organization: kept so until the transaction ends. Asked after the write that makes them one. */
export const mayOwn = (accountId: AccountId, userId: UserId) =>
  statement<{ may_own: boolean }>('select accounts.may_own($1, $2) as may_own', [accountId, userId]);

/** How many open organizations a user owns; asked after `mayOwn`. */
export const ownedBy = (accountId: AccountId, userId: UserId) =>
  statement<{ owned: number }>('select accounts.owned_by($1, $2) as owned', [accountId, userId]);

export const removeMember = (accountId: AccountId, userId: UserId) =>
  statement('delete from accounts.members where account_id = $1 and user_id = $2', [accountId, userId]);

/** The owners of an account, whom its end is told. */
export const ownersOf = (accountId: AccountId) =>
  statement<{ user_id: UserId; email: string }>(
    `select user_id, email from accounts.people($1, null, null, 1000) where role = 'owner' and email is not null`,
    [accountId],
  );

export interface PersonRow {
  user_id: UserId;
  /** null: a user of an operator's customer, who does not sign in here. */
  email: string | null;
  full_name: string | null;
  avatar_url: string | null;
  role: Role;
  created_at: Date;
}

/** Members with their names, from a place in the order of user ids on; or one of them. */
export const people = (
  accountId: AccountId,
  query: { readonly only?: UserId; readonly after?: string | undefined; readonly limit: number },
) =>
  statement<PersonRow>('select * from accounts.people($1, $2, $3, $4)', [
    accountId,
    query.only ?? null,
    query.after ?? null,
    query.limit,
  ]);
