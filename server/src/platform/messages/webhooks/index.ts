import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { webhooksDataRules } from './data-rules.ts';
import { webhooksRoutes } from './routes.ts';
import { createEvents } from './events.ts';

export { checkedLookup, urlProblem, type ReachOptions, type Resolve, systemResolve } from './address.ts';
export type { Deliverer, DeliveryJob } from './delivery.ts';
export {
  addEvents,
  type Emitting,
  type EventType,
  eventTypes,
  type NewEvent,
  type ProductEventType,
} from './event.ts';
export { type EventSchema, eventSchemas } from './event-schemas.ts';
export type { Relay } from './relay.ts';
export { createSend } from './send.ts';
export { createEvents, type EventSource, type EventDispatcher } from './events.ts';
export { createWebhooks, type Webhooks } from './webhooks.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'webhooks.admin': 'endpoints and deliveries are the operator’s',
  'webhooks.relay': 'events of all accounts are handed out to the operator’s endpoints',
  'webhooks.delivery': 'a worker tells the operator’s endpoints of all accounts',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

/** This module, for the list of all of them. */
export const webhooksModule = defineModule({
  name: 'webhooks',
  purpose: 'what the operator’s own systems are told of: events, deliveries',
  migrations: () => migrationsIn('webhooks', import.meta.url),
  dataRules: webhooksDataRules,
  systemUses,
  partRoutes: { webhooks: webhooksRoutes },
  schedules: { 'old-events': { cron: '57 * * * *', run: ({ dispatcher }) => dispatcher.prune() } },
  create: createEvents,
});
