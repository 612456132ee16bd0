import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const sentence = z.strictObject({
  id: z.string(),
  text: z.string().min(1),
  language: z.string(),
  status: z.enum(['ok', 'caution', 'concern', 'crisis']),
  kinds: z.array(z.string()),
  tricks: z.array(z.string()),
  family: z.string(),
});

/** A sentence of the labelled set, with what the precheck should say of it. */
export type LabelledSentence = z.infer<typeof sentence>;

/** What people write on ordinary days: it says how often a writer is answered as in a crisis for nothing, and no figure of hard sentences. */
export const isEveryday = ({ id }: Pick<LabelledSentence, 'id'>): boolean => id.includes('-plain-');

/** All sentences of one half: the lines of its `.jsonl` files. */
export function readHalf(folder: string): LabelledSentence[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => sentence.parse(JSON.parse(line)));
}
