import type { Meter } from '../overage/meter.ts';
import { refusedFor, type StripeClient } from './client.ts';
import { meterName } from './meters.ts';

/** Stripe's meters. It knows an identifier, and an Idempotency-Key with its answer, for at least a day. */
export function createStripeMeter(client: StripeClient): Meter {
  return {
    async report({ id, customer, units, at, ...what }) {
      const event = {
        event_name: meterName(what),
        identifier: id,
        timestamp: Math.floor(at.getTime() / 1_000),
        payload: { stripe_customer_id: customer, value: String(units) },
      };
      try {
        await client.change((stripe) =>
          stripe.billing.meterEvents.create(event, { idempotencyKey: `plinth:overage:${id}` }),
        );
      } catch (error) {
        if (!refusedFor(error, 'duplicate_meter_event')) throw error;
      }
    },
  };
}
