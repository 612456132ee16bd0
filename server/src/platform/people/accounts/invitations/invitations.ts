import { actorOf, type Audit, type RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { type Answer, answer, type Caller, type Once, type Page, page, type Role } from '#platform/http';
import { profile } from '#platform/identity';
import { type AccountId, AppError, type Ids, type Random, randomToken, sha256 } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import { authorizeMember, lockAuthorized, type OrganizationRequest } from '../members/authorize-member.ts';
import {
  deleteInvitation,
  deleteOld,
  dropExpired,
  hasMember,
  insertInvitation,
  INVITATION_DAYS,
  invitationById,
  type InvitationRow,
  listInvitations,
  renewInvitation,
  claimInvitation,
  type FoundInvitation,
  invitationBefore,
  invitationByToken,
} from './invitation-store.ts';
import { assertMayGive, assertRank } from '../members/ownership.ts';
import { plainName } from '../organizations/plain-name.ts';
import type { Roles } from '../members/roles.ts';
import { explainingRefusal, type MemberCapacity } from '../members/capacity.ts';
import type { Newcomers } from '../members/newcomers.ts';
import { type OrganizationView, organizationView } from '../organizations/organizations.ts';

const INVITE = commitPoint(
  'accounts.invited',
  'an invitation, or its next token, and the mail that carries it',
);
const REVOKE = commitPoint('accounts.invitation-revoked', 'the end of an invitation');
const PRUNE = commitPoint('accounts.invitations-pruned', 'invitations that were over a month ago, deleted');
/** Begins each token of an invitation. */
export const INVITATION_PREFIX = 'pli_';
/** Invitations to one address, from whomever. */
const MOST_AN_HOUR = 5;

/** An invitation as those who manage the organization see it; its token is in the mail alone. */
export interface InvitationView {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly status: 'open' | 'expired';
  /** The user who sent it last. */
  readonly invited_by: string;
  readonly created_at: string;
  readonly expires_at: string;
}

/** An invitation as who has its token sees it. */
export interface OpenedInvitation {
  readonly organization: string;
  readonly invited_by: string | null;
  readonly email: string;
  readonly role: Role;
  readonly expires_at: string;
}

/** A request whose work is done once for its Idempotency-Key. */
export type OrganizationRequestOnce = OrganizationRequest & { readonly once: Once };

/** Invitations from the side of the organization, for its admins; what is about an owner, for owners. */
export interface Invitations {
  list(
    request: OrganizationRequest,
    query: { readonly after: string | undefined; readonly limit: number },
  ): Promise<Page<InvitationView>>;
  /** Whether anybody has registered with the email shows nowhere. */
  invite(
    request: OrganizationRequestOnce,
    invitee: { readonly email: string; readonly role: Role },
  ): Promise<Answer<InvitationView>>;
  /** Sends another token; those before are worth nothing from then on. */
  resend(request: OrganizationRequestOnce, invitationId: string): Promise<Answer<InvitationView>>;
  revoke(request: OrganizationRequest, invitationId: string): Promise<void>;
  /** Tells to which account a token invites. Throws `not_found` and `invitation_expired`. */
  open(token: string): Promise<OpenedInvitation>;
  /** Deletes those that were over a month ago; hourly maintenance calls it. Answers how many. */
  prune(): Promise<number>;
}

export interface InvitationsParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly random: Random;
  readonly audit: Audit;
  readonly roles: Roles;
  readonly mail: Pick<Mail, 'sending' | 'lately' | 'wake'>;
  readonly capacity: MemberCapacity;
  /** Where an invitee goes with a token. */
  readonly invitationLink: (token: string) => string;
}

