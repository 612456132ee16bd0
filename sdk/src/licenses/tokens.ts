import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { isRecord } from '../errors.ts';

/** A public key of the server as JWKS have it (RFC 7517, RFC 8037); `kid` is what a signature names it by. */
export type PublicKey =
  | { readonly kid: string; readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kid: string; readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };

/** What a signed lease says. Times are milliseconds since 1970 at the server. */
export interface Lease {
  readonly token: string;
  readonly sessionId: string;
  readonly licenseId: string;
  readonly fence: number;
  /** When it was signed. */
  readonly serverTime: number;
  readonly expiresAt: number;
  /** Until when its holder may work without the server; undefined where none was handed out. */
  readonly offlineUntil: number | undefined;
  /** What it was asked for with: an answer to anything else is an earlier one. */
  readonly nonce: string | undefined;
}

/** Tells a lease from other tokens that the server signs. */
const TYPE = 'coditect-session+jwt';

/** Until when the seat is its holder's, come what may: no other machine gets it before. */
export function leaseEnd({ expiresAt, offlineUntil = 0 }: Lease): number {
  return Math.max(expiresAt, offlineUntil);
}

/** The usable keys of a JWKS; other entries are left out. */
export function publicKeysIn(jwks: unknown): PublicKey[] {
  const keys = isRecord(jwks) ? jwks['keys'] : undefined;
  return Array.isArray(keys) ? keys.flatMap(publicKeyIn) : [];
}

function publicKeyIn(value: unknown): PublicKey[] {
  if (!isRecord(value)) return [];
  const { kid, kty, crv, x, n, e } = value;
  if (typeof kid !== 'string') return [];
  if (kty === 'RSA' && typeof n === 'string' && typeof e === 'string') return [{ kid, kty, n, e }];
  if (kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string') return [{ kid, kty, crv, x }];
  return [];
}

/** Throws for a key that is none: a point that is not on the curve, for example. */
export function keyObjectOf(key: PublicKey): KeyObject {
  return createPublicKey({ key: { ...key }, format: 'jwk' });
}

/** The id of the key that a compact JWS says it is signed with. */
export function keyIdOf(token: string): string | undefined {
  const header = jsonIn(token.split('.')[0] ?? '');
  return isRecord(header) && typeof header['kid'] === 'string' ? header['kid'] : undefined;
}

/**
 * The lease in a compact JWS (RFC 7515) that one of these keys has signed with Ed25519; undefined for everything else.
 * The algorithm is not the token's to choose.
 */
export function leaseIn(token: string, keys: readonly PublicKey[]): Lease | undefined {
  const claims = claimsIn(token, keys);
  if (claims === undefined) return undefined;
  const { sid, lid, fence, exp, off, srv, nonce } = claims;
  if (typeof sid !== 'string' || typeof lid !== 'string') return undefined;
  if (!isSecond(fence) || !isSecond(exp) || !isSecond(srv)) return undefined;
  if (off !== undefined && off !== null && !isSecond(off)) return undefined;
  return {
    token,
    sessionId: sid,
    licenseId: lid,
    fence,
    serverTime: srv * 1_000,
    expiresAt: exp * 1_000,
    offlineUntil: typeof off === 'number' ? off * 1_000 : undefined,
    nonce: typeof nonce === 'string' ? nonce : undefined,
  };
}

/** A whole number, or a part of one; nothing that time can't be counted with. */
function isSecond(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function claimsIn(token: string, keys: readonly PublicKey[]): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split('.');
  const [header = '', payload = '', signature = ''] = parts;
  const said = jsonIn(header);
  if (parts.length !== 3 || !isRecord(said) || said['crit'] !== undefined) return undefined;
  if (said['alg'] !== 'EdDSA' || said['typ'] !== TYPE) return undefined;
  const key = keys.find(({ kid, kty }) => kid === said['kid'] && kty === 'OKP');
  const bytes = bytesIn(signature);
  if (key === undefined || bytes === undefined) return undefined;
  if (!isSigned(`${header}.${payload}`, bytes, key)) return undefined;
  const claims = jsonIn(payload);
  return isRecord(claims) ? claims : undefined;
}

function isSigned(text: string, signature: Buffer, key: PublicKey): boolean {
  try {
    return verify(null, Buffer.from(text), keyObjectOf(key), signature);
  } catch {
    // A key that is no point of the curve signs nothing.
    return false;
  }
}

/** The bytes that a text stands for; undefined where they would be written otherwise. */
export function bytesIn(text: string, encoding: 'base64' | 'base64url' = 'base64url'): Buffer | undefined {
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : undefined;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(bytesIn(text)?.toString('utf8') ?? 'null');
  } catch {
    return undefined;
  }
}
