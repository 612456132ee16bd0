import type { Stripe } from 'stripe';
import { refusedFor, type StripeClient } from './client.ts';
import { loadStripe } from './package.ts';

const PATH = '/v1/webhooks/stripe';

/** Of what Stripe tells: everything that moves a subscription or money. All are events; more of them would only be read in vain. */
export const STRIPE_EVENTS = [
  'charge.dispute.closed',
  'charge.dispute.created',
  'charge.dispute.funds_reinstated',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.updated',
  'charge.failed',
  'charge.pending',
  'charge.refunded',
  'charge.succeeded',
  'charge.updated',
  'checkout.session.async_payment_failed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.completed',
  'checkout.session.expired',
  'credit_note.created',
  'credit_note.updated',
  'credit_note.voided',
  'customer.created',
  'customer.deleted',
  'customer.updated',
  'customer.subscription.created',
  'customer.subscription.deleted',
  'customer.subscription.paused',
  'customer.subscription.pending_update_applied',
  'customer.subscription.pending_update_expired',
  'customer.subscription.resumed',
  'customer.subscription.trial_will_end',
  'customer.subscription.updated',
  'invoice.created',
  'invoice.deleted',
  'invoice.finalized',
  'invoice.marked_uncollectible',
  'invoice.paid',
  'invoice.payment_action_required',
  'invoice.payment_failed',
  'invoice.payment_succeeded',
  'invoice.updated',
  'invoice.voided',
  'invoice_payment.paid',
  'payment_intent.canceled',
  'payment_intent.payment_failed',
  'payment_intent.processing',
  'payment_intent.succeeded',
  'refund.created',
  'refund.failed',
  'refund.updated',
  'subscription_schedule.canceled',
  'subscription_schedule.completed',
  'subscription_schedule.created',
  'subscription_schedule.released',
  'subscription_schedule.updated',
] as const satisfies readonly Stripe.WebhookEndpointCreateParams.EnabledEvent[];

/** Where Stripe sends its messages, for a server that is reached there. */
export function endpointUrl(baseUrl: string): string {
  return `${baseUrl}${PATH}`;
}

export interface SyncedEndpoint {
  readonly url: string;
  readonly was: 'kept' | 'made' | 'changed';
  /** Told by Stripe at the making alone. */
  readonly secret: string | undefined;
}

/** Has Stripe send its messages here, all that are needed. `anew`: with a secret that is known afterwards, whatever was there. */
export async function syncEndpoint(
  client: StripeClient,
  { baseUrl, anew = false }: { readonly baseUrl: string; readonly anew?: boolean },
): Promise<SyncedEndpoint> {
  const url = endpointUrl(baseUrl);
  const found = await findEndpoint(client, baseUrl);
  if (found !== undefined && !anew) {
    if (problemWith(found) === undefined) return { url, was: 'kept', secret: undefined };
    await client.change((stripe) =>
      stripe.webhookEndpoints.update(found.id, { enabled_events: [...STRIPE_EVENTS], disabled: false }),
    );
    return { url, was: 'changed', secret: undefined };
  }
  if (found !== undefined) await client.change((stripe) => deleteEndpoint(stripe, found.id));
  const { API_VERSION } = await loadStripe();
  const { secret } = await client.change((stripe) =>
    stripe.webhookEndpoints.create({
      url,
      enabled_events: [...STRIPE_EVENTS],
      description: 'Plinth',
      // That which the package speaks: the account's own may be of years ago.
      api_version: API_VERSION,
    }),
  );
  return { url, was: 'made', secret };
}

/** The endpoint that leads here, if there is one. */
export async function findEndpoint(
  client: StripeClient,
  baseUrl: string,
): Promise<Stripe.WebhookEndpoint | undefined> {
  const url = endpointUrl(baseUrl);
  const { data } = await client.read((stripe) => stripe.webhookEndpoints.list({ limit: 100 }));
  return data.find((endpoint) => endpoint.url === url);
}

/** What keeps its messages away, in words; undefined: nothing. */
export function problemWith({ status, enabled_events: told }: Stripe.WebhookEndpoint): string | undefined {
  if (status !== 'enabled') return 'it is disabled';
  const missing = told.includes('*') ? [] : STRIPE_EVENTS.filter((type) => !told.includes(type));
  return missing.length === 0 ? undefined : `it is not told of ${missing.slice(0, 3).join(', ')}`;
}

async function deleteEndpoint(stripe: Stripe, id: string): Promise<void> {
  await stripe.webhookEndpoints.del(id).catch((error: unknown) => {
    if (!refusedFor(error, 'resource_missing')) throw error;
  });
}
