import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { PLATFORM_NAMES } from '../platforms.ts';
import { type AssetRow, STATUSES } from './store.ts';

/** An asset as it is answered. */
export const asset = namedObject('Asset', {
  id: z.uuid(),
  draft_id: z.uuid().nullable().describe('Where it was copied from.'),
  variant_id: z.uuid().nullable(),
  platform: z.enum(PLATFORM_NAMES),
  language: z.string(),
  title: z.string().nullable(),
  hook: z.string(),
  body: z.string(),
  cta: z.string(),
  hashtags: z.array(z.string()),
  tags: z.array(z.string()),
  status: z.enum(STATUSES),
  version: z.int().describe('Counts changes; the ETag of the asset.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  deleted_at: z.iso.datetime().nullable().describe('In the trash since; 30 days later it is gone.'),
});

export function shownAsset(row: AssetRow): z.input<typeof asset> {
  return {
    id: row.id,
    draft_id: row.draft_id,
    variant_id: row.variant_id,
    platform: row.platform,
    language: row.language,
    title: row.title,
    hook: row.hook,
    body: row.body,
    cta: row.cta,
    hashtags: [...row.hashtags],
    tags: [...row.tags],
    status: row.status,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    deleted_at: row.deleted_at?.toISOString() ?? null,
  };
}

/** As the docs show it. */
export const ASSET = {
  id: '0193a5c8-9b00-7b5c-9f5e-3c1c5a5b0a04',
  draft_id: null,
  variant_id: null,
  platform: 'linkedin',
  language: 'en',
  title: 'Small teams',
  hook: 'Four people shipped in a week what forty had planned for a quarter.',
  body: 'They had no meeting to align on. They had the problem, a whiteboard and the person who decides in the room.',
  cta: 'What would you cut to move like that?',
  hashtags: ['#SmallTeams', '#Shipping'],
  tags: ['launch', 'team'],
  status: 'ready',
  version: 1,
  created_at: '2026-11-20T08:10:00.000Z',
  updated_at: '2026-11-20T08:10:00.000Z',
  deleted_at: null,
} as const;
