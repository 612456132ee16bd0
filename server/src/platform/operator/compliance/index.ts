import { defineModule } from '#platform/module';
import { createCompliance } from './compliance.ts';
import { complianceRoutes } from './routes.ts';

export { createCompliance, type Compliance } from './compliance.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'admin.compliance': 'a platform admin reads what was exported, erased and released, over all accounts',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

/** This module, for the list of all of them. */
export const complianceModule = defineModule({
  name: 'compliance',
  purpose: 'exports, erasures and releases over all accounts, as operators answer for them',
  systemUses,
  routes: complianceRoutes,
  create: createCompliance,
});
