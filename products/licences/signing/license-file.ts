import {
  canonicalBytes,
  type DetachedSignature,
  type KeyKind,
  signBytes,
  type SigningKeys,
} from 'plinth/product';
import type { LicenseRow } from '../licenses/store.ts';

const KINDS = ['rsa-4096', 'ed25519'] as const satisfies readonly KeyKind[];

/** A licence as a file: what it says, in canonical bytes, and what verifies them. */
export interface LicenseFile {
  readonly bytes: Uint8Array;
  readonly license: Readonly<Record<string, unknown>>;
  readonly signatures: readonly DetachedSignature[];
}

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
  return { bytes, license, signatures: await Promise.all(signing.map((key) => signBytes(key, bytes))) };
}
