import type { Audit, RequestOrigin } from '#platform/audit';
import { commitPoint, type Transaction } from '#platform/db';
import type { Caller } from '#platform/http';
import { AppError, type Clock, sha256, type UserId, hasCode } from '#platform/kernel';
import { type RequestedMail, type Mail, mailTimeNow } from '#platform/mail';
import {
  changeEmail,
  type EmailKind,
  emailLink,
  emailToken,
  endEmailTokens,
  useEmailToken,
  verifyEmail,
} from './email-store.ts';
import type { LinkState } from '../pages/link-pages.ts';
import { wrongLink } from '../guessing/guessing.ts';
import { lockedUser, proven, type ProofParts } from '../sessions/proof.ts';
import type { CredentialRow } from '../users/user-store.ts';

const ASKED = commitPoint(
  'identity.link-asked',
  'a mail that somebody asked for, and the job that decides on it',
);
const CONFIRMED = commitPoint('identity.email-confirmed', 'a verified or changed address, without its link');

export const CONFIRMING: readonly EmailKind[] = ['verify_email', 'change_email'];

/** The rule of modules above for a user's new address, in the transaction that gives it to them: it throws where it must not be. */
export type AddressRule = (
  tx: Transaction,
  change: { readonly userId: UserId; readonly email: string },
) => Promise<void>;

export interface EmailFlowsParts extends ProofParts {
  readonly clock: Clock;
  readonly mail: Pick<Mail, 'sending' | 'asking' | 'wake'>;
  /** None when not said. */
  readonly addressRule?: AddressRule | undefined;
  /** Name of the only product that runs here: a user is welcomed in it after verification. Where several run, no mail names one. */
  readonly product?: string | undefined;
  readonly welcomes?: (() => boolean) | undefined;
}

/** Flows that go by way of a user's mailbox (docs/identity.md). */
export interface EmailFlows {
  /** Sends another link to verify an address; whether it has a user shows neither in the answer nor in its time. */
  resend(email: string, origin: RequestOrigin): Promise<void>;
  /** Sends a link to choose a new password, likewise. */
  forgot(email: string, origin: RequestOrigin): Promise<void>;
  /** Tells a page of a link before its button is pressed; it changes nothing. */
  look(token: string | undefined, kinds: readonly EmailKind[]): Promise<KnownLink>;
  /** Uses up the link of a mail: verifies the address, or makes it the new one. Throws `link_invalid`, or `conflict` when it is another's by now, or a rule keeps the user where they are. */
  confirm(token: string, origin: RequestOrigin): Promise<void>;
  /** Sends a link to the new address; until it is used, nothing changes. Throws `wrong_password`. */
  changeEmail(caller: Caller, change: EmailChange, origin: RequestOrigin): Promise<void>;
}

/** `kind` is said where the token is one of ours. */
export interface KnownLink extends LinkState {
  readonly kind?: EmailKind;
}

export interface EmailChange {
  readonly password: string;
  readonly email: string;
}

export function createEmailFlows(parts: EmailFlowsParts): EmailFlows {
  return {
    resend: (email, origin) => ask(parts, { to: email, template: 'verify_email' }, origin),
    forgot: (email, origin) => ask(parts, { to: email, template: 'reset_password' }, origin),
    look: (token, kinds) => look(parts, token, kinds),
    confirm: (token, origin) => confirm(parts, token, origin),
    async changeEmail(caller, { password, email }, origin) {
      const user = await proven(parts, { caller, password, origin });
      const { user_id: userId, password_version } = user;
      // Whose password is set anew meanwhile is asked anew: no link may come of a proof that is over.
      const facts = { password_version };
      await ask(parts, { to: email, template: 'change_email', userId, facts }, origin);
    },
  };
}

