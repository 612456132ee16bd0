import { auditCursor } from '#platform/audit';
import {
  customerFilter,
  fileReply,
  instant,
  namedObject,
  pageOf,
  pageQuery,
  type Route,
  routesFor,
} from '#platform/http';
import { z } from 'zod';
import type { Accounts } from '../accounts.ts';
import { sendAdminAudit, sendAudit } from './audit-files.ts';

const route = routesFor<Accounts>();

const activityFields = {
  id: z.uuid(),
  created_at: z.iso.datetime(),
  action: z.string(),
  user_id: z.uuid().nullable().describe('The person behind it, through a key too.'),
  target: namedObject('AuditTarget', { kind: z.string(), id: z.string().nullable() }).nullable(),
};
const auditSchema = namedObject('AuditEntry', {
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

const filters = {
  actor: z.string().min(1).max(100).optional().describe('The id of a user or of a key.'),
  action: z
    .string()
    .max(100)
    .regex(/^[a-z_]+(\.[a-z_]+){0,2}$/)
    .optional()
    .describe('One action (`member.left`), or all of a subject (`member`).'),
  target: z.string().min(1).max(100).optional().describe('The id of what it was done to.'),
  from: instant.optional().describe('From this instant on.'),
  until: instant.optional().describe('Before this instant.'),
};

/** Parts of every call that reads a page of events, and of every one that exports them. */
const reading = {
  rate: { perMinute: 120, by: 'user' },
  query: z.strictObject({ ...filters, ...pageQuery }),
  reply: { 200: pageOf(auditSchema) },
} as const;
const exporting = {
  rate: { perMinute: 10, by: 'user' },
  query: z.strictObject({ format: z.enum(['csv', 'jsonl']), ...filters }),
  reply: { 200: fileReply },
  produces: ['application/jsonl', 'text/csv'],
} as const;

const ofOrganization = {
  tag: 'Organizations',
  auth: 'user',
  within: 'admin',
  scope: 'account:read',
  errors: ['not_found', 'forbidden'],
} as const;

const readOrganization = route(
  'GET /v1/organizations/:id/audit',
  {
    ...ofOrganization,
    ...reading,
    summary: 'Read who did what in an organization',
    description: 'For admins and owners. Newest first.',
  },
  ({ caller, params, query, origin }, { auditTrail }) => {
    const { limit, cursor, ...filter } = query;
    const request = { caller, origin, organization: params.id };
    return auditTrail.ofOrganization(request, filter, { after: auditCursor(cursor), limit });
  },
);

const exportOrganization = route(
  'GET /v1/organizations/:id/audit/export',
  {
    ...ofOrganization,
    ...exporting,
    summary: 'Export the audit of an organization',
    description:
      'For admins and owners. All events that the filters leave, newest first, as `text/csv` or as JSON lines; fields that a spreadsheet would take for a formula begin with an apostrophe.',
  },
  async ({ caller, params, query, origin, wire }, { auditTrail }) => {
    const { format, ...filter } = query;
    const request = { caller, origin, organization: params.id };
    await sendAudit({ wire, origin }, format, await auditTrail.exportOrganization(request, filter));
  },
);

const readActivity = route(
  'GET /v1/organizations/:id/activity',
  {
    summary: 'Read what happened in an organization',
    description: 'For all members: who came, went and changed what it is. Newest first.',
    tag: 'Organizations',
    auth: 'user',
    within: 'viewer',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(namedObject('Activity', activityFields)) },
    errors: ['not_found'],
  },
  ({ caller, params, query, origin }, { auditTrail }) =>
    auditTrail.activity(
      { caller, origin, organization: params.id },
      { after: auditCursor(query.cursor), limit: query.limit },
    ),
);

const ofAccount = { tag: 'Account', auth: 'account', may: 'admin', scope: 'account:read' } as const;
const OF_A_PERSON =
  'Of a personal account it has besides what its owner did as a person: sign-ins, also refused ones, devices, passwords, second factors, exports.';

const readAccount = route(
  'GET /v1/account/audit',
  {
    ...ofAccount,
    ...reading,
    summary: 'Read who did what in the account that calls are for',
    description: `For its admins and owners; newest first. ${OF_A_PERSON}`,
  },
  ({ caller, accountId, query, origin }, { auditTrail }) => {
    const { limit, cursor, ...filter } = query;
    const work = { caller, accountId, origin };
    return auditTrail.ofAccount(work, filter, { after: auditCursor(cursor), limit });
  },
);

const exportAccount = route(
  'GET /v1/account/audit/export',
  {
    ...ofAccount,
    ...exporting,
    summary: 'Export the audit of the account that calls are for',
    description: `For its admins and owners. All events that the filters leave, newest first, as \`text/csv\` or as JSON lines; fields that a spreadsheet would take for a formula begin with an apostrophe. ${OF_A_PERSON}`,
  },
  async ({ caller, accountId, query, origin, wire }, { auditTrail }) => {
    const { format, ...filter } = query;
    const events = await auditTrail.exportAccount({ caller, accountId, origin }, filter);
    await sendAudit({ wire, origin }, format, events);
  },
);

const ofAll = { tag: 'Admin', auth: 'admin', scope: 'admin:read' } as const;
const ofOne = {
  account: z.uuid().optional().describe('Of this account alone.'),
  customer: customerFilter,
};
const adminSchema = auditSchema.extend({ account_id: z.uuid().nullable() }).meta({ id: 'AdminAuditEntry' });

const readAll = route(
  'GET /v1/admin/audit',
  {
    ...ofAll,
    ...reading,
    summary: 'Read who did what, in all accounts',
    aliases: ['GET /v1/admin/audit/trail'],
    description: 'Newest first; also what belongs to no account, such as log-ins and work of admins.',
    query: z.strictObject({ ...filters, ...ofOne, ...pageQuery }),
    reply: { 200: pageOf(adminSchema) },
  },
  ({ query }, { adminAudit }) => {
    const { limit, cursor, ...filter } = query;
    return adminAudit.list(filter, { after: auditCursor(cursor), limit });
  },
);

const exportAll = route(
  'GET /v1/admin/audit/export',
  {
    ...ofAll,
    ...exporting,
    summary: 'Export the audit of all accounts',
    description:
      'All events that the filters leave, newest first, as `text/csv` or as JSON lines; that it was exported is an event too.',
    query: z.strictObject({ format: z.enum(['csv', 'jsonl']), ...filters, ...ofOne }),
  },
  async ({ caller, query, origin, wire }, { adminAudit }) => {
    const { format, ...filter } = query;
    await sendAdminAudit({ wire, origin }, format, await adminAudit.export(caller, filter, origin));
  },
);

/** Calls that read what happened: in an organization, in the account that a call is for, in all accounts. */
export const auditRoutes: Route[] = [
  readOrganization,
  exportOrganization,
  readActivity,
  readAccount,
  exportAccount,
  readAll,
  exportAll,
];
