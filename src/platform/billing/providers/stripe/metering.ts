import { AppError } from '#platform/kernel';
import type { Meter } from '../../overage/meter.ts';
import { refusedFor, type StripeClient } from './client.ts';
import { meterName } from './meters.ts';

/**
 * Stripe's meters. It knows an identifier for at least a day, which is all that keeps units from being told twice: under a key of
 * ours it would answer with its own failure for as long.
 */
export function createStripeMeter(client: StripeClient): Meter {
  return {
    async report({ id, customer, units, at, ...what }) {
      const event = {
        event_name: meterName(what),
        identifier: id,
        timestamp: Math.floor(at.getTime() / 1_000),
        payload: { stripe_customer_id: customer, value: String(units) },
      };
      // Of a customer who was deleted it takes them too, and bills nobody.
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
