import {
  areChargesKnown,
  type BillingRecords,
  disputesOf,
  invoicesOf,
  type InvoiceRow,
  type PaymentRow,
  paymentsOf,
  type SubscriptionRow,
} from '../billing-records.ts';
import { failuresOf, graceOf, isOwed } from '../dunning-state.ts';

/** A mail's template, or an event that operators are told (`payment.failed`). */
export type NotificationKind =
  | 'payment_failed'
  | 'payment_failed_again'
  | 'subscription_suspended'
  | 'payment_recovered'
  | 'subscription_canceled'
  | 'trial_refused'
  | 'payment.failed';

/** Something that the people of an account are told once. */
export interface Notification {
  readonly kind: NotificationKind;
  /** The provider's id of what it is about: an invoice, a dispute, a subscription, a charge. */
  readonly about: string;
  readonly subscription: SubscriptionRow;
  /** Whether it still holds: what is over when we learn of it is noted, and nobody is written to. */
  readonly isNews: boolean;
  readonly invoice?: InvoiceRow;
  readonly charge?: PaymentRow;
  /** Of a failure: until when the plan is kept. */
  readonly graceEndsAt?: Date;
}

/** What was told on the way up to the third failure. */
const STEPS = ['payment_failed', 'payment_failed_again', 'subscription_suspended'] as const;
/** A cancellation of longer ago was told of by others, or is old history of a payment provider that was just connected. */
const NEWS = 7 * 86_400_000;

/**
 * All notices that the rows of an account give, told or not: the same whatever order they came in, and never fewer with
 * more rows. Those about one thing in the order in which they would have come.
 */
export function notificationsOf(records: BillingRecords, now: Date): Notification[] {
  return records.subscriptions.flatMap((subscription) => {
    const invoices = invoicesOf(records, subscription);
    return [
      ...invoices.flatMap((invoice) => ofInvoice(records, { subscription, invoice, invoices })),
      ...ofDisputes(records, subscription, invoices),
      ...ofEnd(subscription, now),
    ];
  });
}

interface Renewal {
  readonly subscription: SubscriptionRow;
  readonly invoice: InvoiceRow;
  /** All of the subscription. */
  readonly invoices: readonly InvoiceRow[];
}

/** Not of the first invoice: whoever is at the checkout sees there that a card was declined. */
function ofInvoice(records: BillingRecords, { subscription, invoice, invoices }: Renewal): Notification[] {
  const { failures, graceEndsAt } = graceOf(records, subscription, invoice);
  if (failures === 0 || invoice.reason === 'subscription_create' || invoice.state === 'draft') return [];
  const of = { subscription, invoice, about: invoice.store_id };
  const lives = isAlive(subscription);
  const isUnpaid =
    isOwed(invoice, invoices) && (invoice.state === 'open' || subscription.state === 'past_due');
  return [
    ...eventsOf(records, invoice).map(
      (event): Notification => ({ ...of, ...event, kind: 'payment.failed', isNews: true, graceEndsAt }),
    ),
    ...STEPS.slice(0, failures).map(
      (kind): Notification => ({ ...of, kind, isNews: isUnpaid && lives, graceEndsAt }),
    ),
    ...(invoice.state === 'paid' ? [{ ...of, kind: 'payment_recovered' as const, isNews: lives }] : []),
  ];
}

/**
 * What operators are told failed: each charge, or the invoice, where nothing was charged for it in vain.
 */
function eventsOf(records: BillingRecords, invoice: InvoiceRow): Pick<Notification, 'about' | 'charge'>[] {
  const failed = failuresOf(records, invoice);
  if (failed.length > 0) return failed.map((charge) => ({ about: charge.store_id, charge }));
  return areChargesKnown(records, invoice) ? [{ about: invoice.store_id }] : [];
}

function ofDisputes(
  records: BillingRecords,
  subscription: SubscriptionRow,
  invoices: readonly InvoiceRow[],
): Notification[] {
  return disputesOf(records, paymentsOf(records, invoices)).flatMap(
    ({ store_id: about, state }): Notification[] => {
      const suspended = { kind: 'subscription_suspended' as const, about, subscription };
      const isNews = isAlive(subscription);
      if (state !== 'won') return [{ ...suspended, isNews }];
      return [
        { ...suspended, isNews: false },
        { kind: 'payment_recovered', about, subscription, isNews },
      ];
    },
  );
}

function ofEnd(subscription: SubscriptionRow, now: Date): Notification[] {
  const { state, ended_at, store_id: about, trial_refused_at: refused } = subscription;
  if (endedAsRefusedTrial(subscription)) {
    const isNews = refused !== null && now.getTime() - refused.getTime() < NEWS;
    return [{ kind: 'trial_refused', about, subscription, isNews }];
  }
  if (state !== 'canceled' || ended_at === null) return [];
  return [
    { kind: 'subscription_canceled', about, subscription, isNews: now.getTime() - ended_at.getTime() < NEWS },
  ];
}

/** Of a trial that is not to be, and was not paid for either. */
function endedAsRefusedTrial({
  state,
  ended_at,
  trial_ends_at,
  trial_refused_at: refused,
}: SubscriptionRow): boolean {
  if (refused === null || trial_ends_at === null) return false;
  return state === 'trialing' || (state === 'canceled' && ended_at !== null && ended_at <= trial_ends_at);
}

function isAlive({ state }: SubscriptionRow): boolean {
  return state !== 'canceled' && state !== 'expired' && state !== 'incomplete';
}
