import type { Stripe } from 'stripe';
import { type Cycle, cycleOfLength } from '../../cycles.ts';
import { OvertakenError } from './retry-overtaken.ts';
import { itemOfPrice, itemSoldBy, meteredItems, planItem } from './subscription-reads.ts';

/** The new form of a subscription. */
export interface Change {
  /** The plan of the price, by its name within the product. */
  readonly of: { readonly product: string; readonly plan: string; readonly cycle: Cycle };
  /** undefined: the plan is that of the subscription, and not sold any more. */
  readonly price: string | undefined;
  /** At once, or arranged for the end of the paid period. */
  readonly when: 'now' | 'period_end';
  readonly quantity: number;
  /** Metered prices that belong to the new plan, by the limit past which they are charged. */
  readonly metered: readonly { readonly limit: string; readonly price: string }[];
  /** Costs more than the present plan: it is paid at once, or nothing changes. Else the rest is the customer's credit. */
  readonly dearer: boolean;
  /** A trial goes on with it; else it ends with the change, which is paid then. */
  readonly keepsTrial: boolean;
  readonly promotion: string | undefined;
  /** The second from which on it is prorated; the same one makes a preview and its change cost the same. */
  readonly proratedAt: Date | undefined;
}

/** A change whose price is there: that of the subscription for its own plan. */
export type PricedChange = Change & { readonly price: string };

/** Seats are changed at the prices that the subscription has, also by agreement: another plan or cycle alone is sold at present ones. */
export function atKeptPrices<C extends Change>(
  subscription: Stripe.Subscription,
  change: C,
): C & { readonly price: string } {
  const item = planItem(subscription);
  const { price } = change;
  if (item === undefined || !hasPlan(subscription, change)) {
    // It has another plan by now.
    if (price === undefined) throw new OvertakenError();
    return { ...change, price };
  }
  const metered = meteredItems(subscription).map((one) => ({ limit: limitOf(one), price: one.price.id }));
  return { ...change, price: item.price.id, metered };
}

export function hasPlan(subscription: Stripe.Subscription, { of }: Change): boolean {
  const sold = itemSoldBy(subscription);
  return (
    sold?.product === of.product && sold.plan === of.plan && cycleOf(planItem(subscription)) === of.cycle
  );
}

export function cycleOf(item: Stripe.SubscriptionItem | undefined): Cycle {
  const { interval = 'month', interval_count: count = 1 } = item?.price.recurring ?? {};
  return cycleOfLength(interval, count);
}

export const limitOf = ({ price }: Stripe.SubscriptionItem) => itemOfPrice(price)?.overage ?? '';
