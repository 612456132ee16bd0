import { AppError } from '#platform/kernel';
import type { UsageMeter } from '../../payment-provider.ts';
import { askOnce, refusedFor, type StripeClient } from './client.ts';

/** Name at Stripe of events for units past a product's limit. */
export function meterName({ product, limit }: { readonly product: string; readonly limit: string }): string {
  return `plinth_${product}_${limit}`;
}

/** Has Stripe add up a limit's units past it, by customer; answers its id for that. */
export async function syncMeter(
  client: StripeClient,
  { product, overage = '' }: { readonly product: string; readonly overage?: string | undefined },
): Promise<string> {
  const event = meterName({ product, limit: overage });
  const find = async () => {
    const { data } = await client.read((stripe) =>
      stripe.billing.meters.list({ status: 'active', limit: 100 }),
    );
    return data.find((meter) => meter.event_name === event);
  };
  const meter = {
    display_name: `${product} ${overage}`,
    event_name: event,
    default_aggregation: { formula: 'sum' },
  } as const;
  const made =
    (await find()) ??
    (await askOnce(client, {
      key: `plinth:meter:${event}`,
      ask: (stripe, once) => stripe.billing.meters.create(meter, once),
      find,
    }));
  return made.id;
}

/**
 * Stripe's meters. It knows an identifier for at least a day, which is all that keeps units from being told twice: under a key of
 * ours it would answer with its own failure for as long.
 */
export function createStripeMeter(client: StripeClient): UsageMeter {
  return {
    async report({ id, customer, units, at, ...what }) {
      const event = {
        event_name: meterName(what),
        identifier: id,
        timestamp: Math.floor(at.getTime() / 1_000),
        payload: { stripe_customer_id: customer, value: String(units) },
      };
      // Stripe takes reports of a deleted customer too, and bills no customer for them.
      const payer = await client.read((stripe) => stripe.customers.retrieve(customer));
      if (payer.deleted === true)
        throw new AppError('store_refused', { details: { code: 'customer_deleted' } });
      try {
        await client.change((stripe) => stripe.billing.meterEvents.create(event));
      } catch (error) {
        if (!refusedFor(error, 'duplicate_meter_event')) throw error;
      }
    },
  };
}
