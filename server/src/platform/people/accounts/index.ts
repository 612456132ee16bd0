import './errors.ts';
import { declareLongUses, migrationsIn } from '#platform/db';
import type { Route } from '#platform/http';
import { directoryRoutes } from './directory/user-routes.ts';
import { invitationPage } from './invitations/invitation-page.ts';
import { invitationRoutes } from './invitations/invitation-routes.ts';
import { memberRoutes } from './members/member-routes.ts';
import { organizationRoutes } from './organizations/organization-routes.ts';
import { settingsRoutes } from './settings-routes.ts';
import { teamRoutes } from './teams/team-routes.ts';
import { suspensionRoutes } from './suspension-routes.ts';
import { auditRoutes } from './audit-trail/audit-routes.ts';
import { defineModule } from '#platform/module';
import { createAccounts } from './accounts.ts';
import { accountsDataRules } from './data-rules.ts';

export {
  dueOrganizations,
  lockDueOrganization,
  lockMemberships,
  lockPersonalAccount,
  personalAccount,
} from './erasure-store.ts';
export { type Accounts, type AccountsParts, createAccounts } from './accounts.ts';
export {
  type AccountByName,
  type AccountName,
  accountNameFields,
  emailNameField,
  ONE_ACCOUNT,
  ONE_ACCOUNT_ID,
} from './customers/account-by-name.ts';
export { customersNamed, customerUsers, type PutOutcome } from './customers/customer-store.ts';
export {
  type BackendCall,
  type CustomerFields,
  type ExternalCustomers,
  putRefusal,
} from './customers/customers.ts';
export type { ServedAccount, ServedName } from './customers/served-accounts.ts';
export { accountsDoneAgain } from './done-again.ts';
export type { OrganizationRequest } from './members/authorize-member.ts';
export type { MemberCapacity } from './members/capacity.ts';

/** All calls of this module; their service is `Accounts`. */
export const accountsRoutes: Route[] = [
  ...organizationRoutes,
  ...memberRoutes,
  ...invitationRoutes,
  invitationPage,
  ...teamRoutes,
  ...auditRoutes,
  ...settingsRoutes,
  ...suspensionRoutes,
  ...directoryRoutes,
];

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'accounts.membership':
    'whether a caller may act for an account, or open it again, is read before there is a scope',
  'accounts.prune': 'invitations of all accounts that were over long ago are deleted',
  'accounts.personal-audit':
    'what a person did belongs to no account: the owner of a personal account reads their own sign-ins with it',
  'accounts.customers': 'the operator’s backend makes and finds customers among all of them, by its own ids',
  'accounts.invitee': 'a person who was invited is no member yet: their invitation is found by its token',
  'admin.accounts': 'a platform admin finds, suspends and reinstates users’ accounts that are not their own',
  'admin.audit': 'a platform admin reads what happened in all accounts',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('accounts.prune');

/** This module, for the list of all of them. */
export const accountsModule = defineModule({
  name: 'accounts',
  purpose: 'personal accounts and organizations, members, invitations, teams',
  migrations: () => migrationsIn('accounts', import.meta.url),
  dataRules: accountsDataRules,
  systemUses,
  routes: accountsRoutes,
  schedules: { 'old-invitations': { cron: '12 * * * *', run: (accounts) => accounts.invitations.prune() } },
  create: createAccounts,
});
