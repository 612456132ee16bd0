import { type Migration, migrationsIn } from '#platform/db';

export {
  type Admission,
  type AdmitRequest,
  refusal,
} from './admission.ts';
export type { Denial } from './denial.ts';
export type { CompiledFeature } from './features.ts';
export { type Holder, LEASE, startHolder } from './holder.ts';
export { createLimits, type Limits } from './limits.ts';
export type { IdempotencyRequest, Permit, PlannedCall, StoredAnswer, Usage } from './permit.ts';
export { type PermitFacts, stale } from './permits.ts';
export { createPostgresRates, type PostgresRatesParts } from './rates.postgres.ts';
export type { RateEntry, Rates, RateVerdict } from './rates.ts';
export { limitsRoutes } from './routes.ts';
export type { LimitUsage, UsageEventRow } from './usage.ts';

export const limitsMigrations = (): Migration[] => migrationsIn('limits', import.meta.url);
