import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { SECTION_TYPES } from '../../../products/orbit/scopes/sections/section.ts';

const day = z.iso.date();
const labelled = z.strictObject({
  name: z.string().min(1),
  pages: z.array(z.string()).min(1),
  expected: z.strictObject({
    sections: z.array(
      z.strictObject({
        type: z.enum(SECTION_TYPES),
        title: z.string(),
        quotes: z.array(z.string().min(4)).min(1),
      }),
    ),
    /** Each as the text has it, and the day that it means; of a stretch of time the last one too. null: no day is said. */
    dates: z.array(z.strictObject({ text: z.string(), date: day.nullable(), until: day.optional() })),
    money: z.array(
      z.strictObject({
        text: z.string(),
        currency: z.string().regex(/^[A-Z]{3}$/),
        amount_minor: z.int(),
        until_minor: z.int().optional(),
      }),
    ),
  }),
});

/** A document, and what a reader found in it. */
export type LabelledDocument = z.output<typeof labelled>;

export const LABELLED = new URL('../../../products/orbit/test/labelled/', import.meta.url);

/** The documents of a folder, by their names. Throws with the file's name where one is not as its README says. */
export function readLabelled(folder: URL = LABELLED): LabelledDocument[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.toSorted().map((file) => {
    const parsed = labelled.safeParse(JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
    if (parsed.success) return parsed.data;
    throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  });
}
