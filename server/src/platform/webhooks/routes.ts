import {
  instant,
  namedObject,
  okReply,
  pageOf,
  pageQuery,
  positionOf,
  routesFor,
  routesOf,
} from '#platform/http';
import { z } from 'zod';
import { eventTypes } from './event.ts';
import { STATES } from './store.ts';
import {
  anyDeliveryReply,
  deliveryReply,
  endpointReply,
  type DeliveryView,
  type EndpointView,
} from './views.ts';
import type { Webhooks } from './webhooks.ts';

const route = routesFor<Webhooks>();
const tag = 'Webhooks';
const position = z.tuple([z.uuid()]);
const reads = { tag, auth: 'admin', scope: 'admin:read', rate: { perMinute: 120, by: 'user' } } as const;
const writes = { tag, auth: 'admin', scope: 'admin:write', rate: { perMinute: 60, by: 'user' } } as const;

const url = z.string().min(1).max(2_000).describe('https:// and an address of the public Internet.');
/** Products add theirs after this file is read. */
const types = z.lazy(() =>
  z
    .array(z.enum([...eventTypes().keys()]))
    .min(1)
    .max(eventTypes().size)
    .describe('All when not said.'),
);
const description = z.string().max(200);
const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const secret = z
  .string()
  .nullable()
  .describe(
    'What its signatures are made with; in this answer and nowhere else: null where the call is repeated with its Idempotency-Key.',
  );

const ID = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a11';
const EVENT = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a12';
const endpoint: EndpointView = {
  id: ID,
  url: 'https://hooks.example.com/plinth',
  types: ['limit.alert', 'plan.changed'],
  description: 'Our CRM',
  status: 'enabled',
  disabled_because: null,
  failing_since: null,
  former_secret_until: null,
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-20T08:00:00.000Z',
};
const delivery: DeliveryView = {
  id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a13',
  event_id: EVENT,
  type: 'limit.alert',
  account_id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a01',
  status: 'waiting',
  attempts: 1,
  next_attempt_at: '2026-11-20T08:00:06.000Z',
  answered: 503,
  answer: 'Service Unavailable',
  error: null,
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-20T08:00:01.000Z',
};
const made = { url: endpoint.url, types: endpoint.types, description: endpoint.description };

const withSecret = endpointReply.extend({ secret }).meta({ id: 'WebhookWithSecret' });

const createWebhook = route(
  'POST /v1/admin/webhooks',
  {
    ...writes,
    summary: 'Create a webhook endpoint',
    body: namedObject('CreateWebhookRequest', {
      url,
      types: types.optional(),
      description: description.optional(),
    }),
    reply: { 201: withSecret },
    secrets: ['secret'],
    example: { body: made, reply: { ...endpoint, secret: SECRET } },
  },
  ({ body, ...by }, webhooks) => webhooks.create(body, by),
);

const listWebhooks = route(
  'GET /v1/admin/webhooks',
  {
    ...reads,
    summary: 'List webhook endpoints, newest first',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(endpointReply) },
    example: { reply: { data: [endpoint], next_cursor: null } },
  },
  ({ query: { limit, cursor } }, webhooks) => webhooks.list({ limit, before: before(cursor) }),
);

const readWebhook = route(
  'GET /v1/admin/webhooks/:id',
  {
    ...reads,
    summary: 'One endpoint',
    reply: { 200: endpointReply },
    errors: ['not_found'],
    example: { params: { id: ID }, reply: endpoint },
  },
  ({ params }, webhooks) => webhooks.read(params.id),
);

const changeWebhook = route(
  'PATCH /v1/admin/webhooks/:id',
  {
    ...writes,
    summary: 'Change, enable or disable a webhook endpoint',
    description: 'Enabled again, it gets what still waits for it; what happened meanwhile can be replayed.',
    body: namedObject('UpdateWebhookRequest', {
      url: url.optional(),
      types: types.optional(),
      description: description.optional(),
      status: z.enum(['enabled', 'disabled']).optional(),
    }),
    reply: { 200: endpointReply },
    errors: ['not_found'],
    example: { params: { id: ID }, body: { status: 'enabled' }, reply: endpoint },
  },
  ({ params, body, ...by }, webhooks) => webhooks.change(params.id, body, by),
);

const deleteWebhook = route(
  'DELETE /v1/admin/webhooks/:id',
  {
    ...writes,
    summary: 'Delete a webhook endpoint and its deliveries',
    reply: { 200: okReply },
    errors: ['not_found'],
    example: { params: { id: ID }, reply: { ok: true } },
  },
  async ({ params, ...by }, webhooks) => {
    await webhooks.remove(params.id, by);
    return { ok: true };
  },
);

