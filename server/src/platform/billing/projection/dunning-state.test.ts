import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BillingRecords, SubscriptionRow } from './billing-records.ts';
import { grantsFrom, purchasesOf } from './grants.ts';
import { dunningStateOf } from './dunning-state.ts';
import { failuresToTell } from './grace.ts';
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

/** Until which day the plan is in effect, and why it is suspended then. */
function stateOf(of: Partial<SubscriptionRow>, rows: Partial<BillingRecords> = {}) {
  const { until, suspendedBy, failures } = dunningStateOf(subscription(of), billingRecords(rows));
  return { until: dayOf(until), suspendedBy, failures };
}
const lasts = (until: number | null) => ({ until, suspendedBy: null, failures: 0 });
const stops = (until: number, suspendedBy: string, failures = 0) => ({ until, suspendedBy, failures });

describe('a subscription', () => {
  test.each(['active', 'trialing'] as const)(
    'that is %s lasts three days past its period: a late renewal cuts nobody off, a lost one gives no plan for ever',
    (state) => {
      expect(stateOf({ state })).toEqual(lasts(63));
    },
  );

  test('that is to be canceled ends then, and not some days later', () => {
    expect(stateOf({ cancels_at: day(60) })).toEqual(lasts(60));
    expect(stateOf({ cancels_at: day(400) })).toEqual(lasts(63));
  });

  test('that was canceled lasted until it was', () => {
    expect(stateOf({ state: 'canceled', ended_at: day(41) })).toEqual(lasts(41));
  });

  test.each(['incomplete', 'expired'] as const)('that is %s gives nothing', (state) => {
    expect(stateOf({ state })).toEqual(lasts(null));
    expect(stateOf({ state }, { disputes: [dispute(5, 'open')] }).until).toBeNull();
  });

  test('that is paused lasts as long as it was paid for', () => {
    expect(stateOf({ state: 'paused' })).toEqual(stops(30, 'pause'));
    const unpaid = line({ invoice_id: invoice().id, store_id: 'il_2', period_ends_at: day(60) });
    expect(stateOf({ state: 'paused' }, { invoices: [first, invoice()], lines: [line(), unpaid] })).toEqual(
      stops(30, 'pause'),
    );
    expect(stateOf({ state: 'paused', trial_ends_at: day(14) }, { lines: [], invoices: [] })).toEqual(
      stops(14, 'pause'),
    );
  });
});

const failedInvoice = (attempts: number, ...days: readonly number[]): Partial<BillingRecords> => ({
  invoices: [first, invoice({ attempts })],
  payments: [paid, ...days.map((at) => payment(at))],
});

const unchargedInvoice = (attempts: number): Partial<BillingRecords> => ({
  invoices: [first, invoice({ attempts })],
});

/** Tells rows in this order: on a day, the rows as they are then. Answers how it stands with the last of them. */
function stateAfter(
  of: Partial<SubscriptionRow>,
  ...tellings: readonly (readonly [day: number, rows: Partial<BillingRecords>])[]
) {
  let rows = billingRecords();
  for (const [at, now] of tellings) {
    const records = billingRecords({ subscriptions: [subscription(of)], ...now, told: rows.told });
    const fresh = failuresToTell(records, { now: day(at), longestDays: 14 });
    rows = { ...records, told: [...records.told, ...fresh] };
  }
  return stateOf(of, rows);
}
const PAST_DUE = { state: 'past_due' } as const;

