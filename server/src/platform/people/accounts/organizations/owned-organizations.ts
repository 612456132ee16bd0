import type { Audit } from '#platform/audit';
import { type Database, statement } from '#platform/db';
import { callerChanged, type ClosingUser, type OwnedOrganizations } from '#platform/identity';
import { type AccountId, AppError, type UserId } from '#platform/kernel';
import type { Roles } from '../members/roles.ts';

interface OwnedRow {
  account_id: AccountId;
  name: string;
  /** Members besides this user, and owners, who have not closed their own account. */
  others: number;
  other_owners: number;
}

/** Locks the organizations that a user owns, in one order, so that two owners who go at once see each other. */
const lockOwned = (userId: UserId) =>
  statement<{ account_id: AccountId }>(
    `select a.account_id from accounts.accounts a
     where a.kind = 'organization' and a.deleted_at is null and a.account_id in (
       select account_id from accounts.members where user_id = $1 and role = 'owner')
     order by a.account_id for no key update`,
    [userId],
  );

/** Read after the locks of them and of the user. */
const selectOwned = (userId: UserId) =>
  statement<OwnedRow>(
    `select a.account_id, a.name, accounts.other_owners(a.account_id, $1) as other_owners,
       (select count(*)::integer from accounts.members o join identity.users u on u.user_id = o.user_id
        where o.account_id = a.account_id and o.user_id <> $1 and u.closed_at is null) as others
     from accounts.members m join accounts.accounts a using (account_id)
     where m.user_id = $1 and m.role = 'owner' and a.kind = 'organization' and a.deleted_at is null
     order by a.account_id`,
    [userId],
  );

const closeAt = (accounts: readonly AccountId[], at: string) =>
  statement(
    `update accounts.accounts set deleted_at = $2::timestamptz, updated_at = app.now() where account_id = any ($1::uuid[])`,
    [accounts, at],
  );

/** Those that were closed with their owner's account, at that very instant. */
const reopenOf = ({ userId, at }: ClosingUser) =>
  statement<{ account_id: AccountId }>(
    `update accounts.accounts a set deleted_at = null, updated_at = app.now() from accounts.members m
     where m.account_id = a.account_id and m.user_id = $1 and m.role = 'owner' and a.kind = 'organization'
       and a.deleted_at = $2::timestamptz
     returning a.account_id`,
    [userId, at],
  );

const event = ({ userId, actor = { kind: 'user', userId }, origin }: ClosingUser, accountId: AccountId) => ({
  actor,
  accountId,
  target: { kind: 'account', id: accountId },
  origin,
});

/** Closes and reopens the organizations of a user who closes their account, or comes back. */
export function createOwnedOrganizations(parts: {
  readonly db: Database;
  readonly audit: Audit;
  readonly roles: Pick<Roles, 'changed'>;
}): OwnedOrganizations {
  const { db, audit, roles } = parts;
  return {
    lock: async (tx, userId) => (await tx.run(lockOwned(userId))).map(({ account_id }) => account_id),
    async close(tx, user, locked) {
      const rows = await tx.run(selectOwned(user.userId));
      // To lock it now would be out of order, and not to lock it could leave it without an owner.
      if (rows.some((row) => !locked.includes(row.account_id))) {
        throw new AppError('conflict', { message: 'An organization just became yours. Try again.' });
      }
      const alone = rows.filter((row) => row.other_owners === 0);
      const left = alone.filter(({ others }) => others > 0);
      if (left.length > 0) {
        const organizations = left.map(({ account_id: id, name }) => ({ id, name }));
        throw new AppError('last_owner', { details: { organizations } });
      }
      const closed = alone.map(({ account_id }) => account_id);
      await tx.run(closeAt(closed, user.at));
      for (const id of closed) await audit.recordIn(tx, { ...event(user, id), action: 'account.closed' });
      return closed;
    },
    async reopen(tx, user) {
      const reopened = (await tx.run(reopenOf(user))).map(({ account_id }) => account_id);
      for (const id of reopened) await audit.recordIn(tx, { ...event(user, id), action: 'account.restored' });
      return reopened;
    },
    changed(accounts) {
      for (const id of accounts) {
        roles.changed(id);
        callerChanged(db, id);
      }
    },
  };
}
