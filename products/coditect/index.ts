import { defineProduct, routesOf } from 'plinth/product';
import { licences } from '@plinth/licences';
import { memory } from '@plinth/memory';
import { createActivityAnalytics } from './analytics/activity.ts';
import * as activityRoutes from './analytics/activity-routes.ts';
import { coditectCatalogue } from './plans.ts';
import { coditectSystemUses } from './system-uses.ts';

/** Coditect: licences of a developer tool, and the memory of what was said in it, under one plan. */
export const coditect = defineProduct({
  ...coditectCatalogue,
  folder: import.meta.url,
  systemUses: coditectSystemUses,
  routes: routesOf(activityRoutes),
  service: createActivityAnalytics,
  parts: [licences, memory],
});
