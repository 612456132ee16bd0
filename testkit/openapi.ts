/** An OpenAPI document with everything that it refers to written out: what a reader of one call sees. */
export function dereference<Document extends object>(document: Document): Document {
  const resolve = (value: unknown, under: readonly string[]): unknown => {
    if (Array.isArray(value)) return value.map((one) => resolve(one, under));
    if (typeof value !== 'object' || value === null) return value;
    const { $ref, ...rest } = value as { readonly $ref?: unknown };
    const own = Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, resolve(one, under)]));
    if (typeof $ref !== 'string') return own;
    if (under.includes($ref)) throw new Error(`${$ref} refers to itself`);
    return { ...(resolve(pointedAt(document, $ref), [...under, $ref]) as object), ...own };
  };
  return resolve(document, []) as Document;
}

function pointedAt(document: object, $ref: string): unknown {
  const names = $ref.replace(/^#\//, '').split('/');
  const found = names.reduce<unknown>(
    (value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name],
    document,
  );
  if (found === undefined) throw new Error(`the document has nothing at ${$ref}`);
  return found;
}
