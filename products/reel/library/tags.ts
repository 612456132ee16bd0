import { z } from 'zod';

const MOST_TAGS = 20;

/** A tag as it is kept and compared: without blanks around it, in lower case, in Unicode's composed form. */
const tag = z
  .string()
  .normalize()
  .trim()
  .toLowerCase()
  .min(1)
  .max(50)
  .regex(/^[^,]*$/, 'A tag has no comma.');

/** Tags of a body. A comma is none of their letters: lists of tags are written with commas. */
export const tags = z.array(tag).max(MOST_TAGS);

/** Tags in a query: `launch,team`. */
export const tagList = z
  .string()
  .max(2_000)
  .refine((text) => tags.safeParse(text.split(',')).success, 'At most 20 tags of at most 50 characters.');

/** The tags of such a list, each once, in an order of their own. */
export function tagsIn(list: string): string[] {
  return unique(tags.parse(list.split(','))).toSorted();
}

export function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}
