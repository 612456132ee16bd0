import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Audit } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import type { Secrets } from '#platform/secrets';
import {
  deleteSigningKeysBut,
  insertSigningKey,
  lockSigningKeys,
  placeOfPrivateKey,
  SIGNING_ALGORITHM,
  signingKeys,
} from './signing-key-store.ts';

const POINT = commitPoint(
  'identity.signing-key',
  'a key that signs access tokens, and the end of those that are over',
);

export interface RotatingParts {
  readonly db: Database;
  readonly secrets: Secrets;
  readonly audit: Audit;
}

export interface Rotating {
  /** Only when the newest key is older than this many days. */
  readonly afterDays?: number;
  /**
   * For a key that was stolen: the new one signs at once, and all others are gone. Every access token ends; people
   * stay signed in, by their refresh tokens.
   */
  readonly atOnce?: boolean;
}

export interface Rotation {
  /** The newest key. */
  readonly kid: string;
  /** False: it was there already, too young to be followed, or not signing yet. */
  readonly isNew: boolean;
  readonly signsFrom: Date;
}

/**
 * Makes the next signing key, unless one is on its way, and deletes those that are over. All in one commit, behind one
 * lock: of two rotations at once the second finds the first one's key, and one that is killed has changed nothing.
 */
export async function rotateSigningKeys(parts: RotatingParts, how: Rotating): Promise<Rotation> {
  const next = await newKey(parts.secrets);
  return parts.db.system('identity.signing-keys', POINT, async (tx) => {
    await tx.run(lockSigningKeys);
    const keys = await tx.run(signingKeys);
    const [newest] = keys;
    const isUrgent = newest === undefined || how.atOnce === true;
    const isDue = isUrgent || isOldEnough(newest, how.afterDays);
    if (isDue) await tx.run(insertSigningKey(next, isUrgent ? 'at once' : 'ahead'));
    const kept = how.atOnce === true ? [] : keys.map(({ kid }) => kid);
    const dropped = await tx.run(deleteSigningKeysBut([next.kid, ...kept]));
    const rotation = { isNew: isDue, ...(await newestOf(tx)) };
    if (isDue && newest !== undefined) await record(parts.audit, tx, { rotation, how, dropped });
    return rotation;
  });
}

/** One that does not sign yet is on its way: another after it would gain nothing. */
function isOldEnough(
  { signs_in, age }: { readonly signs_in: number; readonly age: number },
  days = 0,
): boolean {
  return signs_in <= 0 && age >= days;
}

async function newestOf(tx: Transaction): Promise<{ kid: string; signsFrom: Date }> {
  const [newest] = await tx.run(signingKeys);
  if (newest === undefined) throw new Error('a signing key was not stored');
  return { kid: newest.kid, signsFrom: newest.signs_from };
}

async function record(
  audit: Audit,
  tx: Transaction,
  { rotation, how, dropped }: { rotation: Rotation; how: Rotating; dropped: readonly { kid: string }[] },
): Promise<void> {
  await audit.recordIn(tx, {
    action: 'signing_key.rotated',
    actor: { kind: 'system' },
    target: { kind: 'signing_key', id: rotation.kid },
    changes: {
      signs_from: rotation.signsFrom.toISOString(),
      at_once: how.atOnce === true,
      dropped: dropped.map(({ kid }) => kid),
    },
  });
}

async function newKey(secrets: Secrets): Promise<{ kid: string; publicJwk: JWK; sealed: string }> {
  const pair = await generateKeyPair(SIGNING_ALGORITHM, { crv: 'Ed25519', extractable: true });
  const bare = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(bare);
  const privateJwk = JSON.stringify(await exportJWK(pair.privateKey));
  return {
    kid,
    publicJwk: { ...bare, kid, alg: SIGNING_ALGORITHM, use: 'sig' },
    sealed: secrets.seal(privateJwk, placeOfPrivateKey(kid)),
  };
}
