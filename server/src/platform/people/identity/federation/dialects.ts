import { importPKCS8, SignJWT } from 'jose';
import type { Clock } from '#platform/kernel';
import { z } from 'zod';
import type { OpenIdDialect } from './openid.ts';

/** The key by which we show Apple who we are, in place of a secret. */
export interface AppleKey {
  readonly teamId: string;
  readonly keyId: string;
  /** PEM of PKCS #8, as its .p8 file has it. */
  readonly privateKey: string;
}

/** Seconds that a client secret is good. Apple takes half a year; each is made for one call. */
const SECRET_LIVES = 300;

/** Makes the client secrets that Apple asks for (developer.apple.com, Creating a client secret). */
export function appleSecret(
  clock: Pick<Clock, 'now'>,
  { teamId, keyId, privateKey, ...of }: AppleKey & { readonly issuer: string; readonly clientId: string },
): () => Promise<string> {
  return async () => {
    const now = Math.floor(clock.now() / 1_000);
    return new SignJWT({ iss: teamId, sub: of.clientId, aud: of.issuer, iat: now, exp: now + SECRET_LIVES })
      .setProtectedHeader({ alg: 'ES256', kid: keyId })
      .sign(await importPKCS8(privateKey, 'ES256'));
  };
}

/**
 * Apple hands out name and address only where its answer is posted as a form. The ID token has the address, which may be a relay of
 * Apple's; the name is in the form of the first sign-in alone.
 */
export const APPLE: OpenIdDialect = {
  scope: 'openid name email',
  further: { response_mode: 'form_post' },
};

/** The tenant of private accounts (learn.microsoft.com, ID token claims). */
const PRIVATE_TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad';

const microsoftClaims = z.object({
  tid: z.guid(),
  oid: z.guid(),
  email: z.string().max(254).optional(),
  // A boolean by the documentation; tokens have it as a number and as text too.
  xms_edov: z.union([z.boolean(), z.number(), z.string()]).optional(),
  name: z.string().max(1_000).optional(),
});

/**
 * Microsoft: any tenant's admin writes into `email` what they like, so it is proven only where `xms_edov` says that its domain's owner
 * was verified, or where the token is of the one tenant whose people are taken. The subject is of the person in their tenant; `sub` would be
 * another for each client.
 */
export function microsoft(tenant: string): OpenIdDialect {
  const isOne = z.guid().safeParse(tenant).success;
  return {
    tenanted: true,
    identify(claims) {
      const { tid, oid, email, xms_edov: edov, name } = microsoftClaims.parse(claims);
      const isPrivate = tid === PRIVATE_TENANT;
      if (isOne && tid !== tenant.toLowerCase()) throw new Error('the token is of another tenant');
      if (tenant === 'organizations' && isPrivate) throw new Error('the token is of a private account');
      if (tenant === 'consumers' && !isPrivate) throw new Error('the token is of an organization');
      const emailVerified = isOne || ['true', '1'].includes(String(edov));
      return { subject: `${tid}.${oid}`, email, emailVerified, name };
    },
  };
}
