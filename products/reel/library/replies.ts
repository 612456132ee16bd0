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
