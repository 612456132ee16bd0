import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { ids } from '@plinth/testkit/factories';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';
import {
  openRevenueReport,
  type RevenueQuestion,
} from '../../server/src/platform/operator/reports/revenue.ts';
import { type Line, openSalesFixture } from './sales-fixture.ts';

const { db } = await testDatabase();
const till = openSalesFixture(db);
const newAccount = () => ids.next<AccountId>();
const MARCH = { from: '2027-03-01', until: '2027-04-01', at: '2027-03-05T12:00:00Z' };
const pro: Line = { plan: 'pro', amount: 2_000, from: '2027-03-05', until: '2027-04-05' };

async function readReport(accountId: AccountId, question: Partial<RevenueQuestion> = {}) {
  const asked = {
    group: ['month'],
    zone: 'UTC',
    from: '2027-03-01',
    until: '2027-06-01',
    ...question,
  } as const;
  const report = await openRevenueReport({ db, mode: 'live' }, { ...asked, accountId });
  return report.page({ limit: 1_000 });
}

describe('revenue', () => {
  test('is net of what the provider kept and of taxes, and says how many fees are missing', async () => {
    const accountId = newAccount();
    await till.sell({ accountId, at: MARCH.at, lines: [{ ...pro, tax: 380 }], fee: 88 });
    await till.sell({ accountId, at: MARCH.at, lines: [pro], fee: null });
    expect(await readReport(accountId)).toEqual([
      {
        month: '2027-03',
        currency: 'usd',
        sales: 2,
        gross_minor: 4_380,
        fee_minor: 88,
        tax_minor: 380,
        net_minor: 3_912,
        share_minor: 0,
        fees_missing: 1,
      },
    ]);
  });

  test('of the first instant of a month is of that month alone, also where it was paid past the store', async () => {
    const accountId = newAccount();
    const at = '2027-04-01T00:00:00Z';
    await till.sell({ accountId, at, lines: [pro] });
    await till.sell({ accountId, at, lines: [{ ...pro, amount: 500 }], charged: 0 });
    expect(await readReport(accountId, { until: '2027-04-01' })).toEqual([]);
    expect(await readReport(accountId, { from: '2027-04-01' })).toMatchObject([
      { month: '2027-04', sales: 2, gross_minor: 2_500 },
    ]);
  });

  test('goes down by a refund in the month of the refund, and leaves that of the sale as it was', async () => {
    const accountId = newAccount();
    const { charge } = await till.sell({ accountId, at: MARCH.at, lines: [{ ...pro, tax: 400 }] });
    await till.refund(accountId, charge, { amount: 1_200, at: '2027-05-01T00:00:00Z' });
    await till.refund(accountId, charge, { amount: 500, at: '2027-05-01T00:00:00Z', state: 'failed' });
    expect(await readReport(accountId, { group: ['month', 'plan', 'kind'] })).toMatchObject([
      { month: '2027-03', plan: 'demo.pro', kind: 'sale', sales: 1, gross_minor: 2_400, net_minor: 2_000 },
      {
        month: '2027-05',
        plan: 'demo.pro',
        kind: 'refund',
        sales: 0,
        gross_minor: -1_200,
        tax_minor: -200,
        net_minor: -1_000,
      },
    ]);
  });

  test.each([
    ['open', -2_000, 1_500],
    ['lost', -2_000, 1_500],
    ['won', 0, 1_500],
    ['inquiry', undefined, undefined],
  ])('of a dispute that is %s is %s, less its fee', async (state, gross, fee) => {
    const accountId = newAccount();
    const { charge } = await till.sell({ accountId, at: MARCH.at, lines: [pro] });
    await till.dispute(accountId, charge, { amount: 2_000, at: '2027-04-09T00:00:00Z', state, fee: 1_500 });
    const [row] = await readReport(accountId, { from: '2027-04-01' });
    expect([row?.gross_minor, row?.fee_minor]).toEqual([gross, fee]);
  });

  test('of an upgrade is taken from the plan that was left, and is one sale', async () => {
    const accountId = newAccount();
    const part = { proration: true, from: '2027-03-20', until: '2027-04-05' };
    const lines: Line[] = [
      { ...part, plan: 'basic', amount: -500 },
      { ...part, plan: 'pro', amount: 1_500 },
      { addOn: 'boost', amount: 900, from: '2027-03-20', until: '2027-03-20' },
    ];
    await till.sell({ accountId, at: MARCH.at, lines, fee: 100 });
    expect(await readReport(accountId, { group: ['item', 'plan'] })).toMatchObject([
      { item: 'demo.basic', plan: 'demo.basic', gross_minor: -500, sales: 0 },
      { item: 'demo.boost', plan: null, gross_minor: 900, sales: 0 },
      { item: 'demo.pro', plan: 'demo.pro', gross_minor: 1_500, sales: 1 },
    ]);
    expect(await readReport(accountId, { group: [] })).toMatchObject([
      { sales: 1, gross_minor: 1_900, fee_minor: 100 },
    ]);
  });

  test('that was paid past the provider is in it, and credit that the provider kept is not', async () => {
    const accountId = newAccount();
    await till.sell({ accountId, at: MARCH.at, lines: [pro], charged: 0 });
    expect(await readReport(accountId)).toMatchObject([{ gross_minor: 2_000, sales: 1, fees_missing: 0 }]);
    const other = newAccount();
    await till.sell({ accountId: other, at: MARCH.at, lines: [{ ...pro, amount: -700 }] });
    expect(await readReport(other)).toEqual([]);
  });

  test('counts by the day of a time zone', async () => {
    const accountId = newAccount();
    await till.sell({ accountId, at: '2027-03-31T22:30:00Z', lines: [pro] });
    expect(await readReport(accountId, { zone: 'Europe/Berlin' })).toMatchObject([{ month: '2027-04' }]);
  });

  test('of a sandbox or a payment provider’s test mode is none', async () => {
    const accountId = newAccount();
    await till.sell({ accountId, at: MARCH.at, lines: [pro], mode: 'test' });
    await till.sell({ accountId, at: MARCH.at, lines: [pro], mode: 'sandbox' });
    expect(await readReport(accountId)).toEqual([]);
  });

  test('counts a sale once that an operator had recorded by hand', async () => {
    const accountId = newAccount();
    const { charge, invoice } = await till.sell({ accountId, at: MARCH.at, lines: [pro] });
    for (const id of [charge, invoice, charge.replace('ch_', 'pi_'), 'ch_that_no_store_tells']) {
      await db.asMigrator(
        statement(
          `insert into reports.proceeds (account_id, id, product, currency, gross, fee, tax, occurred_at, source, source_id)
           values ($1, gen_random_uuid(), 'demo', 'usd', 2000, 0, 0, $2, 'stripe', $3)`,
          [accountId, MARCH.at, id],
        ),
      );
    }
    expect(await readReport(accountId)).toMatchObject([{ sales: 2, gross_minor: 4_000 }]);
  });

  test('is none of an invoice that is not ours, nor of what was given or taken back of it', async () => {
    const accountId = newAccount();
    const { charge } = await till.sell({ accountId, at: MARCH.at, lines: [pro] });
    await till.refund(accountId, charge, { amount: 500, at: MARCH.at });
    await till.dispute(accountId, charge, { amount: 500, at: MARCH.at, state: 'lost', fee: 15 });
    await db.asMigrator(statement('delete from billing.invoices where account_id = $1', [accountId]));
    expect(await readReport(accountId)).toEqual([]);
    // An operator who records it by hand means it.
    await db.asMigrator(
      statement(
        `insert into reports.proceeds (account_id, id, product, currency, gross, fee, tax, occurred_at, source, source_id)
         values ($1, gen_random_uuid(), 'demo', 'usd', 2000, 0, 0, $2, 'stripe', $3)`,
        [accountId, MARCH.at, charge],
      ),
    );
    expect(await readReport(accountId)).toMatchObject([{ sales: 1, gross_minor: 2_000 }]);
  });

  test('of an invoice with lines that are not ours is that of ours alone, with its share of fee and tax', async () => {
    const accountId = newAccount();
    const foreign = { amount: 7_200, tax: 1_200 };
    const { charge } = await till.sell({
      accountId,
      at: MARCH.at,
      lines: [{ ...pro, tax: 400 }],
      fee: 96,
      foreign,
    });
    expect(await readReport(accountId, { group: ['item'] })).toMatchObject([
      { item: 'demo.pro', sales: 1, gross_minor: 2_400, fee_minor: 24, tax_minor: 400, net_minor: 1_976 },
    ]);
    await till.refund(accountId, charge, { amount: 9_600, at: MARCH.at });
    expect(await readReport(accountId)).toMatchObject([{ gross_minor: 0 }]);
  });

  test('is split over what was sold to the last cent', async () => {
    const amount = fc.integer({ min: -5_000, max: 20_000 });
    const lines = fc.array(fc.record({ amount, tax: fc.integer({ min: 0, max: 999 }) }), {
      minLength: 1,
      maxLength: 5,
    });
    const share = fc.double({ min: 0.01, max: 1, noNaN: true });
    const sale = fc.record({ lines, fee: fc.integer({ min: 0, max: 999 }), share });
    await assertWithin(
      fc.asyncProperty(sale, async ({ lines: some, fee, share: part }) => {
        const total = some.reduce((sum, line) => sum + line.amount + line.tax, 0);
        const charged = Math.round(total * part);
        fc.pre(charged > 0);
        const accountId = newAccount();
        const own = some.map((line, at) => ({ ...pro, ...line, plan: `plan${at}` }));
        const { charge } = await till.sell({ accountId, at: MARCH.at, lines: own, fee, charged });
        await db.asMigrator(
          statement('update billing.invoices set paid = $2 where account_id = $1', [accountId, charged]),
        );
        await till.refund(accountId, charge, { amount: charged, at: '2027-05-01T00:00:00Z' });
        const sums = await readReport(accountId, { group: ['kind'] });
        expect(sums.map((sum) => [sum.kind, sum.gross_minor, sum.fee_minor])).toEqual([
          ['refund', -charged, 0],
          ['sale', charged, fee],
        ]);
        expect((sums[0]?.tax_minor ?? 0) + (sums[1]?.tax_minor ?? 0)).toBe(0);
        // What was refunded in full leaves nothing of any plan.
        for (const plan of await readReport(accountId, { group: ['plan'] })) expect(plan.gross_minor).toBe(0);
      }),
      { numRuns: 60, within: 4_000 },
    );
  });
});
