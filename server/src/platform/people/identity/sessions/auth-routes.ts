import { answer, namedObject, okReply, type Route, routesFor } from '#platform/http';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import type { SigningKeys } from '../signing-keys/signing-keys.ts';
import type { Registering } from '../users/registration.ts';
import type { Sessions } from './sessions.ts';
import { deviceNameSchema, LONGEST_EMAIL, passwordSchema, emailSchema } from '../fields.ts';
import { JWKS_MAX_AGE_S } from '../signing-keys/signing-key-store.ts';
import { signedInSchema, tokensSchema } from './sign-in-replies.ts';

interface Service extends Registering, Pick<SigningKeys, 'jwks'> {
  readonly sessions: Sessions;
}

const route = routesFor<Service>();
const tag = 'Identity';

const byEmail = {
  name: 'email',
  perMinute: 10,
  of: ({ body }: { readonly body: { readonly email: string } }) => body.email.toLowerCase(),
};

const register = route(
  'POST /v1/auth/register',
  {
    summary: 'Register with email and password',
    description:
      'Makes a personal account and, where `company_name` is given, an organization too. A known email gets the same answer. It takes no Idempotency-Key: a repeated call changes nothing.',
    tag,
    auth: 'none',
    aliases: ['POST /v1/auth/signup'],
    rate: { perMinute: 20, by: 'ip' },
    rateOf: byEmail,
    body: namedObject('RegisterRequest', {
      email: emailSchema,
      password: passwordSchema,
      full_name: z.string().trim().min(1).max(200).optional(),
      company_name: z.string().trim().min(1).max(200).optional(),
    }),
    reply: {
      201: namedObject('Registration', { status: z.literal('verification_sent'), email: z.string() }),
    },
    errors: ['busy'],
    idempotency: 'none',
  },
  async ({ body, origin }, identity) => {
    const { email, full_name: fullName, company_name: companyName } = body;
    await identity.register({ email, password: body.password, fullName, companyName }, origin);
    return answer(201, { status: 'verification_sent', email });
  },
);

const login = route(
  'POST /v1/auth/login',
  {
    summary: 'Sign in with email and password',
    description:
      'A wrong password and an unknown email give the same answer. A user with a second factor gets a challenge. After several failed tries the caller has to wait or, where a CAPTCHA is set up, to solve it: `captcha_required` has its `site_key`. It takes no Idempotency-Key: each log-in opens a session.',
    tag,
    session: 'opens',
    auth: 'none',
    aliases: ['POST /v1/auth/signin'],
    // None by email: a caller who hammers one would keep its owner out. Guesses at it are counted apart (guessing/guessing.ts).
    rate: { perMinute: 30, by: 'ip' },
    body: namedObject('LoginRequest', {
      email: z.string().trim().min(1).max(LONGEST_EMAIL),
      password: passwordSchema,
      device_name: deviceNameSchema.optional(),
      former_refresh_token: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe(
          'A refresh token of an earlier session on this device, used or not: who sends one does not wait for guesses that others make, and no mail tells of a new device.',
        ),
      captcha_token: z.string().min(1).max(8_192).optional().describe('What the CAPTCHA answered, once.'),
    }),
    reply: { 200: signedInSchema },
    errors: [
      'invalid_credentials',
      'user_suspended',
      'user_closed',
      'sso_required',
      'email_not_verified',
      'too_many_attempts',
      'captcha_required',
      'busy',
    ],
    idempotency: 'none',
  },
  ({ body, origin }, { sessions }) => {
    const { email, password, captcha_token: captcha } = body;
    const device = { name: body.device_name, formerToken: body.former_refresh_token };
    return sessions.login({ email, password, captcha, device }, origin);
  },
);

const refresh = route(
  'POST /v1/auth/refresh',
  {
    operation: 'refreshSession',
    summary: 'Get a new pair of tokens',
    description:
      'A refresh token is used up by this; the answer holds its successor. Within 10 s a repeat is answered with the same one, so that tabs go on together and an answer that was lost can be asked for again; later it ends the session. It takes no Idempotency-Key: a repeated call gets the same answer. A session is refreshed 60 times at once at most, and then once a minute.',
    tag,
    session: 'refreshes',
    auth: 'none',
    rate: { perMinute: 60, by: 'ip' },
    body: namedObject('RefreshRequest', {
      refresh_token: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe('Needed unless the call says `Plinth-Session: cookie`: then it is in the cookie alone.'),
    }),
    reply: { 200: tokensSchema },
    errors: ['unauthenticated', 'email_not_verified', 'refreshed_too_often'],
    idempotency: 'none',
  },
  ({ body: { refresh_token: token }, origin }, { sessions }) => {
    if (token === undefined)
      throw new AppError('validation_failed', {
        details: { issues: [{ path: 'body.refresh_token', message: 'This is missing.' }] },
      });
    return sessions.refresh(token, origin);
  },
);

const logout = route(
  'POST /v1/auth/logout',
  {
    summary: 'End this session',
    description: 'It takes no Idempotency-Key: a repeated call changes nothing.',
    tag,
    session: 'ends',
    auth: 'user',
    scope: 'session',
    aliases: ['POST /v1/auth/signout'],
    rate: { perMinute: 30, by: 'user' },
    reply: { 200: okReply },
    idempotency: 'none',
  },
  async ({ caller, origin }, { sessions }) => {
    await sessions.logout(caller, origin);
    return { ok: true };
  },
);

const logoutAll = route(
  'POST /v1/auth/logout-all',
  {
    summary: 'End all your sessions',
    description:
      'On every device, this one included. It takes no Idempotency-Key: a repeated call changes nothing.',
    tag,
    session: 'ends',
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 10, by: 'user' },
    reply: { 200: okReply },
    idempotency: 'none',
  },
  async ({ caller, origin }, { sessions }) => {
    await sessions.logoutAll(caller, origin);
    return { ok: true };
  },
);

const jwks = route(
  'GET /.well-known/jwks.json',
  {
    operation: 'getJwks',
    summary: 'Read the keys that verify access tokens',
    tag,
    auth: 'none',
    rate: { perMinute: 120, by: 'ip' },
    reply: {
      200: namedObject('JsonWebKeySet', {
        keys: z.array(
          namedObject('JsonWebKey', {
            kty: z.string(),
            crv: z.string(),
            x: z.string(),
            kid: z.string(),
            alg: z.string(),
            use: z.string(),
          }),
        ),
      }),
    },
  },
  // A verifier may keep them as long as an access token lives at most.
  async (_call, identity) =>
    answer(200, await identity.jwks(), { 'Cache-Control': `public, max-age=${JWKS_MAX_AGE_S}` }),
);

/** Calls by which people come and go. */
export const authRoutes: Route[] = [register, login, refresh, logout, logoutAll, jwks];
