import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { webhooksDataRules } from './data-rules.ts';
import { webhooksRoutes } from './routes.ts';
import { webhooksSystemUses } from './system-uses.ts';
import { createWebhooks } from './webhooks.ts';

export { checkedLookup, objectionTo, type Reach, type Resolve, systemResolve } from './address.ts';
export { type Courier, createCourier, type DeliveryJob } from './courier.ts';
export type { Emitting, EventType, NewEvent } from './event.ts';
export { createRelay, type Relay } from './relay.ts';
export { sendingTo } from './sending.ts';
export { createWebhooks, type Webhooks } from './webhooks.ts';

/** This module, for the list of all of them. */
export const webhooksModule = defineModule({
  name: 'webhooks',
  purpose: 'what the operator’s own systems are told of: events, deliveries',
  migrations: () => migrationsIn('webhooks', import.meta.url),
  dataRules: webhooksDataRules,
  systemUses: webhooksSystemUses,
  routes: webhooksRoutes,
  create: createWebhooks,
});
