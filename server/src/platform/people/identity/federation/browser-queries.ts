import { z } from 'zod';

const address = z.string().min(1).max(2_000);

/** Query by which a product's page opens a sign-in at a provider. */
export const startQuery = {
  return_to: address.describe('One of SIGN_IN_RETURN_TO.'),
  // As RFC 7636 has it.
  code_challenge: z
    .string()
    .regex(/^[\w-]{43}$/)
    .describe('The base64url of the SHA-256 of a random secret that the page keeps.'),
};

/** As RFC 7636 has it: a secret of 43 to 128 characters. */
export const codeVerifier = z.string().regex(/^[\w.~-]{43,128}$/);

/** Query by which a browser comes back from a provider; what the provider adds besides is ignored. */
export const callbackQuery = z.object({
  state: z.string().min(1).max(200),
  code: z.string().min(1).max(4_000).optional(),
  error: z.string().min(1).max(200).optional(),
  iss: address.optional(),
});