describe('a failed payment', () => {
  test('leaves seven days from when it was told, and a later one three at least', () => {
    const one = [30, failedInvoice(1, 30)] as const;
    expect(stateAfter(PAST_DUE, one)).toEqual(stops(37, 'payment', 1));
    expect(stateAfter(PAST_DUE, one, [33, failedInvoice(2, 30, 33)])).toEqual(stops(37, 'payment', 2));
    expect(stateAfter(PAST_DUE, one, [36, failedInvoice(2, 30, 36)])).toEqual(stops(39, 'payment', 2));
    // Returned by a bank after nine days.
    expect(stateAfter(PAST_DUE, [39, failedInvoice(1, 30)])).toEqual(stops(46, 'payment', 1));
  });

  test('of a provider that tries often takes no day that was promised, and leaves none after fourteen', () => {
    const tries = [0, 1, 3, 5, 7, 9, 11, 13].map((after) => 30 + after);
    const tellings = tries.map((at, n) => [at, failedInvoice(n + 1, ...tries.slice(0, n + 1))] as const);
    expect(stateAfter(PAST_DUE, ...tellings.slice(0, 3))).toEqual(stops(37, 'payment', 3));
    expect(stateAfter(PAST_DUE, ...tellings.slice(0, 4))).toEqual(stops(38, 'payment', 4));
    expect(stateAfter(PAST_DUE, ...tellings.slice(0, 7))).toEqual(stops(44, 'payment', 7));
    expect(stateAfter(PAST_DUE, ...tellings)).toEqual(stops(44, 'payment', 8));
  });

  test('that is told once the days are over brings none back', () => {
    expect(stateAfter(PAST_DUE, [30, failedInvoice(1, 30)], [38, failedInvoice(2, 30, 38)])).toEqual(
      stops(37, 'payment', 2),
    );
  });

  test('of a customer who tries another card moves nothing', () => {
    const one = [30, failedInvoice(1, 30)] as const;
    expect(stateAfter(PAST_DUE, one, [36, failedInvoice(1, 30, 36, 36.1)])).toEqual(stops(37, 'payment', 1));
    const two = [36, failedInvoice(2, 30, 36)] as const;
    expect(stateAfter(PAST_DUE, one, two, [38, failedInvoice(2, 30, 36, 38)])).toEqual(
      stops(39, 'payment', 2),
    );
  });

  test('that the provider does not try again leaves the days that were promised, and so does its end', () => {
    const one = [30, failedInvoice(1, 30)] as const;
    expect(stateAfter({ ...PAST_DUE, given_up: true }, one)).toEqual(stops(37, 'payment', 1));
    const { told: promised } = billingRecords({
      told: [{ invoice: 'in_2', nth: 1, told_at: day(30), grace_ends_at: day(37) }],
    });
    const rows = { ...failedInvoice(1, 30), told: promised };
    const ended = { state: 'canceled', ended_at: day(34) } as const;
    expect(stateOf({ ...ended, given_up: true }, rows)).toEqual(stops(37, 'payment', 1));
    // A cancellation by the customer ends it then.
    expect(stateOf(ended, rows).until).toBe(34);
  });

  test('of which we hear when it is all over is promised nothing', () => {
    const ended = { state: 'canceled', ended_at: day(41), given_up: true } as const;
    expect(stateAfter(ended, [50, failedInvoice(3, 30, 33, 38)])).toEqual(lasts(41));
  });

  test('that nobody told us of yet leaves seven days all the same', () => {
    const untried = { invoices: [first, invoice({ attempts: 0 })] };
    expect(stateAfter(PAST_DUE, [39, untried])).toEqual(stops(46, 'payment'));
    expect(stateAfter(PAST_DUE, [39, untried], [41, failedInvoice(1, 30)])).toEqual(stops(48, 'payment', 1));
    expect(stateOf(PAST_DUE)).toEqual(stops(37, 'payment'));
    expect(stateOf(PAST_DUE, { invoices: [], lines: [], payments: [] }).until).toBe(37);
  });

  test('that made no charge counts as any other: there is no card, or a bank asks for the person', () => {
    expect(stateAfter(PAST_DUE, [30, unchargedInvoice(1)])).toEqual(stops(37, 'payment', 1));
    expect(stateAfter(PAST_DUE, [30, unchargedInvoice(1)], [36, unchargedInvoice(2)])).toEqual(
      stops(39, 'payment', 2),
    );
    // A card that was lost after the first decline.
    expect(stateAfter(PAST_DUE, [31, failedInvoice(1, 31)], [36, failedInvoice(2, 31)])).toEqual(
      stops(39, 'payment', 2),
    );
    // A bank that has not said yet.
    const pending = payment(31, { state: 'pending' });
    expect(stateAfter(PAST_DUE, [31, { ...unchargedInvoice(1), payments: [paid, pending] }]).failures).toBe(
      0,
    );
  });

  test('of an invoice that was never charged is not forgotten for one that was', () => {
    const second = invoice({ store_id: 'in_3', issued_at: day(60) });
    const rows = {
      invoices: [first, invoice(), second],
      payments: [paid, payment(60, { invoice: 'in_3' })],
    };
    const of = { ...PAST_DUE, period_starts_at: day(60), period_ends_at: day(90) };
    expect(stateAfter(of, [30, unchargedInvoice(1)], [60, rows])).toMatchObject({ until: 37 });
  });

  test('is owed for when the provider has written it off, until something later is paid', () => {
    const off = invoice({ state: 'uncollectible', attempts: 4 });
    const of = { ...PAST_DUE, period_starts_at: day(60), period_ends_at: day(90) };
    const one = [30, unchargedInvoice(1)] as const;
    expect(stateAfter(of, one, [50, { invoices: [first, off] }]).until).toBe(37);
    const next = invoice({ store_id: 'in_3', issued_at: day(60) });
    const since = invoice({ store_id: 'in_4', state: 'paid', issued_at: day(59) });
    expect(stateAfter(of, one, [60, { invoices: [first, off, next] }]).until).toBe(37);
    expect(stateAfter(of, one, [60, { invoices: [first, off, since, next] }]).until).toBe(67);
  });

  test('is owed for although units past limits were paid after it, which pay for no plan', () => {
    const of = { period_starts_at: day(30), period_ends_at: day(395) };
    const units = invoice({ store_id: 'in_3', id: 'of units', state: 'paid', issued_at: day(60) });
    const unitsLine = line({ invoice_id: units.id, store_id: 'il_3', plan: null });
    const failed = failedInvoice(1, 30);
    const after = { ...failed, invoices: [...(failed.invoices ?? []), units], lines: [line(), unitsLine] };
    const told = [30, failed] as const;
    expect(stateAfter({ ...of, state: 'active' }, told, [60, after])).toEqual(stops(37, 'payment', 1));
    // The plan's own next renewal pays for it.
    const renewed = { ...after, lines: [line(), { ...unitsLine, plan: 'pro' }] };
    expect(stateAfter({ ...of, state: 'active' }, told, [60, renewed])).toEqual(lasts(398));
  });

  test('of which no invoice is left gives no new grace with each period, and keeps what was promised', () => {
    const of = { ...PAST_DUE, period_starts_at: day(60), period_ends_at: day(90) };
    const forgiven = { invoices: [first, invoice({ state: 'void' })] };
    expect(stateOf(of, forgiven)).toEqual(stops(37, 'payment'));
    expect(stateOf({ ...of, given_up: true }, forgiven)).toEqual(stops(30, 'payment'));
    expect(stateAfter({ ...of, given_up: true }, [39, unchargedInvoice(1)], [40, forgiven]).until).toBe(46);
  });

  test('of an invoice that is sent leaves seven days from when it is due', () => {
    const of = { ...PAST_DUE, period_ends_at: day(90) };
    const sent = { due_at: day(60) };
    expect(stateAfter(of, [60, { invoices: [first, invoice({ ...sent, attempts: 0 })] }])).toEqual(
      stops(67, 'payment'),
    );
    // A card that the customer tried in vain before.
    const early = { invoices: [first, invoice(sent)], payments: [paid, payment(35)] };
    expect(stateAfter(of, [35, early])).toEqual(stops(67, 'payment'));
    expect(stateAfter({ ...of, state: 'active' }, [35, early])).toEqual(lasts(93));
  });

  test('of two invoices counts as the one whose grace is over first', () => {
    const second = invoice({ store_id: 'in_3', issued_at: day(60) });
    const rows = failedInvoice(3, 30, 33, 38);
    const both = {
      invoices: [...(rows.invoices ?? []), second],
      payments: [...(rows.payments ?? []), payment(60, { invoice: 'in_3' })],
    };
    const of = { ...PAST_DUE, period_ends_at: day(90) };
    expect(stateAfter(of, [30, failedInvoice(1, 30)], [60, both])).toEqual(stops(37, 'payment', 3));
  });

  test('of a change that is not made is owed by nobody', () => {
    const change = invoice({ reason: 'subscription_update' });
    const rows = { invoices: [first, change], payments: [paid, payment(40)] };
    expect(stateAfter({ state: 'active' }, [40, rows])).toEqual(lasts(63));
    const active = billingRecords({ subscriptions: [subscription()], ...rows });
    expect(failuresToTell(active, { now: day(40), longestDays: 14 })).toEqual([]);
    // One that was made, and is owed.
    expect(stateAfter(PAST_DUE, [40, rows])).toEqual(stops(47, 'payment', 1));
  });

  test('that was made up for is forgotten', () => {
    const recovered = [first, invoice({ state: 'paid', attempts: 2, paid_at: day(34) })];
    expect(stateOf({}, { ...failedInvoice(2, 30, 33), invoices: recovered })).toEqual(lasts(63));
  });

  test('ends what is canceled afterwards when it suspended it, and not later', () => {
    const rows = {
      ...failedInvoice(3, 30, 33, 38),
      told: [{ invoice: 'in_2', nth: 1, told_at: day(30), grace_ends_at: day(37) }],
    };
    const of = { state: 'canceled', ended_at: day(50), given_up: true } as const;
    expect(stateOf({ ...of, given_up: false }, rows)).toEqual(stops(37, 'payment', 3));
    expect(stateOf(of, rows)).toEqual(stops(37, 'payment', 3));
  });
});

