import {
  type Books,
  disputesOf,
  invoicesOf,
  type InvoiceRow,
  type PaymentRow,
  paymentsOf,
  type SubscriptionRow,
} from './books.ts';

const DAY = 86_400_000;
/** How long a renewal may take, or be unknown to us: a payer is not cut off by a store's bad day, and nobody has a plan for ever. */
const LEEWAY = 3 * DAY;
/** Grace after the first failure and after the second; the third suspends (spec/platform.md). */
const GRACE = [7 * DAY, 3 * DAY];
const THIRD = 3;

/** What payments, disputes and pauses make of a subscription. */
export interface Standing {
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
export function standingOf(subscription: SubscriptionRow, books: Books): Standing {
  const invoices = invoicesOf(books, subscription);
  const owed = owedOf(subscription, books, invoices);
  const suspensions: Suspension[] = [
    ...(owed === undefined ? [] : [{ at: owed.graceEndsAt, by: 'payment' as const }]),
    ...pauseOf(subscription, books, invoices),
    ...disputeOf(books, paymentsOf(books, invoices)),
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
  return earliest(later(period_ends_at, LEEWAY), cancels_at);
}

/** What a failed payment leaves. */
export interface Owed {
  readonly failures: number;
  readonly graceEndsAt: Date;
}

/** The invoice whose grace is over first, where one is owed. */
function owedOf(
  subscription: SubscriptionRow,
  books: Books,
  invoices: readonly InvoiceRow[],
): Owed | undefined {
  const { state, given_up, period_starts_at } = subscription;
  if (state !== 'past_due' && state !== 'canceled') return undefined;
  const open = invoices.filter((invoice) => invoice.state === 'open');
  const owed = open.flatMap((invoice) => graceOf(books, invoice, given_up) ?? []);
  const [first] = owed.sort((a, b) => a.graceEndsAt.getTime() - b.graceEndsAt.getTime());
  if (first !== undefined || state === 'canceled') return first;
  // It is owed, and we know of no try yet.
  return { failures: 0, graceEndsAt: later(open[0]?.issued_at ?? period_starts_at, GRACE[0] ?? 0) };
}

/** Tries to charge an invoice that failed, the oldest first. */
export function failuresOf(books: Books, invoice: InvoiceRow): PaymentRow[] {
  return paymentsOf(books, [invoice]).filter(({ state }) => state === 'failed');
}

/**
 * How many failures count: as many as the store made tries of its own (`attempts`). A customer whose second card is
 * declined too, a minute later, does not lose by it the days that they were promised.
 */
export function countedFailures({ attempts }: InvoiceRow, failed: readonly PaymentRow[]): number {
  return Math.min(failed.length, Math.max(attempts, 1));
}

/** Until when a plan is kept although this invoice of it could not be charged; undefined: it could, or was not tried. */
export function graceOf(books: Books, invoice: InvoiceRow, givenUp: boolean): Owed | undefined {
  const failed = failuresOf(books, invoice);
  const failures = countedFailures(invoice, failed);
  const at = (failures === 1 && !givenUp ? failed[0] : failed.at(-1))?.occurred_at;
  if (at === undefined) return undefined;
  const grace = givenUp || failures >= THIRD ? 0 : (GRACE[failures - 1] ?? 0);
  return { failures, graceEndsAt: later(at, grace) };
}

/** Nothing is charged while it is paused, and nothing given past what is paid for. */
function pauseOf(
  subscription: SubscriptionRow,
  { lines }: Books,
  invoices: readonly InvoiceRow[],
): Suspension[] {
  if (subscription.state !== 'paused') return [];
  const paid = new Set(invoices.filter(({ state }) => state === 'paid').map(({ id }) => id));
  const ends = lines.filter(({ invoice_id, plan }) => plan !== null && paid.has(invoice_id));
  const times = [
    subscription.trial_ends_at ?? subscription.starts_at,
    ...ends.map((line) => line.period_ends_at),
  ];
  return [{ at: new Date(Math.max(...times.map((time) => time.getTime()))), by: 'pause' }];
}

/** Whoever takes the money back has nothing for it: until they lose, or pay again. */
function disputeOf(books: Books, payments: readonly PaymentRow[]): Suspension[] {
  const paidSince = (at: Date) =>
    payments.some(({ state, occurred_at }) => state === 'succeeded' && occurred_at > at);
  return disputesOf(books, payments)
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
