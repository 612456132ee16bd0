import { type Migration, migrationsIn } from '#platform/db';
import type { Route } from '#platform/http';
import { marginRoutes } from './margin-routes.ts';
import { revenueRoutes } from './revenue-routes.ts';
import { usageRoutes } from './usage-routes.ts';

export { reportsDataRules } from './data-rules.ts';
export { createReports, type Reports, type ReportsParts } from './reports.ts';
export { createRollup, type Difference, type Rollup } from './rollup.ts';

/** All calls of this module; their service is `Reports`. */
export const reportsRoutes: Route[] = [...usageRoutes, ...marginRoutes, ...revenueRoutes];

export const reportsMigrations = (): Migration[] => migrationsIn('reports', import.meta.url);
