import { describe, expect, test } from 'vitest';
import type { BillingRecords, DisputeRow } from './billing-records.ts';
import { dunningStateOf } from './dunning-state.ts';
import { refundedCreditOf } from './refunded-credit.ts';
import {
  billingRecords,
  day,
  dayOf,
  dispute,
  first,
  invoice,
  line,
  paid,
  payment,
  refund,
  subscription,
} from '@plinth/testkit/fixtures/billing/rows';

const credit = invoice({
  store_id: 'in_less',
  state: 'paid',
  reason: 'subscription_update',
  total: -3_300,
  paid: 0,
  issued_at: day(3),
  paid_at: day(3),
});
const lessened = [
  line({ invoice_id: credit.id, store_id: 'il_back', amount: -3_800 }),
  line({ invoice_id: credit.id, store_id: 'il_less', plan: 'basic', amount: 500 }),
];
/** Paid 39.95 for a month, and credited 33.00 on its third day. */
const records = (more: Partial<BillingRecords> = {}): BillingRecords =>
  billingRecords({
    subscriptions: [subscription({ plan: 'basic', period_starts_at: day(0), period_ends_at: day(30) })],
    ...more,
    invoices: [first, credit, ...(more.invoices ?? [])].sort(
      (a, b) => a.issued_at.getTime() - b.issued_at.getTime(),
    ),
    lines: [line(), ...lessened, ...(more.lines ?? [])],
  });
const amountsOf = (more: Partial<BillingRecords>) =>
  refundedCreditOf(records(more)).map(({ amount }) => amount);
const ofAmount = (amount: number, state: DisputeRow['state'] = 'lost') => ({ ...dispute(9, state), amount });

describe('the credit of a smaller plan', () => {
  test.each([
    ['is the customer’s while the money that paid for the larger one is there', {}, []],
    ['is gone with it while it is disputed', { disputes: [dispute(9, 'open')] }, [3_300]],
    ['is gone when that is lost', { disputes: [dispute(9, 'lost')] }, [3_300]],
    ['is theirs when that is won', { disputes: [dispute(9, 'won')] }, []],
    ['is theirs where a bank only asks', { disputes: [dispute(9, 'inquiry')] }, []],
    ['is gone when all was refunded', { refunds: [refund(9, 3_995)] }, [3_300]],
    ['is theirs when that refund fails', { refunds: [refund(9, 3_995, 'failed')] }, []],
    ['stays whole beside a refund of what is not in it', { refunds: [refund(9, 695)] }, []],
    ['and a refund are no more than what was paid', { refunds: [refund(9, 1_000)] }, [305]],
    ['and a dispute of a part are no more than what was paid', { disputes: [ofAmount(2_000)] }, [1_305]],
    [
      'is counted once, whatever took the money',
      { disputes: [ofAmount(3_000)], refunds: [refund(8, 995)] },
      [3_300],
    ],
  ])('%s', (_, more, amounts) => {
    expect(amountsOf(more)).toEqual(amounts);
  });

  test('is theirs when the money of another period goes back', () => {
    const earlier = invoice({ store_id: 'in_0', state: 'paid', issued_at: day(-30), paid_at: day(-30) });
    const before = line({ invoice_id: earlier.id, store_id: 'il_0', period_ends_at: day(0) });
    const charge = payment(-30, { state: 'succeeded', invoice: 'in_0' });
    const more = { invoices: [earlier], lines: [before], payments: [charge, paid] };
    expect(amountsOf({ ...more, disputes: [dispute(9, 'lost', charge.store_id)] })).toEqual([]);
    expect(amountsOf({ ...more, disputes: [dispute(9, 'lost')] })).toEqual([3_300]);
  });

  test('is gone of what it was paid with last, where it was spent and given again', () => {
    const again = invoice({ store_id: 'in_more', state: 'paid', total: 3_000, paid: 0, issued_at: day(4) });
    const less = { ...credit, id: 'row of in_again', store_id: 'in_again', total: -2_900, issued_at: day(5) };
    const lines = [
      line({ invoice_id: again.id, store_id: 'il_more' }),
      line({ invoice_id: less.id, store_id: 'il_again', amount: -3_400 }),
    ];
    // All of the 3,995 that were paid is gone, and 3,300 - 3,000 + 2,900 of credit are left.
    expect(amountsOf({ invoices: [again, less], lines, disputes: [dispute(9, 'lost')] })).toEqual([3_200]);
  });
});

describe('what was bought with credit whose money is disputed', () => {
  const other = subscription({ id: 'other', store_id: 'sub_2', product: 'gateway', plan: 'team' });
  const bought = invoice({
    store_id: 'in_3',
    subscription: 'sub_2',
    state: 'paid',
    total: 3_200,
    paid: 0,
    issued_at: day(5),
  });
  const until = (more: Partial<BillingRecords>) => {
    const all = records({ subscriptions: [other], invoices: [bought], ...more });
    const { suspendsAt, suspendedBy } = dunningStateOf(other, all);
    return [dayOf(suspendsAt), suspendedBy];
  };

  test('is suspended with it until that is won, or it is paid for', () => {
    expect(until({ disputes: [dispute(9, 'lost')] })).toEqual([9, 'dispute']);
    expect(until({ disputes: [dispute(9, 'won')] })).toEqual([null, null]);
    const later = payment(35, { state: 'succeeded', invoice: 'in_3' });
    expect(until({ disputes: [dispute(9, 'lost')], payments: [paid, later] })).toEqual([null, null]);
  });

  test('is not, where it was paid for with money, or with credit that is not missing', () => {
    const cash = { invoices: [{ ...bought, paid: 3_200 }] };
    expect(until({ ...cash, disputes: [dispute(9, 'lost')] })).toEqual([null, null]);
    const before = { invoices: [{ ...bought, issued_at: day(2) }] };
    expect(until({ ...before, disputes: [dispute(9, 'lost')] })).toEqual([null, null]);
    const more = invoice({
      store_id: 'in_4',
      subscription: 'sub_3',
      state: 'paid',
      total: -3_300,
      paid: 0,
      issued_at: day(1),
    });
    expect(until({ invoices: [bought, more], disputes: [dispute(9, 'lost')] })).toEqual([null, null]);
  });

  test('is not, by a refund', () => {
    expect(until({ refunds: [refund(9, 3_995)] })).toEqual([null, null]);
  });
});
