import { type Database, commitPoint, statement } from '#platform/db';
import { type Catalogue, isRunning } from '#platform/entitlements';
import type { KeptAnswers } from '#platform/idempotency';
import type { AccountId, Ids } from '#platform/kernel';
import { createAdmission, type Preview, type PreviewRequest } from './admission/admission.ts';
import { createRetryQueue, type Forgotten, type RetryQueue } from './settlement/retry-queue.ts';
import type { Denial } from './denial.ts';
import type { Admission, AdmitRequest } from './permit.ts';
import type { DenialCache } from './admission/denial-cache.ts';
import { Ends, createAfterEnds, type EndsElsewhere } from './settlement/ends.ts';
import { BusyRows } from './batcher.ts';
import { createFeatures, FAILURES } from './features.ts';
import { createGauging, type Gauging } from './usage/gauges.ts';
import type { Holder } from './holder.ts';
import { createDelegatedPermits, type DelegatedPermits } from './permits/delegated.ts';
import { makePermit, type PermitMaker } from './permits/permits.ts';
import { createReporting, type Reporting } from './usage/reporting.ts';
import { createSettling } from './settlement/settling.ts';
import { type PlanExcess, findPlanExcess, type PlanChoice } from './usage/plan-excess.ts';
import { createSeats, type Seats } from './seats/seats.ts';
import { createUsageCarrier, type UsageCarrier } from './usage/carry-usage.ts';
import {
  type LimitUsage,
  readUsage,
  readUsageEvent,
  readUsageEvents,
  type UsageEventDetails,
  type UsageEventPage,
} from './usage/usage.ts';

const SWEEP = commitPoint('limits.sweep', 'permits of dead holders, closed');

export interface LimitsParts {
  readonly db: Database;
  readonly ids: Ids;
  /** How Idempotency-Keys are named, and the answers of calls that spend kept. */
  readonly answers: KeptAnswers;
  readonly holder: Holder;
  readonly catalogues: readonly Catalogue[];
  /** Micro-dollars a day that the operator pays for failed calls of one account, before the account is denied. */
  readonly failures?: number | undefined;
  /** The ends under way of this process, where others ask for them. */
  readonly ends?: Ends;
  /** The ends of the other processes; without it, there are none. */
  readonly endsElsewhere?: EndsElsewhere;
  /** Answers requests that were just denied; without it, the database is asked each time. */
  readonly denials?: DenialCache;
  /** Called with what could never be written to the database: nothing else stores it. */
  readonly onForgotten?: Forgotten | undefined;
  /** Called with the operator's budget that refuses calls, once a minute. */
  readonly onBudgetClosed?: ((budget: string) => void) | undefined;
  /** Called for each denial; it must take no time. */
  readonly onDenied?: ((request: AdmitRequest, denial: Denial) => void) | undefined;
  /** Called for each seat that was requested or renewed, with the outcome. */
  readonly onSeat?: ((product: string, outcome: string) => void) | undefined;
}

/** Limits and the ledger: admission, permits, settlement, the sweep, and what is used. */
export interface Limits {
  admit(request: AdmitRequest): Promise<Admission>;
  /** The present answer of `admit`, and why. Nothing is charged, written or remembered. */
  preview(request: PreviewRequest): Promise<Preview>;
  /** Makes the permit of a job that was just taken up. */
  readonly permitOf: PermitMaker;
  /** Closes up to `max` permits of dead holders; answers how many. */
  sweep(max?: number): Promise<number>;
  readonly gauging: Gauging;
  /** Machines at work at once. */
  readonly seats: Seats;
  /** Permits that are delegated to backends outside of this program. */
  readonly delegated: DelegatedPermits;
  /** Usage that was metered outside of this program. */
  readonly reporting: Reporting;
  /** Ends of permits whose callers may have their answers already. */
  readonly ends: Pick<Ends, 'size' | 'idle'>;
  /** Writes that the database was away for, and that are retried. */
  readonly retries: Pick<RetryQueue, 'size' | 'finish'>;
  /** Includes all calls that this process has answered. */
  usage(accountId: AccountId): Promise<LimitUsage[]>;
  readonly carrier: UsageCarrier;
  /** Use of an account beyond a plan's limits: asked before a change to a smaller plan. */
  notFitting(accountId: AccountId, wish: PlanChoice): Promise<PlanExcess[]>;
  usageEvents(accountId: AccountId, page: Parameters<typeof readUsageEvents>[2]): Promise<UsageEventPage>;
  usageEvent(accountId: AccountId, id: string): Promise<UsageEventDetails | undefined>;
}

export function createLimits(parts: LimitsParts): Limits {
  const { db, holder, ends = new Ends(), failures = FAILURES } = parts;
  const afterEnds = createAfterEnds(ends, parts.endsElsewhere);
  // Admission and settlement lock the same meters.
  const busyRows = new BusyRows();
  const retries = createRetryQueue(parts.onForgotten);
  const settling = createSettling({ db, busyRows });
  const held = { ...parts, holder: holder.id, retries, failures, afterEnds };
  const permitOf: PermitMaker = (facts) => makePermit(facts, { ...held, settling, ends });
  const findFeature = createFeatures(parts.catalogues, failures);
  return {
    ...createAdmission({ ...held, findFeature, makePermit: permitOf, busyRows }),
    permitOf,
    async sweep(max = 500) {
      const [rows] = await db.system('limits.sweep', SWEEP, [
        statement<{ closed: number }>('select limits.sweep($1) as closed', [max]),
      ]);
      return rows[0]?.closed ?? 0;
    },
    gauging: createGauging(parts.catalogues),
    seats: createSeats(parts),
    delegated: createDelegatedPermits({ ...parts, resolve: settling.resolve, afterEnds }),
    reporting: createReporting({ ...parts, findFeature }),
    ends,
    retries,
    carrier: createUsageCarrier(parts.catalogues),
    async usage(accountId) {
      await ends.of(accountId)?.();
      return readUsage(db, parts.catalogues.filter(isRunning), accountId);
    },
    notFitting: (accountId, wish) => findPlanExcess(parts, accountId, wish),
    async usageEvents(accountId, page) {
      await ends.of(accountId)?.();
      return readUsageEvents(db, accountId, page);
    },
    async usageEvent(accountId, id) {
      await ends.of(accountId)?.();
      return readUsageEvent(db, accountId, id);
    },
  };
}
