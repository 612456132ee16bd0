import { readFileSync } from 'node:fs';
import { z } from 'zod';

const brief = z.strictObject({
  id: z.string(),
  topic: z.string().max(500),
  language: z.string(),
  tone: z.string().optional(),
  audience: z.string().optional(),
  brand_voice: z.string().optional(),
  /** Words that the brand voice says it avoids; for the judge alone. */
  avoid: z.array(z.string()).optional(),
  /** Written to lead the model astray. */
  hostile: z.boolean().optional(),
});

/** What a creator asks for, and what the judge knows of it. */
export type Brief = z.output<typeof brief>;

/** The forty briefs of `briefs.json`. The first few are as mixed as all of them: a slice says something. */
export function readBriefs(): Brief[] {
  return z.array(brief).parse(JSON.parse(readFileSync(new URL('briefs.json', import.meta.url), 'utf8')));
}
