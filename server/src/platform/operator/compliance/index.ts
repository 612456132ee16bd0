import { defineModule } from '#platform/module';
import { createCompliance } from './compliance.ts';
import { complianceRoutes } from './routes.ts';
import { complianceSystemUses } from './system-uses.ts';

export { createCompliance, type Compliance } from './compliance.ts';

/** This module, for the list of all of them. */
export const complianceModule = defineModule({
  name: 'compliance',
  purpose: 'exports, erasures and releases over all accounts, as operators answer for them',
  systemUses: complianceSystemUses,
  routes: complianceRoutes,
  create: createCompliance,
});
