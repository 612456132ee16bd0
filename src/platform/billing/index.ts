import { routesOf } from '#platform/http';
import * as routes from './routes.ts';

export { createSubscriptionImporter } from './import-subscriptions.ts';
export type { LimitInUse } from './holdings.ts';
export { type Billing, type BillingParts, createBilling, type GrantOrder } from './service.ts';

export const billingRoutes = routesOf(routes);
