import type { ProviderGrant } from '#platform/entitlements';
import type { AddOnPurchase } from '#platform/limits';
import {
  type BillingRecords,
  disputesOf,
  type InvoiceRow,
  type PaymentRow,
  paymentsOf,
  type SubscriptionRow,
} from './billing-records.ts';
import { type Backing, backingsOf, disputesOfCredit } from './credit.ts';
import { ITEM } from '../providers/stripe/item-invoice.ts';
import type { DunningState } from './dunning-state.ts';

/** A grant, and whether it was bought in a sandbox, without money. */
export interface DerivedGrant extends ProviderGrant {
  readonly inSandbox: boolean;
}

/**
 * All that a payment provider's rows amount to, each by the provider's id: of a subscription, or of the line of an invoice that an add-on
 * was paid with. A subscription that gives nothing is there all the same, and ends at its beginning.
 */
export function grantsFrom(
  records: BillingRecords,
  dunningStates: ReadonlyMap<string, DunningState>,
): DerivedGrant[] {
  const subscribed = records.subscriptions
    .flatMap((one) =>
      subscribedTo(one, isRefusedTrial(one) ? null : (dunningStates.get(one.id)?.until ?? null)),
    )
    // None of a plan is nothing.
    .map((grant) => (grant.quantity > 0 ? grant : { ...grant, quantity: 1, endsAt: grant.startsAt }));
  const bought = purchasesOf(records).map(({ paidAt, total: _total, gone: _gone, ...purchase }) => ({
    ...purchase,
    startsAt: paidAt,
    endsAt: null,
  }));
  return [...subscribed, ...bought];
}

function isRefusedTrial({ state, trial_refused_at: refused }: SubscriptionRow): boolean {
  return state === 'trialing' && refused !== null;
}

/** A plan whose trial was refused begins when it is paid. */
function beginningOf({
  starts_at: begins,
  trial_ends_at: paidFrom,
  trial_refused_at: refused,
}: SubscriptionRow) {
  return refused === null || paidFrom === null || paidFrom < begins ? begins : paidFrom;
}

/** A change that waits is in effect from its instant on, without anybody doing anything then. */
function subscribedTo(subscription: SubscriptionRow, until: Date | null): DerivedGrant[] {
  const { store_id, product, plan, quantity, next_plan, next_quantity, next_at, trial_ends_at } =
    subscription;
  const startsAt = beginningOf(subscription);
  const present = {
    externalId: store_id,
    product,
    plan,
    quantity,
    startsAt,
    endsAt: until ?? startsAt,
    revokedAt: null,
    inSandbox: subscription.in_sandbox,
    // Stripe never bills what was used in a trial.
    meteredFrom: trial_ends_at ?? undefined,
  };
  if (until === null || next_plan === null || next_at === null || next_at >= until) return [present];
  return [
    { ...present, endsAt: next_at },
    {
      ...present,
      externalId: `${store_id}/next`,
      plan: next_plan,
      quantity: next_quantity ?? quantity,
      startsAt: next_at,
      endsAt: until,
    },
  ];
}

/** An add-on that was paid for. */
interface Purchase extends AddOnPurchase {
  /** When the money went back, if it did. */
  readonly revokedAt: Date | null;
  readonly inSandbox: boolean;
}

/** Purchases on paid invoices besides plans; each line is one of its own. */
export function purchasesOf(records: BillingRecords): Purchase[] {
  return records.invoices.flatMap((invoice) => {
    const { paid_at: paidAt } = invoice;
    if (invoice.state !== 'paid' || paidAt === null) return [];
    const lines = records.lines.filter(
      ({ invoice_id, amount, quantity }) => invoice_id === invoice.id && amount >= 0 && quantity > 0,
    );
    const sold = lines.flatMap(({ store_id: externalId, product, add_on: addOn, quantity }) =>
      addOn === null || addOn === ITEM ? [] : [{ externalId, product, addOn, quantity }],
    );
    if (sold.length === 0) return [];
    const revokedAt = takenBackAt(records, invoice);
    const of = { paidAt, revokedAt, inSandbox: invoice.in_sandbox, ...partGone(records, invoice, revokedAt) };
    return sold.map((one) => ({ ...one, ...of }));
  });
}

/** The part of an invoice that went back, its credit included. An invoice over nothing goes back as a whole. */
function partGone(records: BillingRecords, { store_id: id, total }: InvoiceRow, revokedAt: Date | null) {
  if (total === 0) return { total: 1, gone: revokedAt === null ? 0 : 1 };
  if (records.disputes.length === 0 && records.refunds.length === 0) return { total, gone: 0 };
  return { total, gone: backingsOf(records, 'all').get(id)?.gone ?? 0 };
}

function takenBackAt(records: BillingRecords, invoice: InvoiceRow): Date | null {
  const payments = paymentsOf(records, [invoice]);
  const disputes = [...disputesOf(records, payments), ...disputesOfCredit(records, [invoice])];
  const lost = disputes.filter(({ state }) => state !== 'won');
  const backing = invoice.total > invoice.paid ? backingsOf(records, 'all').get(invoice.store_id) : undefined;
  const refunded = backing === undefined ? refundedAt(records, payments) : lostAt(backing);
  const times = [refunded, ...lost.map(({ occurred_at }) => occurred_at)];
  const [first] = times.flatMap((time) => time ?? []).sort((a, b) => a.getTime() - b.getTime());
  return first ?? null;
}

/** The same, where some of it was credit: with the last payment behind it. */
function lostAt({ money, gift, gone, by }: Backing): Date | undefined {
  if (money + gift > 0 || gone === 0) return undefined;
  return new Date(Math.max(...[...by].map(({ occurred_at: at }) => at.getTime())));
}

/** When the last of the money was given back; undefined: some of it was kept, or none was ever taken. */
function refundedAt({ refunds }: BillingRecords, payments: readonly PaymentRow[]): Date | undefined {
  const taken = payments.filter(({ state }) => state === 'succeeded');
  let left = taken.reduce((sum, { amount }) => sum + amount, 0);
  const charges = new Set(taken.map(({ store_id }) => store_id));
  for (const { charge, state, amount, occurred_at } of refunds) {
    if (state !== 'succeeded' || !charges.has(charge)) continue;
    left -= amount;
    if (left <= 0) return occurred_at;
  }
  return undefined;
}
