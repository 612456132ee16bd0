import type { z } from 'zod';
import type { invoiceReply, PreviewView, SubscriptionView } from './views.ts';

export const subscription: SubscriptionView = {
  id: '01960a1e-7c00-7000-8000-000000000005',
  store: 'stripe',
  product: 'demo',
  plan: 'demo.pro',
  cycle: 'monthly',
  quantity: 1,
  price: { currency: 'usd', unit_amount: 1_900 },
  state: 'active',
  starts_at: '2027-03-08T09:00:00.000Z',
  trial_ends_at: null,
  period_starts_at: '2027-03-08T09:00:00.000Z',
  period_ends_at: '2027-04-08T09:00:00.000Z',
  cancels_at: null,
  ended_at: null,
  grace_ends_at: null,
  suspends_at: null,
  suspended_by: null,
  next: null,
  pending: null,
};

export const preview: PreviewView = {
  when: 'now',
  at: null,
  due_now: 950,
  unit_amount: 1_900,
  quantity: 1,
  currency: 'usd',
  prorated_at: '2027-03-23T21:00:00.000Z',
  not_fitting: [],
};

export const invoice: z.infer<typeof invoiceReply> = {
  id: '01960a1e-7c00-7000-8000-000000000006',
  number: 'AB12CD34-0001',
  state: 'paid',
  reason: 'subscription_create',
  currency: 'usd',
  subtotal: 1_900,
  discount: 0,
  tax: 0,
  total: 1_900,
  paid: 1_900,
  next_attempt_at: null,
  url: 'https://invoice.stripe.com/i/acct_1/test_1',
  pdf_url: 'https://pay.stripe.com/invoice/acct_1/test_1/pdf',
  issued_at: '2027-03-08T09:00:00.000Z',
  paid_at: '2027-03-08T09:00:01.000Z',
  lines: [
    {
      product: 'demo',
      plan: 'demo.pro',
      add_on: null,
      overage: null,
      quantity: 1,
      amount: 1_900,
      discount: 0,
      tax: 0,
      proration: false,
    },
  ],
};
