import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';

/** A personal account is closed by itself where it is a customer's; a person's goes with the person. */
const OVER = `deleted_at <= app.now() - interval '14 days'`;
/** So many at a time: what is left over the next run finds. */
const MOST = 1_000;

/** Organizations whose time for an undo is over. */
export const dueOrganizations = statement<{ account_id: AccountId }>(
  `select account_id from accounts.accounts where ${OVER} order by deleted_at limit ${MOST}`,
);

/** Locks one of them by a write, so that waiting transactions read the row again; no row: it is gone, or open again. */
export const lockDueOrganization = (accountId: AccountId) =>
  statement<{ account_id: AccountId }>(
    `update accounts.accounts set updated_at = app.now() where account_id = $1 and ${OVER} returning account_id`,
    [accountId],
  );

/**
 * Locks the memberships of a user, in one order: a call that ends one, or closes an organization, goes from it to the user's row, and
 * so must the erasure, which is about to delete both.
 */
export const lockMemberships = (userId: UserId) =>
  statement('select from accounts.members where user_id = $1 order by account_id for update', [userId]);

/** The account that a user has from the start. */
export const personalAccount = (userId: UserId) =>
  statement<{ account_id: AccountId }>(
    `select account_id from accounts.accounts where created_by = $1 and kind = 'personal'`,
    [userId],
  );

/** The same, locked: who applies what a store tells of it ends first, or finds it gone. */
export const lockPersonalAccount = (userId: UserId) =>
  statement<{ account_id: AccountId }>(
    `select account_id from accounts.accounts where created_by = $1 and kind = 'personal' for update`,
    [userId],
  );
