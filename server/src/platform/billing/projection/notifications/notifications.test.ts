import { describe, expect, test } from 'vitest';
import type { BillingRecords, InvoiceRow } from '../billing-records.ts';
import { notificationsOf } from './notifications.ts';
import {
  billingRecords,
  day,
  dayOf,
  first,
  invoice,
  paid,
  payment,
  subscription,
} from '@plinth/testkit/fixtures/billing/rows';

const kindsOf = (rows: Partial<BillingRecords>, now = 40) =>
  notificationsOf(billingRecords(rows), day(now)).map(({ kind, isNews }) => [kind, isNews]);

const notCharged = (more: Partial<InvoiceRow>) => ({
  invoices: [first, invoice({ attempts: 3, ...more })],
});

const promise = (nth: number, until: number) => ({
  invoice: 'in_2',
  nth,
  told_at: day(30),
  grace_ends_at: day(until),
});

/** A purchase that another one may have taken the place of. */
const endedOn = (ended: number) =>
  subscription({ plan: 'basic', state: 'canceled', ended_at: day(ended), starts_at: day(10) });

describe('notices', () => {
  const failed = { invoices: [first, invoice({ attempts: 2 })], payments: [paid, payment(30), payment(33)] };

  test('are of each failure that counts, and events of each that there was', () => {
    expect(kindsOf({ subscriptions: [subscription({ state: 'past_due' })], ...failed })).toEqual([
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
    ];
    expect(kindsOf({ subscriptions, ...notCharged({}) })).toEqual([['payment.failed', true], ...steps]);
    expect(kindsOf({ subscriptions, ...notCharged({ state: 'uncollectible' }) }).slice(1)).toEqual(steps);
    // The charge of it was not read yet.
    expect(kindsOf({ subscriptions, ...notCharged({ last_charge: 'ch_9' }) })).toEqual([]);
    // A bank that takes days, and has not refused.
    expect(kindsOf({ subscriptions: [subscription()], ...notCharged({}) })).toEqual([]);
  });

  test('are of failures without a charge when it is paid, and none where the first try was', () => {
    const subscriptions = [subscription()];
    const kinds = (at: number, attempts: number) =>
      kindsOf({
        subscriptions,
        ...notCharged({ state: 'paid', attempts, paid_at: day(at) }),
        payments: [paid, payment(at, { state: 'succeeded' })],
      }).map(([kind]) => kind);
    expect(kinds(30, 1)).toEqual([]);
    expect(kinds(33, 1)).toEqual(['payment.failed', 'payment_failed', 'payment_recovered']);
    expect(kinds(33, 2)).toEqual(['payment.failed', 'payment_failed', 'payment_recovered']);
  });

  test('are of a later failure where it moved the date, and of the end of the days once they are over', () => {
    const subscriptions = [subscription({ state: 'past_due' })];
    const rows = {
      subscriptions,
      ...failed,
      told: [promise(1, 37), promise(2, 37), promise(3, 37), promise(4, 40)],
    };
    const noticesAt = (now: number) =>
      notificationsOf(billingRecords(rows), day(now))
        .filter(({ kind }) => kind !== 'payment.failed')
        .map(({ kind, about, graceEndsAt }) => [kind, about, dayOf(graceEndsAt ?? null)]);
    const steps = [
      ['payment_failed', 'in_2', 40],
      ['payment_failed_again', 'in_2', 40],
      ['payment_failed_again', 'in_2 4', 40],
    ];
    expect(noticesAt(39)).toEqual(steps);
    expect(noticesAt(40)).toEqual([...steps, ['subscription_suspended', 'in_2', 40]]);
  });

  test('write to nobody about a debt once its payment is read, whether or not the invoice was read since', () => {
    const rows = {
      subscriptions: [subscription({ state: 'past_due' })],
      ...failed,
      told: [promise(1, 37)],
      payments: [...failed.payments, payment(38, { state: 'succeeded' })],
    };
    expect(kindsOf(rows).filter(([kind, isNews]) => isNews && kind !== 'payment.failed')).toEqual([]);
  });

  test('name no date after the end that was asked for', () => {
    const subscriptions = [subscription({ state: 'past_due', cancels_at: day(36) })];
    const rows = billingRecords({ subscriptions, ...failed, told: [promise(1, 37)] });
    const [, , one] = notificationsOf(rows, day(34));
    expect(dayOf(one?.graceEndsAt ?? null)).toBe(36);
  });

  test('ask for a confirmation, of a renewal and of a change, and say that a change came to nothing', () => {
    const asked = invoice({ asks_customer: true });
    const pastDue = { subscriptions: [subscription({ state: 'past_due' })], payments: [paid] };
    expect(kindsOf({ ...pastDue, invoices: [first, asked] }).map(([kind]) => kind)).toEqual([
      'payment.failed',
      'payment_failed',
      'payment_action_required',
    ]);
    const change = { ...asked, reason: 'subscription_update' };
    const kindsOfChange = (more: Partial<InvoiceRow>, waiting: string | null = 'in_2') =>
      kindsOf({
        subscriptions: [subscription({ pending_invoice: waiting })],
        payments: [paid, payment(39)],
        invoices: [first, { ...change, ...more }],
      });
    expect(kindsOfChange({})).toEqual([['payment_action_required', true]]);
    // The subscription was not read yet, or waits for another invoice by now.
    expect(kindsOfChange({}, null)).toEqual([]);
    expect(kindsOfChange({}, 'in_3')).toEqual([]);
    expect(kindsOfChange({ asks_customer: false })).toEqual([]);
    expect(kindsOfChange({ asks_customer: false, state: 'void' })).toEqual([['change_not_paid', true]]);
    expect(kindsOfChange({ asks_customer: false, state: 'paid', paid_at: day(40) })).toEqual([]);
  });

  test('of what is over are no news', () => {
    const invoices = [first, invoice({ attempts: 2, state: 'paid' })];
    expect(kindsOf({ subscriptions: [subscription()], ...failed, invoices }).slice(2)).toEqual([
      ['payment_failed', false],
      ['payment_failed_again', false],
      ['payment_recovered', true],
    ]);
  });

  test('do not tell a customer at the checkout that a card was declined', () => {
    const invoices = [{ ...first, attempts: 1 }];
    const payments = [payment(0, { invoice: 'in_1' }), paid];
    expect(kindsOf({ subscriptions: [subscription()], invoices, payments })).toEqual([]);
  });

  test('do not tell of an end of long ago, as a payment provider that was just connected knows many', () => {
    const subscriptions = [subscription({ state: 'canceled', ended_at: day(40) })];
    expect(kindsOf({ subscriptions }, 41)).toEqual([['subscription_canceled', true]]);
    expect(kindsOf({ subscriptions }, 60)).toEqual([['subscription_canceled', false]]);
  });

  test('are of a change where another purchase took the place of one, and of its end where that was over before', () => {
    const after = subscription({ store_id: 'sub_2', replaces: 'sub_1', starts_at: day(40) });
    expect(kindsOf({ subscriptions: [endedOn(40), after] }, 41)).toEqual([
      ['subscription_canceled', false],
      ['plan_changed', true],
    ]);
    expect(kindsOf({ subscriptions: [endedOn(39), after] }, 41)).toEqual([['subscription_canceled', true]]);
    expect(kindsOf({ subscriptions: [endedOn(40), after] }, 60)).toEqual([
      ['subscription_canceled', false],
      ['plan_changed', false],
    ]);
    const same = { ...after, plan: 'basic' };
    expect(kindsOf({ subscriptions: [endedOn(40), same] }, 41)).toEqual([['subscription_canceled', false]]);
  });
});
