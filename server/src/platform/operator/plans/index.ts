import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { plansDataRules } from './data-rules.ts';
import { planMovesRoutes } from './moves-routes.ts';
import { plansRoutes } from './routes.ts';
import { createPlans } from './service.ts';

export { misnamedFile, plansFileOf, readPlansFile } from './file.ts';
export { checkPlansFile, readableFile, storedCatalogues } from './check-file.ts';
export { describeProblem, readPlans } from './read-plans.ts';
export { createPlans, type Plans } from './service.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'plans.read': 'what is sold is the operator’s, and the same for all accounts',
  'plans.change': 'a version of what is sold is the operator’s',
  'plans.preview': 'a platform admin sees how many of all accounts other plans would touch',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

/** This module, for the list of all of them. */
export const plansModule = defineModule({
  name: 'plans',
  purpose: 'products that are plans alone: a file, its versions, and what a change of them touches',
  migrations: () => migrationsIn('plans', import.meta.url),
  dataRules: plansDataRules,
  systemUses,
  routes: [...plansRoutes, ...planMovesRoutes],
  create: createPlans,
});
