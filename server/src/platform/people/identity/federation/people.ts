import type { RequestOrigin } from '#platform/audit';
import type { Transaction } from '#platform/db';
import { AppError, type Clock } from '#platform/kernel';
import { type Mail, mailTimeNow } from '#platform/mail';
import { z } from 'zod';
import type { Callers } from '../callers/callers.ts';
import { assertMaySignIn } from '../sessions/session-opening.ts';
import type { Provider } from '../sessions/sign-in-replies.ts';
import { addUser, type RegistrationParts } from '../users/registration.ts';
import { type CredentialRow, lockUser, userByEmail, userById } from '../users/user-store.ts';
import { claimAddress } from './claim-address.ts';
import { identityOf, identityUsed, insertIdentity } from './identity-store.ts';
import type { Identified } from './openid.ts';
import { NAMES } from './providers.ts';

export interface PeopleParts extends Omit<RegistrationParts, 'passwords'> {
  readonly clock: Clock;
  readonly mail: Pick<Mail, 'sending'>;
  readonly callers: Pick<Callers, 'forget'>;
}

/** Whom a provider has named. */
export interface PersonResult {
  readonly user: CredentialRow;
  /** Whether the address was another's word until now: what acts for the user is to be forgotten after the commit. */
  readonly isClaimed: boolean;
}

/** Where Google itself hands out the addresses. */
const GOOGLES = ['gmail.com', 'googlemail.com'];
const NOT_THEIRS =
  'This email address has an account here, and is not one that Google hands out. Sign in as you did before; “forgot password” sends you a link.';

/** A person whom a provider has named. */
export interface SignInRequest {
  readonly provider: Provider;
  readonly identified: Identified;
  readonly origin: RequestOrigin;
}

/**
 * The user whom a provider has named: the linked one; else the one who has the email, where it is verified there, who is linked by
 * this, and given to its owner where it was not verified here; else a new one. Throws `provider_email_unverified`, `sign_in_not_linked`, and what `assertMaySignIn` throws.
 */
export async function personOf(
  parts: PeopleParts,
  tx: Transaction,
  named: SignInRequest,
): Promise<PersonResult> {
  const { provider, identified } = named;
  // When two come at once, the later finds what the first has made.
  for (let tries = 0; tries < 3; tries += 1) {
    const [known] = await tx.run(identityOf(provider, identified.subject));
    if (known !== undefined) await tx.run(identityUsed(known.user_id, known.id));
    if (known === undefined) {
      const found = await newcomer(parts, tx, named);
      if (found !== undefined) return found;
      continue;
    }
    const user = await present(tx, known.user_id);
    if (user !== undefined) return { user, isClaimed: false };
  }
  throw new AppError('sign_in_failed');
}

async function present(
  tx: Transaction,
  userId: CredentialRow['user_id'],
): Promise<CredentialRow | undefined> {
  const [user] = await tx.run(userById(userId));
  return user;
}

/** undefined: another sign-in was quicker, and it is to be looked up again. */
async function newcomer(
  parts: PeopleParts,
  tx: Transaction,
  named: SignInRequest,
): Promise<PersonResult | undefined> {
  const email = vouchedFor(named.identified);
  const [found] = await tx.run(userByEmail(email));
  if (found === undefined) {
    const made = await registerUser(parts, tx, { ...named, email });
    return made && { user: made, isClaimed: false };
  }
  const [user] = await tx.run(lockUser(found.user_id));
  // The address may have become another in this very moment.
  if (user === undefined || user.email !== found.email) return undefined;
  if (!speaksFor(named, email)) throw new AppError('sign_in_not_linked', { message: NOT_THEIRS });
  // A person who registered with another's address may wait for its owner to come in by it: they must not meet.
  const isClaimed = !user.email_verified;
  if (isClaimed) await claimFor(parts, tx, { ...named, user });
  else assertMaySignIn(user, 'required');
  if (!(await linkedTo(parts, tx, { ...named, user, email }))) {
    // They are another person by now, and nothing of this one is theirs: it is undone with the transaction.
    if (isClaimed) throw new AppError('sign_in_failed');
    return undefined;
  }
  if (!isClaimed) await recordLink(parts, tx, { ...named, user });
  const now = await present(tx, user.user_id);
  return now && { user: now, isClaimed };
}

