import {
  answer,
  commitPoint,
  namedObject,
  okReply,
  pageOf,
  pageQuery,
  productRoutes,
  versionedAnswer,
} from 'plinth/product';
import { z } from 'zod';
import type { Scopes } from './service.ts';
import { line, text } from '../words.ts';
import { agrees, workspaceId } from '../workspaces/agreement.ts';
import { SCOPE_STATUSES } from './scope.ts';
import { scope, shownScope, shownWhole, wholeScope } from './replies.ts';
import { SCOPE_SORTS } from './store.ts';

const RESTORE = commitPoint(
  'orbit.scope-restore',
  'a scope out of the trash, and the answer under the request’s key',
);

interface Service {
  readonly scopes: Scopes;
}

const route = productRoutes<Service>();

const reads = {
  tag: 'Orbit scopes',
  auth: 'account',
  may: 'viewer',
  scope: 'orbit:read',
  rate: { perMinute: 1_200, by: 'account' },
} as const;
const writes = {
  ...reads,
  may: 'member',
  scope: 'orbit:write',
  rate: { perMinute: 600, by: 'account' },
} as const;

const title = line(300);
const client_name = line(200).nullable();
const project_id = z.uuid().nullable();
const summary = text(10_000);
const currency = z
  .string()
  .regex(/^[A-Za-z]{3}$/, 'A currency has three letters.')
  .toUpperCase()
  .describe('By ISO 4217.');

/** A made scope is read anew by the id that was kept. */
async function readAgain(
  { accountId, kept }: { readonly accountId: Parameters<Scopes['read']>[0]; readonly kept: unknown },
  { scopes }: Service,
) {
  const { id } = z.object({ id: z.uuid() }).parse(kept);
  return shownWhole(await scopes.read(accountId, id));
}

const created = namedObject('CreateScopeRequest', {
  workspace_id: workspaceId,
  title,
  client_name: client_name.default(null),
  project_id: project_id.default(null),
  summary: summary.default(''),
  currency: currency
    .optional()
    .describe('By ISO 4217; when not said, that of the workspace’s settings, else USD.'),
});

export const createScope = route(
  'POST /v1/scopes',
  {
    ...writes,
    summary: 'Create a scope',
    description: 'It counts against the scopes of the month.',
    spends: {
      feature: 'scope',
      as: 'inline',
      replay: readAgain,
      async check({ accountId, body }, { scopes }: Service) {
        agrees(body.workspace_id, accountId);
        await scopes.assertProject(accountId, body.project_id);
      },
    },
    body: created,
    reply: { 201: wholeScope },
    errors: ['workspace_mismatch', 'project_not_found', 'project_archived', 'scope_not_found'],
  },
  async ({ accountId, caller, origin, permit, body }, { scopes }) => {
    const { workspace_id: _, ...said } = body;
    const row = await scopes.create({ accountId, caller, origin, permit }, said);
    const headers = { location: `/v1/scopes/${row.id}` };
    return versionedAnswer(row, shownWhole({ scope: row, sections: [] }), { status: 201, headers });
  },
);

export const listScopes = route(
  'GET /v1/scopes',
  {
    ...reads,
    summary: 'List and search scopes',
    description:
      'Without their sections. `q` finds all of its words in title, client, summary and sections, the last one as the beginning of a word.',
    query: z.strictObject({
      ...pageQuery,
      workspace_id: workspaceId,
      status: z.enum(SCOPE_STATUSES).optional(),
      project_id: z.uuid().optional(),
      client_name: line(200).optional().describe('Of this client alone; upper and lower case are the same.'),
      created_by: z.uuid().optional(),
      q: line(200).optional().describe('Words to search for.'),
      deleted: z.enum(['true', 'false']).default('false').describe('`true`: those in the trash.'),
      sort: z.enum(SCOPE_SORTS).default('-updated_at').describe('With a minus: downwards.'),
    }),
    reply: { 200: pageOf(scope) },
    errors: ['workspace_mismatch', 'project_not_found'],
  },
  async ({ accountId, query }, { scopes }) => {
    const { workspace_id, limit, cursor, sort, deleted, ...rest } = query;
    agrees(workspace_id, accountId);
    const filters = { ...rest, deleted: deleted === 'true' };
    const found = await scopes.find({ accountId, filters, sort, cursor, limit });
    return { data: found.data.map(shownScope), next_cursor: found.next_cursor };
  },
);

export const readScope = route(
  'GET /v1/scopes/:id',
  {
    ...reads,
    summary: 'Read a scope with its sections',
    reply: { 200: wholeScope },
    errors: ['scope_not_found'],
  },
  async ({ accountId, params }, { scopes }) => {
    const whole = await scopes.read(accountId, params.id);
    return versionedAnswer(whole.scope, shownWhole(whole));
  },
);

