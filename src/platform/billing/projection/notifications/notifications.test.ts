import { describe, expect, test } from 'vitest';
import type { BillingRecords, InvoiceRow } from '../billing-records.ts';
import { notificationsOf } from './notifications.ts';
import { billingRecords, day, first, invoice, paid, payment, subscription } from '../testing/rows.ts';

const told = (rows: Partial<BillingRecords>, now = 40) =>
  notificationsOf(billingRecords(rows), day(now)).map(({ kind, isNews }) => [kind, isNews]);

const notCharged = (more: Partial<InvoiceRow>) => ({
  invoices: [first, invoice({ attempts: 3, ...more })],
});

describe('notices', () => {
  const failed = { invoices: [first, invoice({ attempts: 2 })], payments: [paid, payment(30), payment(33)] };

  test('are of each failure that counts, and events of each that there was', () => {
    expect(told({ subscriptions: [subscription({ state: 'past_due' })], ...failed })).toEqual([
      ['payment.failed', true],
      ['payment.failed', true],
      ['payment_failed', true],
      ['payment_failed_again', true],
    ]);
  });

  test('are of failures without a charge too, and one event is of their invoice', () => {
    const subscriptions = [subscription({ state: 'past_due' })];
    const steps = [
      ['payment_failed', true],
      ['payment_failed_again', true],
      ['subscription_suspended', true],
    ];
    expect(told({ subscriptions, ...notCharged({}) })).toEqual([['payment.failed', true], ...steps]);
    expect(told({ subscriptions, ...notCharged({ state: 'uncollectible' }) }).slice(1)).toEqual(steps);
    // The charge of it was not read yet.
    expect(told({ subscriptions, ...notCharged({ last_charge: 'ch_9' }) })).toEqual([]);
    // A bank that takes days, and has not refused.
    expect(told({ subscriptions: [subscription()], ...notCharged({}) })).toEqual([]);
  });

  test('are of failures without a charge when it is paid, and none where the first try was', () => {
    const subscriptions = [subscription()];
    const kinds = (at: number, attempts: number) =>
      told({
        subscriptions,
        ...notCharged({ state: 'paid', attempts, paid_at: day(at) }),
        payments: [paid, payment(at, { state: 'succeeded' })],
      }).map(([kind]) => kind);
    expect(kinds(30, 1)).toEqual([]);
    expect(kinds(33, 1)).toEqual(['payment.failed', 'payment_failed', 'payment_recovered']);
    expect(kinds(33, 2)).toEqual(['payment.failed', 'payment_failed', 'payment_recovered']);
  });

  test('of what is over are no news', () => {
    const invoices = [first, invoice({ attempts: 2, state: 'paid' })];
    expect(told({ subscriptions: [subscription()], ...failed, invoices }).slice(2)).toEqual([
      ['payment_failed', false],
      ['payment_failed_again', false],
      ['payment_recovered', true],
    ]);
  });

  test('do not tell whoever is at the checkout that a card was declined', () => {
    const invoices = [{ ...first, attempts: 1 }];
    const payments = [payment(0, { invoice: 'in_1' }), paid];
    expect(told({ subscriptions: [subscription()], invoices, payments })).toEqual([]);
  });

  test('do not tell of an end of long ago, as a payment provider that was just connected knows many', () => {
    const subscriptions = [subscription({ state: 'canceled', ended_at: day(40) })];
    expect(told({ subscriptions }, 41)).toEqual([['subscription_canceled', true]]);
    expect(told({ subscriptions }, 60)).toEqual([['subscription_canceled', false]]);
  });
});
