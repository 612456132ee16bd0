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

/** Providers that browsers are sent to, and whose codes apps bring. */
export const CODE_PROVIDERS = ['google', 'apple', 'microsoft', 'github'] as const;
export type CodeProvider = (typeof CODE_PROVIDERS)[number];

/** Providers that say who a person is, for all accounts; those of one organization are the sso module's. */
export type Provider = CodeProvider | 'firebase';

/** How a user proved who they are. */
export type Method = 'password' | Provider | 'sso' | 'passkey' | 'link' | 'mail';

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
