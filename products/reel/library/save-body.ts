import { AppError, namedObject } from 'plinth/product';
import { z } from 'zod';
import { language, line } from '../brief.ts';
import { PLATFORM_NAMES } from '../platforms.ts';
import type { Source } from './service.ts';
import { STATUSES } from './store.ts';
import { tags } from './tags.ts';

const hashtag = z
  .string()
  .trim()
  .max(100)
  .refine(
    (text) => /^#?[\p{L}\p{M}\p{N}_]+$/u.test(text),
    'A hashtag has letters, digits and underscores alone.',
  )
  .overwrite((text) => (text.startsWith('#') ? text : `#${text}`));

/** Parts of a post. */
export const content = {
  hook: line(500).describe('Its first line.'),
  body: line(10_000),
  cta: z.string().trim().max(500).describe('What it asks of its readers.'),
  hashtags: z.array(hashtag).max(30),
} as const;

export const label = {
  title: line(200).describe('A name to find it by.'),
  tags: tags.describe('Words of your own to sort by; kept in lower case, each once.'),
  status: z.enum(STATUSES),
} as const;

const OF_CONTENT = ['platform', 'language', 'hook', 'body', 'cta', 'hashtags'] as const;
const NEEDED = ['platform', 'hook', 'body'] as const;

/** Body of POST /v1/library/assets: a draft and one of its variants, or content. */
export const saveBody = namedObject('SaveAssetRequest', {
  draft_id: z.uuid().optional().describe('With `variant_id`: what to copy.'),
  variant_id: z.uuid().optional(),
  platform: z.enum(PLATFORM_NAMES).optional().describe('With `hook` and `body`: content of your own.'),
  language: language.optional().describe('BCP 47 tag; `en` when not said. A draft has its own.'),
  hook: content.hook.optional(),
  body: content.body.optional(),
  cta: content.cta.optional(),
  hashtags: content.hashtags.optional(),
  title: label.title.optional(),
  tags: label.tags.optional(),
  status: label.status.optional(),
}).superRefine((body, context) => {
  const isCopy = body.draft_id !== undefined || body.variant_id !== undefined;
  const missing = (isCopy ? (['draft_id', 'variant_id'] as const) : NEEDED).filter(
    (field) => body[field] === undefined,
  );
  const mixed = isCopy ? OF_CONTENT.filter((field) => body[field] !== undefined) : [];
  for (const field of missing)
    context.addIssue({ code: 'custom', path: [field], message: 'It is needed here.' });
  for (const field of mixed)
    context.addIssue({ code: 'custom', path: [field], message: 'A copy has it from its draft.' });
});

/** Source of a save, from a body that has been checked. */
export function sourceOf(given: z.infer<typeof saveBody>): Source {
  const { draft_id: draftId, variant_id: variantId, platform, hook, body } = given;
  if (draftId !== undefined && variantId !== undefined) return { draftId, variantId };
  if (platform === undefined || hook === undefined || body === undefined)
    throw new AppError('validation_failed');
  const { language: tag = 'en', cta = '', hashtags = [] } = given;
  return { platform, language: tag, hook, body, cta, hashtags };
}
