import {
  type Entity,
  invalidRequest,
  resourceMissing,
  type OperationInput,
  type Operations,
  type Params,
} from '../operation.ts';
import type { WorldEvent } from '../world/index.ts';

/** Stripe tells of the last 30 days. Seconds. */
export const EVENTS_KEPT = 30 * 24 * 60 * 60;

const MOST_TYPES = 20;

/** What was told of the platform, or of a connected account, newest first: `type` narrows it (`customer.*` stands for all that begin so), or `types`, which are names alone. */
function list({ world, params, account }: OperationInput): readonly Entity[] {
  const wanted = typesOf(params);
  return world.events
    .filter((event) => event.account === account)
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

function findEvent({ world, ids: [id = ''], account }: OperationInput): WorldEvent {
  const event = world.events.find((known) => known.id === id && known.account === account);
  if (event === undefined) throw resourceMissing('event', id);
  return event;
}

export const events: Operations = {
  'GET /v1/events': list,
  'GET /v1/events/:id': findEvent,
};
