/** Keys of places between two others, in the order of their bytes; undefined: the beginning or the end. */
export async function ranksBetween(
  after: string | undefined,
  before: string | undefined,
  count: number,
): Promise<string[]> {
  const { generateNKeysBetween } = await import('fractional-indexing');
  return generateNKeysBetween(after ?? null, before ?? null, count);
}
