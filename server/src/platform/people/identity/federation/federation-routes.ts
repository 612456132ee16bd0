import { answer, namedObject, okReply, type Route, routesFor } from '#platform/http';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import { deviceNameSchema } from '../fields.ts';
import { asText, type Federation } from './federation.ts';
import type { SignInFlows } from './flows.ts';
import { CODE_PROVIDERS, type CodeProvider, signedInSchema } from '../sessions/sign-in-replies.ts';
import { callbackQuery, codeVerifier, startQuery } from './browser-queries.ts';

/** Takes the codes that links of mails bring back. */
interface ByMail {
  readonly mailSignIns: { readonly exchange: SignInFlows['exchange'] };
}

const route = routesFor<{ readonly federation: Federation } & ByMail>();
const tag = 'Identity';
const nothing = z.undefined();

const address = z.string().min(1).max(2_000);

const personName = z.string().trim().min(1).max(200);

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

/** The provider of a path. */
function providerOf({ provider: name }: { readonly provider: string }): CodeProvider {
  const provider = CODE_PROVIDERS.find((one) => one === name);
  if (provider === undefined) throw new AppError('not_found');
  return provider;
}

const perProvider = {
  tag,
  auth: 'none',
  params: { provider: 'text' },
  rate: { perMinute: 30, by: 'ip' },
} as const;

const begin = route(
  'GET /v1/auth/:provider',
  {
    ...perProvider,
    operation: 'startProviderSignIn',
    summary: 'Send a browser to a provider to sign in',
    description:
      'Open it as a page. The browser comes back to `return_to`, which must be one of SIGN_IN_RETURN_TO, with `?code=` for `POST /v1/auth/exchange`, or with `?error=` and one of the codes of the POST. `code_challenge` is the base64url of the SHA-256 of a random secret that the page keeps. `provider` is one of `GET /v1/auth/methods`.',
    query: z.strictObject(startQuery),
    reply: { 302: nothing },
    errors: ['not_found', 'sign_in_not_set_up', 'sign_in_unavailable'],
  },
  async ({ params, query, wire }, { federation }) => {
    const { cookie } = wire.request.headers;
    const asked = { returnTo: query.return_to, codeChallenge: query.code_challenge, cookie };
    const { location, setCookie } = await federation.begin(providerOf(params), asked);
    return answer(302, undefined, { location, 'set-cookie': setCookie });
  },
);

const callback = route(
  'GET /v1/auth/:provider/callback',
  {
    ...perProvider,
    operation: 'finishProviderSignIn',
    summary: 'Receive the browser from a provider (OAuth callback)',
    description:
      'It leads on to the `return_to` of the sign-in. `state` is good once, for ten minutes, in the browser that began. What the provider adds besides is ignored.',
    query: callbackQuery.extend({
      name: personName
        .optional()
        .describe('The name that Apple’s form had: it names a new user, and proves nothing.'),
    }),
    reply: { 302: nothing },
    errors: ['not_found', 'sign_in_not_set_up', 'sign_in_failed'],
  },
  async ({ params, query, wire, origin }, { federation }) => {
    const came = { query, cookie: wire.request.headers.cookie };
    return answer(302, undefined, { location: await federation.callback(providerOf(params), came, origin) });
  },
);

