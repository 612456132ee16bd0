import { minorDigits } from '#platform/kernel';
import type { InvoiceFacts, LineFacts, PaymentFacts, RefundFacts, SaleFacts } from '../../facts.ts';
import type { StoreProduct, StoreProducts } from '../store-products.ts';
import type { Transaction } from './read.ts';

const YEAR = 365 * 86_400_000;
/** Percent, of what a subscriber pays past their first year. */
const AFTER_A_YEAR = 15;
/** Apple counts a part of a price in thousandths of a percent. */
const WHOLE = 100_000;
const REASONS: Readonly<Record<number, string>> = { 0: 'other', 1: 'app_issue' };

/** Minor units of a price in thousandths: a yen has none, a dinar has a thousand. */
export function minorUnits(thousandths: number, currency: string): number {
  return Math.round(thousandths * 10 ** (minorDigits(currency) - 3));
}

interface Sold {
  readonly products: StoreProducts;
  /** Percent. */
  readonly commission: number;
  /** Of the same purchase, the oldest first. */
  readonly transactions: readonly Transaction[];
}

/** What a transaction was paid by; none, where somebody else of the family has paid, or nobody knows how much. */
export function saleOf(one: Transaction, { products, commission, transactions }: Sold): SaleFacts[] {
  const sold = products.find(one.productId);
  const { price, transactionId: id } = one;
  if (sold === undefined || price === undefined || one.inAppOwnershipType !== 'PURCHASED') return [];
  const currency = (one.currency ?? 'USD').toLowerCase();
  const amount = minorUnits(price, currency);
  const fee = Math.round((amount * percentOf(one, commission, transactions)) / 100);
  return [
    {
      invoice: invoiceOf(one, { sold, currency, amount, isFirst: transactions[0] === one }),
      payment: paymentOf(one, { id, currency, amount, fee }),
    },
  ];
}

/** Apple keeps less of a subscriber who has paid for a year. */
function percentOf(one: Transaction, commission: number, transactions: readonly Transaction[]): number {
  const before = transactions.slice(0, transactions.indexOf(one));
  const paid = before
    .filter(({ price = 0, revocationDate }) => price > 0 && revocationDate === undefined)
    .reduce(
      (sum, { purchaseDate, expiresDate = purchaseDate }) =>
        sum + expiresDate.getTime() - purchaseDate.getTime(),
      0,
    );
  return paid >= YEAR ? Math.min(commission, AFTER_A_YEAR) : commission;
}

function invoiceOf(
  one: Transaction,
  {
    sold,
    currency,
    amount,
    isFirst,
  }: {
    readonly sold: StoreProduct;
    readonly currency: string;
    readonly amount: number;
    readonly isFirst: boolean;
  },
): InvoiceFacts {
  const { transactionId: id, purchaseDate: at } = one;
  const renewed = one.transactionReason === 'RENEWAL' ? 'subscription_cycle' : 'subscription_update';
  return {
    id,
    number: null,
    state: 'paid',
    subscription: sold.plan === undefined ? null : one.originalTransactionId,
    reason: sold.plan === undefined ? 'manual' : isFirst ? 'subscription_create' : renewed,
    currency,
    subtotal: amount,
    discount: 0,
    tax: 0,
    total: amount,
    paid: amount,
    attempts: 1,
    lastCharge: id,
    nextAttemptAt: null,
    url: null,
    pdfUrl: null,
    issuedAt: at,
    dueAt: null,
    paidAt: at,
    isSandbox: one.environment !== 'Production',
    lines: [lineOf(one, sold, amount)],
  };
}

function lineOf(one: Transaction, sold: StoreProduct, amount: number): LineFacts {
  return {
    id: one.transactionId,
    product: sold.product,
    plan: sold.plan ?? null,
    addOn: sold.addOn ?? null,
    overage: null,
    cycle: sold.plan === undefined ? null : sold.cycle,
    quantity: one.quantity,
    unitAmount: Math.round(amount / one.quantity),
    amount,
    discount: 0,
    tax: 0,
    proration: false,
    periodStartsAt: one.purchaseDate,
    periodEndsAt: one.expiresDate ?? one.purchaseDate,
  };
}

function paymentOf(
  one: Transaction,
  {
    id,
    currency,
    amount,
    fee,
  }: { readonly id: string; readonly currency: string; readonly amount: number; readonly fee: number },
): PaymentFacts {
  const charge = { id, state: 'succeeded' as const, failureCode: null, amount, currency, fee };
  return {
    id,
    invoice: id,
    charges: [{ ...charge, occurredAt: one.purchaseDate }],
    refunds: refundsOf(one, { amount, fee, currency }),
    disputes: [],
  };
}

/** Apple gives its share back with a refund. */
function refundsOf(
  {
    transactionId: charge,
    revocationDate: at,
    revocationReason: reason,
    revocationPercentage: part = WHOLE,
  }: Transaction,
  { amount, fee, currency }: { readonly amount: number; readonly fee: number; readonly currency: string },
): RefundFacts[] {
  if (at === undefined) return [];
  const back = (sum: number) => Math.round((sum * part) / WHOLE);
  return [
    {
      id: `${charge}:refund`,
      charge,
      state: 'succeeded',
      amount: back(amount),
      feeReturned: back(fee),
      currency,
      reason: reason === undefined ? null : (REASONS[reason] ?? null),
      occurredAt: at,
    },
  ];
}
