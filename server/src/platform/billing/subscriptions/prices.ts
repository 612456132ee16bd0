import { statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import type { Cycle } from '../cycles.ts';
import type { Mode } from '../payment-provider.ts';
import type { StripeConnection } from '../providers/stripe/client.ts';
import type { Order } from './order.ts';
import type { SubscriptionsParts } from './selling-parts.ts';

interface Priced extends Pick<Order, 'product' | 'plan' | 'addOn' | 'currency'> {
  readonly cycle: Cycle | null;
}

/** Units past one limit of a plan, as the provider sells them. */
export interface MeteredPrice {
  readonly limit: string;
  readonly price: string;
}

type PricesParts = Pick<SubscriptionsParts, 'db'> & { readonly stripe: StripeConnection };

/** The provider's ids of a plan or add-on, and of the units past the plan's limits. Throws `prices_missing` until they are synced. */
export async function pricesOf(parts: PricesParts, what: Priced) {
  const { price, metered } = await pricesIfSold(parts, what);
  if (price === undefined) throw new AppError('prices_missing');
  return { price, metered };
}

/** The same; the price is undefined where the plan is not sold any more. */
export async function pricesIfSold(
  { db, stripe }: PricesParts,
  what: Priced,
): Promise<{ readonly price: string | undefined; readonly metered: readonly MeteredPrice[] }> {
  await stripe.standIn?.prepare();
  const [rows] = await db.system('billing.prices', [pricesFor(stripe.client.mode, what)]);
  return {
    price: rows.find(({ overage }) => overage === null)?.price,
    metered: rows.flatMap(({ overage, price: metered }) =>
      overage === null ? [] : [{ limit: overage, price: metered }],
    ),
  };
}

/** The provider's ids of what a plan or an add-on costs; of a plan, with those of the units past its limits. */
const pricesFor = (mode: Mode, { product, plan, addOn, cycle, currency }: Priced) =>
  statement<{ price: string; overage: string | null }>(
    `select price, overage from billing.prices
      where store = 'stripe' and mode = $1 and product = $2 and cycle is not distinct from $5
        and plan is not distinct from $3 and add_on is not distinct from $4 and currency = $6`,
    [mode, product, plan, addOn, cycle, currency],
  );
