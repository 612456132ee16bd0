import type { RequestOrigin } from '#platform/audit';
import type { Transaction } from '#platform/db';
import { addressBlock } from '#platform/http';
import { AppError, type UserId } from '#platform/kernel';
import type { CredentialRow } from '../users/user-store.ts';
import { answeredCeremony } from './passkey-requests.ts';
import {
  closedFor,
  type CodeOrigin,
  forgiveMisses,
  recordMiss,
  MOST_MISSES,
  placeOfCode,
} from './code-misses.ts';
import type { Factor } from '../sessions/sign-in-replies.ts';
import type { MfaParts } from './mfa-parts.ts';
import type { Assertion } from './passkey-schemas.ts';
import { passkeyOf, type Purpose, usePasskey } from './passkey-store.ts';
import { recoveryCodeHash, useRecoveryCode } from './recovery-codes.ts';
import { notify } from './factor-notices.ts';
import { SEALED_TOTP, totpOf, useStep } from './totp-store.ts';
import { stepOf } from './totp.ts';
import { checkedAssertion } from './webauthn.ts';

/** A user's proof: one of these. */
export interface FactorProof {
  readonly code?: string | undefined;
  readonly recovery_code?: string | undefined;
  readonly passkey?: Assertion | undefined;
}

/** A passkey whose signature is good. Whether it has counted on is seen when its row is locked. */
export interface SignedBy {
  readonly userId: UserId;
  readonly passkeyId: string;
  readonly counter: number;
}

/** The passkey of a user that has signed what it was asked to for this purpose; looked at once. Undefined for anything else. */
export async function signedBy(
  { db, passkeySettings }: Pick<MfaParts, 'db' | 'passkeySettings'>,
  assertion: Assertion,
  { purpose, userId }: { readonly purpose: Purpose; readonly userId: UserId },
): Promise<SignedBy | undefined> {
  const said = await answeredCeremony({ db }, assertion.response.clientDataJSON, purpose);
  const [[key]] = await db.system('identity.credentials', [passkeyOf(userId, assertion.id)]);
  if (said === undefined || key === undefined) return undefined;
  const counter = await checkedAssertion(passkeySettings, { response: assertion, key }, said);
  return counter === undefined ? undefined : { userId, passkeyId: key.id, counter };
}

/** A proof, with what is looked at before the user is locked. */
export type CheckedProof =
  | { readonly by: 'totp'; readonly code: string }
  | { readonly by: 'recovery_code'; readonly code: string }
  | { readonly by: 'passkey'; readonly signed: SignedBy | undefined };

export async function readProof(
  parts: MfaParts,
  { code, recovery_code: recoveryCode, passkey }: FactorProof,
  whose: { readonly purpose: Purpose; readonly userId: UserId },
): Promise<CheckedProof> {
  if (code !== undefined) return { by: 'totp', code };
  if (recoveryCode !== undefined) return { by: 'recovery_code', code: recoveryCode };
  return { by: 'passkey', signed: passkey && (await signedBy(parts, passkey, whose)) };
}

interface Proving {
  /** Locked. */
  readonly user: CredentialRow;
  readonly shown: CheckedProof;
  readonly origin: RequestOrigin;
  /** The session that it is shown in, or one of the device that it comes from; none when neither is said. */
  readonly device?: Omit<CodeOrigin, 'ipBlock'> | undefined;
}

/**
 * Uses a proof up, and says by which factor; undefined when it is not good, which is then written down. The caller
 * must commit in both cases. Throws `mfa_paused` where no code from there is looked at for now.
 */
export async function proves(
  parts: MfaParts,
  tx: Transaction,
  proving: Proving,
): Promise<Factor | undefined> {
  const { user, shown: proof, origin } = proving;
  if (await isGood(parts, tx, proving)) return proof.by;
  await parts.audit.recordIn(tx, {
    action: 'mfa.refused',
    actor: { kind: 'system' },
    target: { kind: 'user', id: user.user_id },
    changes: { factor: proof.by },
    origin,
  });
  return undefined;
}

async function isGood(parts: MfaParts, tx: Transaction, proving: Proving): Promise<boolean> {
  const { user, shown: proof, origin, device } = proving;
  switch (proof.by) {
    case 'totp':
      return usesCode(parts, tx, { user, code: proof.code, origin, device });
    case 'recovery_code': {
      const used = await tx.run(useRecoveryCode(user.user_id, recoveryCodeHash(proof.code)));
      if (used.length > 0) await notify(parts, tx, { user, action: 'mfa.recovery_code_used', origin });
      return used.length > 0;
    }
    case 'passkey':
      return proof.signed !== undefined && usesPasskey(parts, tx, { user, signed: proof.signed, origin });
  }
}

async function usesCode(
  parts: MfaParts,
  tx: Transaction,
  { user, code, origin, device }: Omit<Proving, 'shown'> & { readonly code: string },
): Promise<boolean> {
  const { user_id: userId } = user;
  const place = { ...device, ipBlock: addressBlock(origin.ip) };
  const [[totp], [at]] = await tx.runAll([totpOf(userId), placeOfCode(userId, place)]);
  if (totp === undefined || at === undefined) return false;
  const [closed] = await tx.run(closedFor(userId, at.place));
  if (closed !== undefined) throw new AppError('mfa_paused', { retryAfter: closed.seconds });
  const secret = parts.secrets.open(totp.secret, SEALED_TOTP.context(userId));
  const step = stepOf(code, { secret, now: totp.now });
  if (step !== undefined) {
    const used = await tx.run(useStep(userId, step));
    if (used.length > 0) await tx.run(forgiveMisses(userId, at.place));
    return used.length > 0;
  }
  const [, [counted]] = await tx.runAll(recordMiss(userId, at.place));
  // FactorNotice with the one that closes, and not with each that follows.
  if (counted?.misses === MOST_MISSES) await notify(parts, tx, { user, action: 'mfa.codes_closed', origin });
  return false;
}

/** A counter that does not rise is that of a copy: whichever of the two comes second is noticed. */
export async function usesPasskey(
  parts: MfaParts,
  tx: Transaction,
  {
    user,
    signed,
    origin,
  }: { readonly user: CredentialRow; readonly signed: SignedBy; readonly origin: RequestOrigin },
): Promise<boolean> {
  const { userId, passkeyId, counter } = signed;
  const [used] = await tx.run(usePasskey(userId, passkeyId, counter));
  if (used !== undefined) return true;
  const changes = { passkey: passkeyId };
  await notify(parts, tx, { user, action: 'mfa.passkey_copied', changes, origin });
  return false;
}
