import {
  fileReply,
  namedObject,
  pageOf,
  pageQuery,
  positionOf,
  type Route,
  routesFor,
  sendDownload,
} from '#platform/http';
import { z } from 'zod';
import type { Erasure } from './erasure.ts';

const route = routesFor<Erasure>();
const tag = 'Exports';

const exportSchema = namedObject('DataExport', {
  id: z.uuid(),
  organization_id: z.uuid().nullable().describe('The organization that it is of; null: of yourself.'),
  status: z.enum(['waiting', 'ready', 'failed']),
  bytes: z.number().int().nullable(),
  expires_at: z.iso.datetime().nullable().describe('Until when it can be downloaded; null while it is made.'),
  created_at: z.iso.datetime(),
});
const position = z.tuple([z.uuid()]);

const ONCE = 'If one is under way, the answer is that one.';

const exportMe = route(
  'POST /v1/me/exports',
  {
    summary: 'Create an export of all your data',
    description: `Of you and your personal account, as JSON in a ZIP archive; a mail says when it is ready. ${ONCE}`,
    tag,
    auth: 'user',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 5, by: 'user' },
    reply: { 202: exportSchema },
    errors: ['step_up_required', 'conflict'],
  },
  ({ caller, origin, once }, { exports }) => exports.ask({ caller, origin, once }),
);

const exportOrganization = route(
  'POST /v1/organizations/:id/exports',
  {
    summary: 'Create an export of all data of an organization',
    description: `For owners. The owner who requested it finds and downloads it like their own, as long as they are an owner. ${ONCE}`,
    tag,
    auth: 'user',
    within: 'owner',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 5, by: 'user' },
    reply: { 202: exportSchema },
    errors: ['not_found', 'forbidden', 'step_up_required', 'conflict'],
  },
  ({ caller, params, origin, once }, { exports }) => exports.ask({ caller, origin, once }, params.id),
);

const listExports = route(
  'GET /v1/me/exports',
  {
    summary: 'List the exports that you asked for',
    description: 'Newest first, of yourself and of organizations. They are deleted after seven days.',
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 60, by: 'user' },
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(exportSchema) },
  },
  ({ caller, query }, { exports }) => {
    const after = query.cursor === undefined ? undefined : positionOf(query.cursor, position)[0];
    return exports.list(caller, { after, limit: query.limit });
  },
);

const getExport = route(
  'GET /v1/me/exports/:id',
  {
    summary: 'Read how an export stands',
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 120, by: 'user' },
    reply: { 200: exportSchema },
    errors: ['not_found'],
  },
  ({ caller, params }, { exports }) => exports.get(caller, params.id),
);

const downloadExport = route(
  'GET /v1/me/exports/:id/archive',
  {
    summary: 'Download an export',
    description:
      'A ZIP archive, for the user who requested it; of an organization, as long as they are an owner.',
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 10, by: 'user' },
    reply: { 200: fileReply },
    produces: ['application/zip'],
    errors: ['not_found'],
  },
  async ({ caller, params, origin, wire }, { exports }) => {
    const batches = await exports.download({ caller, origin }, params.id);
    await sendDownload(wire, { name: 'export.zip', type: 'application/zip', batches }, origin.signal);
  },
);

/** Calls on archives of what is kept of a person or an organization. */
export const erasureRoutes: Route[] = [exportMe, exportOrganization, listExports, getExport, downloadExport];
