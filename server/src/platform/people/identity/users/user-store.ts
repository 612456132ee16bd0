import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';

/** Facts of a user that a log-in needs. A user without an address has none: they cannot sign in (docs/customers.md). */
export interface CredentialRow {
  user_id: UserId;
  email: string;
  password_hash: string | null;
  password_version: number;
  email_verified: boolean;
  role: 'user' | 'admin';
  status: 'active' | 'suspended' | 'closed';
  /** Until when a closed one can be opened again. */
  restorable_until: Date | null;
  default_account_id: AccountId;
  /** Whether the time is over in which an address may wait to be verified. */
  is_overdue: boolean;
}

/** How long one may sign in without a verified address where verification is `soft`. */
const SOFT_GRACE = `interval '7 days'`;
/** How long a user who closed their account can open it again. */
const UNDO = `interval '14 days'`;
const CREDENTIALS = `user_id, email, password_hash, password_version, email_verified, role, status, default_account_id,
  closed_at + ${UNDO} as restorable_until, created_at <= app.now() - ${SOFT_GRACE} as is_overdue`;

const HAS_ADDRESS = 'email is not null';

/** The user of an email address, in any case of its letters. */
export const userByEmail = (email: string) =>
  statement<CredentialRow>(
    `select ${CREDENTIALS} from identity.users where lower(email) = lower($1) and ${HAS_ADDRESS}`,
    [email],
  );

export const userById = (userId: UserId) =>
  statement<CredentialRow>(
    `select ${CREDENTIALS} from identity.users where user_id = $1 and ${HAS_ADDRESS}`,
    [userId],
  );

/** The user again, kept from being suspended until the transaction ends. */
export const lockUser = (userId: UserId) =>
  statement<CredentialRow>(
    `select ${CREDENTIALS} from identity.users where user_id = $1 and ${HAS_ADDRESS} for no key update`,
    [userId],
  );

export interface NewUser {
  readonly userId: UserId;
  readonly email: string;
  readonly passwordHash: string | null;
  readonly fullName: string | undefined;
  readonly role: 'user' | 'admin';
  readonly emailVerified: boolean;
}

/** Adds a user unless the email is taken: then no row comes back. Two at once wait for each other here. */
export const insertUser = (user: NewUser) =>
  statement<{ user_id: UserId }>(
    `insert into identity.users (user_id, email, password_hash, full_name, role, email_verified)
     values ($1, $2, $3, $4, $5, $6) on conflict (lower(email)) do nothing returning user_id`,
    [user.userId, user.email, user.passwordHash, user.fullName ?? null, user.role, user.emailVerified],
  );

/**
 * Gives a user to the owner of their address: without the password of the person who wrote it down, and without what that one
 * said of themselves. What was begun by the password is over.
 */
export const giveToOwner = (userId: UserId, fullName: string | undefined) =>
  statement(
    `update identity.users set password_hash = null, password_version = password_version + 1, email_verified = true,
       full_name = $2, avatar_url = null, updated_at = app.now()
     where user_id = $1`,
    [userId, fullName ?? null],
  );

export const setDefaultAccount = (userId: UserId, accountId: AccountId) =>
  statement('update identity.users set default_account_id = $2, updated_at = app.now() where user_id = $1', [
    userId,
    accountId,
  ]);

/** Replaces a hash by a stronger one of the same password, unless the password was changed meanwhile. */
export const rehash = (userId: UserId, hashes: { before: string; after: string }) =>
  statement(
    'update identity.users set password_hash = $3, updated_at = app.now() where user_id = $1 and password_hash = $2',
    [userId, hashes.before, hashes.after],
  );

/** A suspended user keeps their rows and can't call. */
export const setStatus = (userId: UserId, status: 'active' | 'suspended') =>
  statement<{ user_id: UserId }>(
    `update identity.users set status = $2, updated_at = app.now() where user_id = $1 and status <> $2 and status <> 'closed' returning user_id`,
    [userId, status],
  );

/** Closes a user's account, as of an instant; or opens it again while that may be undone. A row comes back where it was done. */
export const closeUser = (userId: UserId, at: string) =>
  statement<{ user_id: UserId }>(
    `update identity.users set status = 'closed', closed_at = $2::timestamptz, updated_at = app.now()
     where user_id = $1 and status = 'active' returning user_id`,
    [userId, at],
  );

export const restoreUser = (userId: UserId) =>
  statement<{ user_id: UserId }>(
    `update identity.users set status = 'active', closed_at = null, updated_at = app.now()
     where user_id = $1 and closed_at > app.now() - ${UNDO} returning user_id`,
    [userId],
  );

export interface ProfileRow
  extends Pick<CredentialRow, 'user_id' | 'email' | 'email_verified' | 'role' | 'default_account_id'> {
  full_name: string | null;
  avatar_url: string | null;
}

export const profile = (userId: UserId) =>
  statement<ProfileRow>(
    `select user_id, email, full_name, avatar_url, email_verified, role, default_account_id
     from identity.users where user_id = $1 and ${HAS_ADDRESS}`,
    [userId],
  );

/** Changes what is given; undefined leaves a field as it is, null empties it. */
export const changeProfile = (
  userId: UserId,
  change: { readonly full_name?: string | null | undefined; readonly avatar_url?: string | null | undefined },
) =>
  statement(
    `update identity.users set updated_at = app.now(),
       full_name = case when $2 then $3 else full_name end,
       avatar_url = case when $4 then $5 else avatar_url end
     where user_id = $1`,
    [
      userId,
      change.full_name !== undefined,
      change.full_name ?? null,
      change.avatar_url !== undefined,
      change.avatar_url ?? null,
    ],
  );
