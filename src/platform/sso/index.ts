import './codes.ts';
import { type Migration, migrationsIn } from '#platform/db';
import type { Route } from '#platform/http';
import { connectionRoutes } from './connection-routes.ts';
import { domainRoutes } from './domain-routes.ts';
import { signInRoutes } from './sign-in-routes.ts';

export { ssoDataRules } from './data-rules.ts';
export { addressRule, createSignInRule } from './rule.ts';
export { createSso, type Sso } from './sso.ts';

/** All calls of this module; their service is `Sso`. */
export const ssoRoutes: Route[] = [...connectionRoutes, ...domainRoutes, ...signInRoutes];

export const ssoMigrations = (): Migration[] => migrationsIn('sso', import.meta.url);
