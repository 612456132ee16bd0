import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { limitsDataRules } from './data-rules.ts';
import { createLimiting } from './limiting.ts';
import { limitsRoutes } from './routes.ts';
import { denialRoutes } from './usage/denial-routes.ts';
import { callErrorRoutes } from './usage/call-error-routes.ts';
import { eventRoutes } from './usage/event-routes.ts';

export { hasOpenPermits, permitError } from './permits/permits.ts';
export {
  type Adjuster,
  type Adjustment,
  createAdjuster,
  listAdjustments,
  type NewAdjustment,
} from './usage/adjustments.ts';
export type { Preview } from './admission/admission.ts';
export { type Alerts, type Manager, managersOf } from './usage/alerts.ts';
export type { UsageCarrier, UsedAmounts } from './usage/carry-usage.ts';
export {
  createCredits,
  createRowCredits,
  type Credits,
  type CreditsGiver,
  type NewCredits,
  type RowCreditsGiver,
  type RowOutcome,
} from './usage/credits.ts';
export { type AddOnPurchase, createPackBook, type PackBook, usedOfPack } from './usage/packs.ts';
export { type Denial, limitExceeded, planRequired, admissionError, refusalError } from './denial.ts';
export { createDenialEvents, type DenialCache, type DenialEvents } from './admission/denial-cache.ts';
export { type CompiledFeature, ruleJson, ruleOf } from './features.ts';
export type { PlanExcess, PlanChoice } from './usage/plan-excess.ts';
export {
  createMembersGauging,
  gaugeDenial,
  gaugeRefusal,
  type Gauging,
  type MembersGauging,
  createMemberCapacity,
} from './usage/gauges.ts';
export { type Fleet, type Holder, LEASE, startHolder } from './holder.ts';
export type { ExtensionResult, Extension, DelegatedId, DelegatedPermit } from './permits/delegated.ts';
export type { CallErrors } from './usage/call-errors.ts';
export { createLimiting, type Limiting } from './limiting.ts';
export { createLimits, type Limits } from './limits.ts';
export {
  createBudgetAlert,
  createOperatorBudgets,
  type OperatorBudget,
  type OperatorBudgets,
  type Selection,
} from './operator/operator.ts';
export { createOperatorNotices, type OperatorNotices, platformAdmins } from './operator/operator-notices.ts';
export type {
  Admission,
  AdmitRequest,
  IdempotencyRequest,
  Permit,
  PermitFacts,
  PlannedCall,
  StoredAnswer,
  Usage,
  WalkTimes,
} from './permit.ts';
export { createPostgresRates, type PostgresRatesParts } from './rates/rates.postgres.ts';
export { createRedisRates } from './rates/rates.redis.ts';
export { type RateEntry, type Rates, type RateVerdict } from './rates/rates.ts';
export type { ReportedUse, Reporter } from './usage/reporting.ts';
export { createRetryQueue, type RetryQueue } from './settlement/retry-queue.ts';
export type { Renewal } from './seats/seat-renewals.ts';
export {
  createSeats,
  type EndedSeat,
  type OccupiedSeat,
  type Seat,
  type SeatEnd,
  type SeatResult,
  type Seats,
  type SeatsOf,
} from './seats/seats.ts';
export { concealBudget, limitUsage, PERCENT, shownEvent, shownUsage, usageEvent } from './routes.ts';
export { ownKeyVersion } from './usage/own-key.ts';
export { endUserTag, LONGEST_TAG } from './usage/end-users.ts';
export { LEDGER_SUMS, type LimitUsage, type UsageEventRow } from './usage/usage.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'limits.rates': 'rates by IP and key are counted before or without an account',
  'limits.admission': 'one batch decides for callers of many accounts',
  'limits.settlement': 'one batch settles permits of many accounts',
  'limits.holders': 'a holder is a process and serves all accounts',
  'limits.seats': 'one batch renews seats of many accounts, and they are counted over all',
  'limits.sweep': 'permits of dead holders are closed, and meters of past end users deleted, in all accounts',
  'limits.alerts': 'alerts of all accounts are told, and those who manage them found',
  'limits.denials':
    'one process counts denials and failed calls of many accounts, and platform admins read denials of all',
  'limits.operator': 'budgets of the operator are over all accounts, and platform admins are told of them',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

/** This module, for the list of all of them. */
export const limitsModule = defineModule({
  name: 'limits',
  purpose:
    'who may spend, and what was spent: admission/, permits/, settlement/, rates/, seats/, usage/ with its alerts, operator/ budgets',
  migrations: () => migrationsIn('limits', import.meta.url),
  dataRules: limitsDataRules,
  systemUses,
  partRoutes: {
    limits: [...limitsRoutes, ...eventRoutes],
    denials: denialRoutes,
    callErrors: callErrorRoutes,
  },
  schedules: {
    'unused-rates': { cron: '17 * * * *', run: ({ rates }) => rates.sweep() },
    'past-end-users': { cron: '11 0 * * *', run: (limiting) => limiting.pruneEndUsers() },
    'expiring-credits': { cron: '21 * * * *', run: (limiting) => limiting.tellExpiringCredits() },
    'old-errors': { cron: '28 4 * * *', run: ({ callErrors }) => callErrors.prune() },
    'old-denials': { cron: '27 4 * * *', run: ({ denials }) => denials.prune() },
  },
  create: createLimiting,
});
