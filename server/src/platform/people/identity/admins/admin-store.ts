import { deleteUnheld, statement } from '#platform/db';
import type { UserId } from '#platform/kernel';

/** How long a link to become an admin is good, in hours. */
export const INVITATION_HOURS = 24;

export interface InvitationRow {
  readonly id: string;
  readonly email: string;
  readonly expires_at: Date;
}

/** Stores an invitation's hash; an older one for the address ends by it. */
export const putInvitation = (invitation: { id: string; email: string; tokenHash: string }) =>
  statement<InvitationRow>(
    `insert into identity.admin_invitations (id, email, token_hash, expires_at)
     values ($1, $2, $3, app.now() + make_interval(hours => ${INVITATION_HOURS}))
     on conflict (lower(email)) do update set id = excluded.id, email = excluded.email,
       token_hash = excluded.token_hash, expires_at = excluded.expires_at, created_at = app.now(), updated_at = app.now()
     returning id, email, expires_at`,
    [invitation.id, invitation.email, invitation.tokenHash],
  );

const GOOD = 'token_hash = $1 and expires_at > app.now()';

/** The invitation of a hash, while it is good; not locked. */
export const invitationOf = (tokenHash: string) =>
  statement<InvitationRow>(`select id, email, expires_at from identity.admin_invitations where ${GOOD}`, [
    tokenHash,
  ]);

/** Uses an invitation up: of two at once, one gets the row. */
export const useInvitation = (tokenHash: string) =>
  statement<InvitationRow>(
    `delete from identity.admin_invitations where ${GOOD} returning id, email, expires_at`,
    [tokenHash],
  );

/** Ends the open invitation of an address. */
export const endInvitation = (email: string) =>
  statement<{ id: string }>(
    `delete from identity.admin_invitations where lower(email) = lower($1) and expires_at > app.now() returning id`,
    [email],
  );

export const openInvitations = () =>
  statement<InvitationRow>(
    'select id, email, expires_at from identity.admin_invitations where expires_at > app.now() order by lower(email)',
  );

export const pruneInvitations = () =>
  statement(deleteUnheld('identity.admin_invitations', 'expires_at <= app.now()'));

/** All platform admins. They are few. */
export const adminRows = () =>
  statement<{ email: string; status: string }>(
    `select email, status from identity.users where role = 'admin' and email is not null order by lower(email)`,
  );

/** A row comes back where it was another. */
export const setRole = (userId: UserId, role: 'user' | 'admin') =>
  statement<{ user_id: UserId }>(
    'update identity.users set role = $2, updated_at = app.now() where user_id = $1 and role <> $2 returning user_id',
    [userId, role],
  );
