import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  Books,
  DisputeRow,
  InvoiceRow,
  LineRow,
  PaymentRow,
  RefundRow,
  SubscriptionRow,
} from './books.ts';
import { grantedBy } from './granted.ts';
import { noticesOf } from './notices.ts';
import { purchasesOf } from './purchases.ts';
import { standingOf } from './standing.ts';

/** Days of a calendar that begins when everything does. */
const day = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000);
const dayOf = (at: Date | null) => (at === null ? null : (at.getTime() - day(0).getTime()) / 86_400_000);

/** Paid by the month; the second month is the present one. */
const subscription = (more: Partial<SubscriptionRow> = {}): SubscriptionRow => ({
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
  period_starts_at: day(30),
  period_ends_at: day(60),
  cancels_at: null,
  ended_at: null,
  next_plan: null,
  next_quantity: null,
  next_at: null,
  ...more,
});
const invoice = (more: Partial<InvoiceRow> = {}): InvoiceRow => ({
  id: `row of ${more.store_id ?? 'in_2'}`,
  store_id: 'in_2',
  state: 'open',
  subscription: 'sub_1',
  reason: 'subscription_cycle',
  currency: 'usd',
  total: 3_995,
  attempts: 1,
  url: null,
  issued_at: day(30),
  paid_at: null,
  ...more,
});
const first = invoice({
  store_id: 'in_1',
  state: 'paid',
  reason: 'subscription_create',
  issued_at: day(0),
  paid_at: day(0),
});
const line = (more: Partial<LineRow> = {}): LineRow => ({
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
const payment = (at: number, more: Partial<PaymentRow> = {}): PaymentRow => ({
  store_id: `ch_${at}`,
  invoice: 'in_2',
  state: 'failed',
  failure_code: null,
  amount: 3_995,
  currency: 'usd',
  occurred_at: day(at),
  ...more,
});
const paid = payment(0, { store_id: 'ch_paid', invoice: 'in_1', state: 'succeeded' });
const dispute = (at: number, state: DisputeRow['state'], charge = 'ch_paid'): DisputeRow => ({
  store_id: `dp_${at}`,
  charge,
  state,
  amount: 3_995,
  occurred_at: day(at),
});
const refund = (at: number, amount: number, state: RefundRow['state'] = 'succeeded'): RefundRow => ({
  store_id: `re_${at}`,
  charge: 'ch_paid',
  state,
  amount,
  occurred_at: day(at),
});
const books = (more: Partial<Books> = {}): Books => ({
  subscriptions: [],
  invoices: [first],
  lines: [line()],
  payments: [paid],
  refunds: [],
  disputes: [],
  ...more,
});

/** Until which day the plan is in effect, and why it is suspended then. */
function standing(of: Partial<SubscriptionRow>, rows: Partial<Books> = {}) {
  const { until, suspendedBy, failures } = standingOf(subscription(of), books(rows));
  return { until: dayOf(until), suspendedBy, failures };
}
const lasts = (until: number | null) => ({ until, suspendedBy: null, failures: 0 });
const stops = (until: number, suspendedBy: string, failures = 0) => ({ until, suspendedBy, failures });

describe('a subscription', () => {
  test.each(['active', 'trialing'] as const)(
    'that is %s lasts three days past its period: a late renewal cuts nobody off, a lost one gives no plan for ever',
    (state) => {
      expect(standing({ state })).toEqual(lasts(63));
    },
  );

  test('that is to be canceled ends then, and not some days later', () => {
    expect(standing({ cancels_at: day(60) })).toEqual(lasts(60));
    expect(standing({ cancels_at: day(400) })).toEqual(lasts(63));
  });

  test('that was canceled lasted until it was', () => {
    expect(standing({ state: 'canceled', ended_at: day(41) })).toEqual(lasts(41));
  });

  test.each(['incomplete', 'expired'] as const)('that is %s gives nothing', (state) => {
    expect(standing({ state })).toEqual(lasts(null));
    expect(standing({ state }, { disputes: [dispute(5, 'open')] }).until).toBeNull();
  });

  test('that is paused lasts as long as it was paid for', () => {
    expect(standing({ state: 'paused' })).toEqual(stops(30, 'pause'));
    const unpaid = line({ invoice_id: invoice().id, store_id: 'il_2', period_ends_at: day(60) });
    expect(standing({ state: 'paused' }, { invoices: [first, invoice()], lines: [line(), unpaid] })).toEqual(
      stops(30, 'pause'),
    );
    expect(standing({ state: 'paused', trial_ends_at: day(14) }, { lines: [], invoices: [] })).toEqual(
      stops(14, 'pause'),
    );
  });
});

const failing = (attempts: number, ...days: readonly number[]): Partial<Books> => ({
  invoices: [first, invoice({ attempts })],
  payments: [paid, ...days.map((at) => payment(at))],
});

describe('a failed payment', () => {
  test('leaves seven days, the second one three, and the third suspends at once', () => {
    expect(standing({ state: 'past_due' }, failing(1, 30))).toEqual(stops(37, 'payment', 1));
    expect(standing({ state: 'past_due' }, failing(2, 30, 33))).toEqual(stops(36, 'payment', 2));
    expect(standing({ state: 'past_due' }, failing(3, 30, 33, 38))).toEqual(stops(38, 'payment', 3));
  });

  test('of a customer who tries another card takes none of the days that they were promised', () => {
    expect(standing({ state: 'past_due' }, failing(1, 30, 30.1, 30.2))).toEqual(stops(37, 'payment', 1));
    expect(standing({ state: 'past_due' }, failing(2, 30, 30.1, 33))).toEqual(stops(36, 'payment', 2));
  });

  test('that the store does not try again suspends, however few there were', () => {
    expect(standing({ state: 'past_due', given_up: true }, failing(1, 30))).toEqual(stops(30, 'payment', 1));
  });

  test('that nobody told us of yet leaves seven days all the same', () => {
    expect(standing({ state: 'past_due' }, { invoices: [first, invoice()] })).toEqual(stops(37, 'payment'));
    expect(standing({ state: 'past_due' })).toEqual(stops(37, 'payment'));
  });

  test('of two invoices counts as the one whose grace is over first', () => {
    const second = invoice({ store_id: 'in_3', issued_at: day(60) });
    const rows = failing(3, 30, 33, 38);
    expect(
      standing(
        { state: 'past_due', period_ends_at: day(90) },
        {
          invoices: [...(rows.invoices ?? []), second],
          payments: [...(rows.payments ?? []), payment(60, { invoice: 'in_3' })],
        },
      ),
    ).toEqual(stops(38, 'payment', 3));
  });

  test('that was made up for is forgotten', () => {
    const recovered = [first, invoice({ state: 'paid', attempts: 2, paid_at: day(34) })];
    expect(standing({}, { ...failing(2, 30, 33), invoices: recovered })).toEqual(lasts(63));
  });

  test('ends what is canceled afterwards when it suspended it, and not later', () => {
    expect(standing({ state: 'canceled', ended_at: day(50) }, failing(3, 30, 33, 38))).toEqual(
      stops(38, 'payment', 3),
    );
  });
});

describe('a dispute', () => {
  test('suspends from its instant until it is won', () => {
    expect(standing({}, { disputes: [dispute(40, 'open')] })).toEqual(stops(40, 'dispute'));
    expect(standing({}, { disputes: [dispute(40, 'won')] })).toEqual(lasts(63));
  });

  test('that is an inquiry suspends nothing', () => {
    expect(standing({}, { disputes: [dispute(40, 'inquiry')] })).toEqual(lasts(63));
  });

  test('that is lost suspends until something is paid after it', () => {
    const later = payment(60, { state: 'succeeded' });
    const invoices = [first, invoice({ state: 'paid' })];
    expect(standing({}, { disputes: [dispute(40, 'lost')] })).toEqual(stops(40, 'dispute'));
    expect(standing({}, { disputes: [dispute(40, 'lost')], invoices, payments: [paid, later] })).toEqual(
      lasts(63),
    );
    expect(standing({}, { disputes: [dispute(40, 'open')], invoices, payments: [paid, later] }).until).toBe(
      40,
    );
  });

  test('of another subscription’s charge suspends nothing', () => {
    const payments = [paid, payment(1, { invoice: 'in_9', store_id: 'ch_other', state: 'succeeded' })];
    expect(standing({}, { payments, disputes: [dispute(40, 'open', 'ch_other')] })).toEqual(lasts(63));
  });
});

test('a refund ends no subscription, whole or in part', () => {
  expect(standing({}, { refunds: [refund(5, 1_000), refund(6, 2_995)] })).toEqual(lasts(63));
});

const spansOf = (of: Partial<SubscriptionRow>) => {
  const rows = books({ subscriptions: [subscription(of)] });
  const standings = new Map(rows.subscriptions.map((one) => [one.id, standingOf(one, rows)]));
  return grantedBy(rows, standings).map(({ externalId, plan, quantity, startsAt, endsAt }) => [
    externalId,
    plan,
    quantity,
    dayOf(startsAt),
    dayOf(endsAt),
  ]);
};

describe('a change that waits', () => {
  const next = { next_plan: 'basic', next_quantity: 2, next_at: day(60) };

  test('takes the plan’s place at its instant, and lasts no longer than what is known to be paid', () => {
    expect(spansOf(next)).toEqual([
      ['sub_1', 'pro', 1, 0, 60],
      ['sub_1/next', 'basic', 2, 60, 63],
    ]);
  });

  test('never comes where the plan ends before', () => {
    expect(spansOf({ ...next, cancels_at: day(60) })).toEqual([['sub_1', 'pro', 1, 0, 60]]);
    expect(spansOf({ ...next, state: 'canceled', ended_at: day(40) })).toEqual([['sub_1', 'pro', 1, 0, 40]]);
  });

  test('of what gives nothing gives nothing', () => {
    expect(spansOf({ ...next, state: 'incomplete' })).toEqual([['sub_1', 'pro', 1, 0, 0]]);
  });
});

describe('an add-on', () => {
  const boost = line({ store_id: 'il_boost', plan: null, add_on: 'pro_boost' });
  const revoked = (more: Partial<Books>) =>
    purchasesOf(books({ lines: [boost], ...more })).map(({ revokedAt }) => dayOf(revokedAt));

  test('is bought when its invoice is paid, and not before', () => {
    expect(revoked({})).toEqual([null]);
    expect(revoked({ invoices: [{ ...first, state: 'open', paid_at: null }] })).toEqual([]);
  });

  test('is gone when all of its money is back, and stays while some is kept', () => {
    expect(revoked({ refunds: [refund(5, 3_994)] })).toEqual([null]);
    expect(revoked({ refunds: [refund(5, 3_994), refund(7, 1)] })).toEqual([7]);
    expect(revoked({ refunds: [refund(5, 3_995, 'failed'), refund(6, 3_995, 'pending')] })).toEqual([null]);
  });

  test('is gone while it is disputed, and comes back when that is won', () => {
    expect(revoked({ disputes: [dispute(9, 'open')] })).toEqual([9]);
    expect(revoked({ disputes: [dispute(9, 'lost')] })).toEqual([9]);
    expect(revoked({ disputes: [dispute(9, 'won')] })).toEqual([null]);
    expect(revoked({ disputes: [dispute(9, 'inquiry')] })).toEqual([null]);
  });

  test('that was free is not refunded by nothing', () => {
    expect(revoked({ payments: [] })).toEqual([null]);
  });
});

const told = (rows: Partial<Books>, now = 40) =>
  noticesOf(books(rows), day(now)).map(({ kind, isNews }) => [kind, isNews]);

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

  test('do not tell of an end of long ago, as a store that was just connected knows many', () => {
    const subscriptions = [subscription({ state: 'canceled', ended_at: day(40) })];
    expect(told({ subscriptions }, 41)).toEqual([['subscription_canceled', true]]);
    expect(told({ subscriptions }, 60)).toEqual([['subscription_canceled', false]]);
  });
});

