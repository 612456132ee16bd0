import { answer, namedObject, okReply, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import { keyHealth } from '../health-routes.ts';
import { ORDERS, routeSchema } from '../providers/routes.ts';
import type { StoredRoutes } from './stored-routes.ts';

const route = routesFor<StoredRoutes>();
const reads = {
  tag: 'Admin',
  auth: 'admin',
  scope: 'admin:read',
  rate: { perMinute: 60, by: 'user' },
} as const;
const writes = { ...reads, scope: 'admin:write' } as const;

const written = namedObject('AiRouteWritten', {
  order: z.enum(ORDERS),
  sticky: z.boolean(),
  models: z.array(namedObject('AiRouteWeight', { model: z.string(), weight: z.int() })),
});

const reply = namedObject('AiRoute', {
  alias: z.string(),
  source: z
    .enum(['program', 'file', 'stored', 'none'])
    .describe('Where it comes from. `none`: a stored one that is left aside, and nothing beneath it.'),
  order: z.enum(ORDERS).nullable(),
  sticky: z.boolean().nullable(),
  models: z.array(
    namedObject('AiRouteModel', {
      model: z.string(),
      weight: z.int(),
      breaker: z
        .enum(['closed', 'open', 'half_open'])
        .describe('Of the process that answers, as what follows.'),
      throttled_ms: z.int(),
      keys: z.array(keyHealth),
    }),
  ),
  beneath: written
    .nullable()
    .describe('What holds where no route is stored: of AI_CONFIG, or of the program.'),
  stored: namedObject('StoredAiRoute', {
    route: z.unknown().describe('As it was stored.'),
    version: z.int().describe('For If-Match, in quotes; `"0"` where none is stored.'),
    changed_at: z.iso.datetime(),
    changed_by: z.uuid().nullable(),
    email: z.string().nullable(),
    faults: z
      .array(namedObject('AiRouteFault', { path: z.string(), message: z.string() }))
      .describe('Why the process that answers leaves it aside; none: it is in effect.'),
  }).nullable(),
});

const listRoutes = route(
  'GET /v1/admin/ai/routes',
  {
    ...reads,
    summary: 'List aliases and routes of models, each with its source and how its models fare',
    reply: { 200: namedObject('AiRouteList', { data: z.array(reply) }) },
  },
  async (_call, routes) => ({ data: [...(await routes.list())] }),
);

const changeRoute = route(
  'PUT /v1/admin/ai/routes/:alias',
  {
    ...writes,
    summary: 'Store a route of models, over the alias of that name',
    description:
      'Every process has it within seconds, without a restart; calls under way keep what they began with. A hundred can be stored.',
    params: { alias: 'text' },
    versioned: true,
    body: routeSchema.meta({ id: 'PutAiRouteRequest' }),
    reply: { 200: reply },
    errors: ['precondition_failed', 'route_limit'],
  },
  async ({ params, body, ifMatch: version, caller, origin }, routes) => {
    const view = await routes.store({ ...params, version, caller, origin }, body);
    return answer(200, view, { etag: `"${view.stored?.version ?? 0}"` });
  },
);

const deleteRoute = route(
  'DELETE /v1/admin/ai/routes/:alias',
  {
    ...writes,
    summary: 'Delete a stored route: the alias of AI_CONFIG or of the program holds again',
    params: { alias: 'text' },
    versioned: true,
    reply: { 200: okReply },
    errors: ['not_found', 'precondition_failed'],
  },
  async ({ params, ifMatch: version, caller, origin }, routes) => {
    await routes.remove({ ...params, version, caller, origin });
    return { ok: true };
  },
);

/** Routes of models, for platform admins. */
export const storedRouteRoutes: Route[] = [listRoutes, changeRoute, deleteRoute];
