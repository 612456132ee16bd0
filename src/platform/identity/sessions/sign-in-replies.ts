import { namedObject } from '#platform/http';
import { z } from 'zod';

/** By what a challenge can be answered. */
export const FACTORS = ['totp', 'recovery_code', 'passkey'] as const;

export const tokensSchema = namedObject('TokenPair', {
  access_token: z.string(),
  refresh_token: z.string(),
  expires_at: z.number().int().describe('When the access token ends, in Unix seconds.'),
});

const challengeSchema = namedObject('MfaChallenge', {
  mfa_required: z.literal(true),
  mfa_token: z.string().describe('For `POST /v1/auth/mfa/verify`.'),
  methods: z.array(z.enum(FACTORS)),
  expires_at: z.iso.datetime(),
});

/** The answer of every call that signs in: tokens, or the challenge of a user with a second factor. */
export const signedInSchema = z.union([tokensSchema, challengeSchema]);

export const TOKENS_EXAMPLE = {
  access_token: 'eyJhbGciOiJFZERTQSJ9.…',
  refresh_token: 'plr_…',
  expires_at: 1_795_160_000,
};
