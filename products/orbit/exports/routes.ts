import {
  answer,
  AppError,
  assertPackages,
  followQuery,
  namedObject,
  pageOf,
  pageQuery,
  productRoutes,
  signedLink,
  WORK_STATUSES,
} from 'plinth/product';
import { z } from 'zod';
import { FORMATS, packagesOf } from '@plinth/documents';
import type { Exports } from './service.ts';
import { agrees, workspaceId } from '../workspaces/agreement.ts';
import type { ExportRow } from './store.ts';

const missing = namedObject('MissingFromExport', {
  what: z
    .enum(['script', 'font', 'logo'])
    .describe(
      '`script`: characters that the PDF has no font for; it names their script in brackets. `font`: characters that the DOCX holds, and whose font is left to the program that opens it. `logo`: the logo could not be read.',
    ),
  name: z.string().describe('The script: `Hangul`.'),
  characters: z.int(),
});

/** An export as it is answered. */
const exported = namedObject('ScopeExport', {
  id: z.uuid(),
  scope_id: z.uuid(),
  scope_version: z.int().describe('The version that the file shows.'),
  format: z.enum(FORMATS),
  citations: z.boolean(),
  status: z.enum(WORK_STATUSES),
  error: namedObject('ExportError', { code: z.string(), message: z.string() }).nullable(),
  bytes: z.int().nullable(),
  missing: z.array(missing).describe('What the file could not show.'),
  expires_at: z.iso.datetime().describe('When the file is deleted, unless somebody asks for it again.'),
  created_at: z.iso.datetime(),
});

/** The same with a link. */
const linkedExport = namedObject('ScopeExportFile', {
  ...exported.shape,
  download: signedLink.nullable(),
});

function shownExport(row: ExportRow): z.infer<typeof exported> {
  return {
    id: row.id,
    scope_id: row.scope_id,
    scope_version: row.scope_version,
    format: row.format,
    citations: row.citations,
    status: row.status,
    error: row.failure,
    bytes: row.bytes,
    missing: [...row.missing],
    expires_at: row.expires_at.toISOString(),
    created_at: row.created_at.toISOString(),
  };
}

const route = productRoutes<{ readonly exports: Exports }>();

const common = {
  tag: 'Orbit exports',
  auth: 'account',
  may: 'viewer',
  scope: 'orbit:read',
  rate: { perMinute: 600, by: 'account' },
} as const;

const asked = namedObject('QueuedScopeExport', {
  export_id: z.uuid(),
  scope_id: z.uuid(),
  format: z.enum(FORMATS),
  status: z.string(),
  reused: z.boolean().describe('Whether it was there before: then it is not charged again.'),
  status_url: z.string(),
});

/** POST /v1/scopes/:id/export: the file that is there for an unchanged scope, or a job that makes it. */
export const exportScope = route(
  'POST /v1/scopes/:id/export',
  {
    ...common,
    may: 'member',
    scope: 'orbit:write',
    rate: { perMinute: 10, by: 'account' },
    summary: 'Export a scope as a file',
    description:
      'Answers at once; a worker makes the file. Follow `status_url` with `?wait=20` until it is completed: then it has a link. Of a scope that has not changed since, with the same format and branding, you are given the export that is there (`reused`), and it counts once against the exports of the month.',
    body: namedObject('ExportScopeRequest', {
      workspace_id: workspaceId,
      format: z.enum(FORMATS),
      citations: z
        .boolean()
        .default(false)
        .describe(
          'Whether the documents and passages that sections come from are listed at the end, and open conflicts are shown with the documents that they name.',
        ),
    }),
    reply: { 202: asked },
    errors: [
      'workspace_mismatch',
      'scope_not_found',
      'export_too_large',
      'export_not_found',
      'limit_exceeded',
      'plan_required',
      'package_missing',
    ],
  },
  ({ accountId, caller, spender, origin, params, body, onceInSteps }, { exports }) => {
    const { workspace_id, format, citations } = body;
    agrees(workspace_id, accountId);
    assertPackages(packagesOf(format));
    return onceInSteps({
      async run() {
        const wish = { accountId, scopeId: params.id, format, citations };
        const { row, reused } = await exports.ask(wish, { caller, spender, origin });
        const { id, scope_id, status } = row;
        const status_url = `/v1/exports/${id}`;
        const said = { export_id: id, scope_id, format: row.format, status, reused, status_url };
        return answer(202, said, { location: status_url });
      },
      isOver: (error) => error instanceof AppError && error.status < 500,
    });
  },
);

/** GET /v1/exports/:id: as it stands, or when it ends; with a link once there is a file. */
export const readExport = route(
  'GET /v1/exports/:id',
  {
    ...common,
    rate: { perMinute: 1_200, by: 'account' },
    summary: 'Read an export and get its link',
    description:
      'With `?wait=20` the answer comes when it has ended, or after 20 seconds as it stands then. Anybody can read the file by the link until `download.expires_at`; ask again for a new one.',
    query: z.strictObject(followQuery),
    reply: { 200: linkedExport },
    errors: ['export_not_found'],
  },
  async ({ accountId, params, query, origin }, { exports }) => {
    const key = { accountId, id: params.id };
    const { signal } = origin;
    const row = await (query.wait === 0
      ? exports.read(key)
      : exports.waitFor(key, { seconds: query.wait, signal }));
    const download = (await exports.linkOf({ accountId, row })) ?? null;
    return { ...shownExport(row), download };
  },
);

export const listExports = route(
  'GET /v1/scopes/:id/exports',
  {
    ...common,
    summary: 'List the exports of a scope',
    description: 'Newest first. Read one for its link.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(exported) },
    errors: ['scope_not_found'],
  },
  async ({ accountId, params, query }, { exports }) => {
    const { data, next_cursor } = await exports.list(accountId, { ...query, scopeId: params.id });
    return { data: data.map(shownExport), next_cursor };
  },
);
