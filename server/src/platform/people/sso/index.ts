import './errors.ts';
import { migrationsIn } from '#platform/db';
import { connectionRoutes } from './connection-routes.ts';
import { domainRoutes } from './domain-routes.ts';
import { signInRoutes } from './sign-in-routes.ts';
import { defineModule } from '#platform/module';
import { ssoDataRules } from './data-rules.ts';
import { createSso } from './sso.ts';

export { addressRule, createSignInRule } from './sign-in-rule.ts';
export { createSso, type Sso } from './sso.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'sso.sign-in':
    'nobody is signed in yet: the organization of a domain, and whom its provider means, are looked up to find out who comes',
  'sso.domains': 'proven domains of all organizations are looked up in DNS anew',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

/** This module, for the list of all of them. */
export const ssoModule = defineModule({
  name: 'sso',
  purpose: 'single sign-on of organizations: proven domains, providers, who must come by them',
  migrations: () => migrationsIn('sso', import.meta.url),
  dataRules: ssoDataRules,
  systemUses,
  routes: [...connectionRoutes, ...domainRoutes, ...signInRoutes],
  schedules: { 'sso-domains': { cron: '2 * * * *', run: (sso) => sso.domains.recheck() } },
  create: createSso,
});
