import { defineModule } from '#platform/module';
import { createCustomers } from './customers.ts';
import { customerRoutes } from './routes.ts';
import { customersSystemUses } from './system-uses.ts';

export { createCustomers, type Customers } from './customers.ts';

/** This module, for the list of all of them. */
export const customersModule = defineModule({
  name: 'customers',
  purpose: 'accounts as who runs the server sees them: found, with plan, cost and denials',
  systemUses: customersSystemUses,
  routes: customerRoutes,
  create: createCustomers,
});
