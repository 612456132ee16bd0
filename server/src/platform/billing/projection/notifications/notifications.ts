import {
  areChargesKnown,
  type BillingRecords,
  disputesOf,
  invoicesOf,
  type InvoiceRow,
  type PaymentRow,
  paymentsOf,
  type SubscriptionRow,
  toldOf,
} from '../billing-records.ts';
import {
  countedFailures,
  failuresOf,
  graceEndOf,
  isAlive,
  isOfWaitingChange,
  isOverdue,
  isOwed,
  isSent,
  promisedUntil,
} from '../grace.ts';
import { plansReplaced, replacementOf } from './plan-changes.ts';

/** A mail's template, or an event that operators are told (`payment.failed`). */
export type NotificationKind =
  | 'payment_failed'
  | 'invoice_overdue'
  | 'payment_failed_again'
  | 'payment_action_required'
  | 'change_not_paid'
  | 'subscription_suspended'
  | 'payment_recovered'
  | 'subscription_canceled'
  | 'plan_changed'
  | 'trial_refused'
  | 'payment.failed';

/** Something that the people of an account are told once. */
export interface Notification {
  readonly kind: NotificationKind;
  /** The provider's id of what it is about: an invoice, a dispute, a subscription, a charge. */
  readonly about: string;
  readonly subscription: SubscriptionRow;
  /** Whether it still holds: a state that is over when we learn of it is noted, and no mail is sent. */
  readonly isNews: boolean;
  readonly invoice?: InvoiceRow;
  readonly charge?: PaymentRow;
  /** After a failure: until when the plan is kept, as is promised by telling it. */
  readonly graceEndsAt?: Date | undefined;
  /** The plan before a change. */
  readonly from?: string;
}

/** A cancellation of longer ago was told of by others, or is old history of a payment provider that was just connected. */
const NEWS = 7 * 86_400_000;

/**
 * All notices that the rows of an account give, told or not: the same in any order that the rows came in, and never fewer with
 * more rows. Those about one thing in the order in which they would have come.
 */
export function notificationsOf(records: BillingRecords, now: Date): Notification[] {
  const changes = plansReplaced(records).map((change): Notification => {
    const { state, starts_at: since } = change.subscription;
    const isNews = isAlive({ state }) && now.getTime() - since.getTime() < NEWS;
    return { ...change, kind: 'plan_changed', isNews };
  });
  const all = records.subscriptions.flatMap((subscription) => {
    const invoices = invoicesOf(records, subscription);
    return [
      ...invoices.flatMap((invoice) => ofInvoice(records, { subscription, invoice, invoices, now })),
      ...ofDisputes(records, subscription, invoices),
      ...ofEnd(records, subscription, now),
    ];
  });
  return [...all, ...changes];
}

interface Renewal {
  readonly subscription: SubscriptionRow;
  readonly invoice: InvoiceRow;
  /** All of the subscription. */
  readonly invoices: readonly InvoiceRow[];
  readonly now: Date;
}

/** The payment of an invoice may be read before the invoice itself, which then still says that it is open. */
function isCovered(records: BillingRecords, invoice: InvoiceRow): boolean {
  const received = paymentsOf(records, [invoice]).filter(({ state }) => state === 'succeeded');
  return received.reduce((sum, { amount }) => sum + amount, 0) >= invoice.total;
}

/** Not of the first invoice, unless it was sent: the checkout itself shows that a card was declined. */
function ofInvoice(records: BillingRecords, renewal: Renewal): Notification[] {
  const { subscription, invoice, invoices, now } = renewal;
  const sent = isSent(invoice);
  if ((invoice.reason === 'subscription_create' && !sent) || invoice.state === 'draft') return [];
  const failures = failuresToNotice(records, renewal);
  const of = {
    subscription,
    invoice,
    about: invoice.store_id,
    graceEndsAt: keptUntil(records, subscription, invoice),
  };
  if (failures === 0) return ofWaitingChange(renewal);
  const lives = isAlive(subscription);
  const owed = isOwed(invoice, invoices) && !isCovered(records, invoice);
  const isUnpaid = owed && (invoice.state === 'open' || subscription.state === 'past_due');
  const isNews = isUnpaid && lives;
  const until = graceEndOf(records, invoice);
  const isSuspended = owed && subscription.state === 'past_due';
  const endedAt = invoice.paid_at ?? (isSuspended ? now : undefined);
  const isOver = until !== undefined && endedAt !== undefined && until <= endedAt;
  return [
    ...eventsOf(records, invoice).map(
      (event): Notification => ({ ...of, ...event, kind: 'payment.failed', isNews: true }),
    ),
    { ...of, kind: sent ? 'invoice_overdue' : 'payment_failed', isNews },
    ...laterFailures(records, invoice, failures).map(
      (about): Notification => ({ ...of, about, kind: 'payment_failed_again', isNews }),
    ),
    ...(invoice.asks_customer && isUnpaid && !sent
      ? [{ ...of, kind: 'payment_action_required' as const, isNews }]
      : []),
    ...(isOver ? [{ ...of, kind: 'subscription_suspended' as const, isNews }] : []),
    ...(invoice.state === 'paid' ? [{ ...of, kind: 'payment_recovered' as const, isNews: lives }] : []),
  ];
}

