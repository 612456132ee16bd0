import { idOf } from '../changes.ts';
import type { Customer, PaymentMethod, Subscription } from '../objects.ts';
import type { World } from '../world.ts';

/** A customer who is still one. Throws `resource_missing`. */
export function customerOf(world: World, reference: string | { readonly id: string }): Customer {
  return world.table('customer').get(idOf(reference), 'customer');
}

/** The default payment method: the subscription's card, or else the customer's. */
export function defaultMethod(
  world: World,
  customer: Customer,
  subscription?: Pick<Subscription, 'default_payment_method'>,
): PaymentMethod | undefined {
  const chosen = subscription?.default_payment_method ?? customer.invoice_settings.default_payment_method;
  const method = chosen === null ? undefined : world.table('payment_method').find(idOf(chosen));
  return method?.customer === customer.id ? method : undefined;
}
