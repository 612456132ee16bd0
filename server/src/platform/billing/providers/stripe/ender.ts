import type { SubscriptionEnder } from '../../payment-provider.ts';
import { readSubscription } from './subscription-reads.ts';
import { cancel } from './subscription-changes.ts';
import { followUp } from './follow-up.ts';
import { refusedFor, type StripeClient } from './client.ts';
import { isDeleted } from './customers.ts';

/** More than any account has; those past it end with their customer. */
const MOST = 100;

export function createStripeEnder(client: StripeClient): SubscriptionEnder {
  return {
    provider: 'stripe',
    mode: client.mode,
    endWithPeriod: (id) => unlessMissing(async () => void (await cancel(client, id, 'period_end'))),
    resume: (id) =>
      unlessMissing(async () => {
        const { cancel_at_period_end: ends, ended_at: ended } = await readSubscription(client, id);
        if (!ends || ended !== null) return;
        await client.change((stripe) => stripe.subscriptions.update(id, { cancel_at_period_end: false }));
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
