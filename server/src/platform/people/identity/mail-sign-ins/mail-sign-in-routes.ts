import { answer, namedObject, type Route, routesFor } from '#platform/http';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import { codeVerifier, startQuery } from '../federation/browser-queries.ts';
import { deviceNameSchema, emailSchema } from '../fields.ts';
import { signInPage } from '../pages/link-pages.ts';
import { signedInSchema } from '../sessions/sign-in-replies.ts';
import type { MailSignIns } from './mail-sign-ins.ts';

const route = routesFor<{ readonly mailSignIns: MailSignIns }>();
const tag = 'Identity';
const LINK = /^ple_[\w-]+$/;
const token = z.string().min(1).max(200);

const ask = route(
  'POST /v1/auth/mail',
  {
    operation: 'sendSignInMail',
    summary: 'Send a mail with a code and a link to sign in',
    description:
      'The answer is the same whether or not the email is known; an unknown one gets a user when its mail is used. Code and link are good once, for ten minutes, with the secret of `code_challenge`; a newer mail ends none. The link leads to `return_to` with `?code=` for `POST /v1/auth/exchange`. It takes no Idempotency-Key: a repeated call sends another mail, and the rates bound them.',
    tag,
    auth: 'none',
    rate: { perMinute: 10, by: 'ip' },
    rateOf: { name: 'email', perMinute: 3, of: ({ body }) => body.email.toLowerCase() },
    body: namedObject('SignInMailRequest', { email: emailSchema, ...startQuery }),
    reply: {
      202: namedObject('SignInMail', {
        status: z.literal('mail_sent'),
        mail_id: z.uuid().describe('For `POST /v1/auth/mail/verify`.'),
        email: z.string(),
      }),
    },
    errors: ['sign_in_not_set_up'],
    idempotency: 'none',
  },
  async ({ body, origin }, { mailSignIns }) => {
    const { email, return_to: returnTo, code_challenge: codeChallenge } = body;
    const id = await mailSignIns.ask({ email, returnTo, codeChallenge }, origin);
    return answer(202, { status: 'mail_sent', mail_id: id, email });
  },
);

const verify = route(
  'POST /v1/auth/mail/verify',
  {
    operation: 'verifySignInCode',
    summary: 'Sign in by the code of a mail',
    description:
      'For the app that asked for the mail: `code_verifier` is the secret whose SHA-256 was the `code_challenge`. Five wrong codes end the mail. It takes no Idempotency-Key: the code is used up.',
    tag,
    session: 'opens',
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    body: namedObject('MailCodeRequest', {
      mail_id: z.uuid().describe('As `POST /v1/auth/mail` answered.'),
      code: z.string().min(1).max(40).describe('In any case, with or without dash.'),
      code_verifier: codeVerifier,
      device_name: deviceNameSchema.optional(),
    }),
    reply: { 200: signedInSchema },
    errors: [
      'sign_in_not_set_up',
      'mail_code_invalid',
      'sign_in_not_linked',
      'user_suspended',
      'user_closed',
      'sso_required',
      'busy',
    ],
    idempotency: 'none',
  },
  ({ body, origin }, { mailSignIns }) => {
    const { mail_id: id, code, code_verifier: verifier, device_name: name } = body;
    return mailSignIns.verify({ id, code, codeVerifier: verifier, device: { name } }, origin);
  },
);

const open = route(
  'POST /v1/auth/mail/open',
  {
    operation: 'openSignInMail',
    summary: 'Learn where the link of a sign-in mail leads',
    description:
      'For the page behind the link: the `return_to` of the sign-in with `?code=`, which is worth nothing without the secret of the app that asked. It takes no Idempotency-Key: it changes nothing.',
    tag,
    auth: 'none',
    rate: { perMinute: 20, by: 'ip' },
    body: namedObject('OpenSignInMailRequest', { token }),
    reply: { 200: namedObject('OpenedSignInMail', { location: z.string() }) },
    errors: ['sign_in_not_set_up', 'link_invalid', 'too_many_attempts'],
    idempotency: 'none',
  },
  async ({ body, origin }, { mailSignIns }) => ({ location: await mailSignIns.open(body.token, origin) }),
);

const page = route(
  'GET /v1/auth/mail/open/:token',
  {
    operation: 'showMailLink',
    summary: 'Open the link of a mail to sign in',
    description:
      'A page with a button, for people. Opening it changes nothing, for mail scanners open links; its button calls the POST.',
    tag,
    auth: 'none',
    rate: { perMinute: 60, by: 'ip' },
    page: true,
    reply: { 200: z.string().describe('A page for people, in HTML.') },
    params: { token: 'text' },
    errors: ['not_found'],
  },
  async ({ params }, { mailSignIns }) => {
    if (!LINK.test(params.token)) throw new AppError('not_found');
    return signInPage(await mailSignIns.look(params.token));
  },
);

/** Calls of users who sign in by a mail. */
export const mailSignInRoutes: Route[] = [ask, verify, open, page];
