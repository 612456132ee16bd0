import { actorOf, type RequestOrigin } from '#platform/audit';
import { commitPoint, type Transaction } from '#platform/db';
import { type Answer, type Caller, type Once, answer as reply } from '#platform/http';
import { AppError, type UserId, isUuid } from '#platform/kernel';
import type { DeviceGiven } from '../sessions/devices.ts';
import type { AuthTokens, SignedIn } from '../sessions/sign-in-replies.ts';
import { assertProven, lockedUser } from '../sessions/proof.ts';
import { endSessions } from '../sessions/session-store.ts';
import { lockUser, type CredentialRow } from '../users/user-store.ts';
import { answer, type ChallengeAnswer, challengeOptions } from './answer-challenge.ts';
import { confirmTotp, enrol, removeTotp } from './authenticator-app.ts';
import { factorsOf, isOn } from '../sessions/factors.ts';
import type { MfaParts } from './mfa-parts.ts';
import type { Assertion, Credential } from './passkey-schemas.ts';
import { listPasskeys } from './passkey-store.ts';
import {
  type AddedPasskey,
  addPasskey,
  namePasskey,
  passkeyOptions,
  type PasskeyView,
  removePasskey,
  viewOf,
} from './passkeys.ts';
import { newRecoveryCodes } from './recovery-codes.ts';
import { stepUp, type StepUpProof, stepUpOptions } from './step-up.ts';
import { deleteFactors } from './delete-factors.ts';
import { notify } from './factor-notices.ts';
import type { TotpKey } from './totp.ts';
import type { requestOptions, registrationOptions } from './webauthn.ts';
import { completeSignIn } from '../sessions/session-opening.ts';
import { requestPasskey } from './passkey-requests.ts';
import { type SignedBy, signedBy, usesPasskey } from './factor-proof.ts';

const CODES = commitPoint('identity.recovery-codes', 'new recovery codes, and the mail');
const RESET = commitPoint(
  'identity.mfa-reset',
  'the end of all second factors and sessions of a user, and the mail',
);

export interface MfaStatus {
  /** Whether a sign-in asks for a second factor. */
  readonly enabled: boolean;
  readonly totp: boolean;
  readonly recovery_codes_left: number;
  readonly passkeys: readonly PasskeyView[];
}

type RequestOptions = ReturnType<typeof requestOptions>;

/** Second factors, and what is asked of them (docs/mfa.md). */
export interface Mfa {
  status(caller: Caller): Promise<MfaStatus>;
  readonly totp: {
    enrol(caller: Caller): Promise<TotpKey>;
    /** The recovery codes that come with a first factor. */
    confirm(caller: Caller, code: string, origin: RequestOrigin): Promise<readonly string[] | null>;
    remove(caller: Caller, origin: RequestOrigin): Promise<void>;
  };
  /** Ten new ones in place of those before. Throws `conflict` where there is no second factor. */
  newRecoveryCodes(caller: Caller, origin: RequestOrigin, once: Once): Promise<Answer<NewCodes>>;
  readonly passkeys: {
    options(caller: Caller): ReturnType<typeof registrationOptions>;
    add(
      caller: Caller,
      made: { name: string; credential: Credential },
      origin: RequestOrigin,
    ): Promise<AddedPasskey>;
    rename(caller: Caller, key: { id: string; name: string }, origin: RequestOrigin): Promise<PasskeyView>;
    remove(caller: Caller, id: string, origin: RequestOrigin): Promise<void>;
  };
  /** Signing in with a passkey alone. */
  readonly passkeyLogin: {
    options(): RequestOptions;
    answer(
      given: { assertion: Assertion; device?: DeviceGiven | undefined },
      origin: RequestOrigin,
    ): Promise<SignedIn>;
  };
  /** The second half of any other sign-in. */
  readonly challenge: {
    options(mfaToken: string): RequestOptions;
    answer(given: ChallengeAnswer, origin: RequestOrigin): Promise<AuthTokens>;
  };
  readonly stepUp: {
    options(caller: Caller): RequestOptions;
    answer(caller: Caller, proof: StepUpProof, origin: RequestOrigin): Promise<void>;
    /** Throws `step_up_required` for a session that was not proven lately. */
    assertProven(caller: Caller): Promise<void>;
  };
  /** Takes all second factors from a user who lost them, and ends their sessions. Throws `not_found`; not oneself. */
  reset(admin: Caller, userId: string, origin: RequestOrigin): Promise<void>;
}

