import type { Params } from './operation.ts';
import { Calls } from './wire/calls.ts';
import { operations, type World } from './world/index.ts';

const calls = new Calls(operations);

/** Asks, as `POST /v1/subscriptions/sub_1`, for what a caller could ask for over HTTP; pages do so. Throws StripeFault. */
export function ask(world: World, call: string, params: Params): { readonly id: string } {
  const [method = '', path = ''] = call.split(' ');
  const { operation, ids } = calls.find(method, path);
  const made = operation({ world, params, ids });
  if (!('id' in made) || typeof made.id !== 'string') throw new Error(`${call} answers with no object`);
  return { id: made.id };
}
