import canonicalize from 'canonicalize';
import { sign } from 'node:crypto';
import { promisify } from 'node:util';
import { exportJWK, type JWK } from 'jose';
import type { KeyKind, SigningKey } from './signing-keys.ts';

/** How each key signs, by the name that it has in JOSE. */
export const ALGORITHMS = { 'rsa-4096': 'RS256', ed25519: 'EdDSA' } as const;

/** A detached signature over bytes. */
export interface DetachedSignature {
  readonly kind: KeyKind;
  readonly keyId: string;
  readonly bytes: Uint8Array;
}

/** A key as clients fetch it: as JWK, with its PEM. */
export type PublicKey = JWK & {
  readonly kid: string;
  readonly pem: string;
  readonly retired_at: string | null;
};

/** RFC 8785 (JCS): members sorted, no blanks, numbers and texts written in one way. */
export function canonicalBytes(value: unknown): Uint8Array {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('what is signed must be JSON');
  return Buffer.from(text, 'utf8');
}

const signed = promisify(sign);

/** In a thread of its own: RSA-4096 takes milliseconds. The same bytes give the same signature: it has no random part. */
export async function signBytes(key: SigningKey, bytes: Uint8Array): Promise<DetachedSignature> {
  const digest = key.kind === 'ed25519' ? null : 'sha256';
  return { kind: key.kind, keyId: key.id, bytes: await signed(digest, bytes, key.privateKey()) };
}

export async function publicJwk({ id, kind, pem, publicKey, retiredAt }: SigningKey): Promise<PublicKey> {
  const jwk = await exportJWK(publicKey);
  return {
    ...jwk,
    kid: id,
    alg: ALGORITHMS[kind],
    use: 'sig',
    pem,
    retired_at: retiredAt?.toISOString() ?? null,
  };
}
