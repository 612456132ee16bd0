import { type Held, type NamedPlan, type SoldPlan, type Subscription, useHeld } from './data.ts';
import { useSearchOf } from '../../parts/search.ts';
import { readPlanSearch } from './search.ts';

/** How one would pay: by the page's address, and where it says nothing as one pays already. */
export interface Choice {
  readonly cycle: 'monthly' | 'yearly';
  /** undefined: each plan in its own. */
  readonly currency: string | undefined;
  /** An account that has a subscription pays in its currency alone. */
  readonly isCurrencyFixed: boolean;
  readonly seats: number;
}

export function useChoice({ subscription }: Held): Choice {
  const { bought, cycle, currency, seats } = useSearchOf(readPlanSearch);
  const { data: all } = useHeld(bought);
  const paying = all?.find(({ subscription: one }) => one?.store === 'stripe')?.subscription;
  return {
    cycle: cycle ?? (subscription?.cycle === 'yearly' ? 'yearly' : 'monthly'),
    currency: paying?.price.currency ?? currency,
    isCurrencyFixed: paying !== undefined,
    seats: seats ?? subscription?.quantity ?? 1,
  };
}

/** A plan so paid. One that is not sold in that currency is shown in its own. */
export function orderOf({ price, per_seat: limits }: SoldPlan, { cycle, currency, seats }: Choice) {
  const also = currency === undefined ? undefined : price.also[currency];
  return {
    cycle,
    currency: also === undefined || currency === undefined ? price.currency : currency,
    quantity: limits.length > 0 ? seats : 1,
    /** Minor units of one; null: it is not sold so. */
    amount: (also ?? price)[cycle],
  };
}

/** A change of a subscription: to a plan that is sold, or to other seats of its own, which may be sold no more. */
export function changeOf(
  to: NamedPlan,
  choice: Choice,
  present: Subscription,
): { readonly quantity: number; readonly cycle?: Choice['cycle'] } {
  const { cycle, quantity } = 'per_seat' in to ? orderOf(to, choice) : { ...present, quantity: choice.seats };
  return { quantity, ...(cycle === 'monthly' || cycle === 'yearly' ? { cycle } : {}) };
}
