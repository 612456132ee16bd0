import type { Stripe } from 'stripe';
import { type Sold, soldAs } from './product-ids.ts';

type Item = Stripe.SubscriptionItem;

/** The item of a subscription that is its plan; the others are units past limits. */
export function planItem(subscription: Stripe.Subscription): Item | undefined {
  return subscription.items.data.find(({ price }) => soldBy(price)?.plan !== undefined);
}

/** What a subscription is of; undefined: nothing of ours. */
export function soldIn(subscription: Stripe.Subscription): Sold | undefined {
  const item = planItem(subscription);
  return item === undefined ? undefined : soldBy(item.price);
}

/** What a price is of. */
export function soldBy({ product, recurring }: Stripe.Price): Sold | undefined {
  const id = typeof product === 'string' ? product : product.id;
  if (recurring === null) return soldAs(id, 'one_time');
  return soldAs(id, recurring.usage_type === 'metered' ? 'metered' : 'recurring');
}
