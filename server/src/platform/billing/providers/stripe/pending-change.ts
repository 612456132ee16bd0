import { AppError } from '#platform/kernel';
import type { Stripe } from 'stripe';
import { declineCodeOf, type StripeClient } from './client.ts';
import { dateOf, idOf, itemOfPrice } from './subscription-reads.ts';

/** Where the customer confirms the payment of a change, and until when. */
export interface Confirmation {
  readonly url: string;
  readonly expiresAt: Date;
}

/**
 * Whether a change may wait at Stripe until it is paid, where no debit pays it. Not under a schedule, which would be lost by it; not where
 * something is owed already, nor where Stripe charges nothing by itself.
 */
export function mayWait({ status, collection_method: collected, schedule }: Stripe.Subscription): boolean {
  const isPaid = status === 'active' || status === 'trialing';
  return isPaid && collected === 'charge_automatically' && schedule === null;
}

/**
 * Where a change that was just made is confirmed. One that was declined is taken back: throws `payment_declined`, and nothing changed; or
 * `change_replaced`. undefined: nothing waits.
 */
export async function confirmationOf(
  client: StripeClient,
  subscription: Stripe.Subscription,
): Promise<Confirmation | undefined> {
  const asked = await readWaiting(client, subscription);
  // When two changes are asked for at once, the later one takes the place of the other, as of any that waits.
  if (asked?.invoice.status === 'void') throw new AppError('change_replaced');
  if (asked?.invoice.status !== 'open' || asked.page !== undefined) return asked?.page;
  await voidInvoice(client, asked.invoice.id);
  const code = declineCodeOf(asked.intent?.last_payment_error);
  throw new AppError('payment_declined', { details: { code } });
}

/**
 * The page on which a change still waits to be confirmed. undefined: nothing waits, or the person has refused there; the bank asks them again
 * when they ask again.
 */
export async function waitingPage(
  client: StripeClient,
  subscription: Stripe.Subscription,
): Promise<Confirmation | undefined> {
  return (await readWaiting(client, subscription))?.page;
}

async function readWaiting(
  client: StripeClient,
  { pending_update: update, latest_invoice: latest }: Stripe.Subscription,
) {
  const id = idOf(latest);
  if (update === null || id === undefined) return undefined;
  const invoice = await client.read((stripe) =>
    stripe.invoices.retrieve(id, { expand: ['payments.data.payment.payment_intent'] }),
  );
  const intent = intentOf(invoice);
  const url = invoice.hosted_invoice_url ?? null;
  const waits = intent?.status === 'requires_action' || intent?.status === 'processing';
  const isOpen = invoice.status === 'open' && waits && url !== null;
  const page = isOpen ? { url, expiresAt: dateOf(update.expires_at) } : undefined;
  return { invoice, intent, page };
}

/** Takes back a change that waits, if one does: the plan stays what it is, and nothing is owed for it. */
export async function dropPendingChange(
  client: StripeClient,
  { pending_update: update, latest_invoice: latest }: Stripe.Subscription,
): Promise<void> {
  const id = idOf(latest);
  if (update === null || id === undefined) return;
  const { status } = await client.read((stripe) => stripe.invoices.retrieve(id));
  if (status === 'open') await voidInvoice(client, id);
}

/** With its invoice Stripe forgets the change. */
const voidInvoice = (client: StripeClient, id: string) =>
  client.change((stripe) => stripe.invoices.voidInvoice(id));

/** Whether this change waits already: then the same page is answered. */
export function isWaitingFor(
  { pending_update: update }: Stripe.Subscription,
  { price, quantity }: { readonly price: string; readonly quantity: number },
): boolean {
  const plan = update?.subscription_items?.find((item) => itemOfPrice(item.price)?.plan !== undefined);
  return plan?.price.id === price && plan.quantity === quantity;
}

export function intentOf({ payments }: Stripe.Invoice): Stripe.PaymentIntent | undefined {
  const [first] = payments?.data ?? [];
  const intent = first?.payment.payment_intent;
  return typeof intent === 'object' ? intent : undefined;
}
