import './codes.ts';
import { migrationsIn } from '#platform/db';
import type { Route } from '#platform/http';
import { accountTrailRoutes } from './account-trail-routes.ts';
import { allTrailsRoutes } from './all-trails-routes.ts';
import { invitationPage } from './invitation-page.ts';
import { invitationRoutes } from './invitation-routes.ts';
import { memberRoutes } from './member-routes.ts';
import { organizationRoutes } from './organization-routes.ts';
import { settingsRoutes } from './settings-routes.ts';
import { standingRoutes } from './standing-routes.ts';
import { trailRoutes } from './trail-routes.ts';
import { defineModule } from '#platform/module';
import { createAccounts } from './accounts.ts';
import { accountsDataRules } from './data-rules.ts';
import { accountsSystemUses } from './system-uses.ts';

export {
  dueOrganizations,
  lockDueOrganization,
  lockMemberships,
  lockPersonalAccount,
  personalAccount,
} from './erasing-store.ts';
export { type Accounts, type AccountsParts, createAccounts } from './accounts.ts';
export type { Visit } from './entry.ts';
export type { Room } from './room.ts';

/** All calls of this module; their service is `Accounts`. */
export const accountsRoutes: Route[] = [
  ...organizationRoutes,
  ...memberRoutes,
  ...invitationRoutes,
  invitationPage,
  ...trailRoutes,
  ...allTrailsRoutes,
  ...settingsRoutes,
  ...standingRoutes,
  ...accountTrailRoutes,
];

/** This module, for the list of all of them. */
export const accountsModule = defineModule({
  name: 'accounts',
  purpose: 'personal accounts and organizations, members, invitations',
  migrations: () => migrationsIn('accounts', import.meta.url),
  dataRules: accountsDataRules,
  systemUses: accountsSystemUses,
  routes: accountsRoutes,
  schedules: { 'old-invitations': { cron: '12 * * * *', run: (accounts) => accounts.invitations.prune() } },
  create: createAccounts,
});
