import { instant, namedObject, pageOf, pageQuery, positionOf, routesFor, routesOf } from '#platform/http';
import { z } from 'zod';
import type { SignedRequest } from '../payment-provider.ts';
import type { Inbox } from './inbox.ts';
import { EVENT_STATES } from './store/events.ts';
import { deadTaskReply, eventReply } from './views.ts';

const route = routesFor<Inbox>();
const tag = 'Billing';
const position = z.tuple([z.int()]);
const reads = { tag, auth: 'admin', scope: 'admin:read', rate: { perMinute: 120, by: 'user' } } as const;

const receiveStripe = route(
  'POST /v1/webhooks/stripe',
  {
    operation: 'receiveStripeEvent',
    summary: 'Receive events of Stripe',
    description:
      'For Stripe alone: its signature is verified. 200 once the message is stored; a job then reads its object from Stripe, because what the message says of it is not believed. An event of a connected account is taken if the account is of a payee of this server. A message that comes again changes nothing. It takes no Idempotency-Key: the id of its event is the key.',
    tag,
    auth: 'none',
    aliases: ['POST /v1/billing/webhook', 'POST /v1/subscriptions/webhook'],
    rate: { perMinute: 60_000, by: 'ip' },
    rawBody: true,
    maxBody: 1024 * 1024,
    body: z
      .looseObject({ id: z.string(), object: z.literal('event'), type: z.string() })
      .meta({ id: 'StripeEvent' }),
    reply: { 200: namedObject('StripeEventReceipt', { ok: z.literal(true), received: z.literal(true) }) },
    errors: ['connected_account_unknown', 'not_found', 'webhook_forged'],
  },
  async ({ wire }, inbox) => {
    await inbox.receive('stripe', messageOf(wire));
    return { ok: true, received: true };
  },
);

const told = {
  tag,
  auth: 'none',
  rate: { perMinute: 60_000, by: 'ip' },
  rawBody: true,
  maxBody: 1024 * 1024,
  errors: ['not_found', 'webhook_forged'],
} as const;

const receiveAppStore = route(
  'POST /v1/webhooks/app-store',
  {
    ...told,
    operation: 'receiveAppStoreNotification',
    summary: 'Receive notifications of the App Store',
    description:
      'For Apple’s App Store Server Notifications, version 2, of its production and its sandbox: the chain of their signature must lead to Apple’s root. 200 once the message is stored; a job then reads the purchase from the App Store. A message that comes again changes nothing. It takes no Idempotency-Key: its notificationUUID is the key.',
    body: z.looseObject({ signedPayload: z.string() }).meta({ id: 'AppStoreNotification' }),
    reply: { 200: namedObject('AppStoreReceipt', { received: z.literal(true) }) },
  },
  async ({ wire }, inbox) => {
    await inbox.receive('app_store', messageOf(wire));
    return { received: true };
  },
);

const receiveGooglePlay = route(
  'POST /v1/webhooks/google-play',
  {
    ...told,
    operation: 'receiveGooglePlayNotification',
    summary: 'Receive notifications of Google Play',
    description:
      'For a Pub/Sub push subscription of Real-time developer notifications, with authentication: its OIDC token is verified. 200 once the message is stored; a job then reads the purchase from Google Play. A message that comes again changes nothing. It takes no Idempotency-Key: its messageId is the key.',
    body: z
      .looseObject({
        message: z.looseObject({ data: z.string(), messageId: z.string() }).meta({ id: 'PubSubMessage' }),
        subscription: z.string(),
      })
      .meta({ id: 'GooglePlayPush' }),
    reply: { 200: namedObject('GooglePlayReceipt', { received: z.literal(true) }) },
  },
  async ({ wire }, inbox) => {
    await inbox.receive('google_play', messageOf(wire));
    return { received: true };
  },
);

const listMessages = route(
  'GET /v1/admin/billing/inbox',
  {
    ...reads,
    summary: 'List events from payment providers with their state, newest first',
    query: z.strictObject({ state: z.enum(EVENT_STATES).optional(), ...pageQuery }),
    reply: { 200: pageOf(eventReply) },
  },
  ({ query: { state, limit, cursor } }, inbox) => inbox.events({ state, limit, before: before(cursor) }),
);

const listDead = route(
  'GET /v1/admin/billing/inbox/dead',
  {
    ...reads,
    summary: 'List provider objects that were given up, are refused, or could not be read for an hour',
    description:
      'They could not be fetched or read: a plan that hangs on one stays as it was for now. Those that were not given up are still asked for. The next event about one that was given up, or a replay, tries again.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(deadTaskReply) },
  },
  ({ query: { limit, cursor } }, inbox) => inbox.dead({ limit, before: before(cursor) }),
);

const count = (...values: unknown[]) => values.filter((value) => value !== undefined).length;

const replayMessages = route(
  'POST /v1/admin/billing/inbox/replay',
  {
    ...reads,
    scope: 'admin:write',
    rate: { perMinute: 60, by: 'user' },
    summary: 'Process events from payment providers again',
    description:
      'The objects of these events are fetched again, whatever became of them. One call replays at most 1,000 events, the oldest first; they are kept for 90 days.',
    body: namedObject('ReplayInboxRequest', {
      event_ids: z.array(z.string().min(1).max(255)).min(1).max(100).optional(),
      since: instant.optional(),
      until: instant.optional(),
      dead: z.literal(true).optional().describe('All objects that `GET /v1/admin/billing/inbox/dead` lists.'),
      dead_object: namedObject(
        'DeadInboxObject',
        deadTaskReply.pick({ store: true, mode: true, kind: true, object_id: true }).shape,
      )
        .optional()
        .describe('One of them.'),
    }).refine(
      ({ event_ids, since, dead: all, dead_object: one }) => count(event_ids, since, all, one) === 1,
      { error: 'name one of event_ids, since, dead and dead_object' },
    ),
    reply: {
      202: namedObject('InboxReplay', {
        objects: z.int().describe('How many are fetched again.'),
        next_since: z.iso.datetime().nullable().describe('Where to go on; null: that was all.'),
      }),
    },
    errors: ['not_found'],
  },
  ({ body, ...by }, inbox) => inbox.replay(body, by),
);

/** Messages of providers, and the calls by which platform admins see them. Their service is an `Inbox`. */
export const inboxRoutes = routesOf({
  receiveStripe,
  receiveAppStore,
  receiveGooglePlay,
  listMessages,
  listDead,
  replayMessages,
});

function messageOf({
  body,
  request,
}: {
  readonly body: Uint8Array;
  readonly request: { readonly headers: object };
}): SignedRequest {
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  );
  return { body: Buffer.from(body).toString('utf8'), headers };
}

function before(cursor: string | undefined): number | undefined {
  return cursor === undefined ? undefined : positionOf(cursor, position)[0];
}
