import type { Stripe } from 'stripe';
import type { SubscriptionEnder } from '../../payment-provider.ts';
import { readSubscription, itemSoldBy, meteredItems, periodEnd } from './subscription-reads.ts';
import { cancel, endingWithPlan, goingOn } from './subscription-changes.ts';
import { refusedFor, type StripeClient } from './client.ts';
import { isDeleted } from './customers.ts';
import { retryOvertaken } from './retry-overtaken.ts';
import { isOfAnotherPlan } from './price-catalog.ts';
import { retryInvoice } from './retry-invoice.ts';
import { releaseFinished } from './schedule.ts';

/** More than any account has; those past it end with their customer. */
const MOST = 100;

export function createStripeEnder(client: StripeClient): SubscriptionEnder {
  return {
    provider: 'stripe',
    mode: client.mode,
    endWithPeriod: (id) => unlessMissing(async () => void (await cancel(client, id, 'period_end'))),
    resume: (id) =>
      unlessMissing(async () => {
        const former = await readSubscription(client, id);
        const { cancel_at: at, cancel_at_period_end: ends, ended_at: ended } = former;
        if (ended !== null || !(ends || at === periodEnd(former))) return;
        await client.change((stripe) => stripe.subscriptions.update(id, goingOn(former)));
      }),
    endTrial: (id) =>
      unlessMissing(async () => {
        const { status } = await readSubscription(client, id);
        if (status === 'trialing') await cancel(client, id, 'now');
      }),
    followUp: (id) => unlessMissing(() => followUp(client, id)),
    async deleteCustomer(id) {
      if (await isDeleted(client, id)) return;
      await unlessMissing(async () => {
        const { data } = await client.read((stripe) =>
          stripe.subscriptions.list({ customer: id, limit: MOST }),
        );
        for (const live of data) await unlessMissing(async () => void (await cancel(client, live.id, 'now')));
        await client.change((stripe) => stripe.customers.del(id));
      });
    },
  };
}

async function unlessMissing(asking: () => Promise<void>): Promise<void> {
  try {
    await asking();
  } catch (error) {
    if (!refusedFor(error, 'resource_missing')) throw error;
  }
}

/**
 * Takes away what a change has left beside a subscription: a schedule with nothing to come, and metered items of a plan that it is no more. What
 * was used of these is billed with the next invoice. One that was canceled at Stripe's portal ends with its plan's period. Tries what is owed with a card that was changed. Harmless when it is asked twice; while a
 * change waits nothing is touched, for Stripe would forget the change.
 */
export const followUp = (client: StripeClient, id: string): Promise<void> =>
  retryOvertaken(client, async (asked) => {
    const former = await readSubscription(asked, id);
    if (former.ended_at !== null || former.pending_update !== null) return;
    const subscription = await endWithPlan(asked, await releaseFinished(asked, former));
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

/** Stripe's portal has it end with the first period of an item: a paid year would be lost with the month. */
async function endWithPlan(
  client: StripeClient,
  subscription: Stripe.Subscription,
): Promise<Stripe.Subscription> {
  const { id, cancel_at: at, cancel_at_period_end: isAtPeriodEnd } = subscription;
  if (!isAtPeriodEnd || at === null || at >= periodEnd(subscription)) return subscription;
  await client.change((stripe) => stripe.subscriptions.update(id, endingWithPlan(subscription)));
  return readSubscription(client, id);
}
