import { createHash } from 'node:crypto';
import type { RequestOrigin } from '#platform/audit';
import { commitPoint } from '#platform/db';
import { addressBlock } from '#platform/http';
import { AppError, equalInConstantTime, sha256 } from '#platform/kernel';
import type { Mail, Resolver } from '#platform/mail';
import type { Secrets } from '#platform/secrets';
import type { Exchange } from '../federation/flows.ts';
import { assertReturn, returnRule, type ReturnSettings, returnUrl } from '../federation/return-address.ts';
import { type Guessing, wrongLink } from '../guessing/guessing.ts';
import { lettersOf } from '../mfa/recovery-codes.ts';
import type { LinkState } from '../pages/link-pages.ts';
import type { DeviceGiven } from '../sessions/devices.ts';
import { completeSignIn, type SessionOpeningParts } from '../sessions/session-opening.ts';
import type { SignedIn } from '../sessions/sign-in-replies.ts';
import { type MailboxParts, ownerOf } from './mailbox-owner.ts';
import {
  mailSignInOf,
  type MailSignInRow,
  putMailSignIn,
  useMailSignIn,
  useTry,
} from './mail-sign-in-store.ts';
import { codeHashes, signInResolver } from './sign-in-mail.ts';

const ASKED = commitPoint(
  'identity.mail-sign-in-asked',
  'a sign-in by mail that somebody asked for, and the job that decides on its mail',
);
const TRIED = commitPoint(
  'identity.mail-code-tried',
  'a try of a mail’s code, and the record of a wrong one',
);
const NAMED = commitPoint(
  'identity.mail-sign-in-named',
  'the user whose address a mail proved, registered or given to its owner where it was not theirs',
);

export interface MailSignInsParts extends SessionOpeningParts, MailboxParts {
  readonly mail: Pick<Mail, 'sending' | 'asking' | 'recently' | 'wake'>;
  readonly secrets: Secrets;
  readonly guessing: Guessing;
  readonly settings: ReturnSettings & { readonly isOn: boolean };
}

export interface MailSignInRequest {
  readonly email: string;
  readonly returnTo: string;
  /** SHA-256 in base64url of a secret that the asking app keeps (RFC 7636, S256): without it neither code nor link lets in. */
  readonly codeChallenge: string;
}

export interface TypedCode {
  /** As `ask` answered. */
  readonly id: string;
  /** As a person writes it. */
  readonly code: string;
  readonly codeVerifier: string;
  readonly device?: DeviceGiven | undefined;
}

/** Sign-ins by a code and a link that a mail brings (docs/sign-in.md). Each call throws `sign_in_not_set_up` where they are off. */
export interface MailSignIns {
  readonly isOn: boolean;
  /**
   * Asks for a mail, and answers the id of the sign-in; who has the address shows neither in the answer nor in its time. Throws
   * `validation_failed` for an address that a browser must not be sent back to.
   */
  ask(asked: MailSignInRequest, origin: RequestOrigin): Promise<string>;
  /** Signs in by the code of a mail. Throws `mail_code_invalid`, `sign_in_not_linked`, and what `assertMaySignIn` throws. */
  verify(typed: TypedCode, origin: RequestOrigin): Promise<SignedIn>;
  /** Tells a page of a link before its button is pressed; it changes nothing. */
  look(link: string): Promise<LinkState>;
  /** Where the link of a mail leads, with the code for `exchange`; it changes nothing. Throws `link_invalid`. */
  open(link: string, origin: RequestOrigin): Promise<string>;
  /** Signs in by what a link has brought back. Throws `sign_in_failed`, and what `verify` throws. */
  exchange(given: Exchange, origin: RequestOrigin): Promise<SignedIn>;
  /** Makes the mails that were asked for; for `mail.resolve`. */
  readonly resolver: Resolver;
}