describe('a dispute', () => {
  test('suspends from its instant until it is won', () => {
    expect(stateOf({}, { disputes: [dispute(40, 'open')] })).toEqual(stops(40, 'dispute'));
    expect(stateOf({}, { disputes: [dispute(40, 'won')] })).toEqual(lasts(63));
  });

  test('that is an inquiry suspends nothing', () => {
    expect(stateOf({}, { disputes: [dispute(40, 'inquiry')] })).toEqual(lasts(63));
  });

  test('that is lost suspends until something is paid after it', () => {
    const later = payment(60, { state: 'succeeded' });
    const invoices = [first, invoice({ state: 'paid' })];
    expect(stateOf({}, { disputes: [dispute(40, 'lost')] })).toEqual(stops(40, 'dispute'));
    expect(stateOf({}, { disputes: [dispute(40, 'lost')], invoices, payments: [paid, later] })).toEqual(
      lasts(63),
    );
    const units = [line(), line({ invoice_id: invoices.at(-1)?.id ?? '', store_id: 'il_2', plan: null })];
    expect(
      stateOf({}, { disputes: [dispute(40, 'lost')], invoices, payments: [paid, later], lines: units }),
    ).toEqual(stops(40, 'dispute'));
    expect(stateOf({}, { disputes: [dispute(40, 'open')], invoices, payments: [paid, later] }).until).toBe(
      40,
    );
  });

  test('of another subscription’s charge suspends nothing', () => {
    const payments = [paid, payment(1, { invoice: 'in_9', store_id: 'ch_other', state: 'succeeded' })];
    expect(stateOf({}, { payments, disputes: [dispute(40, 'open', 'ch_other')] })).toEqual(lasts(63));
  });
});

