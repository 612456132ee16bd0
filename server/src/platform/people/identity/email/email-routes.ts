import { answer, namedObject, type Route, routesFor } from '#platform/http';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import { emailSchema, passwordSchema } from '../fields.ts';
import { CONFIRMING, type EmailFlows } from './email-flows.ts';
import type { NewPasswords } from '../passwords/new-passwords.ts';
import { changedAddressPage, resetPage, verifyPage } from '../pages/link-pages.ts';

interface Flows {
  readonly emails: EmailFlows;
  readonly newPasswords: NewPasswords;
}

const route = routesFor<Flows>();
const tag = 'Identity';
const ONCE = 'It takes no Idempotency-Key: ';

const token = z.string().min(1).max(200);
const pageSchema = z.string().describe('A page for people, in HTML.');
/** The shape of what we send; whether it is good is said when it is used. */
const LINK = /^ple_[\w-]+$/;
/** A mailbox can't be flooded; a caller who tries one email after the other is stopped by the rate of their own address. */
const byEmail = {
  name: 'email',
  perMinute: 3,
  of: ({ body }: { readonly body: { readonly email: string } }) => body.email.toLowerCase(),
};

const confirm = route(
  'POST /v1/auth/verify-email',
  {
    summary: 'Confirm an email address with the token of a mail',
    description: `Verifies the address of a registration, or makes the new address of \`change-email\` yours: 409 \`conflict\` where it is another’s by now, or where an organization that requires single sign-on of you does not have its domain. Links are good for 24 hours, once; a newer one ends it. ${ONCE}the link is used up.`,
    tag,
    auth: 'none',
    rate: { perMinute: 20, by: 'ip' },
    body: namedObject('VerifyEmailRequest', { token }),
    reply: { 200: namedObject('EmailVerification', { status: z.literal('verified') }) },
    errors: ['link_invalid', 'conflict', 'too_many_attempts'],
    idempotency: 'none',
  },
  async ({ body, origin }, { emails }) => {
    await emails.confirm(body.token, origin);
    return { status: 'verified' };
  },
);

const resend = route(
  'POST /v1/auth/resend-verification',
  {
    summary: 'Send the mail again that verifies an address',
    description: `The answer is the same whether or not somebody waits for such a mail. ${ONCE}a newer link ends the one before.`,
    tag,
    auth: 'none',
    rate: { perMinute: 10, by: 'ip' },
    rateOf: byEmail,
    body: namedObject('ResendVerificationRequest', { email: emailSchema }),
    reply: {
      202: namedObject('VerificationMail', { status: z.literal('verification_sent'), email: z.string() }),
    },
    idempotency: 'none',
  },
  async ({ body: { email }, origin }, { emails }) => {
    await emails.resend(email, origin);
    return answer(202, { status: 'verification_sent', email });
  },
);

const forgot = route(
  'POST /v1/auth/forgot-password',
  {
    operation: 'requestPasswordReset',
    summary: 'Send a link to choose a new password',
    description: `The answer is the same whether or not the email is known. ${ONCE}a newer link ends the one before.`,
    tag,
    auth: 'none',
    rate: { perMinute: 10, by: 'ip' },
    rateOf: byEmail,
    body: namedObject('ForgotPasswordRequest', { email: emailSchema }),
    reply: { 202: namedObject('PasswordResetMail', { status: z.literal('reset_sent'), email: z.string() }) },
    idempotency: 'none',
  },
  async ({ body: { email }, origin }, { emails }) => {
    await emails.forgot(email, origin);
    return answer(202, { status: 'reset_sent', email });
  },
);

