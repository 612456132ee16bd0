import { createCipheriv, createDecipheriv, hash, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Random } from './random.ts';

/** SHA-256 in hex: for tokens and keys of 256 random bits, which need no slow hash. */
export function sha256(data: string | Uint8Array): string {
  // In one go: half of what a createHash costs, on the path of every call.
  return hash('sha256', data, 'hex');
}

/** A UUID of version 8 (RFC 9562, section 5.8) that follows from a text: the same each time. */
export function uuidOf(text: string): string {
  const hex = sha256(text);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A URL-safe token of 256 random bits, with a prefix that secret scanners can find. */
export function randomToken(random: Random, prefix = ''): string {
  return prefix + Buffer.from(random.bytes(32)).toString('base64url');
}

/** Compares two strings in a time that depends on their length only. */
export function equalInConstantTime(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Seals bytes with AES-256-GCM under a key derived (HKDF-SHA256) from a secret that we do not keep. */
export function seal(secret: string, plain: Uint8Array, random: Random): Uint8Array {
  const nonce = random.bytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(secret), nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what `seal` made; throws when the secret is another or a byte was changed. */
export function unseal(secret: string, sealed: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(secret), sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
}

function sealingKey(secret: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', 'plinth sealed answer', 32));
}
