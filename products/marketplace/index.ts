import './errors.ts';
import { definePart, routesOf } from 'plinth/product';
import { marketplaceAuditActions } from './audit.ts';
import * as catalogueRoutes from './catalogue/routes.ts';
import { marketplaceCrashPoints } from './crash-points.ts';
import { marketplaceDataRules } from './data-rules.ts';
import * as developerRoutes from './developers/routes.ts';
import { marketplaceMails } from './mails.ts';
import * as reviewRoutes from './review/routes.ts';
import { createMarket } from './service.ts';
import { marketplaceSystemUses } from './system-uses.ts';

/** A marketplace of plugins: developers, review, catalogue, sales. A part of Adiuva. */
export const marketplace = definePart({
  product: 'adiuva',
  name: 'marketplace',
  folder: import.meta.url,
  dataRules: marketplaceDataRules,
  systemUses: marketplaceSystemUses,
  crashPoints: marketplaceCrashPoints,
  auditActions: marketplaceAuditActions,
  routes: [...routesOf(catalogueRoutes), ...routesOf(developerRoutes), ...routesOf(reviewRoutes)],
  jobs: {
    'check-package': {
      attempts: 5,
      atOnce: 2,
      whenOff: 'runs',
      run: ({ review }, job) => review.check(job),
    },
    'tell-removed': {
      attempts: 5,
      whenOff: 'runs',
      run: ({ review }, job) => review.tellRemoved(job),
    },
    'sweep-plugins': { run: ({ review }) => review.sweep() },
  },
  mails: marketplaceMails,
  schedules: { 'sweep-plugins': { cron: '*/10 * * * *', job: 'sweep-plugins' } },
  onSale: ({ catalogue }, tx, change) => catalogue.soldIn(tx, change),
  onPayeeChanged: ({ developers }, tx, change) => developers.payeeChangedIn(tx, change),
  service: createMarket,
});
