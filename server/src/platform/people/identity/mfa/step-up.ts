import { actorOf, type RequestOrigin } from '#platform/audit';
import { commitPoint } from '#platform/db';
import type { Caller } from '#platform/http';
import { AppError, type UserId } from '#platform/kernel';
import { proven } from '../sessions/proof.ts';
import { lockUser } from '../users/user-store.ts';
import { requestPasskey } from './passkey-requests.ts';
import { markProven } from '../sessions/session-store.ts';
import { factorsOf, isOn, methodsOf } from '../sessions/factors.ts';
import type { MfaParts } from './mfa-parts.ts';
import { type FactorProof, proves, readProof } from './factor-proof.ts';

const PROVEN = commitPoint('identity.stepped-up', 'a proof, and when it was given in a session');

/** Proof of a session once more: the password where there is no second factor, else that. */
export interface StepUpProof extends FactorProof {
  readonly password?: string | undefined;
}

/** Options by which a browser asks the caller's passkeys. */
export async function stepUpOptions(parts: MfaParts, caller: Caller) {
  const { userId, sessionId } = inSession(caller);
  return requestPasskey(parts, { kind: 'step_up', userId, sessionId }, userId);
}

/**
 * Makes the caller's session as good as new, for 15 minutes. Throws `wrong_password`, `mfa_refused`, `mfa_paused`, and
 * `step_up_required` for a password where there is a second factor: who stole the one may hold the session too.
 */
export async function stepUp(
  parts: MfaParts,
  caller: Caller,
  { proof, origin }: { readonly proof: StepUpProof; readonly origin: RequestOrigin },
): Promise<void> {
  const { userId, sessionId } = inSession(caller);
  const { password, ...factor } = proof;
  if (password !== undefined) await byPassword(parts, caller, { password, origin });
  const purpose = { kind: 'step_up', userId, sessionId } as const;
  const given = password === undefined ? await readProof(parts, factor, { purpose, userId }) : undefined;
  const isProven = await parts.db.system('identity.credentials', PROVEN, async (tx) => {
    const [user] = await tx.run(lockUser(userId));
    if (user === undefined) return false;
    const by =
      given === undefined
        ? 'password'
        : await proves(parts, tx, { user, shown: given, origin, device: { sessionId } });
    if (by === undefined) return false;
    await tx.run(markProven(userId, sessionId));
    const target = { kind: 'session', id: sessionId };
    const changes = { by };
    await parts.audit.recordIn(tx, {
      action: 'session.stepped_up',
      actor: actorOf(caller),
      target,
      changes,
      origin,
    });
    return true;
  });
  parts.mail.wake();
  if (!isProven) throw new AppError('mfa_refused');
}

/** Not looked at where there is a second factor, so that a caller does not learn here whether it is right. */
async function byPassword(
  parts: MfaParts,
  caller: Caller,
  given: { readonly password: string; readonly origin: RequestOrigin },
): Promise<void> {
  const [[factors]] = await parts.db.system('identity.credentials', [factorsOf(caller.userId)]);
  if (isOn(factors)) throw new AppError('step_up_required', { details: { methods: methodsOf(factors) } });
  await proven(parts, { caller, ...given });
}

function inSession({ userId, sessionId }: Caller): { readonly userId: UserId; readonly sessionId: string } {
  if (sessionId === undefined) throw new AppError('forbidden');
  return { userId, sessionId };
}
