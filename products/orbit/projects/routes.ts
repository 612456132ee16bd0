import {
  commitPoint,
  namedObject,
  okReply,
  pageOf,
  pageQuery,
  productRoutes,
  versionedAnswer,
} from 'plinth/product';
import { z } from 'zod';
import type { Projects } from './service.ts';
import { line } from '../words.ts';
import { agrees, workspaceId } from '../workspaces/agreement.ts';
import type { ProjectRow } from './store.ts';

const ADD = commitPoint('orbit.project-add', 'a project, and the answer under the request’s key');

const route = productRoutes<{ readonly projects: Projects }>();

const reads = {
  tag: 'Orbit projects',
  auth: 'account',
  may: 'viewer',
  scope: 'orbit:read',
  rate: { perMinute: 600, by: 'account' },
} as const;
const writes = { ...reads, may: 'member', scope: 'orbit:write' } as const;

const project = namedObject('Project', {
  id: z.uuid(),
  name: z.string(),
  client_name: z.string().nullable(),
  archived_at: z.iso.datetime().nullable().describe('Archived since then; null: in use.'),
  created_by: z.uuid(),
  version: z.int().describe('Counts its changes; the ETag of the project.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

function toJson({ archived_at, created_at, updated_at, ...row }: ProjectRow): z.input<typeof project> {
  return {
    id: row.id,
    name: row.name,
    client_name: row.client_name,
    archived_at: archived_at?.toISOString() ?? null,
    created_by: row.created_by,
    version: row.version,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  };
}

const answerWithEtag = (row: ProjectRow) => versionedAnswer(row, toJson(row));

const name = line(200);
const client_name = line(200).nullable();

export const addProject = route(
  'POST /v1/projects',
  {
    ...writes,
    summary: 'Create a project',
    body: namedObject('CreateProjectRequest', {
      workspace_id: workspaceId,
      name,
      client_name: client_name.default(null),
    }),
    reply: { 201: project },
    errors: ['workspace_mismatch'],
  },
  async ({ accountId, caller, origin, body, once }, { projects }) => {
    const { workspace_id, ...said } = body;
    agrees(workspace_id, accountId);
    return once(ADD, async (tx) => {
      const row = await projects.addIn(tx, { accountId, caller, origin }, said);
      const headers = { location: `/v1/projects/${row.id}` };
      return versionedAnswer(row, toJson(row), { status: 201, headers });
    });
  },
);

export const listProjects = route(
  'GET /v1/projects',
  {
    ...reads,
    summary: 'List projects',
    description: 'Newest first.',
    query: z.strictObject({
      ...pageQuery,
      workspace_id: workspaceId,
      archived: z.enum(['true', 'false']).default('false').describe('`true`: those in the archive.'),
      client_name: line(200).optional().describe('Of this client alone; upper and lower case are the same.'),
    }),
    reply: { 200: pageOf(project) },
    errors: ['workspace_mismatch'],
  },
  async ({ accountId, query }, { projects }) => {
    const { workspace_id, archived, ...rest } = query;
    agrees(workspace_id, accountId);
    const { data, next_cursor } = await projects.list(accountId, { ...rest, archived: archived === 'true' });
    return { data: data.map(toJson), next_cursor };
  },
);

export const readProject = route(
  'GET /v1/projects/:id',
  {
    ...reads,
    summary: 'Read a project',
    reply: { 200: project },
    errors: ['project_not_found'],
  },
  async ({ accountId, params }, { projects }) =>
    answerWithEtag(await projects.read({ accountId, id: params.id })),
);

export const changeProject = route(
  'PATCH /v1/projects/:id',
  {
    ...writes,
    summary: 'Change, archive or unarchive a project',
    description: 'Only the fields that you send are changed. No scope is put into an archived project.',
    versioned: true,
    body: namedObject('UpdateProjectRequest', {
      name: name.optional(),
      client_name: client_name.optional(),
      archived: z.boolean().optional(),
    }).refine((body) => Object.keys(body).length > 0, 'Say what to change.'),
    reply: { 200: project },
    errors: ['project_not_found', 'precondition_failed'],
  },
  async ({ accountId, caller, origin, params, ifMatch, body }, { projects }) => {
    const which = { accountId, caller, origin, id: params.id, version: ifMatch };
    return answerWithEtag(await projects.change(which, body));
  },
);

export const deleteProject = route(
  'DELETE /v1/projects/:id',
  {
    ...writes,
    summary: 'Delete a project',
    description: 'Its scopes stay, in no project.',
    reply: { 200: okReply },
    errors: ['project_not_found'],
  },
  async ({ accountId, caller, origin, params }, { projects }) => {
    await projects.remove({ accountId, caller, origin, id: params.id });
    return { ok: true };
  },
);
