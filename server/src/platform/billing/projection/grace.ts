import {
  areChargesKnown,
  type BillingRecords,
  invoicesOf,
  type InvoiceRow,
  type PaymentRow,
  paymentsOf,
  type SubscriptionRow,
  type ToldFailure,
  toldOf,
} from './billing-records.ts';

const DAY = 86_400_000;
/** Grace from when the first failure was told, and at least from when a later one was (spec/platform.md). */
const FIRST_GRACE = 7 * DAY;
const LATER_GRACE = 3 * DAY;
/** A payment this soon after the invoice was issued is its first try. */
const AT_ONCE = 3_600_000;

/** When something is told, and how many days after the first failure was a plan is kept at most. */
export interface TellingTime {
  readonly now: Date;
  readonly longestDays: number;
}

/** Until when a plan is kept although this invoice of it is not paid: the last date that was promised. undefined: none was. */
export function graceEndOf(records: BillingRecords, invoice: InvoiceRow): Date | undefined {
  return toldOf(records, invoice).at(-1)?.grace_ends_at;
}

/** The same of all invoices that are owed: until the first of them ends. */
export function promisedUntil(records: BillingRecords, subscription: SubscriptionRow): Date | undefined {
  const invoices = invoicesOf(records, subscription);
  const ends = invoices
    .filter((invoice) => isOwed(invoice, invoices))
    .flatMap((invoice) => graceEndOf(records, invoice)?.getTime() ?? []);
  return ends.length === 0 ? undefined : new Date(Math.min(...ends));
}

/** The failures in these rows that were not told yet, with the dates that telling them now promises. Ended subscriptions have none. */
export function failuresToTell(records: BillingRecords, telling: TellingTime): ToldFailure[] {
  let after = records;
  for (const subscription of records.subscriptions.filter(isAlive)) {
    const invoices = invoicesOf(records, subscription);
    for (const invoice of invoices.filter((one) => isOwed(one, invoices))) {
      const fresh = failuresOfInvoice(after, { subscription, invoice }, telling);
      after = { ...after, told: [...after.told, ...fresh] };
    }
  }
  return after.told.slice(records.told.length);
}

interface OwedInvoice {
  readonly subscription: SubscriptionRow;
  readonly invoice: InvoiceRow;
}

function failuresOfInvoice(
  records: BillingRecords,
  { subscription, invoice }: OwedInvoice,
  { now, longestDays }: TellingTime,
): ToldFailure[] {
  if (isOfCheckout(subscription, invoice) || isOfWaitingChange(subscription, invoice)) return [];
  const known = toldOf(records, invoice);
  const over = graceEndOf(records, invoice);
  if (over !== undefined && over <= now) return [];
  const failures = countedFailures(records, subscription, invoice);
  if (failures === 0 && (subscription.state !== 'past_due' || known.length > 0)) return [];
  const from = invoice.due_at !== null && invoice.due_at > now ? invoice.due_at : now;
  // A date of another invoice may have been told: it holds for this one, too.
  const first = latest(later(from, FIRST_GRACE), promisedUntil(records, subscription));
  const firstTold = known.find(({ nth }) => nth === 1)?.told_at ?? from;
  const fresh: ToldFailure[] = [];
  let end = over ?? first;
  for (let nth = Math.min(1, failures); nth <= failures; nth += 1) {
    if (known.some((one) => one.nth === nth)) continue;
    const most = later(firstTold, longestDays * DAY);
    const next = nth < 2 ? first : earlier(later(now, LATER_GRACE), most);
    end = latest(end, next);
    fresh.push({ invoice: invoice.store_id, nth, told_at: now, grace_ends_at: end });
  }
  return fresh;
}

/** Only a subscription that has begun and not ended gets a promise. */
export function isAlive({ state }: Pick<SubscriptionRow, 'state'>): boolean {
  return state !== 'canceled' && state !== 'expired' && state !== 'incomplete';
}

/** The checkout itself shows that a card was declined. */
function isOfCheckout({ state }: SubscriptionRow, { reason }: InvoiceRow): boolean {
  return reason === 'subscription_create' && state !== 'past_due';
}

/** A change that is not paid is not made: nothing is owed for it, unless the subscription itself is past due by it. */
export function isOfWaitingChange({ state }: SubscriptionRow, { reason }: InvoiceRow): boolean {
  return reason === 'subscription_update' && state !== 'past_due' && state !== 'canceled';
}

/** An invoice that the provider has written off is owed all the same, until something later is paid. */
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
 * declined too, a minute later, moves nothing.
 */
export function countedFailures(
  records: BillingRecords,
  { state }: SubscriptionRow,
  invoice: InvoiceRow,
): number {
  // The customer pays an invoice that was sent, and has until it is due, however often they try.
  if (isSent(invoice)) return 0;
  const failed = failuresOf(records, invoice).length;
  const isUnpaid = invoice.state !== 'open' || state === 'past_due' || state === 'canceled';
  const without = isUnpaid && areChargesKnown(records, invoice) ? attemptsWithoutCharge(records, invoice) : 0;
  return Math.max(Math.min(failed, Math.max(invoice.attempts, 1)), without);
}

/** Whether an invoice was sent with a day on which it is due, and not charged. */
export const isSent = ({ due_at }: Pick<InvoiceRow, 'due_at'>): boolean => due_at !== null;

/** Whether an invoice that was sent was not paid in its days. One that is owed is overdue once its subscription is: that promises the grace. */
export function isOverdue(
  records: BillingRecords,
  { subscription, invoice, now }: OwedInvoice & { readonly now: Date },
): boolean {
  const { due_at: due, paid_at: paid, state } = invoice;
  if (due === null || state === 'draft' || state === 'void') return false;
  if (paid !== null) return due < paid;
  if (!isAlive(subscription)) return due < (subscription.ended_at ?? now);
  // By the provider's clock it is due already.
  return toldOf(records, invoice).length > 0 && due <= later(now, AT_ONCE);
}

/** Tries that brought nothing, as the invoice has them: without a card, or where a bank asks for the person, nothing is charged. */
function attemptsWithoutCharge(records: BillingRecords, invoice: InvoiceRow): number {
  const { attempts, issued_at, paid_at } = invoice;
  const going = paymentsOf(records, [invoice]).find(({ state }) => state !== 'failed');
  if (invoice.state !== 'paid') return attempts - (going === undefined ? 0 : 1);
  const since = going?.occurred_at ?? paid_at;
  if (since === null || since <= later(issued_at, AT_ONCE)) return 0;
  // The last try may have been the one that was paid.
  return Math.min(attempts, Math.max(attempts - 1, 1));
}

export function later(at: Date, milliseconds: number): Date {
  return new Date(at.getTime() + milliseconds);
}

export function latest(at: Date, other: Date | undefined): Date {
  return other !== undefined && other > at ? other : at;
}

function earlier(at: Date, other: Date): Date {
  return other < at ? other : at;
}
