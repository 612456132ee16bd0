import { type Entity, invalidRequest, resourceMissing, type Params } from '../operation.ts';

/** A page of a list, as Stripe shows it. */
export interface Page {
  readonly object: 'list';
  readonly data: readonly Entity[];
  readonly has_more: boolean;
  readonly url: string;
}

const DEFAULT_LIMIT = 10;
const LARGEST_LIMIT = 100;

/**
 * The page that is asked for, of all that fits, newest first: after an id, or just before one. `created` narrows lists
 * whose objects have such an instant. Throws StripeFault.
 */
export function pageOf(all: readonly Entity[], params: Params, url: string): Page {
  const limit = limitOf(params);
  const fitting = all.filter(createdWithin(params));
  const after = placeOf(fitting, params, 'starting_after');
  const before = placeOf(fitting, params, 'ending_before');
  if (before !== undefined) {
    const start = Math.max(0, before - limit);
    return { object: 'list', data: fitting.slice(start, before), has_more: start > 0, url };
  }
  const start = after === undefined ? 0 : after + 1;
  const data = fitting.slice(start, start + limit);
  return { object: 'list', data, has_more: start + limit < fitting.length, url };
}

function limitOf({ limit }: Params): number {
  if (limit === undefined || limit === '') return DEFAULT_LIMIT;
  const count = Number(limit);
  if (!Number.isInteger(count)) {
    throw invalidRequest(`Invalid integer: ${JSON.stringify(limit)}`, {
      code: 'parameter_invalid_integer',
      param: 'limit',
    });
  }
  if (count < 1 || count > LARGEST_LIMIT) {
    throw invalidRequest(`Invalid limit: must be between 1 and ${LARGEST_LIMIT}.`, { param: 'limit' });
  }
  return count;
}

/** Where the object stands that a page begins at. */
function placeOf(
  objects: readonly Entity[],
  params: Params,
  param: 'ending_before' | 'starting_after',
): number | undefined {
  const id = params[param];
  if (typeof id !== 'string' || id === '') return undefined;
  const place = objects.findIndex((object) => 'id' in object && object.id === id);
  if (place >= 0) return place;
  throw resourceMissing(objects[0]?.object.replaceAll('_', ' ') ?? 'object', id, param);
}

function createdWithin({ created }: Params): (object: Entity) => boolean {
  if (created === undefined || created === '') return () => true;
  const bounds = typeof created === 'string' ? { gte: created, lte: created } : created;
  if (isList(bounds)) throw invalidRequest('Invalid created', { param: 'created' });
  const tests = Object.entries(bounds).map(([name, value]) => boundOf(name, Number(value)));
  return (object) => {
    const at = 'created' in object && typeof object.created === 'number' ? object.created : 0;
    return tests.every((isWithin) => isWithin(at));
  };
}

function boundOf(name: string, bound: number): (at: number) => boolean {
  if (!Number.isFinite(bound)) throw invalidRequest(`Invalid timestamp`, { param: `created[${name}]` });
  if (name === 'gte') return (at) => at >= bound;
  if (name === 'gt') return (at) => at > bound;
  if (name === 'lte') return (at) => at <= bound;
  if (name === 'lt') return (at) => at < bound;
  throw invalidRequest(`Received unknown parameter: created[${name}]`, {
    code: 'parameter_unknown',
    param: `created[${name}]`,
  });
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
