import { isRecord } from '#platform/kernel';

/** Figures that Google's protocol writes as texts, because they have 64 bits. */
const FIGURES = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties']);
/** Members that hold schemas, by their form. */
const MAPS = new Set(['properties', 'defs']);
const LISTS = new Set(['anyOf', 'prefixItems']);

/** Google's Schema, a selection of OpenAPI 3.0's with types in capitals, as a JSON Schema. */
export function toJsonSchema(schema: unknown): unknown {
  if (!isRecord(schema)) return schema;
  // The order of members says nothing in JSON.
  const { nullable, propertyOrdering: _, ...said } = schema;
  const told = Object.fromEntries(Object.entries(said).map(([name, value]) => [name, toldOf(name, value)]));
  if (nullable !== true) return told;
  const { type, enum: allowed } = told;
  if (type === undefined) return { anyOf: [told, { type: 'null' }] };
  return { ...told, type: [type, 'null'], ...(Array.isArray(allowed) ? { enum: [...allowed, null] } : {}) };
}

function toldOf(name: string, value: unknown): unknown {
  if (name === 'type' && typeof value === 'string') return value.toLowerCase();
  if (FIGURES.has(name) && typeof value === 'string') return Number(value);
  if (name === 'items' || name === 'additionalProperties') return toJsonSchema(value);
  if (LISTS.has(name) && Array.isArray(value)) return value.map(toJsonSchema);
  if (!MAPS.has(name) || !isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJsonSchema(inner)]));
}

/** Whether OpenAI can hold an answer to a schema strictly: each object names all of its members, and they are required. */
export function isStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrict);
  if (!isRecord(schema)) return true;
  const { properties, required = [], additionalProperties: more } = schema;
  const names = isRecord(properties) ? Object.keys(properties) : [];
  const isWhole = Array.isArray(required) && names.every((name) => required.includes(name));
  if (properties !== undefined && (!isWhole || more !== false)) return false;
  return Object.values(schema).every(isStrict);
}
