import { defineModule } from '#platform/module';
import { createCustomers } from './customers.ts';
import { externalCustomerRoutes } from './external-routes.ts';
import { customerRoutes } from './routes.ts';

export { createCustomers, type Customers } from './customers.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'admin.customers': 'a platform admin finds accounts among all of them',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

/** This module, for the list of all of them. */
export const customersModule = defineModule({
  name: 'customers',
  purpose:
    'accounts as the operator sees them: found, with plan, cost and denials; and by external ids of their own',
  systemUses,
  routes: [...customerRoutes, ...externalCustomerRoutes],
  create: createCustomers,
});
