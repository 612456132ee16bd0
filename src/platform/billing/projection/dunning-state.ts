import {
  areChargesKnown,
  type BillingRecords,
  disputesOf,
  invoicesOf,
  type InvoiceRow,
  type PaymentRow,
  paymentsOf,
  type SubscriptionRow,
} from './billing-records.ts';

const DAY = 86_400_000;
/** How long a renewal may take, or be unknown to us: a payer is not cut off by a payment provider's bad day, and nobody has a plan for ever. */
const RENEWAL_LEEWAY = 3 * DAY;
/** Grace after the first failure and after the second; the third suspends (spec/platform.md). */
const GRACE = [7 * DAY, 3 * DAY];
const THIRD = 3;
/** Whoever pays so soon after an invoice was issued pays with its first try. */
const AT_ONCE = 3_600_000;

/** What payments, disputes and pauses make of a subscription. */
export interface DunningState {
  /** How often the invoice that is owed could not be charged. */
  readonly failures: number;
  readonly graceEndsAt: Date | null;
  /** From when on it gives nothing, and why; in the past or in the future. */
  readonly suspendsAt: Date | null;
  readonly suspendedBy: 'dispute' | 'pause' | 'payment' | null;
  /** Until when it gives its plan; null: it gives nothing at all. */
  readonly until: Date | null;
}

/** Decided from the rows alone, and from no present time: what it says of the future comes true by itself. */
export function dunningStateOf(subscription: SubscriptionRow, records: BillingRecords): DunningState {
  const invoices = invoicesOf(records, subscription);
  const owed = graceOwed(subscription, records, invoices);
  const suspensions: Suspension[] = [
    ...(owed === undefined ? [] : [{ at: owed.graceEndsAt, by: 'payment' as const }]),
    ...pauseSuspension(subscription, records, invoices),
    ...disputeSuspension(records, paymentsOf(records, invoices)),
  ];
  const [first] = suspensions.sort((a, b) => a.at.getTime() - b.at.getTime());
  const lasts = lastsUntil(subscription);
  return {
    failures: owed?.failures ?? 0,
    graceEndsAt: owed?.graceEndsAt ?? null,
    suspendsAt: first?.at ?? null,
    suspendedBy: first?.by ?? null,
    until: lasts === null ? null : earliest(lasts, first?.at),
  };
}

interface Suspension {
  readonly at: Date;
  readonly by: 'dispute' | 'pause' | 'payment';
}

/** Until when it lasts as it was bought; null: it was never paid for. */
function lastsUntil({ state, ended_at, cancels_at, period_ends_at }: SubscriptionRow): Date | null {
  if (state === 'incomplete' || state === 'expired') return null;
  if (state === 'canceled') return ended_at ?? cancels_at ?? period_ends_at;
  return earliest(later(period_ends_at, RENEWAL_LEEWAY), cancels_at);
}

/** What a failed payment leaves. */
export interface Grace {
  readonly failures: number;
  readonly graceEndsAt: Date;
}

/** The invoice whose grace is over first, where one is owed. */
function graceOwed(
  subscription: SubscriptionRow,
  records: BillingRecords,
  invoices: readonly InvoiceRow[],
): Grace | undefined {
  const { state, given_up, period_starts_at } = subscription;
  if (state !== 'past_due' && state !== 'canceled') return undefined;
  const owed = invoices
    .filter((invoice) => isOwed(invoice, invoices))
    .map((invoice) => graceOf(records, subscription, invoice));
  const [first] = owed
    .filter(({ failures }) => state === 'past_due' || failures > 0)
    .sort((a, b) => a.graceEndsAt.getTime() - b.graceEndsAt.getTime());
  if (first !== undefined || state === 'canceled') return first;
  // What is owed was not read yet, or is no more. Periods go on although nobody pays: a grace from them would begin anew with each.
  const from = invoices.length === 0 ? period_starts_at : paidUntil(subscription, records, invoices);
  return { failures: 0, graceEndsAt: later(from, given_up ? 0 : (GRACE[0] ?? 0)) };
}

/** What the provider has written off is owed all the same, until something later is paid. */
export function isOwed({ state, issued_at }: InvoiceRow, invoices: readonly InvoiceRow[]): boolean {
  if (state !== 'uncollectible') return state === 'open';
  return !invoices.some((other) => other.state === 'paid' && other.issued_at > issued_at);
}

