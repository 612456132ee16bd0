import type { Body } from '../../../../payment-provider.ts';

/** Bodies of Stripe's as far as we read them, with the fields that a test is about. */

export const price = (more: Body = {}): Body => ({
  id: 'price_1',
  product: 'plinth_reel_pro',
  type: 'recurring',
  unit_amount: 3_995,
  unit_amount_decimal: '3995',
  recurring: { interval: 'month', usage_type: 'licensed' },
  ...more,
});
export const item = (more: Body = {}): Body => ({
  price: price(),
  quantity: 1,
  current_period_start: 100,
  current_period_end: 200,
  ...more,
});
export const subscription = (more: Body = {}): Body => ({
  id: 'sub_1',
  customer: 'cus_1',
  currency: 'usd',
  status: 'active',
  start_date: 50,
  trial_end: null,
  cancel_at: null,
  cancel_at_period_end: false,
  ended_at: null,
  pause_collection: null,
  latest_invoice: 'in_1',
  schedule: null,
  items: { data: [item()] },
  ...more,
});
export const line = (more: Body = {}): Body => ({
  id: 'il_1',
  amount: 3_995,
  quantity: 1,
  discount_amounts: [],
  taxes: [],
  period: { start: 100, end: 200 },
  parent: { subscription_item_details: { proration: false }, invoice_item_details: null },
  pricing: { unit_amount_decimal: '3995', price_details: { price: price(), product: 'plinth_reel_pro' } },
  ...more,
});
export const invoice = (more: Body = {}): Body => ({
  id: 'in_1',
  customer: 'cus_1',
  number: 'P-1',
  status: 'paid',
  billing_reason: 'subscription_cycle',
  currency: 'usd',
  total: 3_995,
  amount_paid: 3_995,
  total_discount_amounts: [],
  total_taxes: [],
  attempt_count: 1,
  next_payment_attempt: null,
  hosted_invoice_url: 'https://pay.example.com/in_1',
  invoice_pdf: null,
  created: 100,
  status_transitions: { finalized_at: 110, paid_at: 120 },
  parent: { subscription_details: { subscription: 'sub_1' } },
  payments: { data: [{ payment: { payment_intent: 'pi_1' } }] },
  lines: { data: [line()] },
  ...more,
});
export const charge = (more: Body = {}): Body => ({
  id: 'ch_1',
  status: 'succeeded',
  amount: 3_995,
  currency: 'usd',
  failure_code: null,
  balance_transaction: { amount: 3_995, fee: 146, currency: 'usd' },
  created: 130,
  ...more,
});
export const payment = (more: Body = {}): Body => ({
  payment_intent: { id: 'pi_1', customer: { id: 'cus_1' } },
  invoice_payments: [{ invoice: 'in_1' }],
  charges: [charge()],
  refunds: [],
  disputes: [],
  ...more,
});