export const changeScope = route(
  'PATCH /v1/scopes/:id',
  {
    ...writes,
    summary: 'Change a scope',
    description:
      'Only the fields that you send are changed. With If-Match and a version that is no longer the present one it is 412, and `details.current` is the scope as it is by now.',
    versioned: true,
    body: namedObject('UpdateScopeRequest', {
      workspace_id: workspaceId,
      title: title.optional(),
      client_name: client_name.optional(),
      project_id: project_id.optional(),
      summary: summary.optional(),
      currency: currency.optional(),
    }).refine((body) => Object.keys(body).some((field) => field !== 'workspace_id'), 'Say what to change.'),
    reply: { 200: scope },
    errors: [
      'workspace_mismatch',
      'scope_not_found',
      'scope_frozen',
      'project_not_found',
      'project_archived',
      'precondition_failed',
    ],
  },
  async ({ accountId, caller, origin, params, ifMatch, body }, { scopes }) => {
    const { workspace_id, ...said } = body;
    agrees(workspace_id, accountId);
    const which = { accountId, caller, origin, scopeId: params.id, version: ifMatch };
    const row = await scopes.change(which, said);
    return versionedAnswer(row, shownScope(row));
  },
);

export const setScopeStatus = route(
  'PATCH /v1/scopes/:id/status',
  {
    ...writes,
    summary: 'Set the status of a scope',
    description:
      'From `draft` to in_review; from in_review to approved; from approved to sent or back to in_review; to archived from each of these; and back to draft from all. Another move is 409 `illegal_status`. To approve or send a scope with open conflicts is 409 `open_conflicts`, unless `despite_conflicts` is true. Once it was sent or archived, its text stays as it is.',
    versioned: true,
    aliases: ['POST /v1/scopes/:id/status'],
    body: namedObject('SetScopeStatusRequest', {
      status: z.enum(SCOPE_STATUSES),
      despite_conflicts: z
        .boolean()
        .default(false)
        .describe('Whether a scope is approved or sent although documents contradict each other in it.'),
    }),
    reply: { 200: scope },
    errors: ['scope_not_found', 'illegal_status', 'open_conflicts', 'precondition_failed'],
  },
  async ({ accountId, caller, origin, params, ifMatch, body }, { scopes }) => {
    const which = { accountId, caller, origin, scopeId: params.id, version: ifMatch };
    const { status, despite_conflicts: despiteConflicts } = body;
    const row = await scopes.setStatus(which, { status, despiteConflicts });
    return versionedAnswer(row, shownScope(row));
  },
);

export const duplicateScope = route(
  'POST /v1/scopes/:id/duplicate',
  {
    ...writes,
    summary: 'Duplicate a scope with its sections',
    description: 'The copy is a draft. It counts against the scopes of the month.',
    spends: {
      feature: 'scope',
      as: 'inline',
      replay: readAgain,
      async check({ accountId, params }, { scopes }: Service) {
        await scopes.read(accountId, params.id);
      },
    },
    body: namedObject('DuplicateScopeRequest', {
      title: title.optional().describe('As that of the scope when not said.'),
    }),
    reply: { 201: wholeScope },
    errors: ['scope_not_found', 'scope_too_long'],
  },
  async ({ accountId, caller, origin, permit, params, body }, { scopes }) => {
    const by = { accountId, caller, origin, permit };
    const { id } = await scopes.duplicate(by, { scopeId: params.id, title: body.title });
    const whole = await scopes.read(accountId, id);
    return versionedAnswer(whole.scope, shownWhole(whole), {
      status: 201,
      headers: { location: `/v1/scopes/${id}` },
    });
  },
);

export const deleteScope = route(
  'DELETE /v1/scopes/:id',
  {
    ...writes,
    summary: 'Move a scope to the trash',
    description: 'It is gone from everywhere else at once, and for good 30 days later.',
    reply: { 200: okReply },
    errors: ['scope_not_found'],
  },
  async ({ accountId, caller, origin, params }, { scopes }) => {
    await scopes.remove({ accountId, caller, origin, scopeId: params.id });
    return { ok: true };
  },
);

export const restoreScope = route(
  'POST /v1/scopes/:id/restore',
  {
    ...writes,
    summary: 'Restore a scope from the trash',
    description: 'One that is in use stays as it is.',
    reply: { 200: scope },
    errors: ['scope_not_found'],
  },
  ({ accountId, caller, origin, params, once }, { scopes }) =>
    once(RESTORE, async (tx) => {
      const row = await scopes.restoreIn(tx, { accountId, caller, origin, scopeId: params.id });
      return answer(200, shownScope(row), { etag: `"${row.version}"` });
    }),
);
