import type { FastifyContextConfig } from 'fastify';
import type { Mounted, Route, RouteAlias } from '#platform/http';
import { runInLane } from '#platform/kernel';
import { runInTrace } from '#platform/telemetry';
import { type BodyRoom, bodyRoomOf } from './body-capacity.ts';
import type { CallRequest } from './in-flight.ts';
import { readAliased, readInput } from './input.ts';
import { type WalkParts, walkOf } from './walk.ts';

/** How a route is called, by HTTP and by a socket. */
export interface RouteCall {
  readonly config: FastifyContextConfig;
  readonly room: BodyRoom;
  /** Walks and answers, also where the walk fails. */
  walk(request: CallRequest): void;
}

export function routeCallOf(
  ...[route, module, walkParts, alias]: [Route, Mounted, Omit<WalkParts, 'read'>, RouteAlias?]
): RouteCall {
  const read = (request: CallRequest) =>
    alias === undefined ? readInput(route, request) : readAliased(route, alias, request);
  const walk = walkOf(route, module, { ...walkParts, read });
  const { hold, holdWhole } = bodyRoomOf(route, module, walkParts);
  return {
    config: {
      rawBody: route.shape.rawBody === true,
      errorForm: route.shape.errorForm,
      routeName: route.name,
      takesPermits: route.shape.errors?.includes('permit_stale') === true,
    },
    // A body's sender is looked up in the turn of their call.
    room: {
      hold: (request, ...more) => runInLane(request.inFlight, () => hold(request, ...more)),
      holdWhole: (request, body) => runInLane(request.inFlight, () => holdWhole(request, body)),
    },
    walk(request) {
      const { inFlight } = request;
      const { trace } = inFlight;
      const walking = runInLane(inFlight, () =>
        runInTrace(trace, () => walk(request).catch((error) => walkParts.fail(request, error))),
      );
      if (trace !== undefined) void walking.finally(() => trace.endStep());
    },
  };
}
