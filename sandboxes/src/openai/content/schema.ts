import { type Effort, stepsOf, UnfillableSchema } from './effort.ts';
import { type JsonObject, isObject, ownProperty, ownList, ownNumber, ownObject, ownString } from './json.ts';

const LONGEST_REF_CHAIN = 16;

/** What a schema is read against: the document that its references lead into, and what the request may still cost. */
export interface SchemaContext {
  readonly root: JsonObject;
  readonly effort: Effort;
}

/** Follows `$ref` (within the document) and folds `allOf` in, until neither is left at the top. */
export function resolveSchema(schema: JsonObject, { root, effort }: SchemaContext): JsonObject {
  let current = schema;
  for (let step = 0; step < LONGEST_REF_CHAIN; step += 1) {
    const ref = ownString(current, '$ref');
    const all = ownList(current, 'allOf');
    if (ref === undefined && all === undefined) return current;
    const { $ref: _ref, allOf: _all, ...rest } = current;
    effort.spend(stepsOf(ref ?? '') + (all?.length ?? 0));
    const parts = [...(all ?? []), ...(ref === undefined ? [] : [lookUp(ref, root)])];
    current = parts.filter(isObject).reduce((one, other) => mergeSchemas(one, other, effort), rest);
  }
  throw new UnfillableSchema('a $ref of the schema leads back to itself');
}

function lookUp(ref: string, root: JsonObject): JsonObject {
  if (!ref.startsWith('#')) throw new UnfillableSchema(`the $ref ${ref} leads out of the schema`);
  let found: unknown = root;
  for (const step of ref.slice(1).split('/').slice(1)) {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    found = Array.isArray(found) ? found[Number(key)] : isObject(found) ? ownProperty(found, key) : undefined;
  }
  if (!isObject(found)) throw new UnfillableSchema(`the $ref ${ref} leads nowhere`);
  return found;
}

const TIGHTEST: Readonly<Record<string, (a: number, b: number) => number>> = {
  minimum: Math.max,
  exclusiveMinimum: Math.max,
  minLength: Math.max,
  minItems: Math.max,
  minProperties: Math.max,
  maximum: Math.min,
  exclusiveMaximum: Math.min,
  maxLength: Math.min,
  maxItems: Math.min,
  maxProperties: Math.min,
};

/** Steps that reading a schema's own keywords takes; what stands inside of them is counted when it is read. */
export function stepsFor(schema: JsonObject): number {
  let steps = 1;
  for (const value of Object.values(schema)) {
    steps += 1 + (Array.isArray(value) ? value.length : isObject(value) ? Object.keys(value).length : 0);
  }
  return steps;
}

/** A schema that asks for what both ask for, as far as single keywords can say so. */
export function mergeSchemas(one: JsonObject, other: JsonObject, effort: Effort): JsonObject {
  effort.spend(stepsFor(one) + stepsFor(other));
  const both = new Map(Object.entries(one));
  for (const [key, value] of Object.entries(other)) {
    const present = both.get(key);
    const items = key === 'items' && isObject(present) && isObject(value);
    both.set(key, items ? mergeSchemas(present, value, effort) : mergedKeyword(key, present, value));
  }
  return Object.fromEntries(both);
}

function mergedKeyword(key: string, one: unknown, other: unknown): unknown {
  if (one === undefined) return other;
  if (typeof one === 'number' && typeof other === 'number') return TIGHTEST[key]?.(one, other) ?? other;
  if (key === 'required' && Array.isArray(one) && Array.isArray(other))
    return [...new Set([...one, ...other])];
  if (key === 'allOf' && Array.isArray(one) && Array.isArray(other)) return [...one, ...other];
  if (key === 'enum' && Array.isArray(one) && Array.isArray(other)) {
    const others = new Set<unknown>(other);
    return one.filter((item) => others.has(item));
  }
  if (key === 'type') return mergedTypes(one, other);
  if (key === 'properties' && isObject(one) && isObject(other)) return mergedProperties(one, other);
  return other;
}

function mergedProperties(one: JsonObject, other: JsonObject): JsonObject {
  const both = new Map(Object.entries(one));
  for (const [key, value] of Object.entries(other)) {
    const before = both.get(key);
    both.set(key, isObject(before) && isObject(value) ? { allOf: [before, value] } : value);
  }
  return Object.fromEntries(both);
}

function mergedTypes(one: unknown, other: unknown): unknown {
  const others = new Set([other].flat());
  const shared = [one]
    .flat()
    .filter((type) => others.has(type) || (type === 'integer' && others.has('number')));
  return shared.length > 0 ? shared : others.has('integer') ? 'integer' : other;
}

/** The types that a schema allows, told from its keywords where it does not say; empty means any. */
export function typesOf(schema: JsonObject): readonly string[] {
  const said = [ownProperty(schema, 'type')].flat().filter((type) => typeof type === 'string');
  if (said.length > 0) return said;
  if (ownObject(schema, 'properties') !== undefined || ownNumber(schema, 'minProperties') !== undefined)
    return ['object'];
  if (ownProperty(schema, 'items') !== undefined || ownList(schema, 'prefixItems') !== undefined)
    return ['array'];
  const numeric = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];
  if (numeric.some((key) => ownNumber(schema, key) !== undefined)) return ['number'];
  return [];
}

/** Whether a schema allows null without asking for anything else. */
export function allowsNull(schema: unknown): boolean {
  return isObject(schema) && [ownProperty(schema, 'type')].flat().includes('null');
}
