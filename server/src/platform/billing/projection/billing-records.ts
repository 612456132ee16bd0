import { statement, type Transaction } from '#platform/db';
import type { Cycle } from '../cycles.ts';
import type {
  ChargeFacts,
  DisputeFacts,
  InvoiceFacts,
  ObjectRef,
  RefundFacts,
  SubscriptionFacts,
} from '../facts.ts';
import type { Customer } from './applied-object.ts';

/** A row of billing.subscriptions, as far as something is derived from it. */
export interface SubscriptionRow {
  readonly id: string;
  readonly store_id: string;
  readonly product: string;
  readonly plan: string;
  readonly cycle: Cycle;
  readonly quantity: number;
  readonly state: SubscriptionFacts['state'];
  /** The provider tries no more to be paid; one that was canceled was for that. */
  readonly given_up: boolean;
  readonly starts_at: Date;
  readonly trial_ends_at: Date | null;
  /** The trial is not to be: nothing is had before it is paid. */
  readonly trial_refused_at: Date | null;
  readonly period_starts_at: Date;
  readonly period_ends_at: Date;
  readonly cancels_at: Date | null;
  readonly ended_at: Date | null;
  /** Bought in a store's sandbox, without money. */
  readonly in_sandbox: boolean;
  /** Until when its store wants it to be had although it is not paid. */
  readonly kept_until: Date | null;
  /** Since when its provider was asked and told nothing of it, for any reason. */
  readonly unread_since: Date | null;
  /** The purchase that it took the place of. */
  readonly replaces: string | null;
  readonly next_plan: string | null;
  readonly next_quantity: number | null;
  readonly next_at: Date | null;
  /** The plan once an invoice of it is paid, if that is before an instant. */
  readonly pending_plan: string | null;
  readonly pending_invoice: string | null;
  readonly pending_expires_at: Date | null;
}

export interface InvoiceRow {
  readonly id: string;
  readonly store_id: string;
  readonly state: InvoiceFacts['state'];
  readonly subscription: string | null;
  readonly reason: string;
  readonly currency: string;
  readonly total: number;
  /** Its money: the rest was the customer's credit. */
  readonly paid: number;
  readonly attempts: number;
  /** Without it its tries are not all known here. */
  readonly last_charge: string | null;
  /** The payment waits for the person, at `url`. */
  readonly asks_customer: boolean;
  readonly url: string | null;
  readonly issued_at: Date;
  /** When an invoice that is sent is due; one that the provider charges itself has no such date. */
  readonly due_at: Date | null;
  readonly paid_at: Date | null;
  /** It was bought in a store's sandbox, without money. */
  readonly in_sandbox: boolean;
}

export interface LineRow {
  readonly invoice_id: string;
  readonly store_id: string;
  readonly product: string;
  readonly plan: string | null;
  readonly add_on: string | null;
  readonly quantity: number;
  readonly amount: number;
  readonly period_ends_at: Date;
}

export interface PaymentRow {
  readonly store_id: string;
  readonly invoice: string | null;
  readonly state: ChargeFacts['state'];
  readonly failure_code: string | null;
  readonly amount: number;
  readonly currency: string;
  readonly occurred_at: Date;
}

export interface RefundRow {
  readonly store_id: string;
  readonly charge: string;
  readonly state: RefundFacts['state'];
  readonly amount: number;
  readonly currency: string;
  readonly occurred_at: Date;
}

export interface DisputeRow extends Omit<RefundRow, 'state'> {
  readonly state: DisputeFacts['state'];
}

/** A failure of a provider's own try, as it was told to us, and what was promised then. It never changes. */
export interface ToldFailure {
  readonly invoice: string;
  /** 0: it is owed, and no failure of it is known yet. */
  readonly nth: number;
  readonly told_at: Date;
  readonly grace_ends_at: Date;
}

/** How much of the credit of a subscription its provider has taken, of money that went back. */
interface TakenCredit {
  readonly subscription: string;
  readonly taken: number;
}

/** All that a payment provider sold to an account, and the only source of all derived state. Each list in the order of time. */
export interface BillingRecords {
  readonly subscriptions: readonly SubscriptionRow[];
  readonly invoices: readonly InvoiceRow[];
  readonly lines: readonly LineRow[];
  readonly payments: readonly PaymentRow[];
  readonly refunds: readonly RefundRow[];
  readonly disputes: readonly DisputeRow[];
  readonly told: readonly ToldFailure[];
  readonly taken: readonly TakenCredit[];
}

const soldTo = (order: string) =>
  `where account_id = $1 and store = $2 and mode = $3 order by ${order}, store_id`;
