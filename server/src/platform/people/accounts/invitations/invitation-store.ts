import { deleteUnheld, statement } from '#platform/db';
import type { Role } from '#platform/http';
import type { AccountId, UserId } from '#platform/kernel';

/** How long an invitation may be accepted after it was last sent. */
export const INVITATION_DAYS = 7;
const ENDS = `app.now() + interval '${INVITATION_DAYS} days'`;

export interface InvitationRow {
  invitation_id: string;
  email: string;
  role: Role;
  invited_by: UserId;
  expires_at: Date;
  is_open: boolean;
  created_at: Date;
  sends: number;
}

const SHOWN =
  'i.invitation_id, i.email, i.role, i.invited_by, i.expires_at, i.expires_at > app.now() as is_open, i.created_at, i.sends';

export interface NewInvitation {
  readonly accountId: AccountId;
  readonly invitationId: string;
  readonly email: string;
  readonly role: Role;
  readonly tokenHash: string;
  readonly invitedBy: UserId;
}

/** Makes room for another invitation to an email whose last one is over. */
export const dropExpired = (accountId: AccountId, email: string) =>
  statement(
    'delete from accounts.invitations where account_id = $1 and lower(email) = lower($2) and expires_at <= app.now()',
    [accountId, email],
  );

/** Adds an invitation; no row comes back while there is another to the same email. */
export const insertInvitation = (invitation: NewInvitation) =>
  statement<InvitationRow>(
    `insert into accounts.invitations as i (account_id, invitation_id, email, role, token_hash, invited_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, ${ENDS}) on conflict (account_id, lower(email)) do nothing returning ${SHOWN}`,
    values(invitation),
  );

/** Adds an invitation, or gives the one to the same email another token, role and end; no row comes back for a member's email. */
export const putInvitation = (invitation: NewInvitation) =>
  statement<InvitationRow>(
    `insert into accounts.invitations as i (account_id, invitation_id, email, role, token_hash, invited_by, expires_at)
     select $1::uuid, $2::uuid, $3, $4, $5, $6::uuid, ${ENDS} where not exists (
       select from accounts.members m join identity.users u on u.user_id = m.user_id where m.account_id = $1 and lower(u.email) = lower($3))
     on conflict (account_id, lower(email)) do update set role = excluded.role, token_hash = excluded.token_hash,
       invited_by = excluded.invited_by, sends = i.sends + 1, expires_at = excluded.expires_at, updated_at = app.now()
     returning ${SHOWN}`,
    values(invitation),
  );

const values = (invitation: NewInvitation) => [
  invitation.accountId,
  invitation.invitationId,
  invitation.email,
  invitation.role,
  invitation.tokenHash,
  invitation.invitedBy,
];

/** Invitations of an organization, newest first, from a place in that order on. */
export const listInvitations = (
  accountId: AccountId,
  query: { readonly after: string | undefined; readonly limit: number },
) =>
  statement<InvitationRow>(
    `select ${SHOWN} from accounts.invitations i
     where i.account_id = $1 and ($2::uuid is null or i.invitation_id < $2) order by i.invitation_id desc limit $3`,
    [accountId, query.after ?? null, query.limit],
  );

export const invitationById = (accountId: AccountId, invitationId: string) =>
  statement<InvitationRow>(
    `select ${SHOWN} from accounts.invitations i where i.account_id = $1 and i.invitation_id = $2`,
    [accountId, invitationId],
  );

/** Gives an invitation another token, and its time anew. */
export const renewInvitation = (
  accountId: AccountId,
  renewed: { readonly invitationId: string; readonly tokenHash: string; readonly invitedBy: UserId },
) =>
  statement<InvitationRow>(
    `update accounts.invitations i set token_hash = $3, invited_by = $4, sends = i.sends + 1, expires_at = ${ENDS},
       updated_at = app.now()
     where i.account_id = $1 and i.invitation_id = $2 returning ${SHOWN}`,
    [accountId, renewed.invitationId, renewed.tokenHash, renewed.invitedBy],
  );

export const deleteInvitation = (accountId: AccountId, invitationId: string) =>
  statement('delete from accounts.invitations where account_id = $1 and invitation_id = $2', [
    accountId,
    invitationId,
  ]);

/** Deletes those of an account that no member sent; a row comes back for each. */
export const deleteClaims = (accountId: AccountId) =>
  statement<{ invitation_id: string }>(
    `delete from accounts.invitations i where i.account_id = $1 and not exists (
       select from accounts.members m where m.account_id = $1 and m.user_id = i.invited_by) returning i.invitation_id`,
    [accountId],
  );

/** Forgets what was over a month ago: its address may be a stranger's. */
export const deleteOld = () =>
  statement<{ deleted: number }>(
    `with deleted as (${deleteUnheld('accounts.invitations', "expires_at < app.now() - interval '30 days'")} returning 1)
     select count(*)::int as deleted from deleted`,
  );

/** Uses an invitation up, in the state in which its token was found: who comes second, or with an older token, gets no row. */
export const claimInvitation = (
  accountId: AccountId,
  claim: { readonly invitationId: string; readonly sends: number },
) =>
  statement<{ role: Role }>(
    `delete from accounts.invitations
     where account_id = $1 and invitation_id = $2 and sends = $3 and expires_at > app.now() returning role`,
    [accountId, claim.invitationId, claim.sends],
  );

export interface FoundInvitation {
  account_id: AccountId;
  invitation_id: string;
  sends: number;
  is_open: boolean;
  /** Whether it was sent to the email of the user who comes with it. */
  is_theirs: boolean;
  email_verified: boolean;
}

/** The invitation of a token. Read in the system scope: its user is no member yet. */
export const invitationByToken = (tokenHash: string, userId: UserId) =>
  statement<FoundInvitation>(
    `select i.account_id, i.invitation_id, i.sends, i.expires_at > app.now() as is_open,
       lower(i.email) = lower(u.email) as is_theirs, u.email_verified
     from accounts.invitations i, identity.users u where i.token_hash = $1 and u.user_id = $2`,
    [tokenHash, userId],
  );

/**
 * Facts that the bearer of a token is told before they sign in; who invites them, where that is a member. Read in the system scope: they
 * may have no user.
 */
export const invitationBefore = (tokenHash: string) =>
  statement<
    Pick<InvitationRow, 'email' | 'role' | 'expires_at' | 'is_open'> & {
      organization: string;
      invited_by: string | null;
    }
  >(
    `select a.name as organization, u.email as invited_by, i.email, i.role, i.expires_at, i.expires_at > app.now() as is_open
     from accounts.invitations i join accounts.accounts a using (account_id)
       left join accounts.members m on m.account_id = i.account_id and m.user_id = i.invited_by
       left join identity.users u on u.user_id = m.user_id
     where i.token_hash = $1`,
    [tokenHash],
  );

/** Whether a member of the organization has an email; for those who may see its members' emails. */
export const hasMember = (accountId: AccountId, email: string) =>
  statement<{ is_member: boolean }>('select accounts.has_member($1, $2) as is_member', [accountId, email]);
