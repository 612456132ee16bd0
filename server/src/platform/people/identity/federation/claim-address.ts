import type { Audit, RequestOrigin } from '#platform/audit';
import type { Transaction } from '#platform/db';
import { AppError, type Clock } from '#platform/kernel';
import { type Mail, mailTimeNow } from '#platform/mail';
import { endEmailTokens } from '../email/email-store.ts';
import { assertMaySignIn } from '../sessions/session-opening.ts';
import { revokeKeysOf } from '../keys/key-store.ts';
import { deleteFactors } from '../mfa/delete-factors.ts';
import { deleteSessions } from '../sessions/session-store.ts';
import { type CredentialRow, giveToOwner } from '../users/user-store.ts';
import { deleteIdentities } from './identity-store.ts';
import { endCodes } from './state-store.ts';

export interface ClaimingParts {
  readonly audit: Audit;
  readonly mail: Pick<Mail, 'sending'>;
  readonly clock: Clock;
}

/** A provider's word that an address is a person's, which was not proven here. */
export interface AddressClaim {
  /** Locked; with an address that is not verified. */
  readonly user: CredentialRow;
  /** As mails call it: Google, or the organization whose provider it is. */
  readonly provider: string;
  readonly fullName: string | undefined;
  readonly origin: RequestOrigin;
}

/**
 * Gives a user to the owner of their address, in `tx`. The person who registered with it was perhaps another: all that they could
 * come back by ends, and so does what they said of themselves. What was made in the account stays, for mostly it is the owner's
 * own (decisions/0045). Throws `sign_in_not_linked` for an admin of the platform, and what `assertMaySignIn` throws. After the
 * commit, `callers.forget` is to be called.
 */
export async function claimAddress(
  { audit, mail, clock }: ClaimingParts,
  tx: Transaction,
  { user, provider, fullName, origin }: AddressClaim,
): Promise<void> {
  // A person does not become an admin by an address that was written down wrongly.
  if (user.role === 'admin') throw new AppError('sign_in_not_linked');
  assertMaySignIn(user, 'off');
  const { user_id: userId, email: to } = user;
  await tx.runAll([
    giveToOwner(userId, fullName),
    revokeKeysOf(userId),
    ...deleteFactors(userId),
    // Not only ended: neither their device nor their address is a known one of the owner's.
    deleteSessions(userId),
    endEmailTokens(userId),
    endCodes(userId),
    deleteIdentities(userId),
  ]);
  await audit.recordIn(tx, {
    action: 'user.address_claimed',
    actor: { kind: 'user', userId },
    target: { kind: 'user', id: userId },
    changes: { provider },
    origin,
  });
  const facts = { provider, at: mailTimeNow(clock) };
  const { requestId } = origin;
  await tx.runAll(mail.sending({ to, template: 'address_claimed', facts, userId, requestId }));
}
