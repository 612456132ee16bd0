import { type Database, createReadCache } from '#platform/db';
import type { AccountId, Clock } from '#platform/kernel';
import { type Catalogue, type Grants, type RateSubject, UNLIMITED } from './catalogue.ts';
import { timelinesOf } from './store.ts';
import { type Segment, segmentAt } from './timeline.ts';

/** How often an account may call a product, as its plan says. */
export interface PlanRate {
  readonly name: string;
  readonly by: RateSubject;
  /** Calls in a minute; null: as many as anybody likes. */
  readonly perMinute: number | null;
}

export interface PlanRatesNow {
  /** `adiuva.pro`; null: without a plan there is no rate either. */
  readonly plan: string | null;
  readonly rates: ReadonlyMap<string, PlanRate>;
  /** All that the plan grants, rates included. */
  readonly grants: Grants;
}

/** The rates that products sell: asked for with each call, and so kept for seconds. A changed plan counts at once where it is heard of. */
export interface PlanRates {
  now(accountId: AccountId, product: string): Promise<PlanRatesNow>;
  close(): void;
}

interface Read {
  readonly timelines: ReadonlyMap<string, readonly Segment[]>;
  /** The database's time when they were read, in milliseconds, and ours on the clock that never jumps. */
  readonly time: number;
  readonly readAt: number;
}

export function createPlanRates(parts: {
  readonly db: Database;
  readonly clock: Clock;
  readonly catalogues: readonly Catalogue[];
}): PlanRates {
  const { db, clock, catalogues } = parts;
  const kept = createReadCache<Read>({ db, clock, topic: 'entitlements' });

  async function read(accountId: AccountId): Promise<Read> {
    const readAt = clock.monotonic();
    const [rows] = await db.tenant(accountId, [timelinesOf(accountId)]);
    const timelines = new Map(rows.map(({ product, timeline }) => [product, timeline]));
    return { timelines, time: rows[0]?.now.getTime() ?? 0, readAt };
  }

  return {
    async now(accountId, product) {
      const { timelines, time, readAt } = await kept.get(accountId, accountId, () => read(accountId));
      const timeline = timelines.get(product);
      const catalogue = catalogues.find((one) => one.product === product);
      if (timeline === undefined || catalogue === undefined)
        return { plan: null, rates: new Map(), grants: {} };
      // A boost that ends meanwhile ends in what is kept, too.
      const { plan, grants } = segmentAt(timeline, new Date(time + clock.monotonic() - readAt));
      const rates = Object.entries(catalogue.limits).flatMap(([name, limit]): [string, PlanRate][] => {
        const size = grants[name];
        if (limit.kind !== 'rate' || typeof size !== 'number') return [];
        return [[name, { name, by: limit.by, perMinute: size === UNLIMITED ? null : size }]];
      });
      return { plan, rates: new Map(rates), grants };
    },
    close: kept.close,
  };
}