const said = (of: Books) => {
  const standings = new Map(of.subscriptions.map((one) => [one.id, standingOf(one, of)]));
  const granted = grantedBy(of, standings).sort((a, b) => (a.externalId < b.externalId ? -1 : 1));
  return { standings: Object.fromEntries(standings), granted };
};
const shuffled = <Row>(list: readonly Row[]) => fc.shuffledSubarray([...list], { minLength: list.length });

test('in whatever order rows are found, they say the same', () => {
  const rows = books({
    subscriptions: [
      subscription({ state: 'past_due' }),
      subscription({ id: 'other', store_id: 'sub_2', plan: 'basic' }),
    ],
    invoices: [
      first,
      invoice({ attempts: 2 }),
      invoice({ store_id: 'in_3', state: 'paid', subscription: 'sub_2' }),
    ],
    lines: [line(), line({ store_id: 'il_boost', plan: null, add_on: 'pro_boost' })],
    payments: [paid, payment(30), payment(33), payment(31, { invoice: 'in_3', state: 'succeeded' })],
    refunds: [refund(5, 3_000), refund(6, 995)],
    disputes: [dispute(40, 'lost'), dispute(41, 'open', 'ch_31')],
  });
  fc.assert(
    fc.property(
      shuffled(rows.subscriptions),
      shuffled(rows.invoices),
      shuffled(rows.lines),
      (subscriptions, invoices, lines) => {
        // Payments, refunds and disputes are read in the order of time.
        expect(said({ ...rows, subscriptions, invoices, lines })).toEqual(said(rows));
      },
    ),
    { numRuns: 100 },
  );
});
