import { AppError } from '#platform/kernel';
import type { Stripe } from 'stripe';
import type { StripeClient } from './client.ts';
import { intentOf } from './pending-change.ts';
import { idOf } from './subscription-reads.ts';

interface InvoiceReader {
  readonly read: <T>(asking: (stripe: Stripe, options?: Stripe.RequestOptions) => Promise<T>) => Promise<T>;
}

/**
 * The newest invoice of a subscription that is not paid, where its present payment method has not been tried: Stripe tries it again on its own
 * days alone, up to two weeks later. undefined: there is none. So each card is tried once by us, with any result.
 */
export async function invoiceToRetry(
  { read }: InvoiceReader,
  subscription: Stripe.Subscription,
): Promise<string | undefined> {
  const { status, latest_invoice: latest, collection_method: collected, customer } = subscription;
  const id = idOf(latest);
  const isOwed = status === 'past_due' || status === 'unpaid';
  if (!isOwed || collected !== 'charge_automatically' || id === undefined) return undefined;
  const payer = await read((stripe, options) => stripe.customers.retrieve(idOf(customer) ?? '', {}, options));
  if (payer.deleted === true) return undefined;
  const method =
    idOf(subscription.default_payment_method) ?? idOf(payer.invoice_settings.default_payment_method);
  const invoice = await read((stripe, options) =>
    stripe.invoices.retrieve(id, { expand: ['payments.data.payment.payment_intent'] }, options),
  );
  if (method === undefined || invoice.status !== 'open') return undefined;
  const intent = intentOf(invoice);
  const tried = [intent?.last_payment_error?.payment_method ?? null, intent?.payment_method ?? null].map(
    idOf,
  );
  return intent?.status === 'processing' || tried.includes(method) ? undefined : id;
}

/** Tries what is owed with a card that was changed. That it is declined is told as any failure is. */
export async function retryInvoice(client: StripeClient, subscription: Stripe.Subscription): Promise<void> {
  const id = await invoiceToRetry(client, subscription);
  if (id === undefined) return;
  try {
    await client.change((stripe) => stripe.invoices.pay(id, { off_session: true }));
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'payment_declined') throw error;
  }
}
