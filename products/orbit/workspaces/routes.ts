import {
  answer,
  commitPoint,
  namedObject,
  pageOf,
  pageQuery,
  positionOf,
  productRoutes,
  ROLES,
  versionedAnswer,
} from 'plinth/product';
import { z } from 'zod';
import type { Workspaces } from './service.ts';
import { line } from '../words.ts';
import { type Colours, coloursSchema, PRIVACY, type WorkspaceRow } from './workspace.ts';

const fields = {
  id: z.uuid().describe('The organization, and what X-Account-Id names.'),
  name: z.string(),
  slug: z.string().nullable().describe('Null: Orbit was not opened in it yet.'),
  role: z.enum(ROLES).describe('Your own in it.'),
  status: z.enum(['active', 'suspended']),
  logo_blob_id: z.uuid().nullable(),
  colours: namedObject('WorkspaceColours', { primary: z.string(), accent: z.string() }).nullable(),
  privacy: z.enum(PRIVACY).describe('no_models: nothing of it is sent to a model.'),
  settings: namedObject('WorkspaceSettings', {
    currency: z.string().describe('Of new scopes.'),
    language: z.string().describe('Of exports, and of titles of extracted sections.'),
  }),
  restorable_until: z.iso
    .datetime()
    .nullable()
    .describe('Until when a deleted one can be opened again; null: it is open.'),
  version: z.int().describe('Counts its changes; the ETag of the workspace.'),
  created_at: z.iso.datetime(),
} as const;

const workspace = namedObject('Workspace', fields);

interface WorkspaceView {
  readonly organization: {
    readonly id: string;
    readonly name: string;
    readonly role: (typeof ROLES)[number];
    readonly status: 'active' | 'suspended';
    readonly restorable_until: string | null;
    readonly created_at: string;
  };
  readonly workspace: WorkspaceRow | undefined;
}

function shownWorkspace({ organization, workspace: row }: WorkspaceView): z.input<typeof workspace> {
  const { id, name, role, status, restorable_until, created_at } = organization;
  const colours: Colours | null = row?.colours ?? null;
  return {
    id,
    name,
    slug: row?.slug ?? null,
    role,
    status,
    logo_blob_id: row?.logo_blob_id ?? null,
    colours: colours === null ? null : { ...colours },
    privacy: row?.privacy ?? 'standard',
    settings: { currency: row?.settings.currency ?? 'USD', language: row?.settings.language ?? 'en' },
    restorable_until,
    version: row?.version ?? 1,
    created_at,
  };
}

const MADE = commitPoint(
  'orbit.organization-made',
  'the organization of a new workspace, and its id under the request’s key',
);

const route = productRoutes<{ readonly workspaces: Workspaces }>();

const reads = {
  tag: 'Orbit workspaces',
  auth: 'user',
  scope: 'orbit:read',
  rate: { perMinute: 120, by: 'user' },
} as const;
const position = z.tuple([z.uuid()]);

const slug = z
  .string()
  .min(2)
  .max(60)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'Lower-case letters, digits, and single hyphens between them.');

const chosenSettings = namedObject('ChosenWorkspaceSettings', {
  currency: z
    .string()
    .regex(/^[A-Za-z]{3}$/)
    .toUpperCase()
    .optional(),
  language: z
    .string()
    .max(35)
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/)
    .optional(),
});

export const makeWorkspace = route(
  'POST /v1/workspaces',
  {
    ...reads,
    scope: 'session',
    rate: { perMinute: 10, by: 'user' },
    summary: 'Create a workspace',
    description:
      'An organization that you own. `POST /v1/onboarding/workspace` does the same, and takes up one that was begun.',
    body: namedObject('CreateWorkspaceRequest', { name: line(200) }),
    reply: { 201: workspace },
    errors: ['conflict', 'too_many_organizations'],
  },
  async ({ caller, origin, body, once }, { workspaces }) => {
    const made = await once(MADE, async (tx) => {
      const { id } = await workspaces.makeOrganizationIn(tx, { caller, origin }, body.name);
      return answer(201, { id });
    });
    const view = await workspaces.get({ caller, origin, organization: made.body.id });
    const headers = { ...made.headers, location: `/v1/workspaces/${made.body.id}` };
    return versionedAnswer(view.workspace, shownWorkspace(view), { status: 201, headers });
  },
);

export const listWorkspaces = route(
  'GET /v1/workspaces',
  {
    ...reads,
    summary: 'List your workspaces',
    description: 'Newest first. A key sees the one that it is bound to.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(workspace) },
  },
  async ({ caller, query: { cursor, limit } }, { workspaces }) => {
    const after = cursor === undefined ? undefined : positionOf(cursor, position)[0];
    const { data, next_cursor } = await workspaces.list(caller, { after, limit });
    return { data: data.map(shownWorkspace), next_cursor };
  },
);

export const readWorkspace = route(
  'GET /v1/workspaces/:id',
  {
    ...reads,
    within: 'viewer',
    summary: 'Read a workspace',
    reply: { 200: workspace },
    errors: ['not_found'],
  },
  async ({ caller, origin, params }, { workspaces }) => {
    const view = await workspaces.look({ caller, origin, organization: params.id });
    return versionedAnswer(view.workspace ?? { version: 1 }, shownWorkspace(view));
  },
);

export const changeWorkspace = route(
  'PATCH /v1/workspaces/:id',
  {
    ...reads,
    within: 'admin',
    scope: 'orbit:write',
    rate: { perMinute: 30, by: 'user' },
    summary: 'Change a workspace',
    description:
      'For admins and owners. Only the fields that you send are changed. Colours of its own need a plan that has them. Members and invitations are those of the organization of the same id.',
    versioned: true,
    body: namedObject('UpdateWorkspaceRequest', {
      name: line(200).optional(),
      slug: slug.optional(),
      colours: coloursSchema.nullable().optional().describe('Of exports: `primary` and `accent`, #rrggbb.'),
      privacy: z.enum(PRIVACY).optional().describe('no_models: nothing of it is sent to a model.'),
      settings: chosenSettings.optional(),
    }).refine((body) => Object.keys(body).length > 0, 'Say what to change.'),
    reply: { 200: workspace },
    errors: ['not_found', 'forbidden', 'slug_taken', 'plan_required', 'precondition_failed'],
  },
  async ({ caller, origin, params, ifMatch, body }, { workspaces }) => {
    const view = await workspaces.change({ caller, origin, organization: params.id }, ifMatch, body);
    return versionedAnswer(view.workspace, shownWorkspace(view));
  },
);

export const deleteWorkspace = route(
  'DELETE /v1/workspaces/:id',
  {
    ...reads,
    within: 'owner',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 10, by: 'user' },
    summary: 'Delete a workspace',
    description:
      'For owners: it closes the organization. From then on it cannot be reached and spends nothing. For 14 days it can be opened again (`POST /v1/organizations/:id/restore`); then it is erased.',
    reply: {
      200: namedObject('DeletedWorkspace', {
        id: z.uuid(),
        restorable_until: z.iso.datetime().nullable(),
      }),
    },
    errors: ['not_found', 'forbidden', 'step_up_required'],
  },
  async ({ caller, origin, params }, { workspaces }) => {
    const { id, restorable_until } = await workspaces.close({ caller, origin, organization: params.id });
    return { id, restorable_until };
  },
);
