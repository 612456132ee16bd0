import type { Audit, RequestOrigin } from '#platform/audit';
import type { Transaction } from '#platform/db';
import { AppError, type Clock } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import type { Callers } from '../callers/callers.ts';
import { claimAddress } from '../federation/claim-address.ts';
import { addUser, type RegistrationParts } from '../users/registration.ts';
import { type CredentialRow, lockUser, userByEmail, userById } from '../users/user-store.ts';
import type { MailSignInRow } from './mail-sign-in-store.ts';

export interface MailboxParts extends Omit<RegistrationParts, 'passwords'> {
  readonly audit: Audit;
  readonly clock: Clock;
  readonly mail: Pick<Mail, 'sending'>;
  readonly callers: Pick<Callers, 'forget'>;
}

/** Whose an address is by a mail that was read. */
interface MailboxOwner {
  readonly user: CredentialRow;
  /** Whether the address was another's word until now: what acts for the user is to be forgotten after the commit. */
  readonly isClaimed: boolean;
}

/**
 * The user whose address a mail proved: who has it, and has proven it; or else who registered with it, given to its owner; or else a new
 * one. undefined: the user whom the mail was for has it no more, or is no more. Throws what `claimAddress` throws.
 */
export async function ownerOf(
  parts: MailboxParts,
  tx: Transaction,
  { row, origin }: { readonly row: MailSignInRow; readonly origin: RequestOrigin },
): Promise<MailboxOwner | undefined> {
  const { email, owner_id: wanted } = row;
  // When two come at once, the later finds what the first has made.
  for (let tries = 0; tries < 3; tries += 1) {
    const [found] = await tx.run(userByEmail(email));
    if (wanted !== null && found?.user_id !== wanted) return undefined;
    if (found === undefined) {
      const user = await registerOwner(parts, tx, { email, origin });
      if (user !== undefined) return { user, isClaimed: false };
      continue;
    }
    const [user] = await tx.run(lockUser(found.user_id));
    // The address may have become another in this very moment.
    if (user?.email !== found.email) continue;
    if (user.email_verified) return { user, isClaimed: false };
    const provider = 'a mail to it';
    await claimAddress(parts, tx, { user, provider, fullName: undefined, origin });
    const [owned] = await tx.run(userById(user.user_id));
    return owned && { user: owned, isClaimed: true };
  }
  throw new AppError('busy');
}

async function registerOwner(
  parts: MailboxParts,
  tx: Transaction,
  { email, origin }: { readonly email: string; readonly origin: RequestOrigin },
): Promise<CredentialRow | undefined> {
  const rest = { passwordHash: null, role: 'user', emailVerified: true } as const;
  const added = await addUser(parts, tx, { email, ...rest, origin });
  if (added === undefined) return undefined;
  const { userId } = added;
  await parts.audit.recordIn(tx, {
    action: 'user.registered',
    actor: { kind: 'user', userId },
    target: { kind: 'user', id: userId },
    changes: { method: 'mail' },
    origin,
  });
  const [user] = await tx.run(userById(userId));
  return user;
}
