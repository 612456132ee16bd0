import { type Migration, migrationsIn } from '#platform/db';

export { webhooksDataRules } from './data-rules.ts';
export { checkedLookup, objectionTo, type Reach, type Resolve, systemResolve } from './address.ts';
export { type Courier, createCourier, type DeliveryJob } from './courier.ts';
export type { Emitting, EventType, NewEvent } from './event.ts';
export { createRelay, type Relay } from './relay.ts';
export { webhooksRoutes } from './routes.ts';
export { sendingTo } from './sending.ts';
export { createWebhooks, type Webhooks } from './webhooks.ts';

export const webhooksMigrations = (): Migration[] => migrationsIn('webhooks', import.meta.url);
