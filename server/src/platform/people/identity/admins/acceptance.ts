import type { RequestOrigin } from '#platform/audit';
import { mailTimeNow } from '#platform/mail';
import { commitPoint, type Statement, type Transaction } from '#platform/db';
import { AppError, sha256, type UserId } from '#platform/kernel';
import { setPassword, endEmailTokens } from '../email/email-store.ts';
import { deleteIdentities } from '../federation/identity-store.ts';
import { endCodes } from '../federation/state-store.ts';
import { wrongLink } from '../guessing/guessing.ts';
import { revokeKeysOf } from '../keys/key-store.ts';
import { deleteFactors } from '../mfa/delete-factors.ts';
import type { NewPasswordsParts } from '../passwords/new-passwords.ts';
import { addUser, type RegistrationParts } from '../users/registration.ts';
import { endSessions } from '../sessions/session-store.ts';
import { lockUser, userByEmail } from '../users/user-store.ts';
import { invitationOf, setRole, useInvitation } from './admin-store.ts';

const ACCEPTED = commitPoint(
  'identity.admin-accepted',
  'a platform admin with a password, in the place of the invitation; whatever let them in before is over',
);

export interface AcceptanceParts extends NewPasswordsParts, RegistrationParts {}

export interface AdminAcceptance {
  /** Makes the bearer of an invitation link an admin. Throws `link_invalid`, `validation_failed` for a weak password. */
  acceptAdmin(
    input: { readonly token: string; readonly password: string },
    origin: RequestOrigin,
  ): Promise<{ readonly email: string }>;
}

interface AcceptRequest {
  readonly token: string;
  readonly password: string;
  readonly origin: RequestOrigin;
}

/**
 * Makes the bearer of an invitation link a platform admin, with the password that they choose. Throws
 * `link_invalid`, and `validation_failed` for a weak password, which does not use the link up.
 */
export async function acceptAdmin(
  parts: AcceptanceParts,
  { token, password, origin }: AcceptRequest,
): Promise<{ readonly email: string }> {
  const tokenHash = sha256(token);
  const { db } = parts;
  // Looked up before anything is hashed: made-up links cost no more than that.
  const [[found]] = await db.system('identity.credentials', [invitationOf(tokenHash)]);
  if (found === undefined) throw await wrongLink(parts.guessing, origin.ip);
  await parts.rules.assertStrong(password, found.email);
  const passwordHash = await parts.passwords.hash(password);
  const userId = await db.system('identity.credentials', ACCEPTED, async (tx) => {
    const [used] = await tx.run(useInvitation(tokenHash));
    if (used === undefined) throw new AppError('link_invalid');
    const person = { email: used.email, passwordHash, origin };
    const made = await promote(parts, tx, person);
    await parts.audit.recordIn(tx, {
      action: 'admin.accepted',
      actor: { kind: 'user', userId: made },
      target: { kind: 'user', id: made },
      changes: { invitation: used.id },
      origin,
    });
    return made;
  });
  parts.callers.forget(userId);
  parts.mail.wake();
  await parts.guessing.forget(found.email, origin.ip);
  return { email: found.email };
}

interface Person {
  readonly email: string;
  readonly passwordHash: string;
  readonly origin: RequestOrigin;
}

/** Adds a user for a new address; an existing user is reset. */
async function promote(parts: AcceptanceParts, tx: Transaction, person: Person): Promise<UserId> {
  // A registration with the address at the same moment is waited for, and found the second time.
  for (let tries = 0; tries < 2; tries += 1) {
    const [known] = await tx.run(userByEmail(person.email));
    if (known !== undefined) return resetUser(parts, tx, { ...person, userId: known.user_id });
    const added = await addUser(parts, tx, { ...person, role: 'admin', emailVerified: true });
    if (added !== undefined) return added.userId;
  }
  throw new AppError('link_invalid');
}

/**
 * Former ways in were made for a user, and perhaps by a person who is not the owner of the address: none of it is to let in
 * an admin. A key would act for one from now on.
 */
async function resetUser(
  parts: AcceptanceParts,
  tx: Transaction,
  { userId, email, passwordHash, origin }: Person & { readonly userId: UserId },
): Promise<UserId> {
  const [user] = await tx.run(lockUser(userId));
  // The address may have become another's in this very moment.
  if (user?.status !== 'active' || user.email.toLowerCase() !== email.toLowerCase())
    throw new AppError('link_invalid');
  const endings: Statement[] = [
    ...deleteFactors(userId),
    setPassword(userId, passwordHash, true),
    setRole(userId, 'admin'),
    endSessions(userId, 'new_password'),
    revokeKeysOf(userId),
    deleteIdentities(userId),
    endEmailTokens(userId),
    endCodes(userId),
  ];
  await tx.runAll(endings);
  const facts = { at: mailTimeNow(parts.clock) };
  const { email: to } = user;
  const letter = { to, template: 'password_changed', facts, userId, requestId: origin.requestId } as const;
  await tx.runAll(parts.mail.sending(letter));
  return userId;
}
