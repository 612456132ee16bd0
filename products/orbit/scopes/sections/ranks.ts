/** A key that is longer is a sign of many moves to one place: all places of the scope are given anew. */
const LONGEST = 100;

/** A section's place. */
export interface RankedSection {
  readonly id: string;
  readonly rank: string;
}

/** Where something goes among the sections of a scope: right after one, right before one; null is the beginning and the end. */
export type Place = { readonly after: string | null } | { readonly before: string | null };

/** How many sections stand before a place; undefined: there is no such section. */
export function indexOf(sections: readonly RankedSection[], place: Place): number | undefined {
  const anchor = 'after' in place ? place.after : place.before;
  if (anchor === null) return 'after' in place ? 0 : sections.length;
  const at = sections.findIndex(({ id }) => id === anchor);
  if (at === -1) return undefined;
  return 'after' in place ? at + 1 : at;
}

/**
 * Keys for so many new places after the first `at` sections, which are in order. Undefined: there is no room between two equal keys,
 * or keys have grown long.
 */
export async function ranksAt(
  sections: readonly RankedSection[],
  at: number,
  count: number,
): Promise<readonly string[] | undefined> {
  const { generateNKeysBetween } = await import('fractional-indexing');
  const [lower, upper] = [sections[at - 1]?.rank ?? null, sections[at]?.rank ?? null];
  if (lower !== null && lower === upper) return undefined;
  const keys = generateNKeysBetween(lower, upper, count);
  return keys.some((key) => key.length > LONGEST) ? undefined : keys;
}

/** Places for all sections anew, with so many free ones after the first `at` of them. */
export async function spread(
  sections: readonly RankedSection[],
  at: number,
  count: number,
): Promise<{ readonly placed: readonly RankedSection[]; readonly free: readonly string[] }> {
  const { generateNKeysBetween } = await import('fractional-indexing');
  const keys = generateNKeysBetween(null, null, sections.length + count);
  const free = keys.splice(at, count);
  return { placed: sections.map(({ id }, index) => ({ id, rank: keys[index] ?? '' })), free };
}
