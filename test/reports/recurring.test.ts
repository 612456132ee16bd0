import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountId } from '#platform/kernel';
import { advanceTo, ids } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import {
  openDailyRecurringReport,
  openRecurringReport,
  type Recurring,
  type RecurringQuestion,
} from '../../server/src/platform/operator/reports/recurring.ts';
import { type Line, openSalesFixture, type Sold } from './sales-fixture.ts';

const { db } = await testDatabase();
const till = openSalesFixture(db);
await advanceTo(db, '2028-06-15T00:00:00Z');

const newAccount = () => ids.next<AccountId>();
let products = 0;

/** A product of a test's own, so that no other test's sales are in its sums. */
function salesFixture() {
  products += 1;
  const product = `demo${products}`;
  const report = async (asked: Partial<RecurringQuestion> = {}): Promise<Recurring[]> => {
    const range = { zone: 'UTC', from: '2027-01-01', until: '2027-07-01' };
    const opened = await openRecurringReport(
      { db, mode: 'live' },
      { group: ['product'], ...range, ...asked },
    );
    return (await opened.page({ limit: 1_000 })).filter((row) => row.product === product);
  };
  return {
    product,
    report,
    /** A paid invoice of a subscription, from one of its lines on. */
    sell: (accountId: AccountId, lines: readonly Partial<Line>[], more: Partial<Sold> = {}) => {
      const whole = lines.map((line) => ({
        plan: 'pro',
        amount: 2_000,
        product,
        from: '',
        until: '',
        ...line,
      }));
      const at = whole[0]?.from ?? '';
      return till.sell({ accountId, at, subscription: `sub_${accountId}`, ...more, lines: whole });
    },
    async months(asked: Partial<RecurringQuestion> = {}) {
      return (await report(asked)).map(({ month, mrr_minor, customers }) => [month, mrr_minor, customers]);
    },
  };
}

const day = (text: string) => `2027-${text}T00:00:00Z`;

