import { type Database, commitPoint, statement } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import type { AccountId, Ids, Random } from '#platform/kernel';
import { type Admission, type AdmitRequest, createAdmission } from './admission.ts';
import { compileFeatures } from './features.ts';
import type { Holder } from './holder.ts';
import { createPermits, type PermitMaker } from './permits.ts';
import { type LimitUsage, readUsage, readUsageEvents, type UsageEventRow } from './usage.ts';

const SWEEP = commitPoint('limits.sweep', 'permits of dead holders, closed');

export interface LimitsParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly random: Random;
  readonly holder: Holder;
  readonly catalogues: readonly Catalogue[];
}

/** Limits and the ledger: admission, permits, settlement, the sweep, and what is used. */
export interface Limits {
  admit(request: AdmitRequest): Promise<Admission>;
  /** Makes the permit of a job that was just taken up. */
  readonly permitOf: PermitMaker;
  /** Closes up to `max` permits that nobody runs any more; answers how many. */
  sweep(max?: number): Promise<number>;
  usage(accountId: AccountId): Promise<LimitUsage[]>;
  usageEvents(accountId: AccountId, page: Parameters<typeof readUsageEvents>[2]): Promise<UsageEventRow[]>;
}

export function createLimits(parts: LimitsParts): Limits {
  const { db, holder } = parts;
  const makePermit = createPermits({ ...parts, holder: holder.id });
  return {
    admit: createAdmission({
      ...parts,
      holder: holder.id,
      features: compileFeatures(parts.catalogues),
      makePermit,
    }),
    permitOf: makePermit,
    async sweep(max = 500) {
      const [rows] = await db.system('limits.sweep', SWEEP, [
        statement<{ closed: number }>('select limits.sweep($1) as closed', [max]),
      ]);
      return rows[0]?.closed ?? 0;
    },
    usage: (accountId) => readUsage(db, parts.catalogues, accountId),
    usageEvents: (accountId, page) => readUsageEvents(db, accountId, page),
  };
}
