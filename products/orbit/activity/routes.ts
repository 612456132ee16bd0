import { namedObject, pageOf, pageQuery, productRoutes } from 'plinth/product';
import { z } from 'zod';
import type { ActivityFeed } from './service.ts';
import type { LineRow } from './store.ts';

const route = productRoutes<{ readonly activity: ActivityFeed }>();

const reads = {
  tag: 'Orbit activity',
  scope: 'orbit:read',
  rate: { perMinute: 300, by: 'user' },
} as const;

const activity = namedObject('ScopeActivity', {
  id: z.uuid(),
  workspace_id: z.uuid(),
  kind: z
    .string()
    .describe('`scope.created`, `document.uploaded`, `comment.added`, `scope.status_changed` …'),
  scope: namedObject('ActivityScope', { id: z.uuid(), title: z.string().nullable() })
    .nullable()
    .describe('null: of the workspace. Without a title it is deleted.'),
  user_id: z.uuid().nullable().describe('Who did it; null: the server.'),
  data: z.record(z.string(), z.unknown()).describe('Ids, versions and names of fields.'),
  created_at: z.iso.datetime(),
});

const filters = {
  ...pageQuery,
  kind: z
    .string()
    .max(60)
    .regex(/^[a-z]+(\.[a-z_]+)?$/, 'A kind such as comment.added, or a subject such as comment.')
    .optional()
    .describe('One kind, or all of a subject: `comment.added`, `comment`.'),
  actor: z.uuid().optional().describe('What one person did.'),
} as const;

function toJson(row: LineRow): z.input<typeof activity> {
  return {
    id: row.id,
    workspace_id: row.account_id,
    kind: row.kind,
    scope: row.scope_id === null ? null : { id: row.scope_id, title: row.scope_title },
    user_id: row.actor_user,
    data: { ...row.data },
    created_at: row.created_at.toISOString(),
  };
}

export const listActivity = route(
  'GET /v1/activity',
  {
    ...reads,
    summary: 'List recent activity in your workspaces',
    description:
      'Newest first, of all workspaces that you are a member of now, or of the one that `workspace_id` names. A key is for its workspace alone. What one person does again and again (saving a text, adding sections) is one line in ten minutes.',
    auth: 'user',
    query: z.strictObject({ ...filters, workspace_id: z.uuid().optional() }),
    reply: { 200: pageOf(activity) },
    errors: ['not_found'],
  },
  async ({ caller, query }, { activity: feed }) => {
    const { workspace_id, ...filter } = query;
    const { data, next_cursor } = await feed.ofUser(caller, workspace_id, filter);
    return { data: data.map(toJson), next_cursor };
  },
);

export const listScopeActivity = route(
  'GET /v1/scopes/:id/activity',
  {
    ...reads,
    summary: 'List the activity of a scope',
    description: 'Newest first, also of one in the trash.',
    auth: 'account',
    may: 'viewer',
    query: z.strictObject(filters),
    reply: { 200: pageOf(activity) },
    errors: ['scope_not_found'],
  },
  async ({ accountId, params, query }, { activity: feed }) => {
    const { data, next_cursor } = await feed.ofScope({ accountId, scopeId: params.id }, query);
    return { data: data.map(toJson), next_cursor };
  },
);
