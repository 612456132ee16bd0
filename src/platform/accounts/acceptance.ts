import type { Audit, Whence } from '#platform/audit';
import { commitPoint, type Database } from '#platform/db';
import type { Caller } from '#platform/http';
import { type AccountId, AppError, sha256 } from '#platform/kernel';
import { claimInvitation, type FoundInvitation, invitationByToken } from './invitation-store.ts';
import { type OrganizationView, organizationView } from './organizations.ts';
import type { Roles } from './roles.ts';
import { checkRoom, type Room } from './room.ts';
import { addMember, lockOrganization } from './store.ts';

const ACCEPT = commitPoint('accounts.member-joined', 'a membership, in the place of the invitation to it');

interface AcceptanceParts {
  readonly db: Database;
  readonly audit: Audit;
  readonly roles: Roles;
  readonly room: Room;
}

/**
 * Makes a member of whoever comes with an invitation's token, once, and only as the email that it was sent to. The
 * organization's lock decides between two who come at once, and between who accepts and who revokes.
 */
export type Accepting = (caller: Caller, token: string, whence: Whence) => Promise<OrganizationView>;

export function createAccepting(parts: AcceptanceParts): Accepting {
  const { db, audit, roles, room } = parts;
  return async (caller, token, whence) => {
    const { userId } = caller;
    const [[invitation]] = await db.system('accounts.invitee', [invitationByToken(sha256(token), userId)]);
    const { accountId, invitationId, sends } = assertAcceptable(invitation);
    const joined = await checkRoom(room, () =>
      db.tenant(accountId, ACCEPT, async (tx) => {
        const [account] = await tx.run(lockOrganization(accountId));
        const [claimed] = await tx.run(claimInvitation(accountId, { invitationId, sends }));
        if (account === undefined || claimed === undefined) throw new AppError('not_found');
        const added = await tx.run(addMember(accountId, userId, claimed.role));
        if (added.length === 0) throw new AppError('already_member');
        await audit.recordIn(tx, {
          action: 'member.joined',
          actor: { kind: 'user', userId },
          accountId,
          target: { kind: 'user', id: userId },
          changes: { role: claimed.role, invitation: invitationId },
          whence,
        });
        await tx.runAll(room.asking(0));
        return organizationView(account, claimed.role);
      }),
    );
    roles.changed(accountId);
    return joined;
  };
}

function assertAcceptable(found: FoundInvitation | undefined): {
  readonly accountId: AccountId;
  readonly invitationId: string;
  readonly sends: number;
} {
  // Accepted, revoked, sent anew, altered or made up: there is one answer.
  if (found === undefined)
    throw new AppError('not_found', { message: 'There is no such invitation any more.' });
  if (!found.is_theirs) throw new AppError('invitation_for_another');
  if (!found.email_verified) throw new AppError('email_not_verified');
  if (!found.is_open) throw new AppError('invitation_expired');
  return { accountId: found.account_id, invitationId: found.invitation_id, sends: found.sends };
}
