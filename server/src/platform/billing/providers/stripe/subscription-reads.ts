import type { Stripe } from 'stripe';
import type { StripeClient } from './client.ts';
import { type SoldItem, soldItemOf } from './product-ids.ts';

/** With what charges it: by that it is known whether a change may wait. */
const EXPANDED = ['discounts', 'default_payment_method', 'customer.invoice_settings.default_payment_method'];

/** A subscription as Stripe has it at this moment, with its discounts. Throws `not_found` when there is none. */
export async function readSubscription(client: StripeClient, id: string): Promise<Stripe.Subscription> {
  return client.read((stripe) => stripe.subscriptions.retrieve(id, { expand: EXPANDED }));
}

/** When it is to end, or ended. */
export function endsAt({ cancel_at: at, ended_at: ended }: Stripe.Subscription): Date | undefined {
  const end = ended ?? at;
  return end === null ? undefined : dateOf(end);
}

/** The end of the plan's period; what is charged past its limits may have a shorter one. */
export function periodEnd(subscription: Stripe.Subscription): number {
  const [first] = subscription.items.data;
  return planItem(subscription)?.current_period_end ?? first?.current_period_end ?? subscription.start_date;
}

export const isMetered = ({ recurring }: Stripe.Price) => recurring?.usage_type === 'metered';
export const idOf = (named: string | { readonly id: string } | null) =>
  typeof named === 'string' ? named : named?.id;
export const dateOf = (seconds: number) => new Date(seconds * 1_000);

type Item = Stripe.SubscriptionItem;

/** The item of a subscription that is its plan; the others are units past limits. */
export function planItem(subscription: Stripe.Subscription): Item | undefined {
  return subscription.items.data.find(({ price }) => itemOfPrice(price)?.plan !== undefined);
}

/** The items that are charged by use. */
export const meteredItems = ({ items }: Stripe.Subscription): Item[] =>
  items.data.filter(({ price }) => isMetered(price));

/** The item that a subscription is for; undefined: nothing of ours. */
export function itemSoldBy(subscription: Stripe.Subscription): SoldItem | undefined {
  const item = planItem(subscription);
  return item === undefined ? undefined : itemOfPrice(item.price);
}

/** The item that a price is for. */
export function itemOfPrice({ product, recurring }: Stripe.Price): SoldItem | undefined {
  const id = typeof product === 'string' ? product : product.id;
  if (recurring === null) return soldItemOf(id, 'one_time');
  return soldItemOf(id, recurring.usage_type === 'metered' ? 'metered' : 'recurring');
}
