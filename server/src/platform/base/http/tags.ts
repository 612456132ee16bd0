const declared = new Map<string, string>();

/** Declares what the calls of some tags have in common, for the head of each group in the API's reference. */
export function declareTags(texts: Readonly<Record<string, string>>): void {
  for (const [tag, text] of Object.entries(texts)) declared.set(tag, text);
}

/** The text of a tag; undefined: no module has declared one. */
export const tagText = (tag: string): string | undefined => declared.get(tag);
