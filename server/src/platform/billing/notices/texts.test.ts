import { expect, test } from 'vitest';
import type { Catalogue } from '#platform/entitlements';
import { noticeTexts, type ToldSubscription } from './texts.ts';

const catalogue = {
  product: 'notes',
  name: 'Notes',
  plans: {
    pro: { name: 'Pro', price: { currency: 'usd', monthly: 900, also: { kwd: { monthly: 2_755 } } } },
  },
} as unknown as Catalogue;

const of: ToldSubscription = {
  id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a20',
  product: 'notes',
  plan: 'basic',
  cycle: 'yearly',
  quantity: 3,
  unit_amount: 500,
  currency: 'jpy',
  trial_ends_at: null,
  period_ends_at: new Date('2027-01-31T08:00:00Z'),
  next_plan: null,
  next_cycle: null,
  next_quantity: null,
  next_at: null,
  next_unit_amount: null,
  former_amount: null,
  card_expires_at: new Date('2027-01-01T00:00:00Z'),
  ends_unpaid: false,
  page: 'https://api.example.com/app/plan',
};

test.each([
  ['renewal_ahead', {}, 'It costs 1500 JPY a year ('],
  [
    'price_raised',
    { former_amount: 400 },
    'costs 1500 JPY a year (before discounts and taxes), in place of 1200 JPY a year.',
  ],
  [
    'price_raised',
    { next_unit_amount: 600, currency: 'kwd', cycle: 'P3M' },
    'costs 1.800 KWD every 3 months (',
  ],
  ['card_expires', {}, 'is good until 12/2026, and 1500 JPY a year'],
  [
    'trial_ends',
    { ends_unpaid: true },
    'nothing is charged: the plan ends then. To go on, add a card before: https://api.example.com/app/plan.',
  ],
] as const)('a notice says what is paid, in its currency and for all seats: %s %o', (kind, more, said) => {
  expect(noticeTexts(kind, { ...of, ...more }, catalogue).next).toContain(said);
});

test('a change that is arranged for the charge has the price of its plan', () => {
  const arranged = {
    next_plan: 'pro',
    next_cycle: 'monthly',
    next_quantity: 1,
    next_at: of.period_ends_at,
  } as const;
  const next = (currency: string) =>
    noticeTexts('renewal_ahead', { ...of, ...arranged, currency }, catalogue).next;
  expect(next('kwd')).toContain('It costs 2.755 KWD a month (the price of Pro, before');
  expect(next('jpy')).toContain('It costs the price of Pro.');
});