const byCode = route(
  'POST /v1/auth/:provider',
  {
    ...perProvider,
    operation: 'signInByProvider',
    summary: 'Sign in by a code that an app got from a provider',
    description:
      'For apps, which go to the provider by themselves, with PKCE. `redirect_uri` and `nonce` are what the app asked with; without a nonce the ID token must have none. For Apple, `code` is the authorization code of the device’s own sign-in (ASAuthorizationAppleIDProvider), which has no PKCE: there `nonce` is needed, and `full_name` names a new user. It takes no Idempotency-Key: a provider takes each code once.',
    session: 'opens',
    body: namedObject('CodeSignInRequest', {
      code: z.string().min(1).max(4_000),
      code_verifier: codeVerifier.optional().describe('Needed, but for Apple.'),
      redirect_uri: address.optional().describe('Needed, but for Apple.'),
      nonce: z.string().min(1).max(200).optional(),
      full_name: personName.optional(),
      device_name: deviceNameSchema.optional(),
    }),
    reply: { 200: signedInSchema },
    errors: ['not_found', ...failures],
    idempotency: 'none',
  },
  ({ params, body, origin }, { federation }) => {
    const provider = providerOf(params);
    for (const field of provider === 'apple'
      ? (['nonce'] as const)
      : (['code_verifier', 'redirect_uri'] as const))
      if (body[field] === undefined) throw missing(field);
    const { code, code_verifier: verifier, redirect_uri: redirectUri, nonce, full_name: name } = body;
    const device = { name: body.device_name };
    return federation.byCode(
      provider,
      { code, codeVerifier: verifier, redirectUri, nonce, name, device },
      origin,
    );
  },
);

const missing = (field: string) =>
  new AppError('validation_failed', {
    details: { issues: [{ path: `body.${field}`, message: 'This is missing.' }] },
  });

const userField = z.object({
  name: z.object({ firstName: z.string().default(''), lastName: z.string().default('') }),
});

/** The name of Apple's `user` field. What else it says is the browser's word: an address in it is none. */
function nameOf(user: string | undefined): string | undefined {
  try {
    const { firstName, lastName } = userField.parse(JSON.parse(user ?? '')).name;
    return `${firstName} ${lastName}`.trim().slice(0, 200) || undefined;
  } catch {
    return undefined;
  }
}

/** Apple posts its answer from its own page, where no browser sends a cookie of ours along: so it comes back by GET. */
const postedCallback = route(
  'POST /v1/auth/apple/callback',
  {
    operation: 'finishAppleSignIn',
    summary: 'Receive the form that Apple’s page posts (OAuth callback)',
    description:
      'It changes nothing: it leads the browser on to `GET /v1/auth/apple/callback` with `state`, `code` or `error`, and the name that `user` has. It takes no Idempotency-Key: a repeated call changes nothing.',
    tag,
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    urlencoded: true,
    body: z
      .looseObject({
        ...callbackQuery.shape,
        user: z.string().max(4_000).optional().describe('JSON of the name, at the first sign-in alone.'),
      })
      .meta({ id: 'AppleCallbackForm' }),
    maxBody: 16_384,
    reply: { 302: nothing },
    idempotency: 'none',
  },
  async ({ body: { state, code, error, user } }) => {
    const on = new URLSearchParams(asText({ state, code, error, name: nameOf(user) }));
    return answer(302, undefined, { location: `callback?${on.toString()}` });
  },
);

const exchange = route(
  'POST /v1/auth/exchange',
  {
    operation: 'exchangeSignInCode',
    summary: 'Get tokens for a one-time code',
    description:
      'The code that a browser brought back, from a provider or by the link of a mail, and the secret whose SHA-256 was the `code_challenge`. It takes no Idempotency-Key: a code is good once, for a minute, and that of a mail as long as its link.',
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
    errors: [
      'sign_in_failed',
      'sign_in_not_set_up',
      'sign_in_not_linked',
      'user_suspended',
      'user_closed',
      'sso_required',
      'busy',
    ],
    idempotency: 'none',
  },
  ({ body, origin }, { federation, mailSignIns }) => {
    const { code, code_verifier: verifier, device_name: name } = body;
    const by = code.startsWith('ple_') ? mailSignIns : federation.flows;
    return by.exchange({ code, codeVerifier: verifier, device: { name } }, origin);
  },
);

const firebase = route(
  'POST /v1/auth/firebase',
  {
    operation: 'signInByFirebase',
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
            provider: z.enum([...CODE_PROVIDERS, 'firebase']),
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
export const federationRoutes: Route[] = [
  begin,
  callback,
  byCode,
  postedCallback,
  exchange,
  firebase,
  list,
  unlink,
];
