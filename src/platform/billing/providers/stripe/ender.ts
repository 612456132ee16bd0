import type { Ender } from '../../payment-provider.ts';
import { readSubscription } from './subscription-reads.ts';
import { cancel } from './subscription-changes.ts';
import { refusedFor, type StripeClient } from './client.ts';

/** Nobody has as many; those past it end with their customer. */
const MOST = 100;

export function createStripeEnder(client: StripeClient): Ender {
  return {
    store: 'stripe',
    mode: client.mode,
    end: (id) => ifThere(async () => void (await cancel(client, id, 'period_end'))),
    goOn: (id) =>
      ifThere(async () => {
        const { cancel_at_period_end: ends, ended_at: ended } = await readSubscription(client, id);
        if (!ends || ended !== null) return;
        await client.change((stripe) => stripe.subscriptions.update(id, { cancel_at_period_end: false }));
      }),
    endTrial: (id) =>
      ifThere(async () => {
        const { status } = await readSubscription(client, id);
        if (status === 'trialing') await cancel(client, id, 'now');
      }),
    forget: (id) =>
      ifThere(async () => {
        const { data } = await client.read((stripe) =>
          stripe.subscriptions.list({ customer: id, limit: MOST }),
        );
        for (const live of data) await ifThere(async () => void (await cancel(client, live.id, 'now')));
        await client.change((stripe) => stripe.customers.del(id));
      }),
  };
}

async function ifThere(asking: () => Promise<void>): Promise<void> {
  try {
    await asking();
  } catch (error) {
    if (!refusedFor(error, 'resource_missing')) throw error;
  }
}