const TAKEN_BACK = 'store_id, charge, state, amount, currency, occurred_at';

export async function readBillingRecords(
  tx: Transaction,
  whose: Customer & { readonly ref?: ObjectRef },
): Promise<BillingRecords> {
  const { accountId, provider, mode } = whose;
  const values = [accountId, provider, mode];
  const [subscriptions, invoices, lines, payments, refunds, disputes, told, taken] = await tx.runAll([
    statement<SubscriptionRow>(
      `select s.id, s.store_id, s.product, s.plan, s.cycle, s.quantity, s.state, s.given_up, s.starts_at, s.trial_ends_at,
         t.refused_at as trial_refused_at, s.period_starts_at, s.period_ends_at, s.cancels_at, s.ended_at, s.in_sandbox,
         w.created_at as unread_since, s.kept_until, s.replaces, s.next_plan, s.next_quantity, s.next_at, s.pending_plan, s.pending_invoice,
         s.pending_expires_at
       from billing.subscriptions s
       left join billing.trials t using (account_id, store, mode, store_id)
       -- The object that is applied right now has its answer.
       left join billing.wants w on w.store = s.store and w.mode = s.mode and w.kind = 'subscription' and w.object_id = s.store_id
         and w.error is not null and w.object_id is distinct from $4
       where s.account_id = $1 and s.store = $2 and s.mode = $3 order by s.starts_at, s.store_id`,
      [...values, whose.ref?.id ?? null],
    ),
    statement<InvoiceRow>(
      `select id, store_id, state, subscription, reason, currency, total, paid, attempts, last_charge, asks_customer, url, issued_at, due_at, paid_at,
         in_sandbox from billing.invoices ${soldTo('issued_at, number')}`,
      values,
    ),
    statement<LineRow>(
      `select invoice_id, store_id, product, plan, add_on, quantity, amount, period_ends_at
       from billing.invoice_lines where account_id = $1 order by invoice_id, store_id`,
      [accountId],
    ),
    statement<PaymentRow>(
      `select store_id, invoice, state, failure_code, amount, currency, occurred_at
       from billing.payments ${soldTo('occurred_at')}`,
      values,
    ),
    statement<RefundRow>(`select ${TAKEN_BACK} from billing.refunds ${soldTo('occurred_at')}`, values),
    statement<DisputeRow>(`select ${TAKEN_BACK} from billing.disputes ${soldTo('occurred_at')}`, values),
    statement<ToldFailure>(
      `select invoice, nth, told_at, grace_ends_at from billing.told_failures
       where account_id = $1 and store = $2 and mode = $3 order by invoice, nth`,
      values,
    ),
    statement<TakenCredit>(
      `select store_id as subscription, greatest(taken, -1 - taken) as taken from billing.gone_credits ${soldTo('created_at')}`,
      values,
    ),
  ]);
  return { subscriptions, invoices, lines, payments, refunds, disputes, told, taken };
}

/** Those that pay for a subscription, or try to. */
export function invoicesOf(
  { invoices }: BillingRecords,
  { store_id }: Pick<SubscriptionRow, 'store_id'>,
): InvoiceRow[] {
  return invoices.filter(({ subscription }) => subscription === store_id);
}

/** Tries to take the money of some invoices. */
export function paymentsOf({ payments }: BillingRecords, invoices: readonly InvoiceRow[]): PaymentRow[] {
  const paid = new Set<string | null>(invoices.map(({ store_id }) => store_id));
  return payments.filter(({ invoice }) => paid.has(invoice));
}

/** Notices of an invoice, the first one first. */
export function toldOf({ told }: BillingRecords, { store_id }: Pick<InvoiceRow, 'store_id'>): ToldFailure[] {
  return told.filter(({ invoice }) => invoice === store_id).sort((a, b) => a.nth - b.nth);
}

/** Whether each charge that an invoice names was read: what was tried besides charged nothing. */
export function areChargesKnown(records: BillingRecords, invoice: InvoiceRow): boolean {
  const { last_charge } = invoice;
  return (
    last_charge === null || paymentsOf(records, [invoice]).some(({ store_id }) => store_id === last_charge)
  );
}

/** Amounts that customers' banks took back, or try to. An inquiry took nothing. */
export function disputesOf({ disputes }: BillingRecords, payments: readonly PaymentRow[]): DisputeRow[] {
  const charges = new Set(payments.map(({ store_id }) => store_id));
  return disputes.filter(({ charge, state }) => state !== 'inquiry' && charges.has(charge));
}
