import type { Transaction } from '#platform/db';
import { type Random, randomToken, sha256 } from '#platform/kernel';
import { type Mail, mailTime, type ResolvedMail, type Resolver } from '#platform/mail';
import { type EmailKind, LIFETIMES, putEmailToken } from './email-store.ts';
import { type CredentialRow, lockUser, userByEmail } from '../users/user-store.ts';

const PREFIX = 'ple_';
/** Mails of a kind an hour at most: more would flood a mailbox. */
const MOST = {
  welcome: 5,
  verify_email: 5,
  change_email: 5,
  reset_password: 5,
  account_closed: 5,
  address_taken: 1,
} as const;

const PATHS: Readonly<Record<EmailKind, string>> = {
  verify_email: '/v1/auth/verify-email',
  change_email: '/v1/auth/verify-email',
  reset_password: '/v1/auth/reset-password',
  restore: '/v1/auth/restore',
};

export interface LinksParts {
  readonly random: Random;
  readonly mail: Pick<Mail, 'recently'>;
  /** Where links lead: the address of this server, without a slash at its end. */
  readonly baseUrl: string;
}

/** Recipients of mails that were asked for by typing an address. Each makes its link, and so ends the one before. */
export function emailResolvers(
  parts: LinksParts,
): Readonly<
  Record<Exclude<EmailKind, 'restore'> | 'account_closed' | 'address_taken' | 'welcome', Resolver>
> {
  return {
    welcome: (tx, { to }) => resolveVerification(parts, tx, { to, kind: 'welcome' }),
    verify_email: (tx, { to }) => resolveVerification(parts, tx, { to, kind: 'verify_email' }),
    async reset_password(tx, { to }) {
      const user = await reachableUser(parts, tx, { to, kind: 'reset_password' });
      return user && makeLink(parts, tx, { user, kind: 'reset_password', to: user.email });
    },
    async address_taken(tx, { to }) {
      const user = await reachableUser(parts, tx, { to, kind: 'address_taken' });
      return user && { userId: user.user_id, to: user.email, facts: {}, seconds: LIFETIMES.verify_email };
    },
    async account_closed(tx, { to }) {
      const user = await reachableUser(parts, tx, { to, kind: 'account_closed' });
      if (user?.restorable_until == null) return undefined;
      const made = await makeLink(parts, tx, { user, kind: 'restore', to: user.email });
      const { hours: _, ...facts } = made.facts;
      return {
        ...made,
        facts: { ...facts, until: mailTime(user.restorable_until) },
        seconds: LIFETIMES.verify_email,
      };
    },
    async change_email(tx, { to, userId, facts }) {
      const [user] = userId === undefined ? [] : await tx.run(lockUser(userId));
      // By a password that is no longer theirs.
      if (user?.password_version !== facts['password_version']) return undefined;
      const [other] = await tx.run(userByEmail(to));
      // Another's address is told nothing, and so tells nothing.
      if (user === undefined || (other !== undefined && other.user_id !== userId)) return undefined;
      if (!(await mayGet(parts, tx, { user, kind: 'change_email' }))) return undefined;
      const made = await makeLink(parts, tx, { user, kind: 'change_email', to });
      return { ...made, facts: { ...made.facts, email: to } };
    },
  };
}

interface LinkRequest {
  readonly user: CredentialRow;
  readonly kind: keyof typeof MOST;
}

/** Both mails of an address that is not verified have the same link: the first one greets. */
async function resolveVerification(
  parts: LinksParts,
  tx: Transaction,
  asked: { readonly to: string; readonly kind: 'welcome' | 'verify_email' },
): Promise<ResolvedMail | undefined> {
  const user = await reachableUser(parts, tx, asked);
  if (user === undefined || user.email_verified) return undefined;
  return makeLink(parts, tx, { user, kind: 'verify_email', to: user.email });
}

/** The user of a typed address, when they may get such a mail; locked, so that no link outlives a new password or address. */
async function reachableUser(
  parts: LinksParts,
  tx: Transaction,
  { to, kind }: { readonly to: string; readonly kind: LinkRequest['kind'] },
): Promise<CredentialRow | undefined> {
  const [found] = await tx.run(userByEmail(to));
  const [user] = found === undefined ? [] : await tx.run(lockUser(found.user_id));
  // The address may have become another in this very moment.
  if (user === undefined || user.email !== found?.email) return undefined;
  return (await mayGet(parts, tx, { user, kind })) ? user : undefined;
}

async function mayGet({ mail }: LinksParts, tx: Transaction, { user, kind }: LinkRequest): Promise<boolean> {
  if (user.status !== (kind === 'account_closed' ? 'closed' : 'active')) return false;
  const kinds: readonly LinkRequest['kind'][] = kind === 'verify_email' ? ['welcome', kind] : [kind];
  const sent = await tx.runAll(kinds.map((one) => mail.recently(user.user_id, one)));
  return sent.flat().reduce((sum, { count }) => sum + count, 0) < MOST[kind];
}

/** Makes the link, in the transaction that decides on its mail. */
async function makeLink(
  { random, baseUrl }: LinksParts,
  tx: Transaction,
  { user, kind, to }: { readonly user: CredentialRow; readonly kind: EmailKind; readonly to: string },
): Promise<ResolvedMail> {
  const token = randomToken(random, PREFIX);
  await tx.run(putEmailToken({ userId: user.user_id, kind, tokenHash: sha256(token), email: to }));
  const seconds = LIFETIMES[kind];
  const facts = { link: `${baseUrl}${PATHS[kind]}/${token}`, hours: seconds / 3_600 };
  return { userId: user.user_id, to, facts, seconds };
}
