import { answer, namedObject, okReply, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import { deviceNameSchema } from '../fields.ts';
import type { Federation } from './federation.ts';
import { signedInSchema } from '../sessions/sign-in-replies.ts';
import { callbackQuery, startQuery } from './browser-queries.ts';

const route = routesFor<{ readonly federation: Federation }>();
const tag = 'Identity';
const nothing = z.undefined();

/** As RFC 7636 has it: a secret of 43 to 128 characters. */
const codeVerifier = z.string().regex(/^[\w.~-]{43,128}$/);
const address = z.string().min(1).max(2_000);

const failures = [
  'sign_in_not_set_up',
  'sign_in_canceled',
  'sign_in_failed',
  'sign_in_unavailable',
  'provider_email_unverified',
  'sign_in_not_linked',
  'user_suspended',
  'user_closed',
  'sso_required',
];

const begin = route(
  'GET /v1/auth/google',
  {
    summary: 'Send a browser to Google to sign in',
    description:
      'Open it as a page. The browser comes back to `return_to`, which must be one of SIGN_IN_RETURN_TO, with `?code=` for `POST /v1/auth/exchange`, or with `?error=` and one of the codes of `POST /v1/auth/google`. `code_challenge` is the base64url of the SHA-256 of a random secret that the page keeps.',
    tag,
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    query: z.strictObject(startQuery),
    reply: { 302: nothing },
    errors: ['sign_in_not_set_up', 'sign_in_unavailable'],
  },
  async ({ query, wire }, { federation }) => {
    const { cookie } = wire.request.headers;
    const asked = { returnTo: query.return_to, codeChallenge: query.code_challenge, cookie };
    const { location, setCookie } = await federation.begin(asked);
    return answer(302, undefined, { location, 'set-cookie': setCookie });
  },
);

const callback = route(
  'GET /v1/auth/google/callback',
  {
    summary: 'Receive the browser from Google (OAuth callback)',
    description:
      'It leads on to the `return_to` of the sign-in. `state` is good once, for ten minutes, in the browser that began. What Google adds besides is ignored.',
    tag,
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    query: callbackQuery,
    reply: { 302: nothing },
    errors: ['sign_in_not_set_up', 'sign_in_failed'],
  },
  async ({ query, wire, origin }, { federation }) => {
    const location = await federation.callback({ query, cookie: wire.request.headers.cookie }, origin);
    return answer(302, undefined, { location });
  },
);

const exchange = route(
  'POST /v1/auth/exchange',
  {
    summary: 'Get tokens for a one-time code',
    description:
      'The code that a browser brought back, and the secret whose SHA-256 was the `code_challenge`. It takes no Idempotency-Key: a code is good once, for a minute.',
    tag,
    session: 'opens',
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    body: namedObject('ExchangeCodeRequest', {
      code: z.string().min(1).max(200),
      code_verifier: codeVerifier,
      device_name: deviceNameSchema.optional(),
    }),
    reply: { 200: signedInSchema },
    errors: ['sign_in_failed', 'user_suspended', 'user_closed', 'sso_required'],
    idempotency: 'none',
  },
  ({ body, origin }, { federation }) => {
    const { code, code_verifier: verifier, device_name: name } = body;
    return federation.flows.exchange({ code, codeVerifier: verifier, device: { name } }, origin);
  },
);

const google = route(
  'POST /v1/auth/google',
  {
    summary: 'Sign in by a code that an app got from Google',
    description:
      'For apps, which go to Google by themselves, with PKCE. `redirect_uri` and `nonce` are what the app asked Google with; without a nonce the ID token must have none. It takes no Idempotency-Key: Google takes each code once.',
    tag,
    session: 'opens',
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    body: namedObject('GoogleSignInRequest', {
      code: z.string().min(1).max(4_000),
      code_verifier: codeVerifier,
      redirect_uri: address,
      nonce: z.string().min(1).max(200).optional(),
      device_name: deviceNameSchema.optional(),
    }),
    reply: { 200: signedInSchema },
    errors: failures,
    idempotency: 'none',
  },
  ({ body, origin }, { federation }) => {
    const { code, code_verifier: verifier, redirect_uri: redirectUri, nonce, device_name: name } = body;
    return federation.google({ code, codeVerifier: verifier, redirectUri, nonce, device: { name } }, origin);
  },
);

const firebase = route(
  'POST /v1/auth/firebase',
  {
    summary: 'Sign in by an ID token of Firebase',
    description:
      'It must be at most ten minutes old (`getIdToken(true)`). It takes no Idempotency-Key: each ID token is accepted once.',
    tag,
    session: 'opens',
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    body: namedObject('FirebaseSignInRequest', {
      id_token: z.string().min(1).max(8_000),
      device_name: deviceNameSchema.optional(),
    }),
    reply: { 200: signedInSchema },
    errors: failures.filter((code) => code !== 'sign_in_canceled'),
    idempotency: 'none',
  },
  ({ body, origin }, { federation }) =>
    federation.firebase({ idToken: body.id_token, device: { name: body.device_name } }, origin),
);

const list = route(
  'GET /v1/me/identities',
  {
    summary: 'List the providers that you can sign in by',
    description: 'There is one of a provider at most, so all come at once.',
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 60, by: 'user' },
    reply: {
      200: namedObject('IdentityList', {
        data: z.array(
          namedObject('Identity', {
            id: z.uuid(),
            provider: z.enum(['google', 'firebase']),
            email: z.string(),
            linked_at: z.iso.datetime(),
            last_used_at: z.iso.datetime(),
          }),
        ),
      }),
    },
  },
  async ({ caller }, { federation }) => ({ data: await federation.identities.list(caller) }),
);

const unlink = route(
  'DELETE /v1/me/identities/:id',
  {
    summary: 'Sign in by a provider no more',
    description:
      'A mail says so. Only in a session whose user proved lately who they are; and not the last way in of a user without a password.',
    tag,
    auth: 'user',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 30, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found', 'conflict', 'step_up_required'],
  },
  async ({ caller, params, origin }, { federation }) => {
    await federation.identities.unlink(caller, params.id, origin);
    return { ok: true };
  },
);

/** Calls of users who sign in at a provider. */
export const federationRoutes: Route[] = [begin, callback, exchange, google, firebase, list, unlink];
