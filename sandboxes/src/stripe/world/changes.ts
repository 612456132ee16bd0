/** What `previous_attributes` holds: of hashes the names that changed, of lists the whole list as it was. */
export function differences(before: object, after: object): Record<string, unknown> {
  const [old, now] = [Object.entries(before), new Map(Object.entries(after))];
  const previous: Record<string, unknown> = {};
  for (const [name, value] of old) {
    const current: unknown = now.get(name);
    if (JSON.stringify(value) === JSON.stringify(current)) continue;
    previous[name] = isHash(value) && isHash(current) ? differences(value, current) : value;
  }
  for (const name of now.keys()) if (!(name in before)) previous[name] = null;
  return previous;
}

function isHash(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('object' in value);
}

/** Metadata after a request: names are added and replaced, empty texts unset theirs. */
export function mergeMetadata(old: Record<string, string> | null, asked: Record<string, string> | undefined) {
  const all = { ...old, ...asked };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

/** The id of what a field names, expanded or not. */
export function idOf(reference: string | { readonly id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}

export function listOf<T>(
  url: string,
  data: T[],
): { object: 'list'; data: T[]; has_more: boolean; url: string } {
  return { object: 'list', data, has_more: false, url };
}
