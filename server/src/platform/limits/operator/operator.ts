import { commitPoint, type Database, statement } from '#platform/db';
import type { Clock, Ids, Micros } from '#platform/kernel';

const CHANGE = commitPoint('limits.operator-budget', "a budget of the operator's");

/** Which calls a budget of the operator is for: all that match what is named. */
export interface Selection {
  readonly product?: string | undefined;
  readonly feature?: string | undefined;
  readonly provider?: string | undefined;
  /** `reel.pro` */
  readonly plan?: string | undefined;
}

export interface OperatorBudget extends Selection {
  readonly id: string;
  /** Micro-dollars a UTC day; null: it is closed and opened by hand alone. */
  readonly daily: Micros | null;
  /** By permits that were closed today, without calls under way. */
  readonly spent: Micros;
  /** By hand. */
  readonly closed: boolean;
}

/** Budgets of the operator, over all accounts. A change is in effect for the next decision. */
export interface OperatorBudgets {
  list(): Promise<OperatorBudget[]>;
  /** Makes the budget of this very selection, or changes it; what is not said stays as it is. Answers its id. */
  set(
    selection: Selection,
    change: { readonly daily?: Micros | undefined; readonly closed?: boolean },
  ): Promise<string>;
}

/** The selection of a row; null: any. */
export type SelectionRow = Readonly<Record<keyof Selection, string | null>>;

type BudgetRow = Omit<OperatorBudget, keyof Selection> & SelectionRow;

export function createOperatorBudgets({
  db,
  ids,
}: {
  readonly db: Database;
  readonly ids: Ids;
}): OperatorBudgets {
  return {
    async list() {
      const [rows] = await db.system('limits.operator', [
        statement<BudgetRow>(
          `select b.id, product, feature, provider, plan, daily, closed, (
             select coalesce(sum(s.spent), 0)::bigint from limits.operator_spending s
             where s.budget_id = b.id and s.day = limits.window_start('day', app.now())) as spent
           from limits.operator_budgets b order by product nulls first, feature nulls first, b.id`,
        ),
      ]);
      return rows.map(({ product, feature, provider, plan, ...state }) => ({
        ...state,
        ...(product === null ? {} : { product }),
        ...(feature === null ? {} : { feature }),
        ...(provider === null ? {} : { provider }),
        ...(plan === null ? {} : { plan }),
      }));
    },
    async set({ product, feature, provider, plan }, { daily, closed }) {
      const [[row]] = await db.system('limits.operator', CHANGE, [
        statement<{ id: string }>('select limits.set_operator_budget($1, $2, $3, $4, $5, $6, $7) as id', [
          ids.next(),
          product ?? null,
          feature ?? null,
          provider ?? null,
          plan ?? null,
          daily ?? null,
          closed ?? null,
        ]),
      ]);
      if (row === undefined) throw new Error('a budget was not stored');
      return row.id;
    },
  };
}

/** How often one closed budget is reported, in milliseconds: everybody is refused, and one line says so. */
const REPORT_EVERY = 60_000;

/** Reports that a budget of the operator refuses callers, once a minute for each. */
export function createBudgetAlert(clock: Clock, report: (budget: string) => void): (budget: string) => void {
  const reported = new Map<string, number>();
  return (budget) => {
    const now = clock.monotonic();
    if (now - (reported.get(budget) ?? Number.NEGATIVE_INFINITY) < REPORT_EVERY) return;
    reported.set(budget, now);
    report(budget);
  };
}