/** The same statements for an address that is known and for one that is not: a job looks it up (#platform/mail). */
async function ask(
  { db, audit, mail }: EmailFlowsParts,
  asked: Omit<RequestedMail, 'requestId'>,
  origin: RequestOrigin,
): Promise<void> {
  const { userId } = asked;
  await db.system('identity.credentials', ASKED, async (tx) => {
    await audit.recordIn(tx, {
      action: `user.${asked.template}_asked`,
      actor: userId === undefined ? { kind: 'system' } : { kind: 'user', userId },
      origin,
    });
    await tx.runAll(mail.asking({ ...asked, requestId: origin.requestId }));
  });
  mail.wake();
}

async function look(
  { db }: EmailFlowsParts,
  token: string | undefined,
  kinds: readonly EmailKind[],
): Promise<KnownLink> {
  // The program of the page reads it from behind the #, and finds out when the button is pressed.
  if (token === undefined) return { state: 'good' };
  const [[found]] = await db.system('identity.credentials', [emailLink(sha256(token), kinds)]);
  if (found === undefined) return { state: 'gone' };
  const { kind, email, is_good: isGood } = found;
  return { kind, email, state: isGood ? 'good' : 'expired' };
}

async function confirm(parts: EmailFlowsParts, token: string, origin: RequestOrigin): Promise<void> {
  const tokenHash = sha256(token);
  const { db } = parts;
  const [[found]] = await db.system('identity.credentials', [emailToken(tokenHash, CONFIRMING)]);
  if (found === undefined) throw await wrongLink(parts.guessing, origin.ip);
  await db.system('identity.credentials', CONFIRMED, async (tx) => {
    const user = await lockedUser(tx, found.user_id);
    const [used] = await tx.run(useEmailToken(tokenHash, CONFIRMING));
    if (used === undefined || user === undefined) throw new AppError('link_invalid');
    if (used.kind === 'change_email') await addressChanged(parts, tx, { user, email: used.email, origin });
    else await addressVerified(parts, tx, { user, origin });
  });
  parts.mail.wake();
}

async function addressVerified(
  { audit, mail, product, welcomes }: EmailFlowsParts,
  tx: Transaction,
  { user, origin }: { readonly user: CredentialRow; readonly origin: RequestOrigin },
): Promise<void> {
  await tx.run(verifyEmail(user.user_id));
  await recordOf(audit, tx, { user, action: 'user.email_verified', origin });
  if (product === undefined || user.email_verified || welcomes?.() !== true) return;
  await tx.runAll(
    mail.sending({
      to: user.email,
      template: 'address_verified',
      facts: { product },
      userId: user.user_id,
      requestId: origin.requestId,
    }),
  );
}

async function addressChanged(
  { audit, mail, clock, addressRule }: EmailFlowsParts,
  tx: Transaction,
  {
    user,
    email,
    origin,
  }: { readonly user: CredentialRow; readonly email: string; readonly origin: RequestOrigin },
): Promise<void> {
  await addressRule?.(tx, { userId: user.user_id, email });
  const [changed] = await tx.run(changeEmail(user.user_id, email)).catch(unlessTaken);
  if (changed === undefined) throw new AppError('conflict', { message: 'This address has an account.' });
  // Links that went to the old address let no caller in any more.
  await tx.run(endEmailTokens(user.user_id));
  await recordOf(audit, tx, { user, action: 'user.email_changed', origin });
  await tx.runAll(
    mail.sending({
      to: user.email,
      template: 'email_changed',
      facts: { email, at: mailTimeNow(clock) },
      userId: user.user_id,
      requestId: origin.requestId,
    }),
  );
}

/** Another has taken the address in this very moment, which only the index sees. */
function unlessTaken(error: unknown): [] {
  if (hasCode(error, '23505')) return [];
  throw error;
}

function recordOf(
  audit: Audit,
  tx: Transaction,
  {
    user,
    action,
    origin,
  }: { readonly user: CredentialRow; readonly action: string; readonly origin: RequestOrigin },
): Promise<void> {
  const { user_id: userId } = user;
  const target = { kind: 'user', id: userId };
  return audit.recordIn(tx, { action, actor: { kind: 'user', userId }, target, origin });
}
