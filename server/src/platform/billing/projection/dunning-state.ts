import {
  type BillingRecords,
  type DisputeRow,
  disputesOf,
  invoicesOf,
  type InvoiceRow,
  paymentsOf,
  type SubscriptionRow,
  toldOf,
} from './billing-records.ts';
import { disputesOfCredit } from './credit.ts';
import { countedFailures, graceEndOf, isOwed, later, latest } from './grace.ts';

const DAY = 86_400_000;
/** How long a renewal may take, or be unknown to us: a payer is not cut off by a payment provider's bad day, and a plan does not last unpaid for ever. */
const RENEWAL_LEEWAY = 3 * DAY;
/** As long as its provider is asked again that tells nothing of it, and a day more (`fetch-next.ts`): it may have been renewed. */
const ASKED_WHILE_UNREAD = 15 * DAY;
/** From what was paid last, where it is past due and the amount owed is not known. */
const UNKNOWN_GRACE = 7 * DAY;

/** State of a subscription, from payments, disputes and pauses. */
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
  const owed = graceKept(subscription, graceOwed(subscription, records, invoices));
  const suspensions: Suspension[] = [
    ...(owed === undefined ? [] : [{ at: owed.graceEndsAt, by: 'payment' as const }]),
    ...pauseSuspension(subscription, records, invoices),
    ...disputeSuspension(records, invoices),
  ];
  const [first] = suspensions.sort((a, b) => a.at.getTime() - b.at.getTime());
  const lasts = lastsUntil(subscription, owed?.graceEndsAt);
  return {
    failures: owed?.failures ?? 0,
    graceEndsAt: owed?.graceEndsAt ?? null,
    suspendsAt: first?.at ?? null,
    suspendedBy: first?.by ?? null,
    until: lasts === null ? null : earliest(lasts, first?.at, replacedAt(subscription, records)),
  };
}

interface Suspension {
  readonly at: Date;
  readonly by: 'dispute' | 'pause' | 'payment';
}

/** Until when it lasts as it was bought, or as was promised of it; null: it was never paid for. */
function lastsUntil(
  { state, given_up, ended_at, cancels_at, period_ends_at, unread_since: unread }: SubscriptionRow,
  promised: Date | undefined,
): Date | null {
  if (state === 'incomplete' || state === 'expired') return null;
  if (state === 'canceled') {
    const ended = ended_at ?? cancels_at ?? period_ends_at;
    // If the provider gave up, the promised days hold; if the customer canceled, they do not.
    return given_up ? latest(ended, promised) : ended;
  }
  const renewed = later(period_ends_at, RENEWAL_LEEWAY);
  // A subscription that was over before does not come back because its provider was asked.
  const asked = unread !== null && unread <= renewed ? later(unread, ASKED_WHILE_UNREAD) : undefined;
  return earliest(latest(latest(renewed, promised), asked), cancels_at);
}

/** Since when another purchase is had in its place; its provider may not have told us yet that it is over. */
function replacedAt({ store_id }: SubscriptionRow, { subscriptions }: BillingRecords): Date | null {
  return earliest(
    ...subscriptions.map(({ replaces, starts_at }) => (replaces === store_id ? starts_at : null)),
  );
}

/** Grace after a failed payment. */
interface Grace {
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
  const isActive = state === 'active';
  if (!isActive && state !== 'past_due' && state !== 'canceled') return undefined;
  const owed = isActive
    ? overtaken(records, invoices)
    : invoices.filter((invoice) => isOwed(invoice, invoices));
  const [first] = owed
    .flatMap((invoice) => graceOf(records, subscription, invoice) ?? [])
    .filter(({ failures }) => state === 'past_due' || failures > 0)
    .sort((a, b) => a.graceEndsAt.getTime() - b.graceEndsAt.getTime());
  if (first !== undefined || isActive || state === 'canceled' || owed.length > 0) return first;
  // The owed amount was not read yet, or is no more. Periods go on without a payment: a grace from them would begin anew with each.
  if (invoices.length === 0) return { failures: 0, graceEndsAt: later(period_starts_at, UNKNOWN_GRACE) };
  const until = later(paidUntil(subscription, records, invoices), given_up ? 0 : UNKNOWN_GRACE);
  // A promise while it was owed holds although it is forgiven.
  const promised = invoices.filter(({ state: is }) => is === 'void').map((one) => graceEndOf(records, one));
  return { failures: 0, graceEndsAt: promised.reduce<Date>(latest, until) };
}

