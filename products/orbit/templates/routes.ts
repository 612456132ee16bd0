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
import { shownWhole, wholeScope } from '../scopes/replies.ts';
import type { Changes } from '../changes/service.ts';
import type { Templates } from './service.ts';
import { agrees, workspaceId } from '../workspaces/agreement.ts';
import { APPLY_MODES } from './apply-template.ts';
import { VISIBILITIES } from './service.ts';
import {
  changedTemplate,
  newTemplate,
  shownSummary,
  shownTemplate,
  summary,
  TEMPLATE,
  template,
} from './replies.ts';

const ADD = commitPoint('orbit.template-add', 'a template, and the answer under the request’s key');
const APPLY = commitPoint(
  'orbit.template-apply',
  'the sections of a template in a scope, its version, and the answer under the request’s key',
);

const route = productRoutes<{ readonly changes: Changes; readonly templates: Templates }>();

const reads = {
  tag: 'Orbit templates',
  auth: 'account',
  may: 'viewer',
  scope: 'orbit:read',
  rate: { perMinute: 600, by: 'account' },
} as const;
const manages = {
  ...reads,
  may: 'admin',
  scope: 'orbit:write',
  rate: { perMinute: 60, by: 'account' },
} as const;
/** A hundred sections; letters of some scripts have three bytes. */
export const LARGEST_TEMPLATE = 512 * 1_024;
export const NEW = { name: TEMPLATE.name, description: TEMPLATE.description, sections: TEMPLATE.sections };

export const listTemplates = route(
  'GET /v1/templates',
  {
    ...reads,
    summary: 'List the templates of the workspace, and public ones',
    description: 'Newest first, without their sections.',
    query: z.strictObject({
      ...pageQuery,
      workspace_id: workspaceId,
      visibility: z.enum(VISIBILITIES).optional().describe('Both when not said.'),
    }),
    reply: { 200: pageOf(summary) },
    errors: ['workspace_mismatch'],
  },
  async ({ accountId, query }, { templates }) => {
    agrees(query.workspace_id, accountId);
    const { data, next_cursor } = await templates.list(accountId, query);
    return { data: data.map(shownSummary), next_cursor };
  },
);

export const readTemplate = route(
  'GET /v1/templates/:id',
  {
    ...reads,
    summary: 'Read a template',
    reply: { 200: template },
    errors: ['template_not_found'],
  },
  async ({ accountId, params }, { templates }) => {
    const row = await templates.read({ accountId, id: params.id });
    return versionedAnswer(row, shownTemplate(row));
  },
);

export const addTemplate = route(
  'POST /v1/templates',
  {
    ...manages,
    summary: 'Create a template for the workspace',
    private: true,
    maxBody: LARGEST_TEMPLATE,
    body: namedObject('CreateTemplateRequest', { workspace_id: workspaceId, ...newTemplate.shape }),
    reply: { 201: template },
    errors: ['workspace_mismatch', 'template_limit'],
  },
  ({ accountId, caller, origin, body, once }, { templates }) => {
    agrees(body.workspace_id, accountId);
    return once(ADD, async (tx) => {
      const row = await templates.addIn(tx, { accountId, caller, origin }, body);
      const headers = { location: `/v1/templates/${row.id}` };
      return versionedAnswer(row, shownTemplate(row), { status: 201, headers });
    });
  },
);

export const changeTemplate = route(
  'PATCH /v1/templates/:id',
  {
    ...manages,
    summary: 'Change a template of the workspace',
    description: 'Only the fields that you send are changed. A public template is 404 here.',
    versioned: true,
    maxBody: LARGEST_TEMPLATE,
    body: changedTemplate,
    reply: { 200: template },
    errors: ['template_not_found', 'precondition_failed'],
  },
  async ({ accountId, params, caller, origin, ifMatch: version, body }, { templates }) => {
    const row = await templates.change({ accountId, id: params.id, caller, origin, version }, body);
    return versionedAnswer(row, shownTemplate(row));
  },
);

export const deleteTemplate = route(
  'DELETE /v1/templates/:id',
  {
    ...manages,
    summary: 'Delete a template of the workspace',
    description: 'Scopes that it was applied to stay as they are.',
    reply: { 200: okReply },
    errors: ['template_not_found'],
  },
  async ({ accountId, params, caller, origin }, { templates }) => {
    await templates.remove({ accountId, id: params.id, caller, origin });
    return { ok: true };
  },
);

export const applyTemplate = route(
  'POST /v1/templates/:id/apply',
  {
    ...reads,
    may: 'member',
    scope: 'orbit:write',
    rate: { perMinute: 60, by: 'account' },
    summary: 'Apply a template to a scope',
    description:
      'In one commit. `append`: its sections come after those that are there. `replace`: those that are there are deleted; the versions of the scope keep them. `by_title`: sections with the title of one of the template’s get its text, and the others of the template come after them. If-Match takes the version of the scope.',
    private: true,
    versioned: true,
    body: namedObject('ApplyTemplateRequest', {
      workspace_id: workspaceId,
      scope_id: z.uuid(),
      mode: z.enum(APPLY_MODES).default('append'),
    }),
    reply: { 200: wholeScope },
    errors: [
      'workspace_mismatch',
      'template_not_found',
      'scope_not_found',
      'scope_frozen',
      'section_limit',
      'scope_too_long',
      'precondition_failed',
    ],
  },
  async ({ accountId, params, caller, origin, ifMatch: version, body, once }, { templates, changes }) => {
    const { workspace_id, scope_id: scopeId, mode } = body;
    agrees(workspace_id, accountId);
    // The workspace's own template is read in the commit: a repeat is answered as before, also once the template is deleted.
    const shared = await templates.published.read(params.id);
    const applied = { accountId, caller, origin, id: params.id, shared, scopeId, mode, version };
    const made = await once(APPLY, async (tx) => {
      const whole = await templates.applyIn(tx, applied);
      return versionedAnswer(whole.scope, shownWhole(whole));
    });
    changes.moved(scopeId);
    return made;
  },
);
