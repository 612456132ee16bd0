import canonicalize from 'canonicalize';
import { sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { LicenseRow } from '../licenses/store.ts';
import type { SigningKey, SigningKeys } from './keys.ts';
import type { KeyKind } from './store.ts';

/** How each key signs, by the name that it has in JOSE. */
export const ALGORITHMS = { 'rsa-4096': 'RS256', ed25519: 'EdDSA' } as const;
const KINDS = ['rsa-4096', 'ed25519'] as const satisfies readonly KeyKind[];

/** A detached signature over the bytes of the file. */
export interface FileSignature {
  readonly kind: KeyKind;
  readonly keyId: string;
  readonly bytes: Uint8Array;
}

/** A licence as a file: what it says, in canonical bytes, and what verifies them. */
export interface LicenseFile {
  readonly bytes: Uint8Array;
  readonly license: Readonly<Record<string, unknown>>;
  readonly signatures: readonly FileSignature[];
}

const signed = promisify(sign);

/**
 * The signed file of a licence, as it stands. The same licence gives the same bytes, and the same signatures: neither has a random
 * part. It says until when it holds, and a copy grants no seat.
 */
export async function licenseFile(keys: SigningKeys, row: LicenseRow): Promise<LicenseFile> {
  // Its parts may be fetched from several processes: by the first call after a rotation all of them sign with the new key.
  await keys.refresh();
  const signing = await Promise.all(KINDS.map((kind) => keys.current(kind)));
  const license = {
    format: 'coditect-license-1',
    key_ids: Object.fromEntries(signing.map(({ kind, id }) => [kind, id])),
    license_id: row.id,
    version: row.version,
    organization: row.organization,
    tier: row.tier,
    features: row.features,
    max_seats: row.seats,
    max_machines: row.machines,
    issued_at: row.issued_at.toISOString(),
    expires_at: row.file_ends_at?.toISOString() ?? null,
  };
  const bytes = canonicalBytes(license);
  return { bytes, license, signatures: await Promise.all(signing.map((key) => signature(key, bytes))) };
}

/** RFC 8785 (JCS): members sorted, no blanks, numbers and texts written in one way. */
export function canonicalBytes(value: unknown): Uint8Array {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('what is signed must be JSON');
  return Buffer.from(text, 'utf8');
}

/** In a thread of its own: RSA-4096 takes milliseconds. */
async function signature(key: SigningKey, bytes: Uint8Array): Promise<FileSignature> {
  const digest = key.kind === 'ed25519' ? null : 'sha256';
  return { kind: key.kind, keyId: key.id, bytes: await signed(digest, bytes, key.privateKey()) };
}
