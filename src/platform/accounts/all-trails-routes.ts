import { pageOf, pageQuery, type Route, routesFor, sendCsv, sendDownload } from '#platform/http';
import { z } from 'zod';
import type { Accounts } from './accounts.ts';
import { adminTableOf, linesOf } from './trail-lines.ts';
import { after, auditSchema, EVENT, filters, LINES } from './trail-routes.ts';

const route = routesFor<Accounts>();
const tag = 'Admin';

const adminSchema = auditSchema.extend({ account_id: z.uuid().nullable() }).meta({ id: 'AdminAuditEntry' });
const adminFilters = {
  ...filters,
  account: z.uuid().optional().describe('Of this account alone.'),
};
const ADMIN_EVENT = { ...EVENT, account_id: '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f01' };

const readAudits = route(
  'GET /v1/admin/audit',
  {
    summary: 'Read who did what, in all accounts',
    description: 'Newest first; also what belongs to no account, such as log-ins and work of admins.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject({ ...adminFilters, ...pageQuery }),
    reply: { 200: pageOf(adminSchema) },
    example: { query: { limit: 20, action: 'user' }, reply: { data: [ADMIN_EVENT], next_cursor: null } },
  },
  ({ query }, { allTrails }) => {
    const { limit, cursor: _, ...filter } = query;
    return allTrails.audit(filter, { after: after(query), limit });
  },
);

const exportAudits = route(
  'GET /v1/admin/audit/export',
  {
    summary: 'Export the audit of all accounts',
    description:
      'All events that the filters leave, newest first, as `text/csv` or as JSON lines; that it was exported is an event too.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 10, by: 'user' },
    query: z.strictObject({ format: z.enum(['csv', 'jsonl']), ...adminFilters }),
    reply: { 200: z.unknown() },
    example: { query: { format: 'jsonl' }, reply: `${JSON.stringify(ADMIN_EVENT)}\n` },
  },
  async ({ caller, query, origin, wire }, { allTrails }) => {
    const { format, ...filter } = query;
    const events = await allTrails.export(caller, filter, origin);
    await (format === 'csv'
      ? sendCsv(wire, adminTableOf(events), origin.signal)
      : sendDownload(wire, { ...LINES, batches: linesOf(events) }, origin.signal));
  },
);

/** Calls of platform admins that read what happened. */
export const allTrailsRoutes: Route[] = [readAudits, exportAudits];
