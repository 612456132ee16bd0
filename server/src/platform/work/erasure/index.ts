import { declareLongUses, migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { erasureDataRules } from './data-rules.ts';
import { createErasure } from './erasure.ts';
import { operatorRoutes } from './operator-routes.ts';
import { erasureRoutes } from './routes.ts';

export { createErasure, type Erasure } from './erasure.ts';
export { ONE_SUBJECT, type SubjectName, subjectFields } from './named-subject.ts';
export type { Subject } from './plan.ts';
export type { ProofLine } from './proof.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'erasure.run': 'a person who closed their account 14 days ago is erased, from the rows of all modules',
  'erasure.export': 'an archive holds what a tenant’s role does not read: the mails, the audit of a person',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('erasure.run', 'erasure.export');

/** This module, for the list of all of them. */
export const erasureModule = defineModule({
  name: 'erasure',
  purpose: 'export and erasure of what is kept of people and accounts',
  migrations: () => migrationsIn('erasure', import.meta.url),
  dataRules: erasureDataRules,
  systemUses,
  routes: [...erasureRoutes, ...operatorRoutes],
  schedules: {
    erasures: { cron: '42 * * * *', run: (erasure) => erasure.eraser.run() },
    'old-exports': { cron: '52 * * * *', run: (erasure) => erasure.exports.prune() },
  },
  create: createErasure,
});
