import './tags.ts';
import { declareLongUses, defineProduct, routesOf } from 'plinth/product';
import { licences } from '@plinth/licences';
import { memory } from '@plinth/memory';
import { createActivityAnalytics } from './analytics/activity.ts';
import * as activityRoutes from './analytics/activity-routes.ts';
import { coditectCatalogue } from './plans.ts';

/** Uses of `db.system` by this package, with the reason why no single account or user owns the work. */
const systemUses = {
  'coditect.activity': 'a platform admin reads what all accounts did, and what of it is unusual',
};

declare module 'plinth/product' {
  interface ProductSystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('coditect.activity');

/** Coditect: licences of a developer tool, and the memory of what was said in it, under one plan. */
export const coditect = defineProduct({
  ...coditectCatalogue,
  folder: import.meta.url,
  systemUses,
  routes: routesOf(activityRoutes),
  service: createActivityAnalytics,
  parts: [licences, memory],
});
