import type { Accounts } from '#platform/accounts';
import type { Audit, RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, statement, type Transaction } from '#platform/db';
import {
  callerChanged,
  type Identified,
  type Identity,
  lockUser,
  setDefaultAccount,
} from '#platform/identity';
import { type AccountId, AppError, type Clock, type UserId } from '#platform/kernel';
import { type Mail, mailTimeNow } from '#platform/mail';
import { z } from 'zod';
import { domainOf } from './domain-names.ts';
import {
  type ConnectionTerms,
  keepConnection,
  keepDomain,
  type PersonRow,
  personByEmail,
  personBySubject,
  type ProviderRow,
  putLink,
} from './link-store.ts';

const ADMITTED = commitPoint(
  'sso.admitted',
  'whom a provider speaks for: their link and the mail that tells of it, perhaps they themselves and their membership, and a one-time code',
);

export interface ProvisioningParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly accounts: Pick<Accounts, 'newcomers'>;
  readonly identity: Pick<Identity, 'addUser' | 'claimAddress' | 'federation' | 'mailSignIns'>;
}

/** A person whom a provider has named. */
export interface ProviderSignIn {
  readonly provider: ProviderRow;
  readonly identified: Identified;
  readonly codeChallenge: string;
  readonly origin: RequestOrigin;
}

/**
 * Finds the user whom a provider means, links them when they come for the first time, makes them a member or altogether where
 * that is agreed, and answers a one-time code for them. All of it happens, or nothing. Throws `sso_refused`,
 * `sso_not_a_member`, `user_suspended`, `sign_in_failed`, and the limit's error where there is no room.
 */
export async function provisionUser(parts: ProvisioningParts, signIn: ProviderSignIn): Promise<string> {
  const { db, audit, accounts, identity } = parts;
  const { account_id: accountId } = signIn.provider;
  const vouched = vouchedFor(signIn.provider.issuer, signIn.identified);
  const { code, claimed } = await accounts.newcomers.join(accountId, () =>
    db.system('sso.sign-in', ADMITTED, async (tx) => {
      await tx.run(inAccount(accountId));
      await accounts.newcomers.lock(tx, accountId);
      const agreed = await stillAgreed(tx, signIn.provider, vouched);
      const person = await personOf(tx, accountId, vouched);
      if (person !== undefined) await assertSpokenFor(tx, person, { accountId, vouched });
      const isClaimed = person !== undefined && !person.email_verified;
      if (isClaimed) await claim(parts, tx, { signIn, vouched, person, agreed });
      const userId = await memberOf(parts, tx, { signIn, vouched, person, agreed });
      await tx.run(putLink(accountId, { ...vouched, userId }));
      if (person?.subject === null && !isClaimed) await tellLinked(parts, tx, { signIn, person, agreed });
      await audit.recordIn(tx, {
        action: person?.subject == null ? 'sso.linked' : 'sso.admitted',
        actor: { kind: 'user', userId },
        accountId,
        target: { kind: 'user', id: userId },
        origin: signIn.origin,
      });
      const { codeChallenge } = signIn;
      const granted = await identity.federation.flows.grant(tx, { userId, method: 'sso', codeChallenge });
      return { code: granted, claimed: isClaimed ? userId : undefined };
    }),
  );
  if (claimed !== undefined) callerChanged(db, claimed);
  parts.mail.wake();
  return code;
}

/** The user who registered with the address may be another person, and must not meet its owner. */
async function claim(
  { identity }: ProvisioningParts,
  tx: Transaction,
  { signIn, vouched, person, agreed }: JoinRequest & { readonly person: PersonRow },
): Promise<void> {
  const [user] = await tx.run(lockUser(person.user_id));
  // Another address, or verified, in this very moment: to be looked at anew.
  if (user === undefined || user.email !== person.email || user.email_verified)
    throw new AppError('sign_in_failed');
  const { organization: provider } = agreed;
  await identity.claimAddress(tx, { user, provider, fullName: vouched.fullName, origin: signIn.origin });
}

/** Tells a user who was known here before that there is another way in to what is theirs. */
async function tellLinked(
  { mail, clock }: ProvisioningParts,
  tx: Transaction,
  {
    signIn: { origin },
    person: { email: to, user_id: userId },
    agreed: { organization: provider },
  }: { readonly signIn: ProviderSignIn; readonly person: PersonRow; readonly agreed: ConnectionTerms },
): Promise<void> {
  const facts = { provider, at: mailTimeNow(clock) };
  const letter = { to, template: 'identity_linked', facts, userId, requestId: origin.requestId } as const;
  await tx.runAll(mail.sending(letter));
}

/** The members' gauge asks for the account of the transaction; the system's has none of its own. */
const inAccount = (accountId: AccountId) =>
  statement(`select set_config('app.account', $1, true)`, [accountId]);

/** The terms when the browser was sent away still hold, and the domain is the organization's: both until the commit. */
async function stillAgreed(
  tx: Transaction,
  { account_id: accountId, version }: ProviderRow,
  { domain }: VouchedPerson,
): Promise<ConnectionTerms> {
  const [[agreed], own] = await tx.runAll([
    keepConnection(accountId, version),
    keepDomain(accountId, domain),
  ]);
  if (agreed === undefined) throw new AppError('sign_in_failed');
  if (own.length === 0) throw new AppError('sso_refused');
  return agreed;
}