export function createMailSignIns(parts: MailSignInsParts): MailSignIns {
  const { db, ids, settings } = parts;
  const isAllowed = returnRule(settings);
  const assertOn = () => {
    if (!settings.isOn) throw new AppError('sign_in_not_set_up');
  };
  return {
    isOn: settings.isOn,
    resolver: signInResolver({ ...parts, baseUrl: settings.baseUrl }),
    async ask({ email, ...asked }, origin) {
      assertOn();
      assertReturn(isAllowed, asked.returnTo);
      const id = ids.next();
      await db.system('identity.credentials', ASKED, async (tx) => {
        await tx.runAll(putMailSignIn({ ...asked, id, email, ipBlock: addressBlock(origin.ip) }));
        await parts.audit.recordIn(tx, { action: 'user.sign_in_asked', actor: { kind: 'system' }, origin });
        const { requestId } = origin;
        await tx.runAll(parts.mail.asking({ to: email, template: 'sign_in', facts: { id }, requestId }));
      });
      parts.mail.wake();
      return id;
    },
    async verify({ device, ...typed }, origin) {
      assertOn();
      const row = await tryCode(parts, typed, origin);
      return enter(parts, { row, device, code: 'mail_code_invalid' }, origin);
    },
    async look(link) {
      const [[row]] = await db.system('identity.credentials', [mailSignInOf(sha256(link))]);
      return row === undefined ? { state: 'gone' } : { state: 'good', email: row.email };
    },
    async open(link, { ip }) {
      assertOn();
      const [[row]] = await db.system('identity.credentials', [mailSignInOf(sha256(link))]);
      if (row === undefined) throw await wrongLink(parts.guessing, ip);
      return returnUrl(row.return_to, { code: link });
    },
    async exchange({ code, codeVerifier, device }, origin) {
      assertOn();
      const good = mailSignInOf(sha256(code), challengeOf(codeVerifier));
      const [[row]] = await db.system('identity.credentials', [good]);
      if (row === undefined) throw new AppError('sign_in_failed');
      return enter(parts, { row, device, code: 'sign_in_failed' }, origin);
    },
  };
}

const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url');

/** The sign-in of a code that is right. A wrong secret costs no try: what it belongs to is another's. */
async function tryCode(
  { db, audit, secrets }: MailSignInsParts,
  { id, code, codeVerifier }: Omit<TypedCode, 'device'>,
  origin: RequestOrigin,
): Promise<MailSignInRow> {
  const hashes = codeHashes(secrets, { id, code: lettersOf(code) });
  const right = await db.system('identity.credentials', TRIED, async (tx) => {
    const [row] = await tx.run(useTry(id, challengeOf(codeVerifier)));
    const kept = row?.code_hash ?? '';
    if (row !== undefined && hashes.some((hash) => equalInConstantTime(hash, kept))) return row;
    const changes = { method: 'mail', code: 'mail_code_invalid' };
    await audit.recordIn(tx, { action: 'session.refused', actor: { kind: 'system' }, changes, origin });
    return undefined;
  });
  if (right === undefined) throw new AppError('mail_code_invalid');
  return right;
}

interface ProvenMail {
  readonly row: MailSignInRow;
  readonly device: DeviceGiven | undefined;
  /** The refusal where another call was quicker. */
  readonly code: 'mail_code_invalid' | 'sign_in_failed';
}

/** Opens the session of who has read a mail, and uses the mail up in the same commit: who is killed before it can try again. */
async function enter(
  parts: MailSignInsParts,
  { row, device, code }: ProvenMail,
  origin: RequestOrigin,
): Promise<SignedIn> {
  const found = await parts.db.system('identity.credentials', NAMED, (tx) =>
    ownerOf(parts, tx, { row, origin }),
  );
  if (found === undefined) throw new AppError(code);
  const { user, isClaimed } = found;
  if (isClaimed) parts.callers.forget(user.user_id);
  return completeSignIn(parts, {
    user,
    method: 'mail',
    origin,
    device,
    async confirm(tx, now) {
      const [used] = await tx.run(useMailSignIn(row.id));
      // Their address became another in this very moment.
      if (used === undefined || now.email !== user.email) throw new AppError(code);
    },
  });
}
