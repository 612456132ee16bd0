import type { Params } from '../operation.ts';

/** One thing that is bought. */
export interface VisitLine {
  readonly id: string;
  readonly price: string;
  quantity: number;
  /** Bounds within which the person may change it. */
  readonly adjustable: { readonly minimum: number; readonly maximum: number } | null;
}

/** What the page of a session knows beside what Stripe tells of it. */
export interface Visit {
  readonly lines: readonly VisitLine[];
  /** `subscription_data`, `payment_intent_data` and `invoice_creation[invoice_data]`, as they were asked for. */
  readonly subscriptionData: Params;
  readonly paymentData: Params;
  readonly invoiceData: Params;
  discount: { readonly coupon: string; readonly promotionCode: string | null } | null;
  /** The payment, or the card's set-up, that is under way. */
  intent: string | null;
  /** Made with the first try to pay. */
  subscription: string | null;
  /** What the bank said to the last card. */
  declined: string | null;
}

/** Days of trial, from either parameter; the first invoice is free then. */
export function hasTrial({ subscriptionData: { trial_period_days: days, trial_end: end } }: Visit): boolean {
  return (typeof days === 'string' && Number(days) > 0) || (typeof end === 'string' && end !== '');
}
