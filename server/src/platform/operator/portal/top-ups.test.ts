import { expect, test } from 'vitest';
import type { TopUpView } from '#platform/billing';
import { topUpSection } from './top-ups.ts';

const topUp: TopUpView = {
  product: 'notes',
  limit: 'images',
  add_on: 'notes.hundred',
  threshold: 5,
  monthly_cap: 1_800,
  spent: 900,
  unit_amount: 900,
  currency: 'usd',
  credits: 100,
  card: { brand: 'visa', last4: '9995' },
  agreed_by: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a04',
  agreed_at: '2026-11-20T08:00:00.000Z',
  state: 'stopped',
  stopped: null,
  attempts: [],
};

test.each([
  ['insufficient_funds', 'the card has too little money'],
  ['authentication_required', 'the bank asks you to confirm it'],
  // Customers are not told that a bank takes their card for stolen.
  ['stolen_card', 'the card was declined'],
  ['constructor', 'the card was declined'],
])('a purchase that failed for %s says: %s', (failure, text) => {
  const attempt = { id: topUp.agreed_by, at: topUp.agreed_at, quantity: 1, amount: 900, currency: 'usd' };
  const html = topUpSection({
    product: 'notes',
    returnUrl: 'https://app.example',
    formToken: 'token',
    prices: { sold: true, data: [], add_ons: [], comparison: {} },
    subscription: undefined,
    topUps: [{ ...topUp, attempts: [{ ...attempt, state: 'unpaid', failure, checkout_url: null }] }],
  });
  expect(html).toContain(`20 November 2026: $9, to be paid: ${text}`);
  expect(html).not.toContain(failure);
});
