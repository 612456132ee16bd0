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
import { anyDeliveryReply, deliveryReply, endpointReply } from './views.ts';
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
const ordered = z
  .boolean()
  .describe('Deliver the events of each account one after the other; false when not said.');
const description = z.string().max(200);
const secret = z
  .string()
  .nullable()
  .describe(
    'What its signatures are made with; in this answer and nowhere else: null where the call is repeated with its Idempotency-Key.',
  );

const withSecret = endpointReply.extend({ secret }).meta({ id: 'WebhookWithSecret' });

const createWebhook = route(
  'POST /v1/admin/webhooks',
  {
    ...writes,
    summary: 'Create a webhook endpoint',
    body: namedObject('CreateWebhookRequest', {
      url,
      types: types.optional(),
      ordered: ordered.optional(),
      description: description.optional(),
    }),
    reply: { 201: withSecret },
    secrets: ['secret'],
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
      ordered: ordered.optional(),
      description: description.optional(),
      status: z.enum(['enabled', 'disabled']).optional(),
    }),
    reply: { 200: endpointReply },
    errors: ['not_found'],
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
