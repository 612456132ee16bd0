import { AppError } from '#platform/kernel';
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { fetchSafely, isUnreachable, SignInProviderError } from './fetch-safely.ts';
import { cachedFor } from './cached-for.ts';
import type { Identified, OpenIdParts } from './openid.ts';

export interface FirebaseSettings {
  readonly projectId: string;
  /** Google's keys for Firebase, as a JWK set. */
  readonly keysUrl: string;
}

/** The user of a Firebase ID token, and when it ends, in Unix seconds. */
export interface FirebaseIdentified extends Identified {
  readonly expiresAt: number;
}

export interface Firebase {
  /** Checks an ID token as firebase.google.com/docs/auth/admin/verify-id-tokens says. Throws `sign_in_failed`, `sign_in_unavailable`. */
  identify(idToken: string): Promise<FirebaseIdentified>;
  /** Reads the keys, now: for `doctor`. Throws `sign_in_unavailable`. */
  check(): Promise<void>;
}

/** Milliseconds. */
const KEYS_KEPT = 600_000;
/** A key that is not known makes them read anew, but no more often than this: a token can name any key. */
const KEYS_YOUNG = 10_000;
/** Seconds since it was issued. Apps ask for a new one by `getIdToken(true)`. */
const OLDEST_TOKEN = 600;

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) });
const claimsSchema = z.object({
  sub: z.string().min(1).max(128),
  exp: z.number(),
  auth_time: z.number(),
  email: z.string().max(254).optional(),
  email_verified: z.boolean().optional(),
  name: z.string().max(1_000).optional(),
  firebase: z.object({ sign_in_provider: z.string().max(200) }),
});

/** ID tokens of one Firebase project. */
export function createFirebase(parts: OpenIdParts, { projectId, keysUrl }: FirebaseSettings): Firebase {
  const { clock } = parts;
  const keys = cachedFor(KEYS_KEPT, clock, () => readKeys(parts, keysUrl));
  const keyOf: JWTVerifyGetKey = async (header, token) => {
    try {
      return await createLocalJWKSet(await keys())(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return createLocalJWKSet(await keys(KEYS_YOUNG))(header, token);
    }
  };
  return {
    async identify(idToken) {
      const now = clock.now();
      const checks = {
        issuer: `https://securetoken.google.com/${projectId}`,
        audience: projectId,
        algorithms: ['RS256'],
        maxTokenAge: OLDEST_TOKEN,
        currentDate: new Date(now),
      };
      const { payload } = await jwtVerify(idToken, keyOf, checks).catch(throwTrouble);
      const { success, data: claims } = claimsSchema.safeParse(payload);
      if (!success || claims.auth_time > now / 1_000) throw new AppError('sign_in_failed');
      return {
        subject: claims.sub,
        email: claims.email,
        emailVerified: claims.email_verified === true,
        name: claims.name,
        signInProvider: claims.firebase.sign_in_provider,
        expiresAt: claims.exp,
      };
    },
    async check() {
      await keys(0).catch(throwTrouble);
    },
  };
}

async function readKeys(parts: OpenIdParts, keysUrl: string): Promise<JSONWebKeySet> {
  const headers = { accept: 'application/json' };
  const response = await fetchSafely(parts, keysUrl, { method: 'GET', headers });
  if (!response.ok) throw new Error(`the keys are answered with status ${response.status}`);
  return keySet.parse(await response.json());
}

function throwTrouble(cause: unknown): never {
  const code = isUnreachable(cause) ? 'sign_in_unavailable' : 'sign_in_failed';
  throw new AppError(code, { cause: new SignInProviderError(cause) });
}
