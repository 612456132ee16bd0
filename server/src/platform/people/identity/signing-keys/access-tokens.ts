import { errors, jwtVerify } from 'jose';
import { type AccountId, type Clock, isUuid, type UserId } from '#platform/kernel';
import { LIFETIME_S, SIGNING_ALGORITHM } from './signing-key-store.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { SignedToken, TokenSigner } from './token-signer.ts';

const AUDIENCE = 'plinth';
/** Seconds by which the clocks of two processes may differ: a token of later is none. */
const LEEWAY = 60;

export interface Claims {
  readonly userId: UserId;
  readonly sessionId: string;
  readonly role: 'user' | 'admin';
  readonly accountId: AccountId;
}

export interface AccessTokens {
  /** A signed token and when it ends, in Unix seconds. */
  sign(claims: Claims): Promise<SignedToken>;
  /** Whose token this is, when the signature, issuer, audience and time are right. */
  verify(token: string): Promise<{ userId: UserId; sessionId: string; expiresAt: number } | undefined>;
}

/** Access tokens: JWT signed with EdDSA, so that others can verify them by our JWKS. */
export function createAccessTokens(parts: {
  readonly clock: Clock;
  readonly issuer: string;
  readonly keys: SigningKeys;
  readonly signToken: TokenSigner;
}): AccessTokens {
  const { clock, issuer, keys, signToken } = parts;
  return {
    sign: ({ sessionId, role, accountId, userId }) =>
      signToken({
        type: 'JWT',
        audience: AUDIENCE,
        subject: userId,
        claims: { sid: sessionId, role, account: accountId },
        expiresAt: Math.floor(clock.now() / 1000) + LIFETIME_S,
      }),
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, async ({ kid }) => publicKey(keys, kid), {
          issuer,
          audience: AUDIENCE,
          algorithms: [SIGNING_ALGORITHM],
          requiredClaims: ['sub', 'sid', 'exp'],
          currentDate: new Date(clock.now()),
        });
        const { sub = '', sid, exp = 0, iat = 0 } = payload;
        if (iat > clock.now() / 1_000 + LEEWAY || !isUuid(sub) || typeof sid !== 'string' || !isUuid(sid))
          return undefined;
        return { userId: sub as UserId, sessionId: sid, expiresAt: exp };
      } catch (error) {
        // A wrong token has no user; a fault of ours is an error.
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}

async function publicKey(keys: SigningKeys, kid: string | undefined) {
  const key = kid === undefined ? undefined : await keys.find(kid);
  if (key === undefined) throw new errors.JWKSNoMatchingKey();
  return key.publicKey;
}
