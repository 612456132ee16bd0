import { minorDigits } from '#platform/kernel';
import type { InvoiceFacts, LineFacts, PaymentFacts, RefundFacts, SaleFacts } from '../../facts.ts';
import type { StoreProduct, StoreProducts } from '../store-products.ts';
import { commissionOf } from './commissions.ts';
import { includedTax } from './included-taxes.ts';
import type { Transaction } from './read.ts';

const DAY = 86_400_000;
const YEAR = 365 * DAY;
/** A subscriber who was away for longer begins a new first year: https://developer.apple.com/app-store/subscriptions/#revenue-after-one-year */
const LAPSE = 60 * DAY;
/** Apple counts a part of a price in thousandths of a percent. */
const WHOLE = 100_000;
const REASONS: Readonly<Record<number, string>> = { 0: 'other', 1: 'app_issue' };

/** Minor units of a price in thousandths: a yen has none, a dinar has a thousand. */
export function minorUnits(thousandths: number, currency: string): number {
  return Math.round(thousandths * 10 ** (minorDigits(currency) - 3));
}

interface SalesInput {
  readonly products: StoreProducts;
  /** Percent, as the operator has agreed with Apple. */
  readonly commission: number;
  /** Transactions of the same purchase, the oldest first. */
  readonly transactions: readonly Transaction[];
}

/** The payment of a transaction; none, where another member of the family has paid, or the price is not known. */
export function saleOf(one: Transaction, { products, commission, transactions }: SalesInput): SaleFacts[] {
  const sold = products.find(one.productId);
  const { price, transactionId: id } = one;
  if (sold === undefined || price === undefined || one.inAppOwnershipType !== 'PURCHASED') return [];
  const currency = (one.currency ?? 'USD').toLowerCase();
  const amount = minorUnits(price, currency);
  const tax = includedTax(amount, one.storefront);
  const paid = {
    storefront: one.storefront,
    at: one.purchaseDate,
    isPastYear: isPastYear(one, transactions),
  };
  const fee = Math.round(((amount - tax) * commissionOf(paid, commission)) / 100);
  return [
    {
      invoice: invoiceOf(one, { sold, currency, amount, tax, isFirst: transactions[0] === one }),
      payment: paymentOf(one, { id, currency, amount, fee }),
    },
  ];
}

/** Whether a subscriber has paid for a year before, without having been away for long. */
function isPastYear(one: Transaction, transactions: readonly Transaction[]): boolean {
  let paid = 0;
  let until = one.purchaseDate.getTime();
  const before = transactions.slice(0, transactions.indexOf(one));
  for (const [n, { price = 0, purchaseDate, expiresDate = purchaseDate }] of before
    .filter(({ revocationDate }) => revocationDate === undefined)
    .entries()) {
    const [starts, ends] = [purchaseDate.getTime(), expiresDate.getTime()];
    if (n === 0) until = starts;
    if (starts - until > LAPSE) paid = 0;
    // The days of an upgrade in the middle of a period are paid for once.
    if (price > 0) paid += Math.max(0, ends - Math.max(starts, until));
    until = Math.max(until, ends);
  }
  const isAnew = one.purchaseDate.getTime() - until > LAPSE;
  return paid >= YEAR && !isAnew;
}

function invoiceOf(
  one: Transaction,
  {
    sold,
    currency,
    amount,
    tax,
    isFirst,
  }: {
    readonly sold: StoreProduct;
    readonly currency: string;
    readonly amount: number;
    readonly tax: number;
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
    subtotal: amount - tax,
    discount: 0,
    tax,
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
    lines: [lineOf(one, sold, { amount: amount - tax, tax })],
  };
}

function lineOf(
  one: Transaction,
  sold: StoreProduct,
  { amount, tax }: Pick<LineFacts, 'amount' | 'tax'>,
): LineFacts {
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
    tax,
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
  const refundedPart = (sum: number) => Math.round((sum * part) / WHOLE);
  return [
    {
      id: `${charge}:refund`,
      charge,
      state: 'succeeded',
      amount: refundedPart(amount),
      feeReturned: refundedPart(fee),
      currency,
      reason: reason === undefined ? null : (REASONS[reason] ?? null),
      occurredAt: at,
    },
  ];
}
