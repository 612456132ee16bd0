import {
  fileReply,
  namedObject,
  pageOf,
  pageQuery,
  positionOf,
  type Route,
  routesFor,
  sendDownload,
  wholeNumber,
} from '#platform/http';
import { z } from 'zod';
import type { Erasure } from './erasure.ts';
import { ONE_SUBJECT, subjectFields } from './named-subject.ts';

const route = routesFor<Erasure>();
const tag = 'Compliance';

const exportSchema = namedObject('OperatorExport', {
  id: z.uuid(),
  account_id: z.uuid().nullable().describe('The account that it is of; null: of a person.'),
  user_id: z.uuid().nullable().describe('The person that it is of, with their personal account.'),
  asked_by: z.uuid().describe('The platform admin.'),
  status: z.enum(['waiting', 'ready', 'failed']),
  bytes: z.int().nullable(),
  url: z.string().nullable().describe('A signed link, made anew with each answer; null: not ready.'),
  url_expires_at: z.iso.datetime().nullable().describe('15 minutes from now.'),
  expires_at: z.iso.datetime().nullable().describe('When it is deleted; null while it is made.'),
  created_at: z.iso.datetime(),
});
const position = z.tuple([z.uuid()]);

const askFor = route(
  'POST /v1/admin/data/exports',
  {
    summary: 'Create an export of an account or a person, as an operator',
    description:
      'In a session that was proven within 15 minutes. The same archive as its owner or the person can have made; it is in their audit. If you wait for one already, the answer is that one.',
    tag,
    auth: 'admin',
    scope: 'admin:write',
    stepUp: true,
    rate: { perMinute: 10, by: 'user' },
    body: namedObject('OperatorExportRequest', subjectFields).refine(...ONE_SUBJECT),
    reply: { 202: exportSchema },
    errors: ['not_found', 'conflict'],
  },
  ({ caller, body, origin, once }, { operatorExports }) =>
    operatorExports.ask({ caller, origin, once }, body),
);

const listAll = route(
  'GET /v1/admin/data/exports',
  {
    tag,
    auth: 'admin',
    scope: 'admin:write',
    stepUp: true,
    rate: { perMinute: 60, by: 'user' },
    summary: 'List the exports that operators asked for',
    description: 'Newest first, with links that are good for 15 minutes. They are deleted after seven days.',
    aliases: ['GET /v1/admin/data/export'],
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(exportSchema) },
  },
  ({ query: { limit, cursor } }, { operatorExports }) => {
    const after = cursor === undefined ? undefined : positionOf(cursor, position)[0];
    return operatorExports.list({ after, limit });
  },
);

const downloadLink = route(
  'GET /v1/exports/:id/archive',
  {
    summary: 'Download an export by a signed link',
    description: 'A ZIP archive. The link is made by the server for an operator, and cannot be changed.',
    tag,
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    query: z.strictObject({
      expires: wholeNumber(0, 1e11).describe('Seconds since 1970.'),
      signature: z.string().regex(/^[\w-]{43}$/),
    }),
    reply: { 200: fileReply },
    produces: ['application/zip'],
    errors: ['signed_url_invalid', 'signed_url_expired', 'not_found'],
  },
  async ({ params, query, origin, wire }, { operatorExports }) => {
    const batches = await operatorExports.download(params.id, query, origin);
    await sendDownload(wire, { name: 'export.zip', type: 'application/zip', batches }, origin.signal);
  },
);

/** Calls of operators on archives of a person's or an organization's data, and of holders of a link to one. */
export const operatorRoutes: Route[] = [askFor, listAll, downloadLink];
