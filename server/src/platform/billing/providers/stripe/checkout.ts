import type { Stripe } from 'stripe';
import { askOnce, refusedFor, type StripeClient } from './client.ts';
import { itemSoldBy } from './subscription-reads.ts';

/** A visit to Stripe's page, as a customer orders it. */
export interface SessionOrder {
  readonly customer: string;
  /** A plan is paid again each cycle; an add-on once. */
  readonly recurring: boolean;
  readonly price: string;
  readonly quantity: number;
  /** Metered prices that belong to the plan: units past its limits. */
  readonly metered: readonly string[];
  readonly trialDays: number | undefined;
  /** False: the trial begins without a card, and Stripe ends it with its last day where none was added. */
  readonly trialNeedsCard: boolean;
  /** Stripe's id of a promotion code; without one the page asks. */
  readonly promotion: string | undefined;
  readonly successUrl: string;
  readonly cancelUrl: string;
  readonly addsTax: boolean;
  /** Our ids, shown in Stripe's dashboard. */
  readonly accountId: string;
}

export type SessionParams = Stripe.Checkout.SessionCreateParams;

export interface Session {
  readonly id: string;
  readonly url: string | null;
  readonly state: 'open' | 'complete' | 'expired';
  readonly expiresAt: Date;
}

/** The order in Stripe's words. They are kept, so that asking again asks for the very same. */
export function sessionParams(order: SessionOrder): SessionParams {
  const metadata = { plinth_account: order.accountId };
  const { trialDays } = order;
  const needsCard = trialDays === undefined || order.trialNeedsCard;
  return {
    customer: order.customer,
    mode: order.recurring ? 'subscription' : 'payment',
    line_items: [
      { price: order.price, quantity: order.quantity },
      ...order.metered.map((price) => ({ price })),
    ],
    success_url: order.successUrl,
    cancel_url: order.cancelUrl,
    metadata,
    ...(order.promotion === undefined
      ? { allow_promotion_codes: true }
      : { discounts: [{ promotion_code: order.promotion }] }),
    ...(order.recurring
      ? {
          subscription_data: {
            metadata,
            ...(trialDays === undefined ? {} : { trial_period_days: trialDays }),
            ...(needsCard ? {} : { trial_settings: { end_behavior: { missing_payment_method: 'cancel' } } }),
          },
          ...(needsCard ? {} : { payment_method_collection: 'if_required' }),
        }
      : // Every payment has an invoice: its lines say what was bought.
        { invoice_creation: { enabled: true } }),
    ...(order.addsTax ? { automatic_tax: { enabled: true } } : {}),
    // Companies need their VAT number on the invoice, also where the seller computes the tax; Stripe keeps it with the customer.
    tax_id_collection: { enabled: true },
    customer_update: { address: 'auto', name: 'auto' },
  };
}

/** A session to open: the id of its order, its parameters, and how many attempts failed at Stripe. */
export interface SessionRequest {
  readonly id: string;
  readonly asked: SessionParams;
  readonly attempt: number;
}

/**
 * Opens the page. One attempt always gets the same session. A later attempt first closes what came
 * of those before it: Stripe may have failed after it was made.
 */
export async function openSession(
  client: StripeClient,
  { id, asked, attempt }: SessionRequest,
): Promise<Session> {
  const keyOf = (nth: number) => (nth === 0 ? id : `${id}:${nth}`);
  const key = keyOf(attempt);
  if (attempt > 0)
    await closeSessions(
      client,
      asked,
      Array.from({ length: attempt }, (_, nth) => keyOf(nth)),
    );
  const params = { ...asked, metadata: { ...asked.metadata, plinth_checkout: key } };
  return askOnce(client, {
    key: `plinth:checkout:${key}`,
    ask: async (stripe, once) => sessionOf(await stripe.checkout.sessions.create(params, once)),
  });
}

async function closeSessions(
  client: StripeClient,
  { customer = '' }: SessionParams,
  keys: readonly string[],
): Promise<void> {
  const { data } = await client.read((stripe) =>
    stripe.checkout.sessions.list({ customer, status: 'open', limit: 100 }),
  );
  for (const { id, metadata } of data)
    if (keys.includes(metadata?.['plinth_checkout'] ?? '')) await closeSession(client, id);
}

/** Reads how far it is. */
export async function readSession(client: StripeClient, id: string): Promise<Session> {
  return sessionOf(await client.read((stripe) => stripe.checkout.sessions.retrieve(id)));
}

/** Closes the page, unless it was paid there meanwhile: the answer says which. */
export async function closeSession(client: StripeClient, id: string): Promise<Session> {
  try {
    return sessionOf(await client.change((stripe) => stripe.checkout.sessions.expire(id)));
  } catch (error) {
    const now = await readSession(client, id);
    if (now.state === 'open') throw error;
    return now;
  }
}

/** The promotion code that customers type in; undefined: there is none, or it is over. */
export async function findPromotion(client: StripeClient, code: string): Promise<string | undefined> {
  const { data } = await client.read((stripe) =>
    stripe.promotionCodes.list({ code, active: true, limit: 1 }),
  );
  return data[0]?.id;
}

/** Whether an account has or had a product, as any of the customers that it is, as Stripe itself says at this moment. */
export async function subscribedTo(
  client: StripeClient,
  { customers, product }: { readonly customers: readonly string[]; readonly product: string },
): Promise<'now' | 'before' | 'never'> {
  const all = await Promise.all(customers.map((customer) => subscriptionsOf(client, customer)));
  const ofProduct = all.flat().filter((subscription) => itemSoldBy(subscription)?.product === product);
  if (ofProduct.some(({ status }) => !OVER.has(status))) return 'now';
  const begun = ofProduct.filter(({ status }) => status === 'incomplete');
  const areDebited = await Promise.all(begun.map((one) => isDebited(client, one)));
  if (areDebited.includes(true)) return 'now';
  return ofProduct.some(({ status }) => status === 'canceled') ? 'before' : 'never';
}

async function subscriptionsOf(client: StripeClient, customer: string): Promise<Stripe.Subscription[]> {
  try {
    const { data } = await client.read((stripe) =>
      stripe.subscriptions.list({ customer, status: 'all', limit: 100 }),
    );
    return data;
  } catch (error) {
    if (refusedFor(error, 'resource_missing')) return [];
    throw error;
  }
}

/** Its first payment is a debit that the bank has not decided: a second checkout would be paid twice. */
async function isDebited(client: StripeClient, { latest_invoice }: Stripe.Subscription): Promise<boolean> {
  if (latest_invoice === null) return false;
  const invoice = typeof latest_invoice === 'string' ? latest_invoice : latest_invoice.id;
  const { payments } = await client.read((stripe) =>
    stripe.invoices.retrieve(invoice, { expand: ['payments.data.payment.payment_intent'] }),
  );
  return (payments?.data ?? []).some(({ payment: { payment_intent: of } }) =>
    typeof of === 'object' ? of.status === 'processing' : false,
  );
}

const OVER: ReadonlySet<string> = new Set(['canceled', 'incomplete', 'incomplete_expired']);

function sessionOf({ id, url, status, expires_at: ends }: Stripe.Checkout.Session): Session {
  const state = status === 'complete' ? 'complete' : status === 'expired' ? 'expired' : 'open';
  return { id, url, state, expiresAt: new Date(ends * 1_000) };
}
