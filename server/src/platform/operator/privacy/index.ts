import { declareLongUses, migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { privacyDataRules } from './data-rules.ts';
import { createPrivacy } from './privacy.ts';
import { privacyRoutes } from './routes.ts';

export type { Contribution, ShownCount } from './counts.ts';
export type { Period, ReleaseDeclaration } from './declaration.ts';
export type { DefaultAudience } from './default-levels.ts';
export { createPrivacy, type Privacy, type PrivacyParts } from './privacy.ts';
export type { Release } from './store.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'privacy.release': 'a release counts over all accounts that take part',
  'privacy.read': 'what was released is of no account, and the same for all',
  'admin.privacy':
    'a platform admin reads what was released, and what of the budget is left, and takes accounts out',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('privacy.release');

/** This module, for the list of all of them. */
export const privacyModule = defineModule({
  name: 'privacy',
  purpose: 'counts over all accounts, released with noise: differentially private, within a budget',
  migrations: () => migrationsIn('privacy', import.meta.url),
  dataRules: privacyDataRules,
  systemUses,
  routes: privacyRoutes,
  schedules: {
    'privacy-releases': {
      cron: '17 * * * *',
      run: (privacy) => privacy.release(),
      when: (privacy) => privacy.hasReleases,
    },
  },
  create: createPrivacy,
});
