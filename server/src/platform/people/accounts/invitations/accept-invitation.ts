import type { RequestOrigin } from '#platform/audit';
import { commitPoint, type Database } from '#platform/db';
import type { Caller } from '#platform/http';
import { type AccountId, AppError, sha256 } from '#platform/kernel';
import { claimInvitation, type FoundInvitation, invitationByToken } from './invitation-store.ts';
import type { Newcomers } from '../members/newcomers.ts';
import { type OrganizationView, organizationView } from '../organizations/organizations.ts';

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
