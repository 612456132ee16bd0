import './errors.ts';
import { migrationsIn } from '#platform/db';
import { connectionRoutes } from './connection-routes.ts';
import { domainRoutes } from './domain-routes.ts';
import { signInRoutes } from './sign-in-routes.ts';
import { defineModule } from '#platform/module';
import { ssoDataRules } from './data-rules.ts';
import { createSso } from './sso.ts';
import { ssoSystemUses } from './system-uses.ts';

export { addressRule, createSignInRule } from './sign-in-rule.ts';
export { createSso, type Sso } from './sso.ts';

/** This module, for the list of all of them. */
export const ssoModule = defineModule({
  name: 'sso',
  purpose: 'single sign-on of organizations: proven domains, providers, who must come by them',
  migrations: () => migrationsIn('sso', import.meta.url),
  dataRules: ssoDataRules,
  systemUses: ssoSystemUses,
  routes: [...connectionRoutes, ...domainRoutes, ...signInRoutes],
  schedules: { 'sso-domains': { cron: '2 * * * *', run: (sso) => sso.domains.recheck() } },
  create: createSso,
});
