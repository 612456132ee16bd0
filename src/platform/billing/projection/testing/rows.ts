import type {
  BillingRecords,
  DisputeRow,
  InvoiceRow,
  LineRow,
  PaymentRow,
  RefundRow,
  SubscriptionRow,
} from '../billing-records.ts';

/** Days of a calendar that begins when everything does. */
export const day = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000);
export const dayOf = (at: Date | null) =>
  at === null ? null : (at.getTime() - day(0).getTime()) / 86_400_000;

/** Paid by the month; the second month is the present one. */
export const subscription = (more: Partial<SubscriptionRow> = {}): SubscriptionRow => ({
  id: 'id',
  store_id: 'sub_1',
  product: 'reel',
  plan: 'pro',
  cycle: 'monthly',
  quantity: 1,
  state: 'active',
  given_up: false,
  starts_at: day(0),
  trial_ends_at: null,
  trial_refused_at: null,
  period_starts_at: day(30),
  period_ends_at: day(60),
  cancels_at: null,
  ended_at: null,
  in_sandbox: false,
  unread_since: null,
  kept_until: null,
  replaces: null,
  next_plan: null,
  next_quantity: null,
  next_at: null,
  pending_plan: null,
  pending_expires_at: null,
  ...more,
});
export const invoice = (more: Partial<InvoiceRow> = {}): InvoiceRow => ({
  id: `row of ${more.store_id ?? 'in_2'}`,
  store_id: 'in_2',
  state: 'open',
  subscription: 'sub_1',
  reason: 'subscription_cycle',
  currency: 'usd',
  total: 3_995,
  paid: more.state === 'paid' ? (more.total ?? 3_995) : 0,
  attempts: 1,
  last_charge: null,
  asks_customer: false,
  url: null,
  issued_at: day(30),
  due_at: null,
  paid_at: null,
  in_sandbox: false,
  ...more,
});
export const first = invoice({
  store_id: 'in_1',
  state: 'paid',
  reason: 'subscription_create',
  issued_at: day(0),
  paid_at: day(0),
});
export const line = (more: Partial<LineRow> = {}): LineRow => ({
  invoice_id: first.id,
  store_id: 'il_1',
  product: 'reel',
  plan: 'pro',
  add_on: null,
  quantity: 1,
  amount: 3_995,
  period_ends_at: day(30),
  ...more,
});
export const payment = (at: number, more: Partial<PaymentRow> = {}): PaymentRow => ({
  store_id: `ch_${at}`,
  invoice: 'in_2',
  state: 'failed',
  failure_code: null,
  amount: 3_995,
  currency: 'usd',
  occurred_at: day(at),
  ...more,
});
export const paid = payment(0, { store_id: 'ch_paid', invoice: 'in_1', state: 'succeeded' });
export const dispute = (at: number, state: DisputeRow['state'], charge = 'ch_paid'): DisputeRow => ({
  store_id: `dp_${at}`,
  charge,
  state,
  amount: 3_995,
  currency: 'usd',
  occurred_at: day(at),
});
export const refund = (at: number, amount: number, state: RefundRow['state'] = 'succeeded'): RefundRow => ({
  store_id: `re_${at}`,
  charge: 'ch_paid',
  state,
  amount,
  currency: 'usd',
  occurred_at: day(at),
});
export const billingRecords = (more: Partial<BillingRecords> = {}): BillingRecords => ({
  subscriptions: [],
  invoices: [first],
  lines: [line()],
  payments: [paid],
  refunds: [],
  disputes: [],
  told: [],
  ...more,
});