export function createInvitations(parts: InvitationsParts): Invitations {
  const { db, audit, roles } = parts;
  return {
    async list(request, { after, limit }) {
      const { accountId } = await authorizeMember(roles, request, 'admin');
      const [rows] = await db.tenant(accountId, [listInvitations(accountId, { after, limit: limit + 1 })]);
      return page(rows, limit, { item: invitationView, position: ({ invitation_id }) => [invitation_id] });
    },
    invite: (request, invitee) => invite(parts, request, invitee),
    resend: (request, invitationId) => resend(parts, request, invitationId),
    async revoke(request, invitationId) {
      const { accountId } = await authorizeMember(roles, request, 'admin');
      await db.tenant(accountId, REVOKE, async (tx) => {
        const found = await manage(tx, request, invitationId);
        await tx.run(deleteInvitation(accountId, invitationId));
        await audit.recordIn(tx, event(request, 'invitation.revoked', found));
      });
    },
    async open(token) {
      const [[found]] = await db.system('accounts.invitee', [invitationBefore(sha256(token))]);
      if (found === undefined) throw gone();
      const { is_open: isOpen, expires_at: expiresAt, ...invitation } = found;
      if (!isOpen) throw new AppError('invitation_expired');
      return { ...invitation, expires_at: expiresAt.toISOString() };
    },
    prune: async () => (await db.system('accounts.prune', PRUNE, [deleteOld()]))[0][0]?.deleted ?? 0,
  };
}

async function invite(
  parts: InvitationsParts,
  request: OrganizationRequestOnce,
  { email, role }: { readonly email: string; readonly role: Role },
): Promise<Answer<InvitationView>> {
  const { db, ids, audit, roles, mail, capacity } = parts;
  const { accountId } = await authorizeMember(roles, request, 'admin');
  const inviter = await verifiedEmail(db, request.caller);
  await assertMayGive(db, request.caller, role);
  const lately = await mail.lately(email, 'invitation');
  const token = randomToken(parts.random, INVITATION_PREFIX);
  const made = { accountId, invitationId: ids.next(), email, role, tokenHash: sha256(token) };

  const createInvitation = async (tx: Transaction) => {
    assertRest(lately);
    const { account, role: own } = await lockAuthorized(tx, request, { least: 'admin' });
    assertRank(own, [role], request.caller);
    const [[known], , [invitation]] = await tx.runAll([
      hasMember(accountId, email),
      dropExpired(accountId, email),
      insertInvitation({ ...made, invitedBy: request.caller.userId }),
    ]);
    if (known?.is_member === true) throw new AppError('already_member');
    if (invitation === undefined) throw new AppError('already_invited');
    await audit.recordIn(tx, event(request, 'invitation.sent', invitation));
    const letter = { organization: account.name, inviter, token, request };
    await tx.runAll([...sendStatements(parts, invitation, letter), ...capacity.check(1)]);
    return answer(201, invitationView(invitation));
  };
  const given = await explainingRefusal(capacity, () =>
    request.once(INVITE, createInvitation, { account: accountId }),
  );
  mail.wake();
  return given;
}

async function resend(
  parts: InvitationsParts,
  request: OrganizationRequestOnce,
  invitationId: string,
): Promise<Answer<InvitationView>> {
  const { db, audit, roles, mail } = parts;
  const { accountId } = await authorizeMember(roles, request, 'admin');
  const inviter = await verifiedEmail(db, request.caller);
  const [[before]] = await db.tenant(accountId, [invitationById(accountId, invitationId)]);
  if (before === undefined) throw new AppError('not_found');
  await assertMayGive(db, request.caller, before.role);
  const lately = await mail.lately(before.email, 'invitation');
  const token = randomToken(parts.random, INVITATION_PREFIX);
  const renewed = { invitationId, tokenHash: sha256(token), invitedBy: request.caller.userId };

  const renew = async (tx: Transaction) => {
    assertRest(lately);
    const { name: organization } = await manage(tx, request, invitationId);
    const [invitation] = await tx.run(renewInvitation(accountId, renewed));
    if (invitation === undefined) throw new AppError('not_found');
    await audit.recordIn(tx, event(request, 'invitation.resent', invitation));
    await tx.runAll(sendStatements(parts, invitation, { organization, inviter, token, request }));
    return answer(200, invitationView(invitation));
  };
  const given = await request.once(INVITE, renew, { account: accountId });
  mail.wake();
  return given;
}

/** Locks the organization, and reads an invitation that the caller may manage. */
async function manage(tx: Transaction, request: OrganizationRequest, invitationId: string) {
  const { account, role } = await lockAuthorized(tx, request, { least: 'admin' });
  const [found] = await tx.run(invitationById(account.account_id, invitationId));
  if (found === undefined) throw new AppError('not_found');
  assertRank(role, [found.role], request.caller);
  return { ...found, name: account.name };
}

