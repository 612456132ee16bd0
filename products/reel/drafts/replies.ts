import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { PLATFORM_NAMES } from '../platforms.ts';
import type { DraftView } from './service.ts';
import type { DraftRow } from './store.ts';

/** A draft as lists answer it. */
export const draft = namedObject('DraftSummary', {
  id: z.uuid(),
  platform: z.enum(PLATFORM_NAMES),
  topic: z.string(),
  tone: z.string().nullable(),
  audience: z.string().nullable(),
  brand_voice: z.string().nullable(),
  language: z.string(),
  title: z.string().nullable(),
  selected_variant_id: z.uuid().nullable().describe('What you chose among its variants.'),
  version: z.int().describe('Counts your changes; the ETag of the draft. New variants do not count.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

const variant = namedObject('DraftVariant', {
  id: z.uuid(),
  generation_id: z.uuid(),
  position: z.int().describe('Its place among those of its generation, from 1.'),
  hook: z.string(),
  body: z.string(),
  cta: z.string(),
  hashtags: z.array(z.string()),
  over_length: z.boolean().describe('Longer than its platform takes.'),
});

/** A draft with its variants. */
export const wholeDraft = namedObject('Draft', {
  ...draft.shape,
  variants: z.array(variant).describe('Those of the newest generation first; the newest 200.'),
});

export function shownDraft(row: DraftRow): z.input<typeof draft> {
  return {
    id: row.id,
    platform: row.platform,
    topic: row.topic,
    tone: row.tone,
    audience: row.audience,
    brand_voice: row.brand_voice,
    language: row.language,
    title: row.title,
    selected_variant_id: row.selected_variant_id,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

export function shownWhole(view: DraftView): z.input<typeof wholeDraft> {
  return {
    ...shownDraft(view.draft),
    variants: view.variants.map(({ over_length, ...row }) => ({
      ...row,
      hashtags: [...row.hashtags],
      over_length,
    })),
  };
}
