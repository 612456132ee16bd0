import { type Bytes, type Key, concat, encodeText, equalBytes, randomBytes, sha256 } from './bytes.ts';
import { VaultError, type VaultErrorCode } from './errors.ts';

export const SALT_BYTES = 32;
export const COMMITMENT_BYTES = 32;
const TAG_BYTES = 16;
/** A key seals one thing, so that its nonce may always be the same one. */
const NONCE = new Uint8Array(12);

/** What something is sealed with, and where it belongs. */
export interface Sealing {
  /** An HKDF key: `importKey`. */
  readonly key: Key;
  /** What kind of thing it is: keys of one kind open no other. */
  readonly label: string;
  /** Associated data: it opens with the same bytes only. */
  readonly context: Bytes;
}

export interface SealKeys {
  readonly cipher: Key;
  readonly commitment: Bytes;
}

/** 32 secret bytes that keys are derived from, and that can't be read out of the runtime again. */
export function importKey(bytes: Bytes): Promise<Key> {
  return crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits']);
}

/** HKDF-SHA-256 (RFC 5869) of a key. */
export async function derive(
  key: Key,
  { salt, info, length }: { readonly salt: Bytes; readonly info: Bytes; readonly length: number },
): Promise<Bytes> {
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, length * 8),
  );
}

/**
 * A key for one thing and what commits to it. AES-GCM alone commits to no key: one ciphertext can open under two of them
 * (Albertini et al., "How to Abuse and Fix Authenticated Encryption Without Key Commitment", USENIX Security 2022).
 */
export async function deriveSealKeys({ key, label, context }: Sealing, salt: Bytes): Promise<SealKeys> {
  const info = concat(encodeText(`plinth vault 1 ${label}\0`), await sha256(context));
  const bytes = await derive(key, { salt, info, length: 32 + COMMITMENT_BYTES });
  const cipher = await crypto.subtle.importKey('raw', bytes.slice(0, 32), 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ]);
  return { cipher, commitment: bytes.slice(32) };
}

/** Salt (32), commitment (32), ciphertext and tag (16). */
export async function seal(sealing: Sealing, plaintext: Bytes): Promise<Bytes> {
  const salt = randomBytes(SALT_BYTES);
  const { cipher, commitment } = await deriveSealKeys(sealing, salt);
  const options = { name: 'AES-GCM', iv: NONCE, additionalData: sealing.context };
  return concat(salt, commitment, new Uint8Array(await crypto.subtle.encrypt(options, cipher, plaintext)));
}

/** What `seal` sealed with the same key for the same place. Throws `wrongKey` where the commitment is another one. */
export async function open(
  sealing: Sealing,
  box: Bytes,
  wrongKey: VaultErrorCode = 'tampered',
): Promise<Bytes> {
  const start = SALT_BYTES + COMMITMENT_BYTES;
  if (box.length < start + TAG_BYTES) throw new VaultError('tampered');
  const { cipher, commitment } = await deriveSealKeys(sealing, box.slice(0, SALT_BYTES));
  if (!equalBytes(commitment, box.slice(SALT_BYTES, start))) throw new VaultError(wrongKey);
  const options = { name: 'AES-GCM', iv: NONCE, additionalData: sealing.context };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(options, cipher, box.slice(start)));
  } catch (error) {
    throw new VaultError('tampered', error);
  }
}
