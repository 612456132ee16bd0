import { namedObject, pageOf, pageQuery, positionOf, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import { mailTemplates } from './catalogue.ts';
import type { Mail } from './mail.ts';
import { STATUSES } from './store.ts';

const route = routesFor<Mail>();
/** Products add theirs after this file is read. */
const templateName = z.lazy(() => z.enum(mailTemplates().map(({ name }) => name)));
const position = z.tuple([z.uuid()]);
const ID = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a07';

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
    example: {
      query: { status: 'failed', limit: 20 },
      reply: {
        data: [
          {
            id: ID,
            account_id: null,
            user_id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a01',
            to: 'ada@example.com',
            template: 'verify_email',
            status: 'failed',
            attempts: 9,
            error: 'ECONNREFUSED',
            created_at: '2026-11-20T08:00:00.000Z',
            due_at: '2026-11-21T07:12:00.000Z',
            sent_at: null,
          },
        ],
        next_cursor: null,
      },
    },
  },
  ({ query }, mail) => {
    const { cursor, limit, status, template, to } = query;
    const before = cursor === undefined ? undefined : positionOf(cursor, position)[0];
    return mail.list({ status, template, to, before, limit });
  },
);

/** Calls of platform admins on the mail log; their service is `Mail`. */
export const mailRoutes: Route[] = [listMail];