describe('recurring revenue', () => {
  test('is what subscriptions bring in a month: a year’s price is a twelfth, discounts are off, taxes are not in it', async () => {
    const { sell, report } = salesFixture();
    await sell(newAccount(), [{ amount: 10_000, cycle: 'yearly', from: day('02-10'), until: '2028-02-10' }]);
    await sell(newAccount(), [{ discount: 500, tax: 300, from: day('02-20'), until: day('03-20') }]);
    const [february, march] = await report();
    // (10,000 + 12 × 1,500) / 12, rounded once.
    expect(february).toMatchObject({ month: '2027-02', customers: 2, mrr_minor: 2_333, arr_minor: 28_000 });
    expect(february).toMatchObject({
      new_customers: 2,
      new_minor: 2_333,
      logo_churn: null,
      revenue_churn: null,
    });
    expect(march).toMatchObject({ month: '2027-03', customers: 1, churned_customers: 1, logo_churn: 0.5 });
    expect(march).toMatchObject({
      mrr_before_minor: 2_333,
      mrr_minor: 833,
      churned_minor: 1_500,
      revenue_churn: 0.6429,
    });
  });

  test('of a trial, of a free plan, and of an uncollectible invoice is none', async () => {
    const { sell, report } = salesFixture();
    const february = { from: day('02-01'), until: day('03-15') };
    await sell(newAccount(), [{ ...february, amount: 0 }]);
    await sell(newAccount(), [{ ...february, discount: 2_000 }]);
    await sell(newAccount(), [february], { state: 'void' });
    await sell(newAccount(), [{ ...february, plan: null, addOn: 'boost' }]);
    expect(await report()).toEqual([]);
  });

  test('of a plan that was changed half-way is that of the new plan', async () => {
    const { sell, report } = salesFixture();
    const accountId = newAccount();
    await sell(accountId, [{ plan: 'basic', amount: 1_000, from: day('02-01'), until: day('03-01') }]);
    const half = { proration: true, from: day('02-15'), until: day('03-01') };
    await sell(accountId, [
      { ...half, plan: 'pro', amount: 1_500, discount: 150, unitAmount: 3_000 },
      { ...half, plan: 'basic', amount: -500, unitAmount: 1_000 },
    ]);
    await sell(accountId, [{ amount: 3_000, from: day('03-01'), until: day('04-01') }]);
    const months = { from: '2027-02-01', until: '2027-04-01' };
    expect(await report(months)).toMatchObject([
      // A part of a period counts as a whole one costs: 3,000, less the tenth that a coupon takes off.
      { month: '2027-02', mrr_minor: 2_700, new_customers: 1, churned_minor: 0 },
      { month: '2027-03', mrr_minor: 3_000, expansion_minor: 300 },
    ]);
  });

  test('of a part of a period whose discount or tax is in its amount already is the whole price without them', async () => {
    const { product, sell, report } = salesFixture();
    const part = { proration: true, plan: 'pro', unitAmount: 3_995 };
    const whole = { plan: 'basic', amount: 595, from: day('01-31'), until: day('02-28') };
    const accountIds = [newAccount(), newAccount(), newAccount()];
    for (const accountId of accountIds) await sell(accountId, [whole]);
    const [percent, taxed, alone] = accountIds;
    // A quarter off for ever; 7 of 28 days are left of the period of the other line, and 7 of 31 where there is none.
    const left = { ...part, from: day('02-21'), until: day('02-28') };
    await sell(percent ?? newAccount(), [{ ...left, amount: 749 }]);
    await sell(taxed ?? newAccount(), [{ ...left, amount: 839, tax: 160 }]);
    const other = { subscription: `sub_${alone}_other`, at: day('02-21') };
    await sell(alone ?? newAccount(), [{ ...left, amount: 677 }], other);
    const months = { from: '2027-02-21', until: '2027-02-28', group: ['product'] as const };
    const opened = await openDailyRecurringReport({ db, mode: 'live' }, { zone: 'UTC', ...months });
    const days = (await opened.page({ limit: 1_000 })).filter((row) => row.product === product);
    // 75 % of 3,995; 3,995 without the 19 % in it; 75 % of 3,995; and the Basic of the third customer.
    expect(days.at(-1)).toMatchObject({ mrr_minor: 2_996 + 3_356 + 2_996 + 595 });
    expect(await report({ from: '2027-02-01', until: '2027-03-01' })).toMatchObject([{ mrr_minor: 0 }]);
  });

  test('of a plan that was made cheaper at once is that of the cheaper one, from when on nobody knows better', async () => {
    const { product, sell, report } = salesFixture();
    const accountId = newAccount();
    const year = { from: day('02-01'), until: '2028-02-01' };
    await sell(accountId, [{ ...year, amount: 39_950, discount: 3_995, cycle: 'yearly' }]);
    await till.subscription(accountId, `sub_${accountId}`, {
      product,
      plan: 'basic',
      unitAmount: 600,
      cycle: 'P3M',
      since: day('03-10'),
    });
    const months = { from: '2027-02-01', until: '2027-04-01', group: ['product', 'plan'] as const };
    expect(await report(months)).toMatchObject([
      { month: '2027-02', plan: `${product}.pro`, mrr_minor: 2_996 },
      // 600 a quarter, with the tenth off that it had.
      { month: '2027-03', plan: `${product}.basic`, mrr_minor: 180, arr_minor: 2_160, new_minor: 180 },
      { month: '2027-03', plan: `${product}.pro`, mrr_minor: 0, churned_minor: 2_996 },
    ]);
  });

  test('by plan has left one plan and come to another where it was changed', async () => {
    const { product, sell, report } = salesFixture();
    const accountId = newAccount();
    await sell(accountId, [{ plan: 'basic', amount: 1_000, from: day('02-10'), until: day('03-10') }]);
    await sell(accountId, [{ amount: 3_000, from: day('03-10'), until: day('04-10') }]);
    const march = { from: '2027-03-01', until: '2027-04-01' };
    expect(await report({ ...march, group: ['product', 'plan'] })).toMatchObject([
      { plan: `${product}.basic`, churned_customers: 1, churned_minor: 1_000, mrr_minor: 0 },
      { plan: `${product}.pro`, new_customers: 1, new_minor: 3_000, mrr_minor: 3_000 },
    ]);
    expect(await report(march)).toMatchObject([
      { churned_customers: 0, new_customers: 0, expansion_minor: 2_000 },
    ]);
  });

  test('grows and shrinks by what customers who stay pay more or less', async () => {
    const { sell, report } = salesFixture();
    const [one, two] = [newAccount(), newAccount()];
    for (const [accountId, first, second] of [
      [one, 2, 5],
      [two, 5, 4],
    ] as const) {
      await sell(accountId, [
        { amount: first * 100, quantity: first, from: day('01-10'), until: day('02-10') },
      ]);
      await sell(accountId, [
        { amount: second * 100, quantity: second, from: day('02-10'), until: day('03-10') },
      ]);
    }
    const [, february] = await report();
    expect(february).toMatchObject({
      mrr_before_minor: 700,
      expansion_minor: 300,
      contraction_minor: 100,
      churned_minor: 0,
      mrr_minor: 900,
      revenue_churn: 0.1429,
    });
  });

  test('ends when a subscription does, or is suspended, and a returning customer is not new', async () => {
    const { sell, report, months } = salesFixture();
    const [ended, suspended] = [newAccount(), newAccount()];
    const spring = { from: day('01-15'), until: day('03-15') };
    await sell(ended, [spring]);
    await sell(suspended, [spring], { state: 'open' });
    await till.subscription(ended, `sub_${ended}`, { endedAt: day('02-10') });
    await till.subscription(suspended, `sub_${suspended}`, { suspendsAt: day('02-20') });
    await sell(ended, [{ from: day('04-02'), until: day('05-02') }], { subscription: `sub_${ended}_again` });
    expect(await months()).toEqual([
      ['2027-01', 4_000, 2],
      ['2027-02', 0, 0],
      ['2027-04', 2_000, 1],
      ['2027-05', 0, 0],
    ]);
    const april = (await report()).find(({ month }) => month === '2027-04');
    expect(april).toMatchObject({ new_customers: 0, returned_customers: 1, returned_minor: 2_000 });
  });

  test('of the present month is as of now, and of months to come there is none', async () => {
    const { sell, months } = salesFixture();
    await sell(newAccount(), [{ from: '2028-06-10', until: '2028-07-10' }]);
    await sell(newAccount(), [{ from: '2028-06-20', until: '2028-07-20' }]);
    expect(await months({ from: '2028-05-01', until: '2028-09-01' })).toEqual([['2028-06', 2_000, 1]]);
  });

  test('of each month is what was there before, and what came, less what went', async () => {
    const { sell, report } = salesFixture();
    const price = fc.integer({ min: 1, max: 9_999 });
    const histories = fc.sample(fc.array(fc.option(price), { minLength: 5, maxLength: 5 }), {
      numRuns: 40,
      seed: 6,
    });
    for (const amounts of histories) {
      const accountId = newAccount();
      for (const [month, amount] of amounts.entries()) {
        if (amount === null) continue;
        const [from, until] = [month + 1, month + 2].map((at) => day(`0${at}-05`));
        await sell(accountId, [{ amount, from: from ?? '', until: until ?? '' }]);
      }
    }
    const rows = await report({ from: '2027-01-01', until: '2027-07-01' });
    expect(rows).toHaveLength(6);
    let before = { mrr: 0, customers: 0 };
    for (const row of rows) {
      expect([row.mrr_before_minor, row.customers_before]).toEqual([before.mrr, before.customers]);
      const come = row.new_minor + row.returned_minor + row.expansion_minor;
      expect(row.mrr_before_minor + come - row.contraction_minor - row.churned_minor).toBe(row.mrr_minor);
      expect(row.customers_before + row.new_customers + row.returned_customers - row.churned_customers).toBe(
        row.customers,
      );
      before = { mrr: row.mrr_minor, customers: row.customers };
    }
  });
});