/** Renewals that are owed although their provider has the subscription as active again: later payments were for units past limits alone. */
function overtaken(records: BillingRecords, invoices: readonly InvoiceRow[]): InvoiceRow[] {
  const open = invoices.filter(
    ({ reason, state }) => reason === 'subscription_cycle' && (state === 'open' || state === 'uncollectible'),
  );
  if (open.length === 0) return open;
  const units = invoicesOfUnits(records, invoices);
  return open.filter(({ store_id, issued_at }) => {
    const since = invoices.filter((other) => other.state === 'paid' && other.issued_at > issued_at);
    return !units.has(store_id) && since.length > 0 && since.every((other) => units.has(other.store_id));
  });
}

/** Invoices of units past limits alone: a yearly plan has one each month, which pays for no plan. */
function invoicesOfUnits({ lines }: BillingRecords, invoices: readonly InvoiceRow[]): Set<string | null> {
  const isOfUnits = ({ id }: InvoiceRow) => {
    const own = lines.filter(({ invoice_id }) => invoice_id === id);
    return own.length > 0 && own.every(({ plan, add_on }) => plan === null && add_on === null);
  };
  return new Set(invoices.filter(isOfUnits).map(({ store_id }) => store_id));
}

/** No shorter than the grace that its store gives, which has told the customer of it. */
function graceKept({ kept_until: kept }: SubscriptionRow, owed: Grace | undefined): Grace | undefined {
  if (owed === undefined || kept === null || kept <= owed.graceEndsAt) return owed;
  return { ...owed, graceEndsAt: kept };
}

/** Until when a plan is kept although this invoice of it is not paid; undefined: nothing of it was told. */
function graceOf(
  records: BillingRecords,
  subscription: SubscriptionRow,
  invoice: InvoiceRow,
): Grace | undefined {
  const graceEndsAt = graceEndOf(records, invoice);
  if (graceEndsAt === undefined) return undefined;
  const told = Math.max(...toldOf(records, invoice).map(({ nth }) => nth));
  return { failures: Math.max(told, countedFailures(records, subscription, invoice)), graceEndsAt };
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

/** A dispute suspends the plan until it is won or a later charge for it succeeds; that of units past limits alone is lifted by any. */
function disputeSuspension(records: BillingRecords, invoices: readonly InvoiceRow[]): Suspension[] {
  const payments = paymentsOf(records, invoices);
  const units = invoicesOfUnits(records, invoices);
  const paidSince = ({ occurred_at: at, charge }: DisputeRow) => {
    const isOfUnits = payments.some(({ store_id, invoice }) => store_id === charge && units.has(invoice));
    const counts = isOfUnits ? payments : payments.filter(({ invoice }) => !units.has(invoice));
    return counts.some(({ state, occurred_at }) => state === 'succeeded' && occurred_at > at);
  };
  return [...disputesOf(records, payments), ...disputesOfCredit(records, invoices)]
    .filter((one) => one.state === 'open' || (one.state === 'lost' && !paidSince(one)))
    .map(({ occurred_at: at }) => ({ at, by: 'dispute' }));
}

function earliest(...times: readonly (Date | null | undefined)[]): Date | null {
  const [first] = times.flatMap((time) => time ?? []).sort((a, b) => a.getTime() - b.getTime());
  return first ?? null;
}
