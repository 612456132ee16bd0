import type { SoldPlan } from './data.ts';
import type { PlanSearch } from './search.ts';

/** How a plan would be paid, by what the page's address says: what it is not sold by falls back to months and to its own currency. */
export function orderOf({ price, per_seat: limits }: SoldPlan, search: PlanSearch) {
  const { currency = price.currency, seats = 1 } = search;
  const cycle = search.cycle ?? ('monthly' as const);
  const also = currency === price.currency ? undefined : price.also[currency];
  const amounts = also ?? price;
  return {
    cycle,
    currency: also === undefined ? price.currency : currency,
    quantity: limits.length > 0 ? seats : 1,
    /** Minor units of one; null: it is not sold so. */
    amount: amounts[cycle],
  };
}
