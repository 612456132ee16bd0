import './errors.ts';
import { declareLongUses, migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { entitlementsDataRules } from './data-rules.ts';
import { createEntitlements } from './service.ts';

export type { Allowance } from './allowances.ts';
export {
  type AddOn,
  type Backend,
  type Amounts,
  type Catalogue,
  currenciesOf,
  type Currency,
  type Feature,
  type Grants,
  type GrantValue,
  inCurrency,
  isPack,
  type LimitDeclaration,
  type LimitSubject,
  type OptionKind,
  type Overage,
  type Pack,
  type Plan,
  type Price,
  type RateSubject,
  UNLIMITED,
  assertRunning,
  isRunning,
  productOff,
} from './catalogue.ts';
export { catalogueOf, checkCatalogue, type PlainDeclaration } from './check.ts';
export { type CatalogueDeclaration, declareCatalogue, type NoOptions } from './declaration.ts';
export type { NewGrant, Revocation } from './grants.ts';
export {
  bestPlan,
  createEntitlements,
  type Entitlement,
  type Entitlements,
  type EntitlementsParts,
  localName,
  type Upgrade,
} from './service.ts';
export { createPlanRates, type PlanRate, type PlanRates, type PlanRatesNow } from './plan-rates.ts';
export type { EntitlementChange, OnEntitlementChanged, SyncResult } from './snapshots.ts';
export type { Grant } from './store.ts';
export { grantsFor } from './effective.ts';
export { stayAtTerms, type TermsMove } from './moves.ts';
export { atTerms, type PlanTerms, termsOf } from './terms.ts';
export type { ProviderGrant, ProviderGrants } from './provider-grants.ts';
export {
  GRANT_SOURCES,
  type GrantSource,
  type Segment,
  segmentAt,
  PROVIDER_SOURCES,
  type ProviderSource,
  type TimedGrant,
  timelineOf,
  usedShareAt,
} from './timeline.ts';

export { createUpgradeFor, type UpgradeFor, type UpgradeQuestion } from './upgrade.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'admin.grants': 'a platform admin grants a plan to an account that is not their own',
  'entitlements.rewrite': 'a change of plans rewrites the snapshots of all accounts',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('entitlements.rewrite');

/** This module, for the list of all of them. */
export const entitlementsModule = defineModule({
  name: 'entitlements',
  purpose: 'what accounts were granted, and what that amounts to over time',
  migrations: () => migrationsIn('entitlements', import.meta.url),
  dataRules: entitlementsDataRules,
  systemUses,
  create: createEntitlements,
});
