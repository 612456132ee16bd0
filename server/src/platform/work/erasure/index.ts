import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { erasureDataRules } from './data-rules.ts';
import { createErasure } from './erasure.ts';
import { operatorRoutes } from './operator-routes.ts';
import { erasureRoutes } from './routes.ts';
import { erasureSystemUses } from './system-uses.ts';

export { createErasure, type Erasure } from './erasure.ts';
export { namedSubject, ONE_SUBJECT, subjectFields } from './named-subject.ts';
export type { Subject } from './plan.ts';
export type { ProofLine } from './proof.ts';

/** This module, for the list of all of them. */
export const erasureModule = defineModule({
  name: 'erasure',
  purpose: 'export and erasure of what is kept of people and accounts',
  migrations: () => migrationsIn('erasure', import.meta.url),
  dataRules: erasureDataRules,
  systemUses: erasureSystemUses,
  routes: [...erasureRoutes, ...operatorRoutes],
  schedules: {
    erasures: { cron: '42 * * * *', run: (erasure) => erasure.eraser.run() },
    'old-exports': { cron: '52 * * * *', run: (erasure) => erasure.exports.prune() },
  },
  create: createErasure,
});
