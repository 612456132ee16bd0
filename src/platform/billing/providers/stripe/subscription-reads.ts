import type { Stripe } from 'stripe';
import type { StripeClient } from './client.ts';
import { planItem } from './plan-item.ts';

/** A subscription as Stripe has it at this moment, with its discounts. Throws `not_found` when there is none. */
export async function readSubscription(client: StripeClient, id: string): Promise<Stripe.Subscription> {
  return client.read((stripe) => stripe.subscriptions.retrieve(id, { expand: ['discounts'] }));
}

/** When it is to end, or ended. */
export function endsAt({ cancel_at: at, ended_at: ended }: Stripe.Subscription): Date | undefined {
  const end = ended ?? at;
  return end === null ? undefined : dateOf(end);
}

/** All items of ours have one period. */
export function periodEnd(subscription: Stripe.Subscription): number {
  const [first] = subscription.items.data;
  return planItem(subscription)?.current_period_end ?? first?.current_period_end ?? subscription.start_date;
}

export const isMetered = ({ recurring }: Stripe.Price) => recurring?.usage_type === 'metered';
export const idOf = (named: string | { readonly id: string } | null) =>
  typeof named === 'string' ? named : named?.id;
export const dateOf = (seconds: number) => new Date(seconds * 1_000);
