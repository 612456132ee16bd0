import type { Facts, SubscriptionFacts } from '../../server/src/platform/billing/facts.ts';
import type {
  BillingRecords,
  InvoiceRow,
  SubscriptionRow,
} from '../../server/src/platform/billing/projection/billing-records.ts';
import { dunningStateOf } from '../../server/src/platform/billing/projection/dunning-state.ts';
import { grantsFrom } from '../../server/src/platform/billing/projection/grants.ts';

/** The rows that facts of a store would be, without a database. */
export function recordsOf(facts: readonly Facts[]): BillingRecords {
  const sales = facts.flatMap((one) => one.sales ?? []);
  return {
    subscriptions: facts
      .flatMap(({ subscription }) => (subscription === undefined ? [] : [subscriptionRow(subscription)]))
      .sort((a, b) => a.starts_at.getTime() - b.starts_at.getTime()),
    invoices: sales.map(({ invoice }) => invoiceRow(invoice)),
    lines: sales.flatMap(({ invoice }) =>
      invoice.lines.map((line) => ({
        invoice_id: invoice.id,
        store_id: line.id,
        product: line.product,
        plan: line.plan,
        add_on: line.addOn,
        quantity: line.quantity,
        amount: line.amount,
        period_ends_at: line.periodEndsAt,
      })),
    ),
    payments: sales.flatMap(({ payment: { invoice, charges } }) =>
      charges.map((of) => ({
        ...of,
        store_id: of.id,
        invoice,
        failure_code: null,
        occurred_at: of.occurredAt,
      })),
    ),
    refunds: sales.flatMap(({ payment }) =>
      payment.refunds.map((of) => ({ ...of, store_id: of.id, occurred_at: of.occurredAt })),
    ),
    disputes: sales.flatMap(({ payment }) =>
      payment.disputes.map((of) => ({ ...of, store_id: of.id, occurred_at: of.occurredAt })),
    ),
    told: [],
    taken: [],
  };
}

function subscriptionRow(of: SubscriptionFacts): SubscriptionRow {
  return {
    id: of.id,
    store_id: of.id,
    product: of.product,
    plan: of.plan,
    cycle: of.cycle,
    quantity: of.quantity,
    state: of.state,
    given_up: of.givenUp,
    starts_at: of.startsAt,
    trial_ends_at: of.trialEndsAt,
    trial_refused_at: null,
    period_starts_at: of.periodStartsAt,
    period_ends_at: of.periodEndsAt,
    cancels_at: of.cancelsAt,
    ended_at: of.endedAt,
    in_sandbox: of.isSandbox ?? false,
    unread_since: null,
    kept_until: of.keptUntil ?? null,
    replaces: of.replaces ?? null,
    next_plan: of.next?.plan ?? null,
    next_quantity: of.next?.quantity ?? null,
    next_at: of.next?.at ?? null,
    pending_plan: null,
    pending_invoice: null,
    pending_expires_at: null,
  };
}

function invoiceRow(of: NonNullable<Facts['sales']>[number]['invoice']): InvoiceRow {
  return {
    id: of.id,
    store_id: of.id,
    state: of.state,
    subscription: of.subscription,
    reason: of.reason,
    currency: of.currency,
    total: of.total,
    paid: of.paid,
    attempts: of.attempts,
    last_charge: of.lastCharge,
    asks_customer: of.asksCustomer ?? false,
    url: of.url,
    issued_at: of.issuedAt,
    due_at: of.dueAt,
    paid_at: of.paidAt,
    in_sandbox: of.isSandbox ?? false,
  };
}

/** Highest last. */
const RANKS = ['basic', 'standard', 'pro'];

/** The plan in effect at an instant, of all that these rows grant; null: none. */
export function planAt(records: BillingRecords, at: Date): string | null {
  const states = new Map(records.subscriptions.map((one) => [one.id, dunningStateOf(one, records)]));
  const held = grantsFrom(records, states).filter(
    ({ startsAt, endsAt }) => startsAt <= at && (endsAt === null || endsAt > at),
  );
  const plans = held.flatMap((grant) => ('plan' in grant && grant.plan !== undefined ? [grant.plan] : []));
  return plans.sort((a, b) => RANKS.indexOf(b) - RANKS.indexOf(a))[0] ?? null;
}
