import { AppError } from '#platform/kernel';
import type { Stripe } from 'stripe';
import type { StripeClient } from './client.ts';
import { idOf, planItem } from './subscription-reads.ts';

/** Methods of payment that take days: Stripe lets no change wait for them. */
const BANK_DEBITS: ReadonlySet<string> = new Set([
  'acss_debit',
  'au_becs_debit',
  'bacs_debit',
  'nz_bank_account',
  'sepa_debit',
  'us_bank_account',
]);

/** The most that Stripe lists at once. */
const LISTED = 100;

/** The bank account that a subscription is debited from; undefined: it is paid otherwise, or owes something already. */
export function debitOf(subscription: Stripe.Subscription): Stripe.PaymentMethod | undefined {
  const { status, collection_method: collected, default_payment_method: own, customer } = subscription;
  const payer = typeof customer === 'string' || customer.deleted === true ? undefined : customer;
  const method = own ?? payer?.invoice_settings.default_payment_method ?? undefined;
  const isPaid = status === 'active' || status === 'trialing';
  if (!isPaid || collected !== 'charge_automatically') return undefined;
  return typeof method === 'object' && BANK_DEBITS.has(method.type) ? method : undefined;
}

/** A trial that began without a card has none to pay a dearer plan with. Throws `card_missing`. */
export function assertHasMethod({
  collection_method: collected,
  default_payment_method: own,
  default_source: source,
  customer,
}: Stripe.Subscription): void {
  if (collected !== 'charge_automatically' || own !== null || source !== null) return;
  if (typeof customer === 'string' || customer.deleted === true || customer.default_source !== null) return;
  if (customer.invoice_settings.default_payment_method !== null) return;
  throw new AppError('card_missing');
}

/**
 * A dearer plan by debit is had days before its money comes. Only an account that has paid before, and kept to it, is trusted with that: else
 * anybody could have the dearest plan on any bank account until the bank refuses. Throws `debit_takes_days`.
 */
export async function assertHasPaid(
  client: StripeClient,
  subscription: Stripe.Subscription,
  { id }: Stripe.PaymentMethod,
): Promise<void> {
  const charges = await chargesOf(client, subscription);
  const own = charges.filter(({ payment_method: by }) => by === id);
  const hasPaid = own.some(({ status, disputed }) => status === 'succeeded' && !disputed);
  if (!hasPaid || own.some(({ disputed }) => disputed)) throw new AppError('debit_takes_days');
}

/**
 * The rest of a dearer plan is the customer's credit, which stays theirs even if the money that it was paid with goes back. A bank gives a debit
 * back for weeks, and asks for no reason: a period that was paid by debit is not credited before it is over. Throws `debit_takes_days`.
 */
export async function assertPaidForGood(
  client: StripeClient,
  subscription: Stripe.Subscription,
  credit: number,
): Promise<void> {
  if (credit <= 0) return;
  const since = planItem(subscription)?.current_period_start ?? subscription.start_date;
  const charges = await chargesOf(client, subscription);
  const byDebit = charges.some(
    ({ created, status, payment_method_details: paid }) =>
      created >= since && status !== 'failed' && BANK_DEBITS.has(paid?.type ?? ''),
  );
  if (byDebit) throw new AppError('debit_takes_days');
}

async function chargesOf(client: StripeClient, { customer }: Stripe.Subscription): Promise<Stripe.Charge[]> {
  const { data } = await client.read((stripe) =>
    stripe.charges.list({ customer: idOf(customer) ?? '', limit: LISTED }),
  );
  return data;
}
