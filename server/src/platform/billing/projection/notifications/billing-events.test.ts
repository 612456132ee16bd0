import {
  billingRecords,
  day,
  dispute,
  first,
  invoice,
  paid,
  payment,
  refund,
  subscription,
} from '@plinth/testkit/fixtures/billing/rows';
import { describe, expect, test } from 'vitest';
import type { BillingRecords } from '../billing-records.ts';
import { billingEventsOf, subscriptionChangeOf } from './billing-events.ts';

const eventsOf = (rows: Partial<BillingRecords>, now = 40) => billingEventsOf(billingRecords(rows), day(now));
const linesOf = (rows: Partial<BillingRecords>, now?: number) =>
  eventsOf(rows, now).map(({ kind, about, isNews }) => `${kind} ${about}${isNews ? '' : ' (past)'}`);

describe('the operator’s systems', () => {
  test('are told of each purchase, payment, refund and dispute once it is sure, and not of what is long past', () => {
    const rows = {
      subscriptions: [subscription()],
      invoices: [first, invoice({ state: 'paid', paid_at: day(31) })],
      payments: [paid, payment(31, { state: 'succeeded' })],
      refunds: [refund(32, 500), refund(33, 500, 'pending')],
      disputes: [dispute(20, 'won'), dispute(34, 'inquiry'), dispute(35, 'open')],
    };
    expect(linesOf(rows)).toEqual([
      'subscription.created sub_1 (past)',
      'invoice.paid in_1 (past)',
      'invoice.paid in_2',
      'payment.refunded re_32',
      'dispute.opened dp_20',
      'dispute.closed dp_20',
      'dispute.opened dp_35',
    ]);
    expect(linesOf(rows, 60)).toContain('dispute.closed dp_20');
  });

  test('are told nothing of a subscription that was never paid for, and both of one that began and ended', () => {
    const ended = subscription({ store_id: 'sub_2', state: 'canceled', ended_at: day(39) });
    const unpaid = [
      subscription({ state: 'incomplete' }),
      subscription({ store_id: 'sub_3', state: 'expired' }),
    ];
    expect(linesOf({ invoices: [], subscriptions: [...unpaid, ended] })).toEqual([
      'subscription.created sub_2 (past)',
      'subscription.canceled sub_2',
    ]);
  });

  test('read whose money it is: the subscription where there is one, and what came of a dispute', () => {
    const items = invoice({
      store_id: 'in_item',
      state: 'paid',
      subscription: null,
      paid_at: day(39),
      total: 100,
    });
    const [, item] = eventsOf({ invoices: [first, items] });
    expect(item?.event).toEqual({
      type: 'invoice.paid',
      data: {
        product: null,
        subscription_id: null,
        invoice_id: 'row of in_item',
        total: 100,
        paid: 100,
        currency: 'usd',
        paid_at: day(39).toISOString(),
      },
    });
    const lost = eventsOf({ subscriptions: [subscription()], disputes: [dispute(38, 'lost')] }).at(-1);
    expect(lost?.event.data).toEqual({
      product: 'reel',
      subscription_id: 'id',
      invoice_id: 'row of in_1',
      charge: 'ch_paid',
      amount: 3_995,
      currency: 'usd',
      dispute: 'dp_38',
      outcome: 'lost',
    });
  });

  test('are told of money that goes back once the invoice of its charge is known', () => {
    expect(linesOf({ invoices: [], refunds: [refund(39, 500)], disputes: [dispute(39, 'open')] })).toEqual(
      [],
    );
  });

  test('are told which fields of a subscription changed, unless it has just begun or ended', () => {
    const target = { kind: 'subscription', id: 'sub_1' };
    const changed = {
      action: 'subscription.changed',
      actor: { kind: 'system' },
      target,
      changes: { quantity: 3 },
    } as const;
    const rows = billingRecords({ subscriptions: [subscription({ quantity: 3 })] });
    const [event] = subscriptionChangeOf([changed], rows, []);
    expect(event).toMatchObject({
      type: 'subscription.changed',
      data: { subscription_id: 'id', plan: 'reel.pro', quantity: 3, changed: ['quantity'] },
    });
    expect(subscriptionChangeOf([changed], rows, billingEventsOf(rows, day(1)))).toEqual([]);
    const ended = billingRecords({ subscriptions: [subscription({ state: 'canceled' })] });
    expect(subscriptionChangeOf([changed], ended, [])).toEqual([]);
  });
});
