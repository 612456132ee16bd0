import './codes.ts';
import { type Migration, migrationsIn } from '#platform/db';
import type { Route } from '#platform/http';
import { memberRoutes } from './member-routes.ts';
import { organizationRoutes } from './organization-routes.ts';
import { settingsRoutes } from './settings-routes.ts';

export { type Accounts, type AccountsParts, createAccounts } from './accounts.ts';

/** All calls of this module; their service is `Accounts`. */
export const accountsRoutes: Route[] = [...organizationRoutes, ...memberRoutes, ...settingsRoutes];

export const accountsMigrations = (): Migration[] => migrationsIn('accounts', import.meta.url);
