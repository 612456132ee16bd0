import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { isRecord } from '../errors.ts';
import { canonicalJson } from '../canonical.ts';
import { bytesIn, keyObjectOf, publicKeysIn } from './tokens.ts';

/** What a signed licence file says. */
export interface SignedLicense {
  readonly licenseId: string;
  readonly version: number;
  readonly organization: string | null;
  readonly tier: string;
  readonly features: unknown;
  readonly maxSeats: number;
  readonly issuedAt: Date;
  /** Null: it does not end. */
  readonly expiresAt: Date | null;
}

/** `forged`: not both of its signatures are right, by these keys. `revoked` and `expired` ones are genuine, and hold no more. */
export type LicenseFileVerdict =
  | { readonly valid: true; readonly license: SignedLicense }
  | { readonly valid: false; readonly problem: 'unreadable' | 'forged' }
  | { readonly valid: false; readonly problem: 'revoked' | 'expired'; readonly license: SignedLicense };

export interface LicenseFileCheck {
  /** As `/.well-known/license-keys` has them, or PEM; an RSA and an Ed25519 one at the least. */
  readonly publicKeys: readonly (object | string)[];
  readonly now: Date;
  /** As `/.well-known/license-revocations` has them, for those who come online. */
  readonly revocations?: readonly { readonly license_id: string; readonly version: number }[];
}

const FORMAT = 'coditect-license-1';
/** Both sign; the one that is broken first is no loss. */
const SIGNATURES = [
  { algorithm: 'RS256', kind: 'rsa-4096', type: 'rsa', digest: 'sha256' },
  { algorithm: 'EdDSA', kind: 'ed25519', type: 'ed25519', digest: null },
] as const;

/** Verifies a signed licence file without asking anybody: both signatures over its canonical bytes (RFC 8785), and its end. */
export function verifyLicenseFile(
  file: string,
  { publicKeys, now, revocations = [] }: LicenseFileCheck,
): LicenseFileVerdict {
  const read = parseFile(file);
  if (read === undefined) return { valid: false, problem: 'unreadable' };
  const { said, license, signatures, bytes } = read;
  const keys = publicKeys.flatMap(namedKey);
  const isSigned = SIGNATURES.every(({ algorithm, kind, type, digest }) => {
    const id = isRecord(said['key_ids']) ? said['key_ids'][kind] : undefined;
    const key = keys.find((one) => one.id === id && one.key.asymmetricKeyType === type)?.key;
    const mine = signatures.find((one) => one.algorithm === algorithm && one.keyId === id);
    return key !== undefined && mine !== undefined && verify(digest, bytes, key, mine.signature);
  });
  if (!isSigned) return { valid: false, problem: 'forged' };
  const isRevoked = revocations.some(
    (one) => one.license_id === license.licenseId && one.version >= license.version,
  );
  if (isRevoked) return { valid: false, problem: 'revoked', license };
  const isOver = license.expiresAt !== null && license.expiresAt.getTime() <= now.getTime();
  return isOver ? { valid: false, problem: 'expired', license } : { valid: true, license };
}

function parseFile(file: string) {
  const parsed = jsonIn(file);
  const said = isRecord(parsed) ? parsed['license'] : undefined;
  const listed = isRecord(parsed) ? parsed['signatures'] : undefined;
  if (!isRecord(said) || !Array.isArray(listed)) return undefined;
  const license = licenseIn(said);
  if (license === undefined) return undefined;
  try {
    const bytes = Buffer.from(canonicalJson(said), 'utf8');
    return { said, license, signatures: listed.flatMap(signatureIn), bytes };
  } catch {
    // A text that is none has no canonical form.
    return undefined;
  }
}

function licenseIn(said: Readonly<Record<string, unknown>>): SignedLicense | undefined {
  const { format, license_id: licenseId, version, organization, tier, features, max_seats: maxSeats } = said;
  const issuedAt = dateIn(said['issued_at']);
  const expiresAt = said['expires_at'] === null ? null : dateIn(said['expires_at']);
  if (format !== FORMAT || typeof licenseId !== 'string' || typeof tier !== 'string') return undefined;
  if (typeof version !== 'number' || typeof maxSeats !== 'number') return undefined;
  if (issuedAt === undefined || expiresAt === undefined) return undefined;
  const named = typeof organization === 'string' ? organization : null;
  return { licenseId, version, organization: named, tier, features, maxSeats, issuedAt, expiresAt };
}

function dateIn(text: unknown): Date | undefined {
  const date = typeof text === 'string' ? new Date(text) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

function signatureIn(value: unknown) {
  if (!isRecord(value)) return [];
  const { key_id: keyId, algorithm, signature: text } = value;
  const signature = typeof text === 'string' ? bytesIn(text, 'base64') : undefined;
  return signature === undefined ? [] : [{ keyId, algorithm, signature }];
}

/** A PEM is named by its fingerprint, as the server names its keys. Texts that are no key are left out. */
function namedKey(given: object | string): { readonly id: string; readonly key: KeyObject }[] {
  try {
    if (typeof given !== 'string')
      return publicKeysIn({ keys: [given] }).map((one) => ({ id: one.kid, key: keyObjectOf(one) }));
    const key = createPublicKey(given);
    const id = createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('hex');
    return [{ id, key }];
  } catch {
    return [];
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