/** By the subject, which never changes; at the first sign-in by the address. */
async function personOf(
  tx: Transaction,
  accountId: AccountId,
  { subject, email }: VouchedPerson,
): Promise<PersonRow | undefined> {
  const [known] = await tx.run(personBySubject(accountId, subject));
  return known ?? (await tx.run(personByEmail(accountId, email)))[0];
}

/** A provider speaks for people of its own organization's domains alone, in all that it says and for any domain they had once. */
async function assertSpokenFor(
  tx: Transaction,
  person: PersonRow,
  { accountId, vouched }: { readonly accountId: AccountId; readonly vouched: VouchedPerson },
): Promise<void> {
  const domain = domainOf(person.email) ?? '';
  const own = domain === vouched.domain || (await tx.run(keepDomain(accountId, domain))).length > 0;
  if (!own) throw new AppError('sso_refused');
  // Another person has the address now, or had it before.
  if (person.subject !== null && person.subject !== vouched.subject) throw new AppError('sso_refused');
  // An organization's provider does not sign in a platform admin.
  if (person.platform_role === 'admin') throw new AppError('sso_refused');
  if (person.status !== 'active') throw new AppError('user_suspended');
}

interface JoinRequest {
  readonly signIn: ProviderSignIn;
  readonly vouched: VouchedPerson;
  readonly person: PersonRow | undefined;
  readonly agreed: ConnectionTerms;
}

/** The member whom the provider means, made one, or made altogether, where that is agreed. */
async function memberOf(
  parts: ProvisioningParts,
  tx: Transaction,
  { signIn, vouched, person, agreed }: JoinRequest,
): Promise<UserId> {
  if (person !== undefined && person.role !== null) return person.user_id;
  // A member who left or was removed does not come back by a sign-in.
  if (!agreed.provisions || person?.subject != null) throw new AppError('sso_not_a_member');
  const { account_id: accountId } = signIn.provider;
  const userId = person?.user_id ?? (await addPerson(parts, tx, { signIn, vouched }));
  const by = { sso: true } as const;
  const newcomer = { accountId, userId, role: agreed.default_role, by, origin: signIn.origin };
  await parts.accounts.newcomers.joinIn(tx, newcomer);
  // Whom an organization has brought here acts for it, unless they say otherwise (X-Account-Id).
  if (person === undefined) await tx.run(setDefaultAccount(userId, accountId));
  return userId;
}

async function addPerson(
  { identity, audit }: ProvisioningParts,
  tx: Transaction,
  { signIn, vouched }: { readonly signIn: ProviderSignIn; readonly vouched: VouchedPerson },
): Promise<UserId> {
  const { provider, origin } = signIn;
  const added = await identity.addUser(tx, {
    email: vouched.email,
    fullName: vouched.fullName,
    passwordHash: null,
    role: 'user',
    emailVerified: true,
    origin,
  });
  // Another user has registered with the address in this very moment.
  if (added === undefined) throw new AppError('sign_in_failed');
  const { userId } = added;
  await audit.recordIn(tx, {
    action: 'user.registered',
    actor: { kind: 'user', userId },
    target: { kind: 'user', id: userId },
    changes: { sso: provider.account_id },
    origin,
  });
  return userId;
}

/** Whom a provider names. Whether the address is in a domain of its organization is still to be seen. */
interface VouchedPerson {
  /** Their id there, for good. */
  readonly subject: string;
  readonly email: string;
  readonly domain: string;
  readonly fullName: string | undefined;
}

/** Google is one issuer for everybody: a private Google account may have any address, an organization's has its `hd`. */
const SHARED_ISSUERS = ['accounts.google.com'];
const CONTROL = /\p{Cc}/u;

/**
 * A provider's word on a person, read as a stranger's. One that says nothing about `email_verified` vouches for the
 * address, for the organization has proven the domain and speaks for its own directory (Entra ID says nothing); one that
 * says no does not. Throws `sso_refused`.
 */
export function vouchedFor(issuer: string, identified: Identified): VouchedPerson {
  const { subject, email = '', emailVerified, hostedDomain, name } = identified;
  const domain = z.email().safeParse(email).success ? domainOf(email) : undefined;
  if (domain === undefined || emailVerified === false || CONTROL.test(subject) || !subject.isWellFormed())
    throw new AppError('sso_refused');
  if (isShared(issuer) && hostedDomain !== domain) throw new AppError('sso_refused');
  return { subject, email, domain, fullName: oneLine(name) };
}

/** By its host: there are many ways to write the same address, and discovery takes them all. */
function isShared(issuer: string): boolean {
  return SHARED_ISSUERS.includes(new URL(issuer).hostname.replace(/\.$/, ''));
}

function oneLine(name = ''): string | undefined {
  const line = name.toWellFormed().replaceAll(/\p{Cc}+/gu, ' ');
  return line.trim().slice(0, 200) || undefined;
}