export interface NewCodes {
  readonly recovery_codes: readonly string[];
}

export function createMfa(parts: MfaParts): Mfa {
  return {
    status: (caller) => status(parts, caller),
    totp: {
      enrol: (caller) => enrol(parts, caller),
      confirm: (caller, code, origin) => confirmTotp(parts, caller, { code, origin }),
      remove: (caller, origin) => removeTotp(parts, caller, origin),
    },
    newRecoveryCodes: (caller, origin, once) => renewCodes(parts, caller, { origin, once }),
    passkeys: {
      options: (caller) => passkeyOptions(parts, caller),
      add: (caller, made, origin) => addPasskey(parts, caller, { ...made, origin }),
      rename: (caller, key, origin) => namePasskey(parts, caller, { ...key, origin }),
      remove: (caller, id, origin) => removePasskey(parts, caller, { id, origin }),
    },
    passkeyLogin: {
      options: () => loginOptions(parts),
      answer: (given, origin) => passkeyLogin(parts, given, origin),
    },
    challenge: {
      options: (mfaToken) => challengeOptions(parts, mfaToken),
      answer: (given, origin) => answer(parts, given, origin),
    },
    stepUp: {
      options: (caller) => stepUpOptions(parts, caller),
      answer: (caller, proof, origin) => stepUp(parts, caller, { proof, origin }),
      assertProven: (caller) => assertProven(parts.db, caller),
    },
    reset: (admin, userId, origin) => reset(parts, admin, { userId: userId as UserId, origin }),
  };
}

async function status({ db }: MfaParts, { userId }: Caller): Promise<MfaStatus> {
  const [[factors], passkeys] = await db.user(userId, [factorsOf(userId), listPasskeys(userId)]);
  return {
    enabled: isOn(factors),
    totp: factors?.totp ?? false,
    recovery_codes_left: factors?.recovery_codes ?? 0,
    passkeys: passkeys.map(viewOf),
  };
}

async function renewCodes(
  parts: MfaParts,
  { userId }: Caller,
  { origin, once }: { readonly origin: RequestOrigin; readonly once: Once },
): Promise<Answer<NewCodes>> {
  const renew = async (tx: Transaction) => {
    const user = await lockedUser(tx, userId);
    const [factors] = await tx.run(factorsOf(userId));
    if (user === undefined || !isOn(factors)) {
      throw new AppError('conflict', {
        message: 'Recovery codes stand in for a second factor. Add one first.',
      });
    }
    await notify(parts, tx, { user, action: 'mfa.recovery_codes_made', origin });
    return reply(200, { recovery_codes: await newRecoveryCodes(parts, tx, userId) });
  };
  const given = await once(CODES, renew, { use: 'identity.credentials' });
  parts.mail.wake();
  return given;
}

async function reset(
  parts: MfaParts,
  admin: Caller,
  { userId, origin }: { readonly userId: UserId; readonly origin: RequestOrigin },
): Promise<void> {
  // An intruder who found an admin's session open would be rid of what still stands in their way.
  if (userId === admin.userId) {
    throw new AppError('conflict', { message: 'You can not reset your own second factors.' });
  }
  await parts.db.system('admin.users', RESET, async (tx) => {
    const [user] = await tx.run(lockUser(userId));
    if (user === undefined) throw new AppError('not_found');
    await tx.runAll([...deleteFactors(userId), endSessions(userId, 'mfa_reset')]);
    await notify(parts, tx, { user, action: 'mfa.reset', actor: actorOf(admin), origin });
  });
  parts.callers.forget(userId);
  parts.mail.wake();
}

const COUNTED = commitPoint('identity.passkey-counted', 'a use of a passkey, or the record of a wrong one');

/** Options by which a browser asks for any passkey of this site, before it is known who signs in. */
const loginOptions = (parts: MfaParts) => requestPasskey(parts, { kind: 'sign_in' });

/**
 * Signs in with a passkey alone: who holds it and has been verified by it has shown two factors. Throws `mfa_refused`, and
 * what `assertMaySignIn` throws.
 */
async function passkeyLogin(
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