/** Tries to charge an invoice that failed, the oldest first. */
export function failuresOf(records: BillingRecords, invoice: InvoiceRow): PaymentRow[] {
  return paymentsOf(records, [invoice]).filter(({ state }) => state === 'failed');
}

/**
 * How many failures count: as many as the provider made tries of its own (`attempts`). A customer whose second card is
 * declined too, a minute later, does not lose by it the days that they were promised.
 */
function countedFailures(records: BillingRecords, { state }: SubscriptionRow, invoice: InvoiceRow): number {
  const failed = failuresOf(records, invoice).length;
  const isUnpaid = invoice.state !== 'open' || state === 'past_due' || state === 'canceled';
  const without = isUnpaid && areChargesKnown(records, invoice) ? attemptsWithoutCharge(records, invoice) : 0;
  return Math.max(Math.min(failed, Math.max(invoice.attempts, 1)), without);
}

/** Tries that brought nothing, as the invoice has them: without a card, or where a bank asks for the person, nothing is charged. */
function attemptsWithoutCharge(records: BillingRecords, invoice: InvoiceRow): number {
  const { attempts, due_at, issued_at, paid_at } = invoice;
  // The provider sent it, and tries nothing by itself.
  if (due_at !== null) return 0;
  const going = paymentsOf(records, [invoice]).find(({ state }) => state !== 'failed');
  if (invoice.state !== 'paid') return attempts - (going === undefined ? 0 : 1);
  const since = going?.occurred_at ?? paid_at;
  if (since === null || since <= later(issued_at, AT_ONCE)) return 0;
  // The last try may have been the one that was paid.
  return Math.min(attempts, Math.max(attempts - 1, 1));
}

/** Until when a plan is kept although this invoice of it is not paid. */
export function graceOf(records: BillingRecords, subscription: SubscriptionRow, invoice: InvoiceRow): Grace {
  const failed = failuresOf(records, invoice);
  const failures = countedFailures(records, subscription, invoice);
  const { issued_at, due_at } = invoice;
  const isOver = subscription.given_up || failures >= THIRD;
  // Nobody says when a try without a charge was: it takes none of the days that the first one left.
  const isFirst = !isOver && (failures < 2 || failed.length < failures);
  const at = (isFirst ? failed[0] : failed.at(-1))?.occurred_at ?? issued_at;
  const from = due_at !== null && due_at > at ? due_at : at;
  return { failures, graceEndsAt: later(from, isOver ? 0 : (GRACE[isFirst ? 0 : 1] ?? 0)) };
}

/** Nothing is charged while it is paused, and nothing given past what is paid for. */
function pauseSuspension(
  subscription: SubscriptionRow,
  records: BillingRecords,
  invoices: readonly InvoiceRow[],
): Suspension[] {
  if (subscription.state !== 'paused') return [];
  return [{ at: paidUntil(subscription, records, invoices), by: 'pause' }];
}

/** The end of its newest period that was paid, or of its trial. */
function paidUntil(
  subscription: SubscriptionRow,
  { lines }: BillingRecords,
  invoices: readonly InvoiceRow[],
): Date {
  const paid = new Set(invoices.filter(({ state }) => state === 'paid').map(({ id }) => id));
  const ends = lines.filter(({ invoice_id, plan }) => plan !== null && paid.has(invoice_id));
  const times = [
    subscription.trial_ends_at ?? subscription.starts_at,
    ...ends.map((line) => line.period_ends_at),
  ];
  return new Date(Math.max(...times.map((time) => time.getTime())));
}

/** Whoever takes the money back has nothing for it: until they lose, or pay again. */
function disputeSuspension(records: BillingRecords, payments: readonly PaymentRow[]): Suspension[] {
  const paidSince = (at: Date) =>
    payments.some(({ state, occurred_at }) => state === 'succeeded' && occurred_at > at);
  return disputesOf(records, payments)
    .filter(({ state, occurred_at: at }) => state === 'open' || (state === 'lost' && !paidSince(at)))
    .map(({ occurred_at: at }) => ({ at, by: 'dispute' }));
}

function later(at: Date, milliseconds: number): Date {
  return new Date(at.getTime() + milliseconds);
}

function earliest(...times: readonly (Date | null | undefined)[]): Date | null {
  const [first] = times.flatMap((time) => time ?? []).sort((a, b) => a.getTime() - b.getTime());
  return first ?? null;
}
