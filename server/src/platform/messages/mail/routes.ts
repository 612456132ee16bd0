import { namedObject, pageOf, pageQuery, positionOf, type Route, routesFor } from '#platform/http';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import { mailTemplates } from './catalogue.ts';
import type { Mail } from './mail.ts';
import { STATUSES } from './store.ts';

const route = routesFor<Mail>();
/** Products add theirs after this file is read. */
const templateName = z.lazy(() => z.enum(mailTemplates().map(({ name }) => name)));
const position = z.tuple([z.uuid()]);

const lineSchema = namedObject('Mail', {
  id: z.uuid().describe('Its Message-ID begins with it.'),
  account_id: z.uuid().nullable(),
  user_id: z.uuid().nullable(),
  to: z.string(),
  template: z.string(),
  status: z
    .enum(STATUSES)
    .describe(
      '`asked`: the address is being looked up; `waiting`: being sent, or retried at due_at; `refused`: the mail server rejected it, or it no longer applies to its receiver; `failed`: all attempts failed.',
    ),
  attempts: z.int(),
  error: z.string().nullable(),
  created_at: z.iso.datetime(),
  due_at: z.iso.datetime(),
  sent_at: z.iso.datetime().nullable(),
});

const listMail = route(
  'GET /v1/admin/mail',
  {
    summary: 'List sent mails, newest first',
    description: 'Without the texts of the mails. Entries are kept for 90 days.',
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject({
      status: z.enum(STATUSES).optional(),
      template: templateName.optional(),
      to: z.string().min(1).max(254).optional(),
      ...pageQuery,
    }),
    reply: { 200: pageOf(lineSchema) },
  },
  ({ query }, mail) => {
    const { cursor, limit, status, template, to } = query;
    const before = cursor === undefined ? undefined : positionOf(cursor, position)[0];
    return mail.list({ status, template, to, before, limit });
  },
);

const rendered = { subject: z.string(), text: z.string(), html: z.string() };
const preview = namedObject('MailPreview', { name: z.string(), ...rendered });

const listTemplates = route(
  'GET /v1/admin/mail/templates',
  {
    summary: 'List the templates of mails, with the facts of their examples',
    description: 'Each as it is sent, as `plinth mail preview` writes it.',
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    reply: {
      200: namedObject('MailTemplates', {
        data: z.array(preview),
        shows_sent: z.boolean().describe('Whether `GET /v1/admin/mail/{id}/text` shows what sent mails say.'),
      }),
    },
  },
  async (_call, mail) => ({ data: [...mail.previews()], shows_sent: mail.isShown }),
);

const readText = route(
  'GET /v1/admin/mail/:id/text',
  {
    summary: 'Read what a mail said, on a machine of developers',
    description:
      'Mails hold links that let in: only those that were written to the outbox folder, never where NODE_ENV is production, and never by a key.',
    tag: 'Admin',
    auth: 'admin',
    scope: 'session',
    rate: { perMinute: 120, by: 'user' },
    reply: { 200: namedObject('MailText', rendered) },
    errors: ['not_found'],
  },
  async ({ params }, mail) => {
    const text = await mail.text(params.id);
    if (text === undefined)
      throw new AppError('not_found', { message: 'The text of this mail is not kept here.' });
    return text;
  },
);

/** Calls of platform admins on the mail log; their service is `Mail`. */
export const mailRoutes: Route[] = [listMail, listTemplates, readText];
