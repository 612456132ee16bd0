import type { StripeClient } from './client.ts';

/** What events of units past a product's limit are called at Stripe. */
export function meterName({ product, limit }: { readonly product: string; readonly limit: string }): string {
  return `plinth_${product}_${limit}`;
}

/** Has Stripe add up a limit's units past it, by customer; answers its id for that. */
export async function syncMeter(
  client: StripeClient,
  { product, overage = '' }: { readonly product: string; readonly overage?: string | undefined },
): Promise<string> {
  const event = meterName({ product, limit: overage });
  const { data } = await client.read((stripe) =>
    stripe.billing.meters.list({ status: 'active', limit: 100 }),
  );
  const found = data.find((meter) => meter.event_name === event);
  if (found !== undefined) return found.id;
  const made = await client.change((stripe) =>
    stripe.billing.meters.create(
      { display_name: `${product} ${overage}`, event_name: event, default_aggregation: { formula: 'sum' } },
      { idempotencyKey: `plinth:meter:${event}` },
    ),
  );
  return made.id;
}
