import { retryOvertaken } from './retry-overtaken.ts';
import type { StripeClient } from './client.ts';
import { isOfAnotherPlan } from './price-catalog.ts';
import { retryInvoice } from './retry-invoice.ts';
import { releaseFinished } from './schedule.ts';
import { itemSoldBy, meteredItems, readSubscription } from './subscription-reads.ts';

/**
 * Takes away what a change has left beside a subscription: a schedule with nothing to come, and metered items of a plan that it is no more. What
 * was used of these is billed with the next invoice. Tries what is owed with a card that was changed. Harmless when it is asked twice; while a
 * change waits nothing is touched, for Stripe would forget the change.
 */
export const followUp = (client: StripeClient, id: string): Promise<void> =>
  retryOvertaken(client, async (asked) => {
    const former = await readSubscription(asked, id);
    if (former.ended_at !== null || former.pending_update !== null) return;
    const subscription = await releaseFinished(asked, former);
    await retryInvoice(asked, subscription);
    const { product, plan } = itemSoldBy(subscription) ?? {};
    if (product === undefined || plan === undefined || subscription.schedule !== null) return;
    const gone = meteredItems(subscription).filter(({ price }) =>
      isOfAnotherPlan(price.lookup_key, { product, plan }),
    );
    if (gone.length === 0) return;
    const items = gone.map((item) => ({ id: item.id, deleted: true }));
    await asked.change((stripe) =>
      stripe.subscriptions.update(id, { items, proration_behavior: 'create_prorations' }),
    );
  });
