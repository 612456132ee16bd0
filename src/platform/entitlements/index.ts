import './errors.ts';
import { type Migration, migrationsIn } from '#platform/db';

export { entitlementsDataRules } from './data-rules.ts';
export {
  type AddOn,
  type Backend,
  type Catalogue,
  type Feature,
  type Grants,
  type GrantValue,
  type LimitDeclaration,
  type LimitSubject,
  type OptionKind,
  type Plan,
  type Price,
  UNLIMITED,
} from './catalogue.ts';
export { catalogueOf, type PlainDeclaration } from './check.ts';
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
export type { Synced } from './snapshots.ts';
export type { Grant } from './store.ts';
export { type GrantSource, type Segment, segmentAt, type TimedGrant, timelineOf } from './timeline.ts';

export const entitlementsMigrations = (): Migration[] => migrationsIn('entitlements', import.meta.url);
