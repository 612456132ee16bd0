import { commitPoint, type Database, statement } from '#platform/db';

const ROLLED = commitPoint('reports.rolled', 'posted usage events, in the sums of the reports');
const REPAIRED = commitPoint('reports.repaired', 'sums that were made to say what the ledger says');

/** Statements of settlement that one commit takes: a hundred permits each, at most. */
const BATCH = 200;

/** The ledger less the reports, in one cell. All 0: it would not be here. */
export interface Difference {
  readonly account_id: string;
  readonly slot: Date;
  readonly user_id: string;
  readonly plan: string | null;
  readonly product: string;
  readonly feature: string;
  readonly key_id: string | null;
  readonly provider: string;
  readonly model: string;
  /** Whether a backend of the account's own reported its own costs. */
  readonly own: boolean;
  readonly calls: number;
  readonly estimated_calls: number;
  readonly prompt_tokens: number;
  readonly cached_tokens: number;
  readonly completion_tokens: number;
  readonly reasoning_tokens: number;
  readonly posted: number;
  readonly estimated: number;
  readonly corrections: number;
  readonly charged: number;
}

/** Instants between which sums are compared with rows; all of them when not said. */
export interface Span {
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
}

/** The sums of the ledger. They equal its rows at every instant, rolled up or not; `verify` says so. */
export interface Rollup {
  /** Adds what was posted since the last run; answers how many of settlement's statements that were. */
  roll(): Promise<number>;
  /** Cells in which sums and rows differ: none, unless rows were changed by hand. */
  verify(span?: Span): Promise<Difference[]>;
  /** Makes the sums say what the rows say; answers how many cells that changed. */
  repair(span?: Span): Promise<number>;
}

export function createRollup(db: Database): Rollup {
  return {
    async roll() {
      let total = 0;
      for (;;) {
        const [[row]] = await db.system('reports.rollup', ROLLED, [
          statement<{ taken: number }>('select reports.roll($1) as taken', [BATCH]),
        ]);
        const taken = row?.taken ?? 0;
        total += taken;
        if (taken < BATCH) return total;
      }
    },
    async verify(span = {}) {
      const [rows] = await db.system('reports.rollup', [
        statement<Difference>('select * from reports.differences($1, $2)', bounds(span)),
      ]);
      return rows;
    },
    async repair(span = {}) {
      const [[row]] = await db.system('reports.rollup', REPAIRED, [
        statement<{ changed: number }>('select reports.repair($1, $2) as changed', bounds(span)),
      ]);
      return row?.changed ?? 0;
    },
  };
}

function bounds({ from, until }: Span): unknown[] {
  return [from ?? '-infinity', until ?? 'infinity'];
}
