import { answer, namedObject, type Route, routesFor } from '#platform/http';
import { callbackQuery, startQuery } from '#platform/identity';
import { z } from 'zod';
import type { Sso } from './sso.ts';

const route = routesFor<Sso>();
const tag = 'Single sign-on';

const start = route(
  'POST /v1/auth/sso/start',
  {
    operation: 'findSso',
    summary: 'Find out where somebody signs in',
    description:
      'By the domain of their address, or by their organization. Answers the address of this server to open as a page: it sends the browser to the provider. Whether anybody has the address shows nowhere. It takes no Idempotency-Key: a repeated call changes nothing.',
    tag,
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    body: namedObject('StartSsoRequest', {
      email: z.email().max(254).optional(),
      organization: z.uuid().optional(),
      ...startQuery,
    }),
    reply: { 200: namedObject('SsoStart', { url: z.string() }) },
    errors: ['sso_unconfigured'],
    idempotency: 'none',
  },
  async ({ body }, { signIn }) => {
    const { email, organization, return_to: returnTo, code_challenge: codeChallenge } = body;
    return { url: await signIn.start({ email, organization, returnTo, codeChallenge }) };
  },
);

const redirect = route(
  'GET /v1/auth/sso/:id',
  {
    operation: 'startSsoSignIn',
    summary: 'Send a browser to the provider of an organization',
    description:
      'Open it as a page; an organization may link to it from its own. The browser comes back to `return_to` with `?code=` for `POST /v1/auth/exchange`, or with `?error=` and a code.',
    tag,
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    query: z.strictObject(startQuery),
    reply: { 302: z.undefined() },
    errors: ['sso_unconfigured', 'sign_in_unavailable', 'sign_in_failed'],
  },
  async ({ params, query, wire }, { signIn }) => {
    const { cookie } = wire.request.headers;
    const asked = { returnTo: query.return_to, codeChallenge: query.code_challenge, cookie };
    const { location, setCookie } = await signIn.redirect(params.id, asked);
    return answer(302, undefined, { location, 'set-cookie': setCookie });
  },
);

const finish = route(
  'GET /v1/auth/sso/:id/callback',
  {
    operation: 'finishSsoSignIn',
    summary: 'Receive the browser from an organization’s identity provider (OpenID Connect callback)',
    description:
      'It leads on to the `return_to` of the sign-in. `state` is good once, for ten minutes, in the browser that began, and as long as single sign-on is set up as it was then. What the provider adds besides is ignored.',
    tag,
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    query: callbackQuery,
    reply: { 302: z.undefined() },
    errors: ['sso_unconfigured', 'sign_in_failed'],
  },
  async ({ params, query, wire, origin }, { signIn }) => {
    const { cookie } = wire.request.headers;
    return answer(302, undefined, { location: await signIn.finish(params.id, { query, cookie }, origin) });
  },
);

const methods = route(
  'GET /v1/auth/methods',
  {
    summary: 'Read how people can sign in on this server',
    description:
      'For a sign-in page, which offers these ways alone. Whether a user has one of them shows nowhere. `google` opens `GET /v1/auth/google`, and so on; `sso` asks `POST /v1/auth/sso/start`.',
    tag: 'Identity',
    auth: 'none',
    rate: { perMinute: 60, by: 'ip' },
    reply: {
      200: namedObject('SignInMethods', {
        password: z.boolean(),
        passkey: z.boolean(),
        mail: z.boolean().describe('Whether `POST /v1/auth/mail` sends a code and a link.'),
        google: z.boolean().describe('Whether browsers can sign in by Google; and so of the next ones.'),
        apple: z.boolean(),
        microsoft: z.boolean(),
        github: z.boolean(),
        sso: z.boolean().describe('Whether an organization signs its people in by its own provider.'),
        registration: z.boolean().describe('Whether anybody may register.'),
      }),
    },
  },
  async (_call, { signIn }) => ({
    password: true,
    passkey: true,
    ...(await signIn.methods()),
    registration: true,
  }),
);

/** Calls of users who sign in by the provider of their organization. */
export const signInRoutes: Route[] = [methods, start, redirect, finish];
