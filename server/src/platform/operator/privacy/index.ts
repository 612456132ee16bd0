import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { privacyDataRules } from './data-rules.ts';
import { createPrivacy } from './privacy.ts';
import { privacyRoutes } from './routes.ts';
import { privacySystemUses } from './system-uses.ts';

export type { Contribution, ShownCount } from './counts.ts';
export type { Period, ReleaseDeclaration } from './declaration.ts';
export { createPrivacy, type Privacy, type PrivacyParts } from './privacy.ts';
export type { Release } from './store.ts';

/** This module, for the list of all of them. */
export const privacyModule = defineModule({
  name: 'privacy',
  purpose: 'counts over all accounts, released with noise: differentially private, within a budget',
  migrations: () => migrationsIn('privacy', import.meta.url),
  dataRules: privacyDataRules,
  systemUses: privacySystemUses,
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
