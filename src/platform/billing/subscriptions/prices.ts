import { AppError } from '#platform/kernel';
import type { StripeLink } from '../stripe/client.ts';
import { pricesFor } from './checkouts-store.ts';
import type { Order } from './order.ts';
import type { SubscriptionsParts } from './parts.ts';

/** What the store calls a plan or add-on, and the units past the plan's limits. Throws `prices_missing` until they are synced. */
export async function pricesOf(
  { db, stripe }: Pick<SubscriptionsParts, 'db'> & { readonly stripe: StripeLink },
  what: Pick<Order, 'product' | 'plan' | 'addOn' | 'cycle'>,
): Promise<{ readonly price: string; readonly metered: readonly string[] }> {
  await stripe.standIn?.prepare();
  const [rows] = await db.system('billing.prices', [pricesFor(stripe.client.mode, what)]);
  const price = rows.find(({ overage }) => overage === null)?.price;
  if (price === undefined) throw new AppError('prices_missing');
  return { price, metered: rows.flatMap((row) => (row.overage === null ? [] : [row.price])) };
}
