import type { NewEvent } from '#platform/webhooks';
import {
  type BillingRecords,
  disputesOf,
  type InvoiceRow,
  type RefundRow,
  type SubscriptionRow,
} from '../billing-records.ts';
import { isAlive } from '../grace.ts';
import type { auditEventsOf } from './audit-events.ts';

/** Events that are noted beside the notices to people, and are none. */
const KINDS = [
  'subscription.created',
  'subscription.canceled',
  'invoice.paid',
  'payment.refunded',
  'dispute.opened',
  'dispute.closed',
] as const;
export const BILLING_EVENTS: ReadonlySet<string> = new Set(KINDS);

/** An event that the operator's systems are told once. */
export interface BillingEvent {
  readonly kind: (typeof KINDS)[number];
  /** The provider's id of what it is about. */
  readonly about: string;
  /** Whether it is told: what is long past is noted alone, as all that a provider did before it was connected. */
  readonly isNews: boolean;
  readonly event: NewEvent;
}

const DAY = 86_400_000;
/** As long as events are kept. */
const RECENT = 30 * DAY;
/** Disputes take this long to be decided. */
const DISPUTED = 120 * DAY;

/** All events that the rows of an account give, told or not: the same in any order that the rows came in. */
export function billingEventsOf(records: BillingRecords, now: Date): BillingEvent[] {
  const isWithin = (at: Date, time: number) => now.getTime() - at.getTime() < time;
  return [
    ...records.subscriptions.flatMap((row) => ofSubscription(row, (at) => isWithin(at, RECENT))),
    ...records.invoices.flatMap((invoice) => ofInvoice(records, invoice, (at) => isWithin(at, RECENT))),
    ...records.refunds.flatMap((refund): BillingEvent[] => {
      const money = moneyBackOf(records, refund);
      if (money === undefined || refund.state !== 'succeeded') return [];
      const { store_id: about, occurred_at: at } = refund;
      const data = { ...money, refund: about, refunded_at: at.toISOString() };
      const kind = 'payment.refunded';
      return [{ kind, about, isNews: isWithin(at, RECENT), event: { type: kind, data } }];
    }),
    ...disputesOf(records, records.payments).flatMap((dispute): BillingEvent[] => {
      const money = moneyBackOf(records, dispute);
      if (money === undefined) return [];
      const { store_id: about, occurred_at: at, state } = dispute;
      const data = { ...money, dispute: about };
      const opened = { type: 'dispute.opened' as const, data: { ...data, opened_at: at.toISOString() } };
      const all: BillingEvent[] = [{ kind: opened.type, about, isNews: isWithin(at, RECENT), event: opened }];
      if (state !== 'won' && state !== 'lost') return all;
      const closed = { type: 'dispute.closed' as const, data: { ...data, outcome: state } };
      return [...all, { kind: closed.type, about, isNews: isWithin(at, DISPUTED), event: closed }];
    }),
  ];
}

/** The event of a subscription that an applied object changed. Its begin and its end have events of their own. */
export function subscriptionChangeOf(
  audited: ReturnType<typeof auditEventsOf>,
  { subscriptions }: BillingRecords,
  fresh: readonly BillingEvent[],
): NewEvent[] {
  return audited.flatMap(({ action, target, changes = {} }) => {
    if (action !== 'subscription.changed') return [];
    const row = subscriptions.find(({ store_id }) => store_id === target?.id);
    if (row === undefined || !isAlive(row) || fresh.some(({ about }) => about === row.store_id)) return [];
    const data = { ...subscriptionData(row), changed: Object.keys(changes) };
    return [{ type: 'subscription.changed' as const, data }];
  });
}

function ofSubscription(row: SubscriptionRow, isRecent: (at: Date) => boolean): BillingEvent[] {
  const { store_id: about, state, starts_at: startsAt, ended_at: endedAt } = row;
  // A subscription that was never paid for has not begun.
  if (state === 'incomplete' || state === 'expired') return [];
  const data = subscriptionData(row);
  const created = { type: 'subscription.created' as const, data };
  const all: BillingEvent[] = [{ kind: created.type, about, isNews: isRecent(startsAt), event: created }];
  if (state !== 'canceled' || endedAt === null) return all;
  const event = {
    type: 'subscription.canceled' as const,
    data: { ...data, ended_at: endedAt.toISOString() },
  };
  return [...all, { kind: event.type, about, isNews: isRecent(endedAt), event }];
}

function subscriptionData(row: SubscriptionRow) {
  const { id, product, plan, cycle, quantity, state, period_ends_at: periodEnd, cancels_at: end } = row;
  return {
    subscription_id: id,
    product,
    plan: `${product}.${plan}`,
    cycle,
    quantity,
    state,
    period_ends_at: periodEnd.toISOString(),
    cancels_at: end?.toISOString() ?? null,
  };
}

function ofInvoice(
  records: BillingRecords,
  invoice: InvoiceRow,
  isRecent: (at: Date) => boolean,
): BillingEvent[] {
  const { state, paid_at: paidAt, store_id: about, total, paid, currency } = invoice;
  if (state !== 'paid' || paidAt === null) return [];
  const data = { ...saleOf(records, invoice), total, paid, currency, paid_at: paidAt.toISOString() };
  return [{ kind: 'invoice.paid', about, isNews: isRecent(paidAt), event: { type: 'invoice.paid', data } }];
}

/** Names of what an invoice is for. */
function saleOf({ subscriptions }: BillingRecords, { id, subscription }: InvoiceRow) {
  const row = subscriptions.find(({ store_id }) => store_id === subscription);
  return { product: row?.product ?? null, subscription_id: row?.id ?? null, invoice_id: id };
}

/** undefined: the invoice of the charge is not ours, or was not read yet. */
function moneyBackOf(
  records: BillingRecords,
  { charge, amount, currency }: Pick<RefundRow, 'charge' | 'amount' | 'currency'>,
) {
  const payment = records.payments.find(({ store_id }) => store_id === charge);
  const invoice = records.invoices.find(({ store_id }) => store_id === payment?.invoice);
  return invoice === undefined ? undefined : { ...saleOf(records, invoice), charge, amount, currency };
}
