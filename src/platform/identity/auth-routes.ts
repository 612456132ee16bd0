import { answer, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Identity } from './identity.ts';
import { LONGEST_PASSWORD } from './password-rules.ts';

const route = routesFor<Identity>();
const tag = 'Identity';

const LONGEST_EMAIL = 254;
/** Longer passwords are refused by the rules, in words; this only bounds what is read. */
export const passwordSchema = z
  .string()
  .min(1)
  .max(LONGEST_PASSWORD * 2);
/** An address that mails go to. */
export const emailSchema = z.email().max(LONGEST_EMAIL);
const tokensSchema = z.strictObject({
  access_token: z.string(),
  refresh_token: z.string(),
  expires_at: z.number().int().describe('When the access token ends, in Unix seconds.'),
});
const okSchema = z.strictObject({ ok: z.literal(true) });

const TOKENS = { access_token: 'eyJhbGciOiJFZERTQSJ9.…', refresh_token: 'plr_…', expires_at: 1_795_160_000 };
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
      'Makes a personal account and, where `company_name` is given, an organization too. A known email gets the same answer. It takes no Idempotency-Key: registering twice is registering once.',
    tag,
    auth: 'none',
    rate: { perMinute: 20, by: 'ip' },
    rateOf: byEmail,
    body: z.strictObject({
      email: emailSchema,
      password: passwordSchema,
      full_name: z.string().trim().min(1).max(200).optional(),
      company_name: z.string().trim().min(1).max(200).optional(),
    }),
    reply: { 201: z.strictObject({ status: z.literal('verification_sent'), email: z.string() }) },
    errors: ['busy'],
    idempotency: 'none',
    example: {
      body: { email: 'ada@example.com', password: 'Analytical-Engine-1843', full_name: 'Ada Lovelace' },
      reply: { status: 'verification_sent', email: 'ada@example.com' },
    },
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
      'A wrong password and an unknown email give the same answer. It takes no Idempotency-Key: each log-in is a session.',
    tag,
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    rateOf: byEmail,
    body: z.strictObject({ email: z.string().trim().min(1).max(LONGEST_EMAIL), password: passwordSchema }),
    reply: { 200: tokensSchema },
    errors: ['invalid_credentials', 'user_suspended', 'email_not_verified', 'busy'],
    idempotency: 'none',
    example: { body: { email: 'ada@example.com', password: 'Analytical-Engine-1843' }, reply: TOKENS },
  },
  ({ body, origin }, { sessions }) => sessions.login(body, origin),
);

const refresh = route(
  'POST /v1/auth/refresh',
  {
    summary: 'Get a new pair of tokens',
    description:
      'A refresh token is used up by this; the answer holds its successor. Coming back with a used one later than 10 s ends the session. It takes no Idempotency-Key: within those 10 s a repeat is answered with a new pair.',
    tag,
    auth: 'none',
    rate: { perMinute: 60, by: 'ip' },
    body: z.strictObject({ refresh_token: z.string().min(1).max(200) }),
    reply: { 200: tokensSchema },
    errors: ['unauthenticated', 'email_not_verified'],
    idempotency: 'none',
    example: { body: { refresh_token: 'plr_…' }, reply: TOKENS },
  },
  ({ body, origin }, { sessions }) => sessions.refresh(body.refresh_token, origin),
);

const logout = route(
  'POST /v1/auth/logout',
  {
    summary: 'End this session',
    description: 'It takes no Idempotency-Key: what is ended stays ended.',
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 30, by: 'user' },
    reply: { 200: okSchema },
    idempotency: 'none',
    example: { reply: { ok: true } },
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
      'On every device, this one included. It takes no Idempotency-Key: what is ended stays ended.',
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 10, by: 'user' },
    reply: { 200: okSchema },
    idempotency: 'none',
    example: { reply: { ok: true } },
  },
  async ({ caller, origin }, { sessions }) => {
    await sessions.logoutAll(caller, origin);
    return { ok: true };
  },
);

const jwks = route(
  'GET /.well-known/jwks.json',
  {
    summary: 'Read the keys that verify access tokens',
    tag,
    auth: 'none',
    rate: { perMinute: 120, by: 'ip' },
    reply: {
      200: z.strictObject({
        keys: z.array(
          z.strictObject({
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
    example: {
      reply: {
        keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKx…', kid: 'kPrK_qmx…', alg: 'EdDSA', use: 'sig' }],
      },
    },
  },
  // A verifier may keep them as long as an access token lives at most.
  async (_call, identity) => answer(200, await identity.jwks(), { 'Cache-Control': 'public, max-age=300' }),
);

/** Calls by which people come and go. */
export const authRoutes: Route[] = [register, login, refresh, logout, logoutAll, jwks];
