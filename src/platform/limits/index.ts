import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { limitsDataRules } from './data-rules.ts';
import { createLimiting } from './limiting.ts';
import { limitsRoutes } from './routes.ts';
import { limitsSystemUses } from './system-uses.ts';

export { hasOpenPermits } from './open-permits.ts';
export {
  type Adjuster,
  type Adjustment,
  createAdjuster,
  listAdjustments,
  type NewAdjustment,
} from './adjustments.ts';
export {
  type Admission,
  refusal,
} from './admission.ts';
export type { Alerts } from './alerts.ts';
export type { UsageCarrier, UsedAmounts } from './carry-usage.ts';
export { createCredits, type Credits, type CreditsGiver, type NewCredits } from './credits.ts';
export { type Denial, limitExceeded, planRequired } from './denial.ts';
export type { DenialCache } from './denials.ts';
export { createDenialEvents, type DenialEvents } from './denials.ts';
export type { CompiledFeature } from './features.ts';
export type { NotFitting, Wish } from './fitting.ts';
export {
  createMembersGauging,
  gaugeDenial,
  gaugeRefusal,
  type Gauging,
  type MembersGauging,
} from './gauges.ts';
export { type Fleet, type Holder, LEASE, startHolder } from './holder.ts';
export type { Extended, Extension, DelegatedId, DelegatedPermit } from './delegated.ts';
export { createLimiting, type Limiting } from './limiting.ts';
export { createLimits, type Limits } from './limits.ts';
export { createMemberCapacity } from './member-capacity.ts';
export {
  createBudgetAlert,
  createOperatorBudgets,
  type OperatorBudget,
  type OperatorBudgets,
  type Selection,
} from './operator.ts';
export { notAdmitted } from './not-admitted.ts';
export { createOperatorNotices, type OperatorNotices } from './operator-notices.ts';
export type { AdmitRequest, IdempotencyRequest, Permit, PlannedCall, StoredAnswer, Usage } from './permit.ts';
export { type PermitFacts, stale } from './permits.ts';
export type { Preview } from './preview.ts';
export { createPostgresRates, type PostgresRatesParts } from './rates.postgres.ts';
export { createRedisRates } from './rates.redis.ts';
export { type RateEntry, type Rates, type RateVerdict } from './rates.ts';
export type { ReportedUse, Reporter } from './reported.ts';
export { createRetryQueue, type RetryQueue } from './retry-queue.ts';
export type { Renewal } from './seat-renewals.ts';
export {
  createSeats,
  type EndedSeat,
  type OccupiedSeat,
  type Seat,
  type SeatEnd,
  type Seating,
  type Seats,
  type SeatsOf,
} from './seats.ts';
export { LEDGER_SUMS, type LimitUsage, type UsageEventRow } from './usage.ts';

/** This module, for the list of all of them. */
export const limitsModule = defineModule({
  name: 'limits',
  purpose: 'admission, permits, settlement, the ledger; rates; usage',
  migrations: () => migrationsIn('limits', import.meta.url),
  dataRules: limitsDataRules,
  systemUses: limitsSystemUses,
  partRoutes: { limits: limitsRoutes },
  schedules: { 'unused-rates': { cron: '17 * * * *', run: ({ rates }) => rates.sweep() } },
  create: createLimiting,
});
