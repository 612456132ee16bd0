import { type JWTPayload, SignJWT } from 'jose';
import type { Clock } from '#platform/kernel';
import { LONGEST_TOKEN_S, SIGNING_ALGORITHM } from './signing-key-store.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Claims of a token, and its audience. */
export interface TokenClaims {
  /** Its `typ`, by which kinds of tokens are told apart (RFC 8725, 3.11). */
  readonly type: string;
  readonly audience: string;
  readonly subject: string;
  readonly claims: JWTPayload;
  /** In Unix seconds; a day from now at the latest, if it says more. */
  readonly expiresAt: number;
}

export interface SignedToken {
  readonly token: string;
  /** In Unix seconds. */
  readonly expiresAt: number;
}

export type TokenSigner = (token: TokenClaims) => Promise<SignedToken>;

/** Signs JWTs with EdDSA, so that others can verify them by our JWKS. */
export function createTokenSigner(parts: {
  readonly clock: Clock;
  readonly issuer: string;
  readonly keys: SigningKeys;
}): TokenSigner {
  const { clock, issuer, keys } = parts;
  return async ({ type, audience, subject, claims, ...wanted }) => {
    const key = await keys.current();
    const issuedAt = Math.floor(clock.now() / 1000);
    const expiresAt = Math.min(wanted.expiresAt, issuedAt + LONGEST_TOKEN_S);
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: key.kid, typ: type })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(subject)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(await key.privateKey());
    return { token, expiresAt };
  };
}
