import { isRecord } from './calls.ts';
import type { Schema } from './rules/rule.ts';

/** A value that a schema must refuse, and the field that its refusal must name. */
export interface Misshapen {
  readonly path: string;
  readonly value: unknown;
}

const OF_EACH_TYPE: Readonly<Record<string, unknown>> = {
  string: 'a word',
  number: 12.5,
  boolean: true,
  null: null,
  array: [],
  object: {},
};

/** Values around a good one, each with one field that is wrong, missing or not declared. */
export function misshapenValues(schema: Schema, good: unknown): Misshapen[] {
  const wholes = Object.values(OF_EACH_TYPE).filter((value) => !isRecord(value) && !allows(schema, value));
  const inside = isRecord(good) ? fieldsOf(schema, good) : [];
  return [...wholes.map((value) => ({ path: '', value })), ...inside];
}

function fieldsOf(schema: Schema, good: Readonly<Record<string, unknown>>): Misshapen[] {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  const required = (schema['required'] ?? []) as readonly string[];
  const wrong = Object.entries(properties).flatMap(([path, property]) =>
    wrongValues(property).map((value) => ({ path, value: { ...good, [path]: value } })),
  );
  const missing = required.map((path) => ({ path, value: omitField(good, path) }));
  return [...wrong, ...missing, { path: 'undeclared', value: { ...good, undeclared: 1 } }];
}

function omitField(good: Readonly<Record<string, unknown>>, field: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(good).filter(([name]) => name !== field));
}

/** What a schema must not take: values of every other type, and those just outside its bounds. */
export function wrongValues(schema: Schema): unknown[] {
  const ofOtherTypes = Object.values(OF_EACH_TYPE).filter((value) => !allows(schema, value));
  return [...ofOtherTypes, ...alternatives(schema).flatMap(outsideValues)].filter(
    (value) => !fits(schema, value),
  );
}

/** What lies just outside the bounds of one alternative. */
function outsideValues(schema: Schema): unknown[] {
  const { minLength, maxLength, minimum, maximum, minItems, maxItems, items, pattern, format } = schema;
  const found: unknown[] = [];
  if (Array.isArray(schema['enum']) || schema['const'] !== undefined) found.push('no such word');
  if (typeof minLength === 'number' && minLength > 0) found.push('');
  if (typeof maxLength === 'number') found.push('x'.repeat(maxLength + 1));
  if (typeof minimum === 'number' && minimum > -1e9) found.push(minimum - 1);
  if (typeof maximum === 'number' && maximum < 1e9) found.push(maximum + 1);
  if (typeof minItems === 'number' && minItems > 0) found.push([]);
  if (typeof maxItems === 'number') found.push(Array.from({ length: maxItems + 1 }, () => 'account:read'));
  if (typeof format === 'string' || typeof pattern === 'string') found.push('\t');
  if (format === 'date-time') found.push('0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:59');
  if (format === 'date') found.push('0000-01-01');
  if (isRecord(items)) found.push(...wrongValues(items).map((value) => [value]));
  return found;
}

/** Whether a value is of a type that a schema takes. */
export function allows(schema: Schema, value: unknown): boolean {
  return alternatives(schema).some((one) => isOfType(one, value));
}

function isOfType(schema: Schema, value: unknown): boolean {
  const { type } = schema;
  if (Array.isArray(schema['enum'])) return schema['enum'].includes(value);
  if (schema['const'] !== undefined) return schema['const'] === value;
  if (type === undefined) return true;
  const types = (Array.isArray(type) ? type : [type]) as readonly string[];
  return types.some((one) => one === typeOf(value) || (one === 'integer' && Number.isInteger(value)));
}

/** Some alternatives overlap: what is outside one may be inside another. */
function fits(schema: Schema, value: unknown): boolean {
  return alternatives(schema)
    .filter((one) => isOfType(one, value))
    .some((one) => !isOutside(one, value));
}

function isOutside(schema: Schema, value: unknown): boolean {
  return outsideValues(schema).some((one) => JSON.stringify(one) === JSON.stringify(value));
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** The alternatives of a schema; itself where it names none. */
export function alternatives(schema: Schema): readonly Schema[] {
  const { anyOf, oneOf } = schema;
  return (Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : [schema]) as readonly Schema[];
}
