import type { RequestOrigin } from '#platform/audit';
import { commitPoint } from '#platform/db';
import { AppError, sha256, type UserId } from '#platform/kernel';
import type { DeviceGiven } from '../sessions/devices.ts';
import { assertMaySignIn, authTokens, openSession } from '../sessions/session-opening.ts';
import type { AuthTokens } from '../sessions/sign-in-replies.ts';
import { lockUser } from '../users/user-store.ts';
import { requestPasskey } from './passkey-requests.ts';
import { challengeOwner, endChallenge, useTry } from '../sessions/challenges.ts';
import type { MfaParts } from './mfa-parts.ts';
import { type FactorProof, proves, readProof } from './factor-proof.ts';

const ANSWERED = commitPoint(
  'identity.mfa-answered',
  'a try of a challenge, and the session when it was good',
);

/** Options by which a browser asks the user's passkeys, to answer a challenge. Throws `mfa_over`. */
export async function challengeOptions(parts: MfaParts, mfaToken: string) {
  const tokenHash = sha256(mfaToken);
  const userId = await ownerOf(parts, tokenHash);
  return requestPasskey(parts, { kind: 'challenge', tokenHash }, userId);
}

async function ownerOf({ db }: Pick<MfaParts, 'db'>, tokenHash: string): Promise<UserId> {
  const [[found]] = await db.system('identity.credentials', [challengeOwner(tokenHash)]);
  if (found === undefined) throw new AppError('mfa_over');
  return found.user_id;
}

/** Answer to a challenge, and its device. */
export interface ChallengeAnswer {
  readonly mfaToken: string;
  readonly proof: FactorProof;
  readonly device?: DeviceGiven | undefined;
}

const former = (device: DeviceGiven | undefined) =>
  device?.formerToken === undefined ? {} : { tokenHash: sha256(device.formerToken) };

/**
 * Ends a sign-in with its second factor. Throws `mfa_refused` for a wrong one, `mfa_over` where the challenge has been
 * answered, is too old or was tried too often, `mfa_paused`, and what `assertMaySignIn` throws.
 */
export async function answer(
  parts: MfaParts,
  { mfaToken, proof, device }: ChallengeAnswer,
  origin: RequestOrigin,
): Promise<AuthTokens> {
  const tokenHash = sha256(mfaToken);
  const userId = await ownerOf(parts, tokenHash);
  const given = await readProof(parts, proof, { purpose: { kind: 'challenge', tokenHash }, userId });
  const outcome = await parts.db.system('identity.credentials', ANSWERED, async (tx) => {
    const [[user], [challenge]] = await tx.runAll([lockUser(userId), useTry(userId, tokenHash)]);
    // A new password ends what was begun with the one before.
    if (user === undefined || challenge?.password_version !== user.password_version) return 'mfa_over';
    assertMaySignIn(user, parts.emailVerification);
    const factor = await proves(parts, tx, { user, shown: given, origin, device: former(device) });
    if (factor === undefined) return 'mfa_refused';
    await tx.run(endChallenge(userId, tokenHash));
    const { method } = challenge;
    return { user, opened: await openSession(parts, tx, { user, method, factor, origin, device }) };
  });
  parts.mail.wake();
  if (typeof outcome === 'string') throw new AppError(outcome);
  return authTokens(parts, outcome.user, outcome.opened);
}
