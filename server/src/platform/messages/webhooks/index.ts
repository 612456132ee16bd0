import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { webhooksDataRules } from './data-rules.ts';
import { webhooksRoutes } from './routes.ts';
import { webhooksSystemUses } from './system-uses.ts';
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
export type { Relay } from './relay.ts';
export { createSend } from './send.ts';
export { createEvents, type EventSource, type EventDispatcher } from './events.ts';
export { createWebhooks, type Webhooks } from './webhooks.ts';

/** This module, for the list of all of them. */
export const webhooksModule = defineModule({
  name: 'webhooks',
  purpose: 'what the operator’s own systems are told of: events, deliveries',
  migrations: () => migrationsIn('webhooks', import.meta.url),
  dataRules: webhooksDataRules,
  systemUses: webhooksSystemUses,
  partRoutes: { webhooks: webhooksRoutes },
  schedules: { 'old-events': { cron: '57 * * * *', run: ({ dispatcher }) => dispatcher.prune() } },
  create: createEvents,
});
