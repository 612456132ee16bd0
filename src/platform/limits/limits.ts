import { type Database, commitPoint, statement } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import type { KeptAnswers } from '#platform/idempotency';
import type { AccountId, Ids } from '#platform/kernel';
import { type Admission, createAdmission } from './admission.ts';
import { createRetryQueue, type Forgotten, type RetryQueue } from './retry-queue.ts';
import type { Denial } from './denial.ts';
import type { AdmitRequest } from './permit.ts';
import type { DenialCache } from './denials.ts';
import { Traffic } from './batcher.ts';
import { compileFeatures } from './features.ts';
import { createGauging, type Gauging } from './gauges.ts';
import type { Holder } from './holder.ts';
import { createDelegatedPermits, type DelegatedPermits } from './delegated.ts';
import { createPermits, type PermitMaker } from './permits.ts';
import { createReporting, type Reporting } from './reported.ts';
import { type NotFitting, notFitting, type Wish } from './fitting.ts';
import { type LimitUsage, readUsage, readUsageEvents, type UsageEventRow } from './usage.ts';

const SWEEP = commitPoint('limits.sweep', 'permits of dead holders, closed');

export interface LimitsParts {
  readonly db: Database;
  readonly ids: Ids;
  /** How Idempotency-Keys are named, and the answers of calls that spend kept. */
  readonly answers: KeptAnswers;
  readonly holder: Holder;
  readonly catalogues: readonly Catalogue[];
  /** Micro-dollars that the operator bears a day for failed calls of one account, before it is denied. */
  readonly failures?: number | undefined;
  /** Answers what was just denied; without it, the database is asked each time. */
  readonly denials?: DenialCache;
  /** Told of what this process knew and could never tell the database: it is not written down anywhere else. */
  readonly onForgotten?: Forgotten | undefined;
  /** Told of the operator's budget that refuses somebody, once a minute. */
  readonly onBudgetClosed?: ((budget: string) => void) | undefined;
  /** Told of each denial; it must take no time. */
  readonly onDenied?: ((request: AdmitRequest, denial: Denial) => void) | undefined;
}

/** Limits and the ledger: admission, permits, settlement, the sweep, and what is used. */
export interface Limits {
  admit(request: AdmitRequest): Promise<Admission>;
  /** Makes the permit of a job that was just taken up. */
  readonly permitOf: PermitMaker;
  /** Closes up to `max` permits that nobody runs any more; answers how many. */
  sweep(max?: number): Promise<number>;
  readonly gauging: Gauging;
  /** Permits that are delegated to backends outside of this program. */
  readonly delegated: DelegatedPermits;
  /** What was metered outside of this program. */
  readonly reporting: Reporting;
  /** What the database was away for, and is told again. */
  readonly retries: Pick<RetryQueue, 'size' | 'finish'>;
  usage(accountId: AccountId): Promise<LimitUsage[]>;
  /** What an account has there that a plan has no room for: before it is changed to a smaller one. */
  notFitting(accountId: AccountId, wish: Wish): Promise<NotFitting[]>;
  usageEvents(accountId: AccountId, page: Parameters<typeof readUsageEvents>[2]): Promise<UsageEventRow[]>;
}

export function createLimits(parts: LimitsParts): Limits {
  const { db, holder } = parts;
  // Admission and settlement lock the same meters.
  const traffic = new Traffic();
  const retries = createRetryQueue(parts.onForgotten);
  const { makePermit, resolve } = createPermits({ ...parts, holder: holder.id, traffic, retries });
  const features = compileFeatures(parts.catalogues, parts.failures);
  const admit = createAdmission({
    ...parts,
    holder: holder.id,
    features,
    makePermit,
    traffic,
    retries,
  });
  return {
    admit: noting(parts.denials?.around(admit) ?? admit, parts.onDenied),
    permitOf: makePermit,
    async sweep(max = 500) {
      const [rows] = await db.system('limits.sweep', SWEEP, [
        statement<{ closed: number }>('select limits.sweep($1) as closed', [max]),
      ]);
      return rows[0]?.closed ?? 0;
    },
    gauging: createGauging(parts.catalogues),
    delegated: createDelegatedPermits({ ...parts, resolve }),
    reporting: createReporting({ ...parts, features }),
    retries,
    usage: (accountId) => readUsage(db, parts.catalogues, accountId),
    notFitting: (accountId, wish) => notFitting(parts, accountId, wish),
    usageEvents: (accountId, page) => readUsageEvents(db, accountId, page),
  };
}

function noting(admit: Limits['admit'], onDenied: LimitsParts['onDenied']): Limits['admit'] {
  if (onDenied === undefined) return admit;
  return async (request) => {
    const admission = await admit(request);
    if (admission.kind === 'denied') onDenied(request, admission.denial);
    return admission;
  };
}
