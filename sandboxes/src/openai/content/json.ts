/** A parsed JSON object of unknown shape. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Own properties only: a schema may well name a property `constructor`. */
export function ownProperty(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function ownNumber(object: JsonObject, key: string): number | undefined {
  const value = ownProperty(object, key);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function ownString(object: JsonObject, key: string): string | undefined {
  const value = ownProperty(object, key);
  return typeof value === 'string' ? value : undefined;
}

export function ownObject(object: JsonObject, key: string): JsonObject | undefined {
  const value = ownProperty(object, key);
  return isObject(value) ? value : undefined;
}

export function ownList(object: JsonObject, key: string): readonly unknown[] | undefined {
  const value = ownProperty(object, key);
  return Array.isArray(value) ? value : undefined;
}
