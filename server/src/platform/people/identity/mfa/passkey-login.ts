import type { RequestOrigin } from '#platform/audit';
import { commitPoint } from '#platform/db';
import { AppError, isUuid, type UserId } from '#platform/kernel';
import type { DeviceGiven } from '../sessions/devices.ts';
import { completeSignIn } from '../sessions/session-opening.ts';
import type { SignedIn } from '../sessions/sign-in-replies.ts';
import { type CredentialRow, lockUser } from '../users/user-store.ts';
import { requestPasskey } from './passkey-requests.ts';
import type { MfaParts } from './mfa-parts.ts';
import type { Assertion } from './passkey-schemas.ts';
import { type SignedBy, signedBy, usesPasskey } from './factor-proof.ts';

const COUNTED = commitPoint('identity.passkey-counted', 'a use of a passkey, or the record of a wrong one');

/** Options by which a browser asks for any passkey of this site, before it is known who signs in. */
export const loginOptions = (parts: MfaParts) => requestPasskey(parts, { kind: 'sign_in' });

/**
 * Signs in with a passkey alone: who holds it and has been verified by it has shown two factors. Throws `mfa_refused`, and
 * what `assertMaySignIn` throws.
 */
export async function passkeyLogin(
  parts: MfaParts,
  { assertion, device }: { readonly assertion: Assertion; readonly device?: DeviceGiven | undefined },
  origin: RequestOrigin,
): Promise<SignedIn> {
  const userId = Buffer.from(assertion.response.userHandle ?? '', 'base64url').toString('utf8');
  if (!isUuid(userId)) throw new AppError('mfa_refused');
  const whose = { purpose: { kind: 'sign_in' }, userId: userId as UserId } as const;
  const signed = await signedBy(parts, assertion, whose);
  const user = await countUse(parts, signed, origin);
  if (user === undefined) throw new AppError('mfa_refused');
  return completeSignIn(parts, { user, method: 'passkey', origin, device });
}

/** The user of a passkey that has counted on; the record of one that has not. */
async function countUse(
  parts: MfaParts,
  signed: SignedBy | undefined,
  origin: RequestOrigin,
): Promise<CredentialRow | undefined> {
  const user = await parts.db.system('identity.credentials', COUNTED, async (tx) => {
    const [found] = signed === undefined ? [] : await tx.run(lockUser(signed.userId));
    if (found !== undefined && signed !== undefined) {
      if (await usesPasskey(parts, tx, { user: found, signed, origin })) return found;
    }
    const actor = { kind: 'system' } as const;
    await parts.audit.recordIn(tx, {
      action: 'session.refused',
      actor,
      ...(signed === undefined ? {} : { target: { kind: 'user', id: signed.userId } }),
      changes: { method: 'passkey' },
      origin,
    });
    return undefined;
  });
  parts.mail.wake();
  return user;
}
