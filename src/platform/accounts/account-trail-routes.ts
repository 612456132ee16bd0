import { pageOf, pageQuery, type Route, routesFor, sendCsv, sendDownload } from '#platform/http';
import { z } from 'zod';
import type { Accounts } from './accounts.ts';
import { linesOf, tableOf } from './trail-lines.ts';
import { after, auditSchema, EVENT, filters, LINES } from './trail-routes.ts';

const route = routesFor<Accounts>();
const tag = 'Account';
const OF_A_PERSON =
  'Of a personal account it has besides what its owner did as a person: sign-ins, also refused ones, devices, passwords, second factors, exports.';

const readAudit = route(
  'GET /v1/account/audit',
  {
    summary: 'Read who did what in the account that calls are for',
    description: `For its admins and owners; newest first. ${OF_A_PERSON}`,
    tag,
    auth: 'account',
    may: 'admin',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject({ ...filters, ...pageQuery }),
    reply: { 200: pageOf(auditSchema) },
    example: { query: { limit: 20, action: 'member' }, reply: { data: [EVENT], next_cursor: null } },
  },
  ({ caller, accountId, query, origin }, { trail }) => {
    const { limit, cursor: _, ...filter } = query;
    return trail.ofAccount({ caller, accountId, origin }, filter, { after: after(query), limit });
  },
);

const exportAudit = route(
  'GET /v1/account/audit/export',
  {
    summary: 'Export the audit of the account that calls are for',
    description: `For its admins and owners. All events that the filters leave, newest first, as \`text/csv\` or as JSON lines; fields that a spreadsheet would take for a formula begin with an apostrophe. ${OF_A_PERSON}`,
    tag,
    auth: 'account',
    may: 'admin',
    scope: 'account:read',
    rate: { perMinute: 10, by: 'user' },
    query: z.strictObject({ format: z.enum(['csv', 'jsonl']), ...filters }),
    reply: { 200: z.unknown() },
    example: { query: { format: 'jsonl' }, reply: `${JSON.stringify(EVENT)}\n` },
  },
  async ({ caller, accountId, query, origin, wire }, { trail }) => {
    const { format, ...filter } = query;
    const events = await trail.exportOfAccount({ caller, accountId, origin }, filter);
    await (format === 'csv'
      ? sendCsv(wire, tableOf(events), origin.signal)
      : sendDownload(wire, { ...LINES, batches: linesOf(events) }, origin.signal));
  },
);

/** Calls that read what happened in an account of either kind. */
export const accountTrailRoutes: Route[] = [readAudit, exportAudit];