function claimFor(
  parts: PeopleParts,
  tx: Transaction,
  { provider, identified, user, origin }: SignInRequest & { readonly user: CredentialRow },
): Promise<void> {
  return claimAddress(parts, tx, { user, provider: NAMES[provider], fullName: nameOf(identified), origin });
}

const nameOf = ({ name }: Identified) => name?.trim().slice(0, 200) || undefined;

/** Only a provider's own word that an address is verified makes anybody its owner here. */
function vouchedFor({ email, emailVerified }: Identified): string {
  if (!emailVerified || !z.email().safeParse(email).success || email === undefined)
    throw new AppError('provider_email_unverified');
  return email;
}

/**
 * Whether a provider knows whose an address is now. Google saw a foreign one verified when its account was made: it may
 * have become another's since, who has an account here.
 */
function speaksFor({ provider, identified }: SignInRequest, email: string): boolean {
  const by = provider === 'google' ? 'google.com' : identified.signInProvider;
  if (by !== 'google.com') return true;
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  return GOOGLES.includes(domain) || identified.hostedDomain?.toLowerCase() === domain;
}

interface LinkRequest extends SignInRequest {
  readonly user: Pick<CredentialRow, 'user_id'>;
  readonly email: string;
}

async function linkedTo(
  { ids }: PeopleParts,
  tx: Transaction,
  { provider, identified: { subject }, user, email }: LinkRequest,
): Promise<boolean> {
  const userId = user.user_id;
  const linked = await tx.run(insertIdentity({ userId, id: ids.next(), provider, subject, email }));
  if (linked.length > 0) return true;
  const [quicker] = await tx.run(identityOf(provider, subject));
  if (quicker !== undefined) return false;
  const message = `This account is linked to another ${NAMES[provider]} account. Sign in with that, or unlink it first.`;
  throw new AppError('sign_in_not_linked', { message });
}

async function recordLink(
  { audit, mail, clock }: PeopleParts,
  tx: Transaction,
  { provider, user, origin }: SignInRequest & { readonly user: CredentialRow },
): Promise<void> {
  const { user_id: userId, email: to } = user;
  await audit.recordIn(tx, {
    action: 'user.identity_linked',
    actor: { kind: 'user', userId },
    target: { kind: 'user', id: userId },
    changes: { provider },
    origin,
  });
  const facts = { provider: NAMES[provider], at: mailTimeNow(clock) };
  const letter = { to, template: 'identity_linked', facts, userId, requestId: origin.requestId } as const;
  await tx.runAll(mail.sending(letter));
}

async function registerUser(
  parts: PeopleParts,
  tx: Transaction,
  { email, ...named }: SignInRequest & { readonly email: string },
): Promise<CredentialRow | undefined> {
  const { provider, identified, origin } = named;
  const added = await addUser(parts, tx, {
    email,
    passwordHash: null,
    fullName: nameOf(identified),
    role: 'user',
    emailVerified: true,
    origin,
  });
  if (added === undefined) return undefined;
  const { userId } = added;
  if (!(await linkedTo(parts, tx, { ...named, user: { user_id: userId }, email })))
    // The same person at once with two addresses: what this one made is undone with the transaction.
    throw new AppError('sign_in_failed');
  await parts.audit.recordIn(tx, {
    action: 'user.registered',
    actor: { kind: 'user', userId },
    target: { kind: 'user', id: userId },
    changes: { provider },
    origin,
  });
  return present(tx, userId);
}
