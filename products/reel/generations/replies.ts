import { namedObject, WORK_STATUSES } from 'plinth/product';
import { z } from 'zod';
import { PLATFORM_NAMES } from '../platforms.ts';
import { PARTS, type VariantRow } from './store.ts';
import type { GenerationView } from './views.ts';

const variant = namedObject('GenerationVariant', {
  id: z.uuid(),
  hook: z.string(),
  body: z.string(),
  cta: z.string(),
  hashtags: z.array(z.string()),
  over_length: z.boolean().describe('Longer than its platform takes.'),
});

/** A generation as it is answered. */
export const generation = namedObject('Generation', {
  id: z.uuid(),
  draft_id: z.uuid(),
  platform: z.enum(PLATFORM_NAMES),
  mode: z
    .enum(['create', 'targeted', 'full'])
    .describe('What asked for it: a create, or a regeneration of one part or of the whole.'),
  target: z.enum(PARTS).optional().describe('The part that is written anew.'),
  status: z.enum(WORK_STATUSES),
  progress: namedObject('GenerationProgress', { done: z.int(), total: z.int() }).describe(
    'How many variants are there, of how many that were asked for.',
  ),
  variants: z.array(variant).describe('Each is here as soon as it is written.'),
  error: namedObject('GenerationError', { code: z.string(), message: z.string() })
    .optional()
    .describe('Why it failed; the quota was given back.'),
  request_id: z
    .string()
    .describe('Of the request that asked for it; it is on its usage events and log lines too.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

export function shownVariant(row: VariantRow): z.input<typeof variant> {
  const { id, hook, body, cta, hashtags, over_length } = row;
  return { id, hook, body, cta, hashtags: [...hashtags], over_length };
}

/** Why it failed, if it did. */
export function shownError({ generation: { error_code: code, error_message: message } }: GenerationView) {
  return code === null ? {} : { error: { code, message: message ?? '' } };
}

export function generationJson(view: GenerationView): z.input<typeof generation> {
  const { generation: row, variants } = view;
  return {
    id: row.id,
    draft_id: row.draft_id,
    platform: row.platform,
    mode: row.mode,
    ...(row.target === null ? {} : { target: row.target }),
    status: row.status,
    progress: { done: variants.length, total: row.asked },
    variants: variants.map(shownVariant),
    ...shownError(view),
    request_id: row.request_id,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
