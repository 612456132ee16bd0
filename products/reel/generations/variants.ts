import { z } from 'zod';
import { cleanHashtags, PLATFORMS, type VariantText } from '../platforms.ts';
import type { Brief, Part } from './store.ts';

/** A text that says something. What a schema can't demand of a provider is checked here. */
const said = z.string().refine((text) => text.trim() !== '');
const parts = { hook: said, body: said, cta: z.string(), hashtags: z.array(z.string()) };

/** A variant as the model is asked for it; the field names are those of the answer. */
export const post = z.object(parts);

/** One part alone. */
export const partOf = {
  hook: z.object({ hook: parts.hook }),
  body: z.object({ body: parts.body }),
  cta: z.object({ cta: said }),
  hashtags: z.object({ hashtags: parts.hashtags.min(1) }),
} satisfies Record<Part, z.ZodType>;

/** A variant as it is stored, of what a model wrote. */
export function cleanVariant({ platform }: Pick<Brief, 'platform'>, written: VariantText): VariantText {
  return {
    hook: cleanText(written.hook),
    body: cleanText(written.body),
    cta: cleanText(written.cta),
    hashtags: cleanHashtags(platform, written.hashtags),
  };
}

/** A variant with one part of another. */
export function withPart(base: VariantText, target: Part, from: VariantText): VariantText {
  return { ...base, [target]: from[target] };
}

/** A model may write what the database can't hold: NUL bytes, and halves of surrogate pairs. */
function cleanText(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed().trim();
}

/** Facts of the brief for every prompt. */
export function briefVariables(brief: Brief & { readonly instructions: string | null }) {
  const { title, style, maxLength, maxHashtags } = PLATFORMS[brief.platform];
  return {
    platform: title,
    style,
    max_length: maxLength,
    max_hashtags: maxHashtags,
    topic: brief.topic,
    tone: brief.tone ?? 'as fits the platform',
    audience: brief.audience ?? 'people whom the topic concerns',
    brand_voice: brief.brand_voice ?? 'none given',
    language: brief.language,
    instructions: brief.instructions ?? 'none',
  };
}