const rotateSecret = route(
  'POST /v1/admin/webhooks/:id/rotate',
  {
    ...writes,
    summary: 'A new secret',
    description:
      'The one before it signs too, until `former_secret_until`: every delivery then has both signatures.',
    body: namedObject('RotateWebhookSecretRequest', { overlap_hours: z.int().min(0).max(168).default(24) }),
    reply: { 200: withSecret },
    errors: ['not_found'],
    secrets: ['secret'],
    example: {
      params: { id: ID },
      body: { overlap_hours: 24 },
      reply: { ...endpoint, former_secret_until: '2026-11-21T08:00:00.000Z', secret: SECRET },
    },
  },
  ({ params, body, ...by }, webhooks) => webhooks.rotate(params.id, body.overlap_hours, by),
);

const testWebhook = route(
  'POST /v1/admin/webhooks/:id/test',
  {
    ...writes,
    summary: 'Send a test event to an endpoint',
    description: 'Of type `webhook.test`, whatever it asked to be told.',
    reply: { 202: namedObject('WebhookTest', { event_id: z.uuid() }) },
    errors: ['not_found', 'webhook_disabled'],
    example: { params: { id: ID }, reply: { event_id: EVENT } },
  },
  ({ params, ...by }, webhooks) => webhooks.test(params.id, by),
);

const listDeliveries = route(
  'GET /v1/admin/webhooks/:id/deliveries',
  {
    ...reads,
    summary: 'List the deliveries of an endpoint with its answers, newest first',
    query: z.strictObject({ status: z.enum(STATES).optional(), ...pageQuery }),
    reply: { 200: pageOf(deliveryReply) },
    errors: ['not_found'],
    example: {
      params: { id: ID },
      query: { status: 'dead' },
      reply: { data: [delivery], next_cursor: null },
    },
  },
  ({ params, query: { status: state, limit, cursor } }, webhooks) =>
    webhooks.deliveries(params.id, { state, limit, before: before(cursor) }),
);

const listAllDeliveries = route(
  'GET /v1/admin/webhooks/deliveries',
  {
    ...reads,
    summary: 'List the deliveries of all endpoints, newest first',
    query: z.strictObject({ status: z.enum(STATES).optional(), event_id: z.uuid().optional(), ...pageQuery }),
    reply: { 200: pageOf(anyDeliveryReply) },
    example: {
      query: { status: 'dead' },
      reply: { data: [{ ...delivery, webhook_id: ID, url: endpoint.url }], next_cursor: null },
    },
  },
  ({ query: { status: state, event_id: event, limit, cursor } }, webhooks) =>
    webhooks.allDeliveries({ state, event, limit, before: before(cursor) }),
);

const replayDeliveries = route(
  'POST /v1/admin/webhooks/:id/replay',
  {
    ...writes,
    summary: 'Replay failed deliveries to an endpoint',
    description:
      'One event, or all of a time: what is dead, and what the endpoint never got. They keep their `webhook-id`. Events are kept for 30 days, and one call begins at most 1,000 of them anew, the oldest first.',
    body: namedObject('ReplayDeliveriesRequest', {
      event_id: z.uuid().optional(),
      since: instant.optional(),
      until: instant.optional(),
      include_delivered: z.boolean().default(false),
    }).refine(({ event_id, since }) => (event_id === undefined) !== (since === undefined), {
      error: 'name either event_id or since',
    }),
    reply: {
      202: namedObject('DeliveryReplay', {
        deliveries: z.int(),
        next_since: z.iso.datetime().nullable().describe('Where to go on; null: that was all.'),
      }),
    },
    errors: ['not_found', 'webhook_disabled'],
    example: {
      params: { id: ID },
      body: { since: '2026-11-20T00:00:00.000Z' },
      reply: { deliveries: 12, next_since: null },
    },
  },
  ({ params, body, ...by }, webhooks) => webhooks.replay(params.id, body, by),
);

function before(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : positionOf(cursor, position)[0];
}

/** An operator's webhooks, as platform admins keep them. */
export const webhooksRoutes = routesOf({
  createWebhook,
  listWebhooks,
  readWebhook,
  changeWebhook,
  deleteWebhook,
  rotateSecret,
  testWebhook,
  listDeliveries,
  listAllDeliveries,
  replayDeliveries,
});
