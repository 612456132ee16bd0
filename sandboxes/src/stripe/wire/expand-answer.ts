import { type Entity, invalidRequest, type Param } from '../operation.ts';

/** What an object has only for those who ask for it; undefined: no such thing. */
export type FindIncluded = (object: Entity, field: string) => unknown;

/** Where objects are found by their ids. */
export interface ObjectLookup {
  readonly find: (id: string) => unknown;
  readonly included: FindIncluded;
}

/** Stripe's own bound, `data` of a list included. */
const DEEPEST = 4;

/** A copy of an answer in which what `expand` names are objects instead of ids. Throws StripeFault. */
export function expandAnswer(known: ObjectLookup, answer: Entity, expand: Param | undefined): Entity {
  const copy = structuredClone(answer);
  for (const path of pathsOf(expand)) {
    const steps = path.split('.');
    if (steps.length > DEEPEST) {
      throw invalidRequest(`You cannot expand more than ${DEEPEST} levels of a property. Property: ${path}`, {
        param: 'expand',
      });
    }
    walk(known, copy, { path, steps });
  }
  for (const value of Object.values(copy)) cutShort(value);
  return copy;
}

/** Lists within an object are its first ten; the others are asked for by themselves. */
const SHOWN = 10;

function cutShort(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (isLong(value)) {
    value.data.splice(SHOWN);
    value.has_more = true;
  }
  for (const inner of Object.values(value)) cutShort(inner);
}

function isLong(value: object): value is { data: unknown[]; has_more: boolean } {
  return 'data' in value && 'has_more' in value && Array.isArray(value.data) && value.data.length > SHOWN;
}

function pathsOf(expand: Param | undefined): string[] {
  if (expand === undefined || expand === '') return [];
  const paths = typeof expand === 'string' ? [expand] : Object.values(expand);
  return paths.map((path) => {
    if (typeof path !== 'string' || path === '')
      throw invalidRequest('Invalid expand: must be strings', { param: 'expand' });
    return path;
  });
}

interface Way {
  readonly path: string;
  readonly steps: readonly string[];
}

function walk(known: ObjectLookup, object: object, { path, steps: [step, ...rest] }: Way): void {
  if (step === undefined) return;
  const value = expandField(known, object, step);
  if (value === undefined)
    throw invalidRequest(`This property cannot be expanded (${path}).`, { param: 'expand[]' });
  Object.assign(object, { [step]: value });
  const inner: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const one of inner)
    if (typeof one === 'object' && one !== null) walk(known, one, { path, steps: rest });
}

/** What a field holds, with ids replaced by what they name; undefined: it can't be expanded. */
function expandField(known: ObjectLookup, object: object, step: string): unknown {
  const own: unknown = Reflect.get(object, step);
  const value = own ?? (isEntity(object) ? known.included(object, step) : undefined);
  if (value === undefined) return own;
  if (typeof value === 'string') return structuredClone(known.find(value));
  if (own !== undefined) return Array.isArray(own) ? own.map((one) => expandId(known, one)) : own;
  return structuredClone(value);
}

function expandId(known: ObjectLookup, one: unknown): unknown {
  return typeof one === 'string' ? (structuredClone(known.find(one)) ?? one) : one;
}

function isEntity(object: object): object is Entity {
  return 'object' in object && typeof object.object === 'string';
}