test('a refund ends no subscription, whole or in part', () => {
  expect(stateOf({}, { refunds: [refund(5, 1_000), refund(6, 2_995)] })).toEqual(lasts(63));
});

const spansOf = (of: Partial<SubscriptionRow>) => {
  const rows = billingRecords({ subscriptions: [subscription(of)] });
  const dunningStates = new Map(rows.subscriptions.map((one) => [one.id, dunningStateOf(one, rows)]));
  return grantsFrom(rows, dunningStates).map(({ externalId, plan, quantity, startsAt, endsAt }) => [
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

  test('of a quantity of none gives nothing, before or after', () => {
    expect(spansOf({ quantity: 0 })).toEqual([['sub_1', 'pro', 1, 0, 0]]);
    expect(spansOf({ ...next, next_quantity: 0 })).toEqual([
      ['sub_1', 'pro', 1, 0, 60],
      ['sub_1/next', 'basic', 1, 60, 60],
    ]);
  });

  test('of what gives nothing gives nothing', () => {
    expect(spansOf({ ...next, state: 'incomplete' })).toEqual([['sub_1', 'pro', 1, 0, 0]]);
  });
});

describe('an add-on', () => {
  const boost = line({ store_id: 'il_boost', plan: null, add_on: 'pro_boost' });
  const revokedDays = (more: Partial<BillingRecords>) =>
    purchasesOf(billingRecords({ lines: [boost], ...more })).map(({ revokedAt }) => dayOf(revokedAt));

  test('is bought when its invoice is paid, and not before', () => {
    expect(revokedDays({})).toEqual([null]);
    expect(revokedDays({ invoices: [{ ...first, state: 'open', paid_at: null }] })).toEqual([]);
  });

  test('of which there are none is not bought', () => {
    expect(revokedDays({ lines: [{ ...boost, quantity: 0, amount: 0 }] })).toEqual([]);
  });

  test('is gone when all of its money is back, and stays while some is kept', () => {
    expect(revokedDays({ refunds: [refund(5, 3_994)] })).toEqual([null]);
    expect(revokedDays({ refunds: [refund(5, 3_994), refund(7, 1)] })).toEqual([7]);
    expect(revokedDays({ refunds: [refund(5, 3_995, 'failed'), refund(6, 3_995, 'pending')] })).toEqual([
      null,
    ]);
  });

  test('is gone while it is disputed, and comes back when that is won', () => {
    expect(revokedDays({ disputes: [dispute(9, 'open')] })).toEqual([9]);
    expect(revokedDays({ disputes: [dispute(9, 'lost')] })).toEqual([9]);
    expect(revokedDays({ disputes: [dispute(9, 'won')] })).toEqual([null]);
    expect(revokedDays({ disputes: [dispute(9, 'inquiry')] })).toEqual([null]);
  });

  test('that was free is not refunded by nothing', () => {
    expect(revokedDays({ payments: [] })).toEqual([null]);
  });
});

const resultOf = (of: BillingRecords) => {
  const dunningStates = new Map(of.subscriptions.map((one) => [one.id, dunningStateOf(one, of)]));
  const granted = grantsFrom(of, dunningStates).sort((a, b) => (a.externalId < b.externalId ? -1 : 1));
  return { dunningStates: Object.fromEntries(dunningStates), granted };
};
const shuffled = <Row>(list: readonly Row[]) => fc.shuffledSubarray([...list], { minLength: list.length });

test('in whatever order rows are found, they say the same', () => {
  const rows = billingRecords({
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
        expect(resultOf({ ...rows, subscriptions, invoices, lines })).toEqual(resultOf(rows));
      },
    ),
    { numRuns: 100 },
  );
});
