import type { RequestOrigin } from '#platform/audit';
import { commitPoint } from '#platform/db';
import type { Caller } from '#platform/http';
import { AppError, type UserId } from '#platform/kernel';
import { lockedUser } from '../sessions/proof.ts';
import { userById } from '../users/user-store.ts';
import { answeredCeremony, keepCeremony } from './passkey-requests.ts';
import { factorsOf, isOn } from '../sessions/factors.ts';
import type { MfaParts } from './mfa-parts.ts';
import type { Credential } from './passkey-schemas.ts';
import {
  deletePasskey,
  insertPasskey,
  passkeysOf,
  type PasskeyViewRow,
  type Purpose,
  renamePasskey,
} from './passkey-store.ts';
import { deleteRecoveryCodes, newRecoveryCodes } from './recovery-codes.ts';
import { notify } from './factor-notices.ts';
import { type CheckedCredential, checkedCredential, registrationOptions } from './webauthn.ts';

const ADDED = commitPoint('identity.passkey-added', 'a passkey, recovery codes, and the mail');
const CHANGED = commitPoint('identity.passkey-changed', 'the name of a passkey');
const REMOVED = commitPoint('identity.passkey-removed', 'the end of a passkey, and the mail');

/** More devices than a user has. */
const MOST = 20;

export interface PasskeyView {
  readonly id: string;
  readonly name: string;
  readonly synced: boolean;
  readonly created_at: string;
  readonly last_used_at: string | null;
}

export interface AddedPasskey {
  readonly passkey: PasskeyView;
  /** Those that come with a first factor. */
  readonly recovery_codes: readonly string[] | null;
}

/** Options by which a browser makes a passkey, in this session. */
export async function passkeyOptions(parts: MfaParts, caller: Caller) {
  const { db, random, passkeySettings } = parts;
  const { userId } = caller;
  const [[user], known] = await db.system('identity.credentials', [userById(userId), passkeysOf(userId)]);
  if (user === undefined) throw new AppError('unauthenticated');
  if (known.length >= MOST)
    throw new AppError('conflict', { message: `There are ${MOST} passkeys already. Remove one first.` });
  const challenge = random.bytes(32);
  const options = await registrationOptions(passkeySettings, { user, challenge, known });
  await keepCeremony({ db }, options.challenge, purposeOf(caller));
  return options;
}

function purposeOf({ userId, sessionId }: Caller): Purpose {
  if (sessionId === undefined) throw new AppError('forbidden');
  return { kind: 'registration', userId, sessionId };
}

/** Keeps what the browser made. Throws `passkey_invalid`, and `conflict` for one that the user has already. */
export async function addPasskey(
  parts: MfaParts,
  caller: Caller,
  { name, credential, origin }: { name: string; credential: Credential; origin: RequestOrigin },
): Promise<AddedPasskey> {
  const { userId } = caller;
  const made = await checkCredential(parts, caller, credential);
  const added = await parts.db.system('identity.credentials', ADDED, async (tx) => {
    const user = await lockedUser(tx, userId);
    if (user === undefined) throw new AppError('unauthenticated');
    const id = parts.ids.next();
    const transports = credential.response.transports ?? [];
    const [[before], [row]] = await tx.runAll([
      factorsOf(userId),
      insertPasskey({ ...made, userId, id, transports, name }),
    ]);
    if (row === undefined) throw new AppError('conflict', { message: 'You have this passkey already.' });
    await notify(parts, tx, { user, action: 'mfa.passkey_added', changes: { passkey: id }, origin });
    const codes = isOn(before) ? null : await newRecoveryCodes(parts, tx, userId);
    return { passkey: viewOf(row), recovery_codes: codes };
  });
  parts.mail.wake();
  return added;
}

async function checkCredential(
  parts: MfaParts,
  caller: Caller,
  credential: Credential,
): Promise<CheckedCredential> {
  const said = await answeredCeremony(parts, credential.response.clientDataJSON, purposeOf(caller));
  const made = said && (await checkedCredential(parts.passkeySettings, credential, said));
  if (made === undefined) throw new AppError('passkey_invalid');
  return made;
}

/** Throws `not_found` for what is none of the caller's. */
export async function namePasskey(
  { db, audit }: MfaParts,
  { userId }: Caller,
  { id, name, origin }: { readonly id: string; readonly name: string; readonly origin: RequestOrigin },
): Promise<PasskeyView> {
  return db.system('identity.credentials', CHANGED, async (tx) => {
    const [row] = await tx.run(renamePasskey(userId, id, name));
    if (row === undefined) throw new AppError('not_found');
    const actor = { kind: 'user', userId } as const;
    const target = { kind: 'passkey', id };
    await audit.recordIn(tx, { action: 'mfa.passkey_renamed', actor, target, origin });
    return viewOf(row);
  });
}

/** Takes a passkey away, and the recovery codes where nothing else is left. Throws `not_found`. */
export async function removePasskey(
  parts: MfaParts,
  { userId }: { readonly userId: UserId },
  { id, origin }: { readonly id: string; readonly origin: RequestOrigin },
): Promise<void> {
  await parts.db.system('identity.credentials', REMOVED, async (tx) => {
    const user = await lockedUser(tx, userId);
    const [[removed], [left]] = await tx.runAll([deletePasskey(userId, id), factorsOf(userId)]);
    if (user === undefined || removed === undefined) throw new AppError('not_found');
    if (!isOn(left)) await tx.run(deleteRecoveryCodes(userId));
    await notify(parts, tx, { user, action: 'mfa.passkey_removed', changes: { passkey: id }, origin });
  });
  parts.mail.wake();
}

export function viewOf({ created_at, last_used_at, ...row }: PasskeyViewRow): PasskeyView {
  return {
    ...row,
    created_at: created_at.toISOString(),
    last_used_at: last_used_at?.toISOString() ?? null,
  };
}
