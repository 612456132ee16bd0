import { namedObject, ROLES } from 'plinth/product';
import { z } from 'zod';
import { type Colours, PRIVACY, type WorkspaceRow } from './workspace.ts';

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

export const workspace = namedObject('Workspace', fields);

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

export function shownWorkspace({ organization, workspace: row }: WorkspaceView): z.input<typeof workspace> {
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
