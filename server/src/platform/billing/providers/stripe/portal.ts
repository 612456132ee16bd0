import type { Stripe } from 'stripe';
import type { StripeClient } from './client.ts';

const MARK = 'plinth';

/**
 * Changes that customers may make at Stripe's own portal. Plans are changed here and not there: Stripe does not know what an
 * account holds, and would let it go below the seats in use.
 */
const FEATURES: Stripe.BillingPortal.ConfigurationCreateParams.Features = {
  customer_update: { enabled: true, allowed_updates: ['address', 'email', 'name', 'phone', 'tax_id'] },
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true },
  subscription_cancel: {
    enabled: true,
    mode: 'at_period_end',
    cancellation_reason: {
      enabled: true,
      options: [
        'too_expensive',
        'missing_features',
        'switched_service',
        'unused',
        'customer_service',
        'too_complex',
        'low_quality',
        'other',
      ],
    },
  },
  subscription_update: { enabled: false },
};

/** Has Stripe's portal as we want it, once. */
export async function syncPortal(client: StripeClient): Promise<string> {
  const found = await findPortal(client);
  const { id } = await client.change((stripe) =>
    found === undefined
      ? stripe.billingPortal.configurations.create({ features: FEATURES, metadata: { [MARK]: 'portal' } })
      : stripe.billingPortal.configurations.update(found, { features: FEATURES }),
  );
  return id;
}

/** The portal's page for a customer, good for a few minutes. */
export async function openPortal(
  client: StripeClient,
  asked: { readonly customer: string; readonly returnUrl: string },
): Promise<string> {
  const configuration = await findPortal(client);
  const { url } = await client.change((stripe) =>
    stripe.billingPortal.sessions.create({
      customer: asked.customer,
      return_url: asked.returnUrl,
      ...(configuration === undefined ? {} : { configuration }),
    }),
  );
  return url;
}

async function findPortal(client: StripeClient): Promise<string | undefined> {
  const { data } = await client.read((stripe) =>
    stripe.billingPortal.configurations.list({ active: true, limit: 100 }),
  );
  return data.find(({ metadata }) => metadata?.[MARK] === 'portal')?.id;
}
