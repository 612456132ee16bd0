import {
  calendarDay,
  instant,
  namedObject,
  pageOf,
  pageQuery,
  positionOf,
  type Route,
  routesFor,
} from '#platform/http';
import { ONE_SUBJECT, subjectFields } from '#platform/erasure';
import { z } from 'zod';
import type { Compliance } from './compliance.ts';
import { ACTIONS } from './store.ts';

const route = routesFor<Compliance>();
const tag = 'Compliance';

const entry = namedObject('ComplianceEntry', {
  id: z.string(),
  at: z.iso.datetime(),
  action: z.enum(ACTIONS),
  account_id: z.uuid().nullable(),
  user_id: z.uuid().nullable().describe('Who did it; null: the server, or somebody who is erased.'),
  target: namedObject('ComplianceTarget', { kind: z.string(), id: z.string().nullable() }).nullable(),
  erased: z
    .array(
      namedObject('ErasedRows', {
        table: z.string(),
        of: z.enum(['account', 'user']),
        rule: z
          .enum(['erase', 'follow', 'unlink'])
          .describe('Deleted, deleted with another table’s, or emptied of what names them.'),
        before: z.int(),
        after: z.int().describe('Rows that still were theirs when it was done.'),
      }),
    )
    .nullable()
    .describe('Of an erasure: its proof.'),
});
const position = z.tuple([instant, z.string()]);

const readReport = route(
  'GET /v1/admin/compliance/reports',
  {
    summary: 'Report what was exported, erased and released',
    description:
      'Over all accounts, the newest first: exports and who downloaded them, accounts and people who were closed and erased, with the proof of the erasure, releases, and who opted in or out. Days of UTC; without `from` 31.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    query: z.strictObject({
      action: z.enum(ACTIONS).optional(),
      from: calendarDay.optional(),
      until: calendarDay.optional(),
      ...pageQuery,
    }),
    reply: { 200: pageOf(entry) },
  },
  ({ query: { action, from, until, limit, cursor } }, compliance) => {
    const after = cursor === undefined ? undefined : positionOf(cursor, position);
    return compliance.report({ action, from, until, after, limit });
  },
);

const deleteData = route(
  'DELETE /v1/admin/data/delete',
  {
    operation: 'deleteAdminData',
    summary: 'Delete all data of a person or an organization',
    description:
      'In a session that was proven within 15 minutes. Closed at once, as by themselves, with the same mails and 14 days to undo it; then erased from all tables. The proof of it is in the report, as `user.erased` or `account.erased`. Personal accounts go with their person, but for those of customers. It takes no Idempotency-Key.',
    tag,
    auth: 'admin',
    scope: 'admin:write',
    stepUp: true,
    rate: { perMinute: 10, by: 'user' },
    query: z.strictObject(subjectFields).refine(...ONE_SUBJECT),
    reply: {
      200: namedObject('DeletedData', { status: z.literal('closed'), restorable_until: z.iso.datetime() }),
    },
    errors: ['not_found', 'customer_unknown', 'conflict', 'last_owner', 'user_suspended'],
    idempotency: 'none',
  },
  async ({ caller, origin, query }, compliance) => {
    const until = await compliance.delete({ caller, origin }, query);
    return { status: 'closed', restorable_until: until.toISOString() };
  },
);

/** Calls of platform admins on what they answer for. */
export const complianceRoutes: Route[] = [readReport, deleteData];
