import type { AuditPosition } from '#platform/audit';
import {
  namedObject,
  pageOf,
  pageQuery,
  positionOf,
  type Route,
  routesFor,
  sendCsv,
  sendDownload,
} from '#platform/http';
import { z } from 'zod';
import type { Accounts } from './accounts.ts';
import { linesOf, tableOf } from './trail-lines.ts';

const route = routesFor<Accounts>();
const tag = 'Organizations';
export const LINES = { name: 'audit.jsonl', type: 'application/jsonl; charset=utf-8' } as const;

const activityFields = {
  id: z.uuid(),
  created_at: z.iso.datetime(),
  action: z.string(),
  user_id: z.uuid().nullable().describe('The person behind it, through a key too.'),
  target: namedObject('AuditTarget', { kind: z.string(), id: z.string().nullable() }).nullable(),
};
export const auditSchema = namedObject('AuditEntry', {
  ...activityFields,
  actor: namedObject('AuditActor', {
    kind: z.enum(['user', 'key', 'system', 'store']),
    id: z.string().nullable(),
  }),
  changes: z.record(z.string(), z.unknown()),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
  request_id: z.string().nullable(),
});
const position = z.tuple([z.iso.datetime({ precision: 6 }), z.uuid()]);

const instant = z.iso.datetime({ offset: true });
export const filters = {
  actor: z.string().min(1).max(100).optional().describe('The id of a user or of a key.'),
  action: z
    .string()
    .max(100)
    .regex(/^[a-z_]+(\.[a-z_]+)?$/)
    .optional()
    .describe('One action (`member.left`), or all of a subject (`member`).'),
  target: z.string().min(1).max(100).optional().describe('The id of what it was done to.'),
  from: instant.optional().describe('From this instant on.'),
  until: instant.optional().describe('Before this instant.'),
};

const ID = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f01';
const ACTIVITY = {
  id: '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f04',
  created_at: '2026-11-20T08:00:00.000Z',
  action: 'member.role_changed',
  user_id: '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f02',
  target: { kind: 'user', id: '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f05' },
};
export const EVENT = {
  ...ACTIVITY,
  actor: { kind: 'user', id: ACTIVITY.user_id },
  changes: { role: { before: 'member', after: 'admin' } },
  ip: '203.0.113.7',
  user_agent: 'Mozilla/5.0',
  request_id: '0193a6f0-5b1c-7d2e-8f3a-4b5c6d7e8f90',
};

export function after(query: { readonly cursor?: string | undefined }): AuditPosition | undefined {
  return query.cursor === undefined ? undefined : positionOf(query.cursor, position);
}

const readAudit = route(
  'GET /v1/organizations/:id/audit',
  {
    summary: 'Read who did what in an organization',
    description: 'For admins and owners. Newest first.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject({ ...filters, ...pageQuery }),
    reply: { 200: pageOf(auditSchema) },
    errors: ['not_found', 'forbidden'],
    example: {
      params: { id: ID },
      query: { limit: 20, action: 'member' },
      reply: { data: [EVENT], next_cursor: null },
    },
  },
  ({ caller, params, query, origin }, { trail }) => {
    const { limit, cursor: _, ...filter } = query;
    const visit = { caller, origin, organization: params.id };
    return trail.audit(visit, filter, { after: after(query), limit });
  },
);

const exportAudit = route(
  'GET /v1/organizations/:id/audit/export',
  {
    summary: 'Export the audit of an organization',
    description:
      'For admins and owners. All events that the filters leave, newest first, as `text/csv` or as JSON lines; fields that a spreadsheet would take for a formula begin with an apostrophe.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:read',
    rate: { perMinute: 10, by: 'user' },
    query: z.strictObject({ format: z.enum(['csv', 'jsonl']), ...filters }),
    reply: { 200: z.unknown() },
    errors: ['not_found', 'forbidden'],
    example: {
      params: { id: ID },
      query: { format: 'jsonl' },
      reply: `${JSON.stringify(EVENT)}\n`,
    },
  },
  async ({ caller, params, query, origin, wire }, { trail }) => {
    const { format, ...filter } = query;
    const visit = { caller, origin, organization: params.id };
    const events = await trail.export(visit, filter);
    await (format === 'csv'
      ? sendCsv(wire, tableOf(events), origin.signal)
      : sendDownload(wire, { ...LINES, batches: linesOf(events) }, origin.signal));
  },
);

const readActivity = route(
  'GET /v1/organizations/:id/activity',
  {
    summary: 'Read what happened in an organization',
    description: 'For all members: who came, went and changed what it is. Newest first.',
    tag,
    auth: 'user',
    within: 'viewer',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(namedObject('Activity', activityFields)) },
    errors: ['not_found'],
    example: { params: { id: ID }, query: { limit: 20 }, reply: { data: [ACTIVITY], next_cursor: null } },
  },
  ({ caller, params, query, origin }, { trail }) =>
    trail.activity({ caller, origin, organization: params.id }, { after: after(query), limit: query.limit }),
);

/** Calls that read what happened. */
export const trailRoutes: Route[] = [readAudit, exportAudit, readActivity];