/** A letter box is not filled by us, however many organizations a caller makes, and however often they invite anew. A repeat sends no mail. */
function assertRest(lately: number): void {
  if (lately >= MOST_AN_HOUR) throw new AppError('invited_too_often', { retryAfter: 3_600 });
}

/** Mails that a stranger gets name a sender who can be answered: an inviter can't use another's name. */
async function verifiedEmail(db: Database, { userId }: Caller): Promise<string> {
  const [[user]] = await db.user(userId, [profile(userId)]);
  if (user?.email_verified !== true) throw new AppError('email_not_verified');
  return user.email;
}

function sendStatements(
  { mail, invitationLink }: InvitationsParts,
  { invitation_id: id, email: to, role, sends }: InvitationRow,
  letter: {
    readonly organization: string;
    readonly inviter: string;
    readonly token: string;
    readonly request: OrganizationRequest;
  },
) {
  const { organization, inviter, token, request } = letter;
  const link = invitationLink(token);
  return mail.sending({
    to,
    template: 'invitation',
    facts: { link, organization: plainName(organization), inviter, role, days: INVITATION_DAYS },
    accountId: request.organization as AccountId,
    once: `invitation ${id} ${sends}`,
    requestId: request.origin.requestId,
  });
}

/** The email is left out: the audit outlives the invitation, and its address may be a stranger's. */
function event(
  { caller, origin, organization }: OrganizationRequest,
  action: string,
  invitation: InvitationRow,
) {
  return {
    action,
    actor: actorOf(caller),
    accountId: organization as AccountId,
    target: { kind: 'invitation', id: invitation.invitation_id },
    changes: { role: invitation.role },
    origin,
  };
}

function invitationView(row: InvitationRow): InvitationView {
  return {
    id: row.invitation_id,
    email: row.email,
    role: row.role,
    status: row.is_open ? 'open' : 'expired',
    invited_by: row.invited_by,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
  };
}

const ACCEPT = commitPoint('accounts.member-joined', 'a membership, in the place of the invitation to it');

interface AcceptanceParts {
  readonly db: Database;
  readonly newcomers: Newcomers;
}

/**
 * Makes the bearer of an invitation's token a member, once, and only as the email that it was sent to. The
 * organization's lock decides between two who come at once, and between who accepts and who revokes.
 */
export type AcceptInvitation = (
  caller: Caller,
  token: string,
  origin: RequestOrigin,
) => Promise<OrganizationView>;

export function createAcceptInvitation({ db, newcomers }: AcceptanceParts): AcceptInvitation {
  return async ({ userId }, token, origin) => {
    const [[invitation]] = await db.system('accounts.invitee', [invitationByToken(sha256(token), userId)]);
    const { accountId, invitationId, sends } = assertAcceptable(invitation);
    return newcomers.join(accountId, () =>
      db.tenant(accountId, ACCEPT, async (tx) => {
        const account = await newcomers.lock(tx, accountId);
        const [claimed] = await tx.run(claimInvitation(accountId, { invitationId, sends }));
        if (claimed === undefined) throw new AppError('not_found');
        const by = { invitation: invitationId };
        await newcomers.joinIn(tx, { accountId, userId, role: claimed.role, by, origin });
        return organizationView(account, claimed.role);
      }),
    );
  };
}

const gone = () => new AppError('not_found', { message: 'There is no such invitation any more.' });

function assertAcceptable(found: FoundInvitation | undefined): {
  readonly accountId: AccountId;
  readonly invitationId: string;
  readonly sends: number;
} {
  // Accepted, revoked, sent anew, altered or made up: there is one answer.
  if (found === undefined) throw gone();
  if (!found.is_theirs) throw new AppError('invitation_for_another');
  if (!found.email_verified) throw new AppError('email_not_verified');
  if (!found.is_open) throw new AppError('invitation_expired');
  return { accountId: found.account_id, invitationId: found.invitation_id, sends: found.sends };
}
