import './errors.ts';
import { type Migration, migrationsIn } from '#platform/db';
import { routesOf } from '#platform/http';
import * as routes from './routes.ts';
import * as subscriptionRoutes from './subscriptions/routes.ts';

export { createSubscriptionImporter } from './import-subscriptions.ts';
export type { LimitInUse } from './holdings.ts';
export { billingDataRules } from './data-rules.ts';
export { createEndings, type Endings } from './endings/index.ts';
export { createFolding } from './folding/index.ts';
export { createInbox, type Inbox, inboxRoutes } from './inbox/index.ts';
export { createOverage, overageRoutes, type Overages } from './overage/index.ts';
export { createStripeMeter } from './stripe/metering.ts';
export { createStripeEnder } from './stripe/ending.ts';
export { createStripeStore } from './stripe/store.ts';
export { createStripeClient, type StripeClient, type StripeLink } from './stripe/client.ts';
export type { Mode, RawMessage, Store } from './store.ts';
export { type Finding, lookAtStripe } from './stripe/findings.ts';
export type { SyncedPrice } from './stripe/prices.ts';
export { syncStripe } from './stripe/sync.ts';
export { createSubscriptions, type Subscriptions } from './subscriptions/service.ts';
export { type Billing, type BillingParts, createBilling, type GrantOrder } from './service.ts';

export const billingRoutes = routesOf(routes);
/** What accounts buy; their service is `Subscriptions`. */
export const subscriptionsRoutes = routesOf(subscriptionRoutes);
export const billingMigrations = (): Migration[] => migrationsIn('billing', import.meta.url);
