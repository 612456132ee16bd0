import './tags.ts';
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

/** Uses of `db.system` by this package, with the reason why no single account or user owns the work. */
const systemUses = {
  'adiuva.catalogue': 'plugins, their ratings and installs are public data that no account owns',
  'adiuva.review':
    'plugins are sent, reviewed, published and removed: they are public data that no account owns',
};

declare module 'plinth/product' {
  interface ProductSystemUses extends Readonly<typeof systemUses> {}
}

/** A marketplace of plugins: developers, review, catalogue, sales. A part of Adiuva. */
export const marketplace = definePart({
  product: 'adiuva',
  name: 'marketplace',
  folder: import.meta.url,
  dataRules: marketplaceDataRules,
  systemUses,
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
