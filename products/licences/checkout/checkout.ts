import type { ProductContext } from 'plinth/product';

type Checkout = ProductContext['subscriptions']['checkout'];

/** An order, as the call says it. */
export interface LicenseOrder {
  readonly plan_id: string;
  readonly cycle: 'monthly' | 'yearly';
  readonly success_url?: string | undefined;
  readonly cancel_url?: string | undefined;
}

/** Orders at the payment provider; who says no pages of their own comes back to ours. */
export function createCheckout({
  subscriptions,
  baseUrl,
}: Pick<ProductContext, 'subscriptions' | 'baseUrl'>) {
  return (visitor: Parameters<Checkout>[0], order: LicenseOrder): ReturnType<Checkout> =>
    subscriptions.checkout(visitor, {
      product: 'coditect',
      plan: order.plan_id,
      cycle: order.cycle,
      quantity: 1,
      success_url: order.success_url ?? `${baseUrl}/v1/checkout/success?session_id={CHECKOUT_SESSION_ID}`,
      cancel_url: order.cancel_url ?? `${baseUrl}/v1/checkout/cancel`,
    });
}
