import { answer, namedObject, type Route, routesFor } from '#platform/http';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import { emailSchema, passwordSchema } from '../fields.ts';
import type { EmailFlows } from '../email/email-flows.ts';
import type { Closing } from './closing.ts';
import { restorePage } from '../pages/link-pages.ts';

const route = routesFor<{ readonly closing: Closing; readonly emails: Pick<EmailFlows, 'look'> }>();
const tag = 'Identity';

const token = z.string().min(1).max(200);
const LINK = /^ple_[\w-]+$/;

const closeMe = route(
  'DELETE /v1/me',
  {
    summary: 'Close your account',
    description:
      'Send your password if you have one. Without one, or with a second factor, you must have signed in, or stepped up, less than 15 minutes ago. Sessions end, keys are refused and nothing more is spent, at once. For 14 days the link of a mail opens it again; then all of it is erased. Organizations without other members close with it; where you are the last owner of others, 409 `last_owner` lists them.',
    tag,
    auth: 'user',
    scope: 'session',
    aliases: ['DELETE /v1/auth/me'],
    rate: { perMinute: 5, by: 'user' },
    body: namedObject('CloseUserRequest', { password: passwordSchema.optional() }).optional(),
    reply: {
      200: namedObject('ClosedUser', { status: z.literal('closed'), restorable_until: z.iso.datetime() }),
    },
    errors: ['wrong_password', 'step_up_required', 'last_owner', 'conflict', 'user_suspended', 'busy'],
  },
  async ({ caller, body, origin }, { closing }) => {
    const until = await closing.close(caller, body?.password, origin);
    return { status: 'closed', restorable_until: until.toISOString() };
  },
);

const restore = route(
  'POST /v1/auth/restore',
  {
    operation: 'restoreUser',
    summary: 'Open a closed account again',
    description:
      'By the link of the mail, for 14 days after it was closed: keys, plans, organizations and all else are as they were. Sign in again afterwards. It takes no Idempotency-Key: the link is used up.',
    tag,
    auth: 'none',
    rate: { perMinute: 20, by: 'ip' },
    body: namedObject('RestoreUserRequest', { token }),
    reply: { 200: namedObject('RestoredUser', { status: z.literal('restored') }) },
    errors: ['link_invalid', 'too_many_attempts'],
    idempotency: 'none',
  },
  async ({ body, origin }, { closing }) => {
    await closing.restore(body.token, origin);
    return { status: 'restored' };
  },
);

const resend = route(
  'POST /v1/auth/resend-restore',
  {
    summary: 'Send the mail again that opens a closed account',
    description:
      'The answer is the same whether or not somebody has closed an account with this address. It takes no Idempotency-Key: a newer link ends the one before.',
    tag,
    auth: 'none',
    rate: { perMinute: 10, by: 'ip' },
    rateOf: {
      name: 'email',
      perMinute: 3,
      of: ({ body }: { readonly body: { readonly email: string } }) => body.email.toLowerCase(),
    },
    body: namedObject('ResendRestoreRequest', { email: emailSchema }),
    reply: { 202: namedObject('RestoreMail', { status: z.literal('restore_sent'), email: z.string() }) },
    idempotency: 'none',
  },
  async ({ body: { email }, origin }, { closing }) => {
    await closing.resend(email, origin);
    return answer(202, { status: 'restore_sent', email });
  },
);

const page = {
  description:
    'A page with a button, for people. Opening it changes nothing, for mail scanners open links; its button calls the POST.',
  tag,
  auth: 'none',
  rate: { perMinute: 60, by: 'ip' },
  page: true,
  reply: { 200: z.string().describe('A page for people, in HTML.') },
} as const;

const openLink = route(
  'GET /v1/auth/restore/:token',
  {
    ...page,
    operation: 'showRestore',
    summary: 'Open the link of a mail to open an account again',
    params: { token: 'text' },
    errors: ['not_found'],
  },
  async ({ params }, { emails }) => {
    if (!LINK.test(params.token)) throw new AppError('not_found');
    return restorePage(await emails.look(params.token, ['restore']));
  },
);

/** Calls by which a user closes their account, and opens it again. */
export const closingRoutes: Route[] = [closeMe, restore, resend, openLink];
