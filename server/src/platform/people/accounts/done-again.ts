import type { DoneAgain, PastEvent } from '#platform/audit';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { deleteClaims, deleteInvitation } from './invitations/invitation-store.ts';

/** The only owner stays: ownership was handed over after the instant that the database is of. */
const removeMember = ({ account, target }: PastEvent) =>
  statement(
    `delete from accounts.members m where m.account_id = $1 and m.user_id = $2
       and (m.role <> 'owner' or accounts.other_owners(m.account_id, m.user_id) > 0)`,
    [account, target],
  );

const setStatus = (status: 'active' | 'suspended') => (event: PastEvent) =>
  statement('update accounts.accounts set status = $2, updated_at = app.now() where account_id = $1', [
    event.account,
    status,
  ]);

const archiveAsOf = (target: string | null, at: string | null) =>
  statement(
    'update accounts.customers set archived_at = $2::timestamptz, updated_at = app.now() where account_id = $1',
    [target, at],
  );

const closeAsOf = ({ target, at }: PastEvent, since: string) =>
  statement(
    `update accounts.accounts set deleted_at = ${since}, updated_at = app.now() where account_id = $1`,
    [target, at],
  );

/** Repeats the ends of access to an account, for a database that is of an instant before. */
export const accountsDoneAgain: DoneAgain = {
  'member.left': removeMember,
  'member.removed': removeMember,
  'invitation.revoked': ({ account, target }) => deleteInvitation(account as AccountId, target ?? ''),
  'customer.claims_withdrawn': ({ target }) => deleteClaims(target as AccountId),
  'account.suspended': setStatus('suspended'),
  'account.reinstated': setStatus('active'),
  'customer.archived': ({ target, at }) => archiveAsOf(target, at),
  'customer.reopened': ({ target }) => archiveAsOf(target, null),
  'account.closed': (event) => closeAsOf(event, '$2::timestamptz'),
  'account.restored': ({ target }) =>
    statement(
      `update accounts.accounts set deleted_at = null, updated_at = app.now() where account_id = $1`,
      [target],
    ),
  // Due at once: the next erasure takes it.
  'account.erased': (event) => closeAsOf(event, `$2::timestamptz - interval '14 days'`),
};
