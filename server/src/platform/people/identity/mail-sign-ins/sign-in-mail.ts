import { type Random, randomToken, sha256 } from '#platform/kernel';
import type { Resolver } from '#platform/mail';
import type { Secrets } from '#platform/secrets';
import { randomLetters } from '../mfa/recovery-codes.ts';
import { placeOf } from '../sessions/session-store.ts';
import { lockUser, userByEmail } from '../users/user-store.ts';
import { askedFrom, LIFETIME, mailMade, mailsLately } from './mail-sign-in-store.ts';

export const LINK_PREFIX = 'ple_';
/** 40 random bits, and a caller has five tries. */
const LETTERS = 8;
/** Mails to an address in an hour: so many that are asked for where its user was signed in before, and so many from elsewhere. */
const MOST = 5;

/** Hashes of a code of a sign-in, one for each master key: without one of them, a copy of the database tells no code. */
export const codeHashes = (
  secrets: Secrets,
  { id, code }: { readonly id: string; readonly code: string },
): string[] => secrets.derived(`${id} ${code}`, 'sign-in by mail: codes');

/**
 * Makes the mail of a sign-in, its code and its link, in the transaction that decides on it. Strangers who ask for mails to an address
 * use up the mails of strangers: they end none that was sent, and its user goes on from where they are known.
 */
export function signInResolver({
  random,
  secrets,
  baseUrl,
}: {
  readonly random: Random;
  readonly secrets: Secrets;
  readonly baseUrl: string;
}): Resolver {
  return async (tx, { to, facts }) => {
    const id = String(facts['id']);
    const [[found], [asked]] = await tx.runAll([userByEmail(to), askedFrom(id)]);
    // Locked, so that no code outlives a new password or address.
    const [user] = found === undefined ? [] : await tx.run(lockUser(found.user_id));
    if (asked === undefined || user?.email !== found?.email) return undefined;
    const [place] = await tx.run(placeOf(to, { ipBlock: asked.ip_block, tokenHash: undefined }));
    const fromKnown = place?.is_known === true;
    const [sent] = await tx.run(mailsLately(to, fromKnown));
    if ((sent?.count ?? 0) >= MOST) return undefined;
    const code = randomLetters(random, LETTERS);
    const token = randomToken(random, LINK_PREFIX);
    const [codeHash = ''] = codeHashes(secrets, { id, code });
    const userId = user?.email_verified === true ? user.user_id : undefined;
    const [made] = await tx.run(mailMade({ id, userId, fromKnown, codeHash, linkHash: sha256(token) }));
    if (made === undefined) return undefined;
    const written = code.replaceAll(/.{4}(?!$)/g, '$&-');
    return {
      userId: user?.user_id,
      to: user?.email ?? to,
      facts: { code: written, link: `${baseUrl}/v1/auth/mail/open/${token}`, minutes: LIFETIME / 60 },
      seconds: LIFETIME,
    };
  };
}
