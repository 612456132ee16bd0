import { namedObject, namedUnion } from '#platform/http';
import { z } from 'zod';

/** By what a challenge can be answered. */
export const FACTORS = ['totp', 'recovery_code', 'passkey'] as const;
/** A user's proof beside a password. */
export type Factor = (typeof FACTORS)[number];

/** Tokens of a client after a log-in; `expires_at` is the access token's end in Unix seconds. */
export interface AuthTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_at: number;
}

/** In place of tokens, for a user with a second factor; POST /v1/auth/mfa/verify takes its answer. */
export interface Challenge {
  readonly mfa_required: true;
  readonly mfa_token: string;
  readonly methods: readonly Factor[];
  readonly expires_at: string;
}

/** The result of a sign-in. */
export type SignedIn = AuthTokens | Challenge;

/** How a user proved who they are. */
export type Method = 'password' | 'google' | 'firebase' | 'sso' | 'passkey' | 'link';

export const tokensSchema = namedObject('TokenPair', {
  access_token: z.string(),
  refresh_token: z
    .string()
    .optional()
    .describe('Absent from the answer to a call with `Plinth-Session: cookie`: it is in the cookie.'),
  expires_at: z.number().int().describe('When the access token ends, in Unix seconds.'),
});

const challengeSchema = namedObject('MfaChallenge', {
  mfa_required: z.literal(true),
  mfa_token: z.string().describe('For `POST /v1/auth/mfa/verify`.'),
  methods: z.array(z.enum(FACTORS)),
  expires_at: z.iso.datetime(),
});

/** The answer of every call that signs in: tokens, or the challenge of a user with a second factor. */
export const signedInSchema = namedUnion('SignInAnswer', [tokensSchema, challengeSchema]);