const reset = route(
  'POST /v1/auth/reset-password',
  {
    summary: 'Set a new password with the token of a mail',
    description: `Ends every session; a mail says so. Links are good for one hour, once; a weak password does not use one up. ${ONCE}the link is used up.`,
    tag,
    auth: 'none',
    rate: { perMinute: 10, by: 'ip' },
    body: namedObject('ResetPasswordRequest', { token, password: passwordSchema }),
    reply: { 200: namedObject('PasswordReset', { status: z.literal('password_changed') }) },
    errors: ['link_invalid', 'too_many_attempts', 'busy'],
    idempotency: 'none',
  },
  async ({ body, origin }, { newPasswords }) => {
    await newPasswords.reset(body, origin);
    return { status: 'password_changed' };
  },
);

const changePassword = route(
  'POST /v1/auth/change-password',
  {
    summary: 'Change your password',
    description: `Ends every session, this one included; a mail says so. API keys go on. With a second factor, you must have shown it less than 15 minutes ago. ${ONCE}the second time the password is another.`,
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 5, by: 'user' },
    body: namedObject('ChangePasswordRequest', { password: passwordSchema, new_password: passwordSchema }),
    reply: { 200: namedObject('PasswordChange', { status: z.literal('password_changed') }) },
    errors: ['wrong_password', 'step_up_required', 'busy'],
    idempotency: 'none',
  },
  async ({ caller, body, origin }, { newPasswords }) => {
    const { password, new_password: newPassword } = body;
    await newPasswords.change(caller, { password, newPassword }, origin);
    return { status: 'password_changed' };
  },
);

const changeEmail = route(
  'POST /v1/auth/change-email',
  {
    summary: 'Change your email address',
    description: `A link goes to the new address, and nothing changes until it is used; then a mail goes to the old one. The answer is the same for an address that is another's, which gets no mail. With a second factor, you must have shown it less than 15 minutes ago. ${ONCE}a newer link ends the one before.`,
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 5, by: 'user' },
    body: namedObject('ChangeEmailRequest', { email: emailSchema, password: passwordSchema }),
    reply: { 202: namedObject('EmailChange', { status: z.literal('verification_sent'), email: z.string() }) },
    errors: ['wrong_password', 'step_up_required', 'busy'],
    idempotency: 'none',
  },
  async ({ caller, body, origin }, { emails }) => {
    await emails.changeEmail(caller, body, origin);
    return answer(202, { status: 'verification_sent', email: body.email });
  },
);

const pages = [
  {
    path: '/v1/auth/verify-email',
    operation: 'showVerifyEmail',
    summary: 'Open the link of a mail that asks to confirm an address',
    async page({ emails }: Flows, given?: string) {
      const { kind, ...link } = await emails.look(given, CONFIRMING);
      return kind === 'change_email' ? changedAddressPage(link) : verifyPage(link);
    },
  },
  {
    path: '/v1/auth/reset-password',
    operation: 'showResetPassword',
    summary: 'Open the link of a mail to choose a new password',
    page: async ({ emails }: Flows, given?: string) =>
      resetPage(await emails.look(given, ['reset_password'])),
  },
] as const;

const description =
  'A page with a button, for people. Opening it changes nothing, for mail scanners open links; its button calls the POST.';
const shared = {
  description,
  tag,
  auth: 'none',
  rate: { perMinute: 60, by: 'ip' },
  page: true,
  reply: { 200: pageSchema },
} as const;

const openLinks = pages.flatMap(({ path, operation, summary, page }) => [
  route(
    `GET ${path}`,
    {
      ...shared,
      operation,
      summary: `${summary} (?token=)`,
      query: z.strictObject({ token: token.optional() }),
    },
    async ({ query }, flows) => page(flows, query.token),
  ),
  route(
    `GET ${path}/:token`,
    {
      ...shared,
      operation: `${operation}OfToken`,
      summary,
      params: { token: 'text' },
      errors: ['not_found'],
    },
    async ({ params }, flows) => {
      if (!LINK.test(params.token)) throw new AppError('not_found');
      return page(flows, params.token);
    },
  ),
]);

/** Calls that go by way of a user's mailbox. */
export const emailRoutes: Route[] = [
  confirm,
  resend,
  forgot,
  reset,
  changePassword,
  changeEmail,
  ...openLinks,
];
