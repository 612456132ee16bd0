import type { Stripe } from 'stripe';
import { refusalOf } from '../../errors.ts';
import { refusedFor, type StripeClient } from './client.ts';
import { loadStripe } from './package.ts';

const PATH = '/v1/webhooks/stripe';

/** The events that we take of Stripe: everything that moves a subscription or money. More of them would only be read in vain. */
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

/** Events of connected accounts: what becomes of a payee, and of the money on the way to their bank. */
const CONNECT_EVENTS = [
  'account.application.deauthorized',
  'account.updated',
  'payout.failed',
  'payout.paid',
] as const satisfies readonly Stripe.WebhookEndpointCreateParams.EnabledEvent[];

/** The platform's own events; those of connected accounts come to an endpoint of their own kind, with its own secret. */
type EndpointKind = 'connected' | 'platform';

const eventsOf = (kind: EndpointKind) => (kind === 'platform' ? STRIPE_EVENTS : CONNECT_EVENTS);
/** Stripe does not say `connect` of an endpoint again; its `application` is told by experience alone. */
const CONNECT_MARK = { plinth_connect: 'true' };

const kindOf = ({ application, metadata }: Stripe.WebhookEndpoint): EndpointKind =>
  application === null && metadata['plinth_connect'] === undefined ? 'platform' : 'connected';

/** Where Stripe sends its messages, for a server that is reached there. */
export function endpointUrl(baseUrl: string): string {
  return `${baseUrl}${PATH}`;
}

export interface SyncedEndpoint {
  readonly url: string;
  readonly was: 'kept' | 'made' | 'changed' | 'refused';
  /** Told by Stripe at the making alone. */
  readonly secret: string | undefined;
}

/** Has Stripe send its messages here, all that are needed. `anew`: with a secret that is known afterwards, in place of any endpoint that was there. */
export async function syncEndpoint(
  client: StripeClient,
  {
    baseUrl,
    anew = false,
    kind = 'platform',
  }: { readonly baseUrl: string; readonly anew?: boolean; readonly kind?: EndpointKind },
): Promise<SyncedEndpoint> {
  const url = endpointUrl(baseUrl);
  const enabled_events = [...eventsOf(kind)];
  const found = await findEndpoint(client, baseUrl, kind);
  if (found !== undefined && !anew) {
    if (problemWith(found) === undefined) return { url, was: 'kept', secret: undefined };
    await client.change((stripe) =>
      stripe.webhookEndpoints.update(found.id, { enabled_events, disabled: false }),
    );
    return { url, was: 'changed', secret: undefined };
  }
  if (found !== undefined) await client.change((stripe) => deleteEndpoint(stripe, found.id));
  const { API_VERSION } = await loadStripe();
  const { secret } = await client.change((stripe) =>
    stripe.webhookEndpoints.create({
      url,
      enabled_events,
      ...(kind === 'platform'
        ? { description: 'Plinth' }
        : { description: 'Plinth: connected accounts', connect: true, metadata: CONNECT_MARK }),
      // That which the package speaks: the account's own may be of years ago.
      api_version: API_VERSION,
    }),
  );
  return { url, was: 'made', secret };
}

/** That of connected accounts; `refused`: Connect is not set up at Stripe, and no money is paid out. */
export async function syncConnectEndpoint(
  client: StripeClient,
  how: { readonly baseUrl: string; readonly anew?: boolean },
): Promise<SyncedEndpoint> {
  try {
    return await syncEndpoint(client, { ...how, kind: 'connected' });
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
    return { url: endpointUrl(how.baseUrl), was: 'refused', secret: undefined };
  }
}

/** The endpoint of that kind that leads here, if there is one. */
export async function findEndpoint(
  client: StripeClient,
  baseUrl: string,
  kind: EndpointKind = 'platform',
): Promise<Stripe.WebhookEndpoint | undefined> {
  const url = endpointUrl(baseUrl);
  const { data } = await client.read((stripe) => stripe.webhookEndpoints.list({ limit: 100 }));
  return data.find((endpoint) => endpoint.url === url && kindOf(endpoint) === kind);
}

/** The obstacle to its messages, in words; undefined: none. */
export function problemWith(endpoint: Stripe.WebhookEndpoint): string | undefined {
  const { status, enabled_events: told } = endpoint;
  if (status !== 'enabled') return 'it is disabled';
  const missing = told.includes('*') ? [] : eventsOf(kindOf(endpoint)).filter((type) => !told.includes(type));
  return missing.length === 0 ? undefined : `it is not told of ${missing.slice(0, 3).join(', ')}`;
}

async function deleteEndpoint(stripe: Stripe, id: string): Promise<void> {
  await stripe.webhookEndpoints.del(id).catch((error: unknown) => {
    if (!refusedFor(error, 'resource_missing')) throw error;
  });
}
