import { describe, expect, test } from 'vitest';
import type { Body } from '../../../payment-provider.ts';
import { read } from '../read.ts';
import { charge, payment } from '@plinth/testkit/fixtures/billing/bodies';

const ref = { kind: 'payment', id: 'pi_1' } as const;
const readPayment = (more: Body = {}) => read(ref, payment(more)).payment;
const fees = (balance_transaction: Body | string | null, more: Body = {}) =>
  readPayment({ charges: [charge({ balance_transaction, ...more })] })?.charges.map(({ fee }) => fee);
const days = (more: Body) =>
  readPayment({ charges: [charge(more)] })?.charges.map(({ occurredAt }) => occurredAt.getTime() / 1_000);

describe('a payment', () => {
  test('without an invoice is nothing that we sold', () => {
    expect(read(ref, payment({ invoice_payments: [] }))).toMatchObject({ foreign: true });
  });

  test('says what was kept of it in its own currency, and that it does not know yet', () => {
    expect(fees({ amount: 3_995, fee: 146, currency: 'usd' })).toEqual([146]);
    // 39.95 USD are 6,000 JPY, which have no decimals; of them 240 are kept.
    expect(fees({ amount: 6_000, fee: 240, currency: 'jpy' })).toEqual([160]);
    expect(fees(null)).toEqual([null]);
    expect(fees('txn_1')).toEqual([null]);
    expect(fees(null, { status: 'failed' })).toEqual([0]);
  });

  test('says why a charge failed, where it did', () => {
    const charges = ['failed', 'succeeded'].map((status) =>
      charge({ status, failure_code: 'card_declined' }),
    );
    expect(readPayment({ charges })?.charges.map(({ failureCode }) => failureCode)).toEqual([
      'card_declined',
      null,
    ]);
  });

  test('is of the day when its money came, which for a debit is days after it was begun', () => {
    const came = { amount: 3_995, fee: 146, currency: 'eur', created: 500 };
    expect(days({ created: 100, status: 'pending', balance_transaction: null })).toEqual([100]);
    expect(days({ created: 100, balance_transaction: came })).toEqual([500]);
    expect(days({ created: 100, status: 'failed', balance_transaction: came })).toEqual([100]);
  });

  test.each([
    ['succeeded', 'succeeded'],
    ['pending', 'pending'],
    ['requires_action', 'pending'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
    [null, 'succeeded'],
  ])('a refund that Stripe calls %s is %s', (status, state) => {
    const refunds = [
      {
        id: 're_1',
        charge: 'ch_1',
        status,
        amount: 100,
        currency: 'usd',
        reason: null,
        balance_transaction: null,
        created: 140,
      },
    ];
    expect(readPayment({ refunds })?.refunds).toMatchObject([{ state, amount: 100, feeReturned: 0 }]);
  });

  test('says what came back of the fee with a refund', () => {
    const balance_transaction = { amount: -3_995, fee: -116, currency: 'usd' };
    const refunds = [
      {
        id: 're_1',
        charge: 'ch_1',
        status: 'succeeded',
        amount: 3_995,
        currency: 'usd',
        balance_transaction,
        created: 1,
      },
    ];
    expect(readPayment({ refunds })?.refunds).toMatchObject([{ feeReturned: 116 }]);
  });

  const taken = { amount: -3_995, fee: 1_500, currency: 'usd' };
  test.each([
    ['warning_needs_response', [], 'inquiry'],
    ['warning_under_review', [], 'inquiry'],
    ['warning_closed', [], 'inquiry'],
    ['prevented', [], 'inquiry'],
    ['needs_response', [taken], 'open'],
    ['under_review', [], 'open'],
    ['appeal_needs_response', [taken], 'lost'],
    ['appeal_under_review', [taken], 'lost'],
    ['won', [taken, { amount: 3_995, fee: 0, currency: 'usd' }], 'won'],
    ['lost', [taken], 'lost'],
    ['a status of next year', [taken], 'open'],
    ['a status of next year', [], 'inquiry'],
  ])('a dispute that Stripe calls %s (%j) is %s', (status, balance_transactions, state) => {
    const disputes = [
      {
        id: 'dp_1',
        charge: 'ch_1',
        status,
        amount: 3_995,
        currency: 'usd',
        reason: 'fraudulent',
        balance_transactions,
        created: 1,
      },
    ];
    expect(readPayment({ disputes })?.disputes).toMatchObject([
      { state, fee: balance_transactions.length === 0 ? 0 : 1_500 },
    ]);
  });
});
