import type { RequestOrigin } from '#platform/audit';
import { commitPoint } from '#platform/db';
import type { Caller } from '#platform/http';
import { AppError } from '#platform/kernel';
import { lockedUser } from '../sessions/proof.ts';
import { markProven } from '../sessions/session-store.ts';
import { userById } from '../users/user-store.ts';
import { forgetMisses } from './code-misses.ts';
import { factorsOf, isOn } from '../sessions/factors.ts';
import type { MfaParts } from './mfa-parts.ts';
import { deleteRecoveryCodes, newRecoveryCodes } from './recovery-codes.ts';
import { notify } from './factor-notices.ts';
import { confirmPending, deleteTotp, pendingTotp, putPending, SEALED_TOTP } from './totp-store.ts';
import { newTotpKey, stepOf, type TotpKey } from './totp.ts';

const BEGUN = commitPoint('identity.totp-begun', 'an authenticator app that waits for its first code');
const CONFIRMED = commitPoint(
  'identity.totp-confirmed',
  'an authenticator app, recovery codes, and the mail',
);
const REMOVED = commitPoint('identity.totp-removed', 'the end of an authenticator app, and the mail');

/** Gives the caller a new secret; nothing changes before a code of it comes, within 15 minutes. */
export async function enrol(parts: MfaParts, { userId }: Caller): Promise<TotpKey> {
  const { db, secrets, passkeySettings } = parts;
  const [[user]] = await db.system('identity.credentials', [userById(userId)]);
  if (user === undefined) throw new AppError('unauthenticated');
  const key = newTotpKey({ issuer: passkeySettings.rpName(), label: user.email });
  const sealed = secrets.seal(key.secret, SEALED_TOTP.context(userId));
  await db.system('identity.credentials', BEGUN, [putPending(userId, sealed)]);
  return key;
}

/**
 * Puts the pending secret in force, in place of the one before. Answers the recovery codes that come with a first factor,
 * else null. Throws `mfa_refused` for a wrong code, `conflict` where none was asked for or it took too long.
 */
export async function confirmTotp(
  parts: MfaParts,
  { userId, sessionId }: Caller,
  { code, origin }: { readonly code: string; readonly origin: RequestOrigin },
): Promise<string[] | null> {
  const codes = await parts.db.system('identity.credentials', CONFIRMED, async (tx) => {
    const user = await lockedUser(tx, userId);
    const [[pending], [before]] = await tx.runAll([pendingTotp(userId), factorsOf(userId)]);
    if (user === undefined || pending === undefined) {
      throw new AppError('conflict', { message: 'No authenticator app waits for its code. Begin anew.' });
    }
    const secret = parts.secrets.open(pending.pending, SEALED_TOTP.context(userId));
    const step = stepOf(code, { secret, now: pending.now });
    if (step === undefined) throw new AppError('mfa_refused');
    await tx.runAll([confirmPending(userId, step), forgetMisses(userId)]);
    // A code of it was shown here: guesses elsewhere do not keep its owner out from here.
    if (sessionId !== undefined) await tx.run(markProven(userId, sessionId));
    const action = pending.replaces ? 'mfa.totp_replaced' : 'mfa.totp_added';
    await notify(parts, tx, { user, action, origin });
    return isOn(before) ? null : newRecoveryCodes(parts, tx, userId);
  });
  parts.mail.wake();
  return codes;
}

/** Takes the authenticator app away, and the recovery codes where nothing else is left. Throws `not_found`. */
export async function removeTotp(parts: MfaParts, { userId }: Caller, origin: RequestOrigin): Promise<void> {
  await parts.db.system('identity.credentials', REMOVED, async (tx) => {
    const user = await lockedUser(tx, userId);
    const [[removed], [left]] = await tx.runAll([deleteTotp(userId), factorsOf(userId)]);
    if (user === undefined || removed?.confirmed_at == null) throw new AppError('not_found');
    if (!isOn(left)) await tx.run(deleteRecoveryCodes(userId));
    await notify(parts, tx, { user, action: 'mfa.totp_removed', origin });
  });
  parts.mail.wake();
}
