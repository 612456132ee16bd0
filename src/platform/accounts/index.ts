import './codes.ts';
import { type Migration, migrationsIn } from '#platform/db';
import type { Route } from '#platform/http';
import { invitationPage } from './invitation-page.ts';
import { invitationRoutes } from './invitation-routes.ts';
import { memberRoutes } from './member-routes.ts';
import { organizationRoutes } from './organization-routes.ts';
import { settingsRoutes } from './settings-routes.ts';
import { trailRoutes } from './trail-routes.ts';

export { type Accounts, type AccountsParts, createAccounts } from './accounts.ts';
export type { Room } from './room.ts';

/** All calls of this module; their service is `Accounts`. */
export const accountsRoutes: Route[] = [
  ...organizationRoutes,
  ...memberRoutes,
  ...invitationRoutes,
  invitationPage,
  ...trailRoutes,
  ...settingsRoutes,
];

export const accountsMigrations = (): Migration[] => migrationsIn('accounts', import.meta.url);