/** For a change only the failures that were told: while it waits to be paid it is not made, and nothing is owed. */
function failuresToNotice(records: BillingRecords, renewal: Renewal): number {
  const { subscription, invoice } = renewal;
  if (isSent(invoice)) return isOverdue(records, renewal) ? 1 : 0;
  const told = Math.max(0, ...toldOf(records, invoice).map(({ nth }) => nth));
  if (invoice.reason === 'subscription_update') return told;
  return Math.max(told, countedFailures(records, subscription, invoice));
}

/** The date that a mail promises: all that is owed, and an end that was asked for, are in it. */
function keptUntil(
  records: BillingRecords,
  subscription: SubscriptionRow,
  invoice: InvoiceRow,
): Date | undefined {
  const promised = promisedUntil(records, subscription) ?? graceEndOf(records, invoice);
  const { cancels_at: end } = subscription;
  return promised !== undefined && end !== null && end < promised ? end : promised;
}

/** The second failure is told, and of those after it each that moved the date. */
function laterFailures(records: BillingRecords, invoice: InvoiceRow, failures: number): string[] {
  const told = toldOf(records, invoice);
  const moved = told.filter(
    ({ nth, grace_ends_at: end }, place) => nth > 2 && end > (told[place - 1]?.grace_ends_at ?? end),
  );
  return [
    ...(failures > 1 ? [invoice.store_id] : []),
    ...moved.map(({ nth }) => `${invoice.store_id} ${nth}`),
  ];
}

/** A change that the customer has to confirm, or that came to nothing: the plan is what it was. */
function ofWaitingChange({ subscription, invoice }: Renewal): Notification[] {
  const of = { subscription, invoice, about: invoice.store_id, isNews: isAlive(subscription) };
  if (invoice.reason !== 'subscription_update') return [];
  if (invoice.state === 'void') return [{ ...of, kind: 'change_not_paid' }];
  // The invoice may be read before the subscription that says what waits for it: told then, the mail could not name the plan.
  const isKnown =
    isOfWaitingChange(subscription, invoice) && subscription.pending_invoice === invoice.store_id;
  const waits = invoice.state === 'open' && invoice.asks_customer && isKnown;
  return waits ? [{ ...of, kind: 'payment_action_required' }] : [];
}

/**
 * Failures that operators are told: each charge, or the invoice, where nothing was charged for it in vain.
 */
function eventsOf(records: BillingRecords, invoice: InvoiceRow): Pick<Notification, 'about' | 'charge'>[] {
  const failed = isSent(invoice) ? [] : failuresOf(records, invoice);
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

function ofEnd(records: BillingRecords, subscription: SubscriptionRow, now: Date): Notification[] {
  const { state, ended_at, store_id: about, trial_refused_at: refused } = subscription;
  if (endedAsRefusedTrial(subscription)) {
    const isNews = refused !== null && now.getTime() - refused.getTime() < NEWS;
    return [{ kind: 'trial_refused', about, subscription, isNews }];
  }
  if (state !== 'canceled' || ended_at === null) return [];
  // A subscription that another purchase replaced has become that one: its end is noted, and no notice is sent.
  const isReplaced = replacementOf(subscription, records) !== undefined;
  const isNews = !isReplaced && now.getTime() - ended_at.getTime() < NEWS;
  const graceEndsAt = subscription.given_up ? promisedUntil(records, subscription) : undefined;
  return [{ kind: 'subscription_canceled', about, subscription, isNews, graceEndsAt }];
}

/** Whether it ended as a trial that was refused, and was not paid for either. */
function endedAsRefusedTrial({
  state,
  ended_at,
  trial_ends_at,
  trial_refused_at: refused,
}: SubscriptionRow): boolean {
  if (refused === null || trial_ends_at === null) return false;
  return state === 'trialing' || (state === 'canceled' && ended_at !== null && ended_at <= trial_ends_at);
}
