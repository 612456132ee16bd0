import { type Entity, invalidRequest, resourceMissing, type Operations, type Params } from '../operation.ts';
import type { World, WorldEvent } from '../world/index.ts';

/** Stripe tells of the last 30 days. Seconds. */
export const EVENTS_KEPT = 30 * 24 * 60 * 60;

const MOST_TYPES = 20;

/** What was told, newest first: `type` narrows it (`customer.*` stands for all that begin so), or `types`, which are names alone. */
function list(world: World, params: Params): readonly Entity[] {
  const wanted = typesOf(params);
  return world.events
    .filter(({ created }) => created > world.now() - EVENTS_KEPT)
    .filter(({ type }) => wanted === undefined || wanted.some((pattern) => matches(type, pattern)))
    .toReversed();
}

function typesOf({ type, types }: Params): string[] | undefined {
  const names = types === undefined ? [] : Object.values(types);
  if (type !== undefined && types !== undefined)
    throw invalidRequest('You may only specify one of these parameters: type, types.', {
      code: 'parameters_exclusive',
    });
  if (names.length > MOST_TYPES || names.some((name) => typeof name !== 'string' || name.includes('*')))
    throw invalidRequest(`Invalid types: must be up to ${MOST_TYPES} names of events`, { param: 'types' });
  const asked = [type, ...names];
  const wanted = asked.filter((name): name is string => typeof name === 'string' && name !== '');
  return wanted.length === 0 ? undefined : wanted;
}

/** Whether an event's type is meant: by name, by `invoice.*`, or by `*`. */
function matches(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}

function findEvent(world: World, id: string): WorldEvent {
  const event = world.events.find((known) => known.id === id);
  if (event === undefined) throw resourceMissing('event', id);
  return event;
}

export const events: Operations = {
  'GET /v1/events': ({ world, params }) => list(world, params),
  'GET /v1/events/:id': ({ world, ids: [id = ''] }) => findEvent(world, id),
};
