import fc from 'fast-check';
import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { advanceTo, ids, stopTime } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { isThorough } from '@plinth/testkit/thorough';
import { openRecurringReport, type Recurring } from '../../server/src/platform/operator/reports/recurring.ts';
import { openRevenueReport } from '../../server/src/platform/operator/reports/revenue.ts';
import { openSalesFixture } from './sales-fixture.ts';

const { db } = await testDatabase();
await stopTime(db);
const till = openSalesFixture(db);
const FIRST = Date.parse('2027-01-01T06:00:00Z');
const DAY = 86_400_000;
/** A hundred customers for a year at night, forty for five months else. */
const [DAYS, CUSTOMERS, CLOSED] = isThorough ? [366, 100, 12] : [151, 40, 4];
const GRACE_DAYS = 7;
const PRICES = { basic: 600, pro: 3_000 } as const;
type Plan = keyof typeof PRICES;

/** A customer does one of these on a day, if they can. */
const WAYS = ['upgrade', 'cheaper', 'decline', 'pay', 'forgive', 'leave', 'nothing'] as const;
type Way = (typeof WAYS)[number];

/** A customer as they are now. */
interface Customer {
  readonly accountId: AccountId;
  readonly startsOn: number;
  /** In percent: off for ever. */
  readonly off: number;
  plan: Plan;
  state: 'none' | 'active' | 'past_due' | 'canceled';
  /** Their card is good. */
  isPaying: boolean;
  periodEndsOn: number;
  suspendsOn: number;
  invoice: string;
  /** The sum of that. */
  owed: number;
}

const at = (day: number) => new Date(FIRST + day * DAY).toISOString();
const nextMonth = (day: number) => {
  const date = new Date(FIRST + day * DAY);
  date.setUTCMonth(date.getUTCMonth() + 1, Math.min(date.getUTCDate(), 28));
  return Math.round((date.getTime() - FIRST) / DAY);
};
const priceOf = ({ plan, off }: Customer) => Math.round((PRICES[plan] * (100 - off)) / 100);
/** The sums that customers paid in each month, by hand. */
const paid = new Map<string, number>();
const pays = (day: number, amount: number) => {
  const month = at(day).slice(0, 7);
  paid.set(month, (paid.get(month) ?? 0) + amount);
};
const run = (sql: string, values: readonly unknown[]) => db.asMigrator(statement(sql, [...values]));

async function change(customer: Customer, set: string, values: readonly unknown[] = []) {
  await run(`update billing.subscriptions set ${set}, updated_at = app.now() where store_id = $1`, [
    `sub_${customer.accountId}`,
    ...values,
  ]);
}

async function begins(customer: Customer, product: string, day: number): Promise<void> {
  Object.assign(customer, { state: 'active', periodEndsOn: nextMonth(day) });
  await bills(customer, product, day);
  await run(
    `insert into billing.subscriptions (account_id, id, store, mode, store_id, product, plan, cycle, quantity, unit_amount, currency, state, starts_at, period_starts_at, period_ends_at)
     values ($1, $2, 'stripe', 'live', $3, $4, $5, 'monthly', 1, $6, 'usd', 'active', $7, $7, $8)`,
    [
      customer.accountId,
      ids.next(),
      `sub_${customer.accountId}`,
      product,
      customer.plan,
      PRICES[customer.plan],
      at(day),
      at(customer.periodEndsOn),
    ],
  );
}

async function bills(customer: Customer, product: string, day: number): Promise<void> {
  const { accountId, plan, off, isPaying } = customer;
  const amount = PRICES[plan];
  const line = { product, plan, amount, discount: Math.round((amount * off) / 100) };
  const sold = await till.sell({
    accountId,
    at: at(day),
    subscription: `sub_${accountId}`,
    state: isPaying ? 'paid' : 'open',
    lines: [{ ...line, from: at(day), until: at(customer.periodEndsOn) }],
  });
  Object.assign(customer, { invoice: sold.invoice, owed: priceOf(customer) });
  if (isPaying) pays(day, priceOf(customer));
}

/** The period is over: another one begins, or the subscription ends. */
async function renews(customer: Customer, product: string, day: number): Promise<void> {
  const began = customer.periodEndsOn;
  customer.periodEndsOn = nextMonth(began);
  await bills(customer, product, day);
  await change(customer, 'period_starts_at = $2, period_ends_at = $3', [
    at(began),
    at(customer.periodEndsOn),
  ]);
  if (customer.isPaying) return;
  Object.assign(customer, { state: 'past_due', suspendsOn: day + GRACE_DAYS });
  await change(customer, `state = 'past_due', suspends_at = $2, suspended_by = 'payment'`, [
    at(customer.suspendsOn),
  ]);
}

const CHANGES: Readonly<Record<Way, (of: Customer, product: string, day: number) => Promise<void>>> = {
  async upgrade(of, product, day) {
    if (of.state !== 'active' || of.plan === 'pro' || of.periodEndsOn <= day) return;
    of.plan = 'pro';
    const whole = of.periodEndsOn - lastMonth(of.periodEndsOn);
    const part = (of.periodEndsOn - day) / whole;
    // The provider takes the discount off a part of a period itself.
    const shared = { product, proration: true, from: at(day), until: at(of.periodEndsOn) };
    const share = (plan: Plan) => Math.round((PRICES[plan] * part * (100 - of.off)) / 100);
    pays(day, share('pro') - share('basic'));
    await till.sell({
      accountId: of.accountId,
      at: at(day),
      subscription: `sub_${of.accountId}`,
      lines: [
        { ...shared, plan: 'basic', amount: -share('basic'), unitAmount: PRICES.basic },
        { ...shared, plan: 'pro', amount: share('pro'), unitAmount: PRICES.pro },
      ],
    });
    await change(of, `plan = 'pro', unit_amount = ${PRICES.pro}`);
  },
  async cheaper(of) {
    if (of.state !== 'active' || of.plan === 'basic') return;
    of.plan = 'basic';
    await change(of, `plan = 'basic', unit_amount = ${PRICES.basic}`);
  },
  async decline(of) {
    of.isPaying = false;
  },
  async pay(of, _product, day) {
    of.isPaying = true;
    if (of.state !== 'past_due') return;
    of.state = 'active';
    pays(day, of.owed);
    await run(`update billing.invoices set state = 'paid', paid = total, paid_at = $2 where store_id = $1`, [
      of.invoice,
      at(day),
    ]);
    await change(of, `state = 'active', suspends_at = null, suspended_by = null`);
  },
  async forgive(of, _product, day) {
    if (of.state !== 'past_due') return;
    of.state = 'canceled';
    await run(`update billing.invoices set state = 'void' where store_id = $1`, [of.invoice]);
    await change(of, `state = 'canceled', ended_at = $2`, [at(day)]);
  },
  async leave(of, _product, day) {
    if (of.state !== 'active') return;
    of.state = 'canceled';
    await change(of, `state = 'canceled', ended_at = $2`, [at(day)]);
  },
  async nothing() {},
};

const lastMonth = (day: number) => {
  const date = new Date(FIRST + day * DAY);
  date.setUTCMonth(date.getUTCMonth() - 1);
  return Math.round((date.getTime() - FIRST) / DAY);
};

async function passes(customer: Customer, { product, day }: { product: string; day: number }, way: Way) {
  if (customer.startsOn === day) return begins(customer, product, day);
  if (customer.state === 'none') return;
  await CHANGES[way](customer, product, day);
  const isOn = customer.state === 'active' || customer.state === 'past_due';
  if (!isOn || customer.periodEndsOn > day) return;
  // It is not renewed while it is owed.
  if (customer.state === 'active') await renews(customer, product, day);
  else await CHANGES.forgive(customer, product, day);
}

const brings = (customer: Customer, day: number) =>
  customer.state === 'active' || (customer.state === 'past_due' && day < customer.suspendsOn)
    ? priceOf(customer)
    : 0;

test('a month that is over says for ever what was so at its end and what was paid in it, and no later change of a customer moves it', async () => {
  const wayOf = fc.oneof(
    { weight: 12, arbitrary: fc.constant('nothing' as const) },
    fc.constantFrom(...WAYS),
  );
  const histories = fc.sample(
    fc.record({
      startsOn: fc.integer({ min: 0, max: 40 }),
      off: fc.constantFrom(0, 25, 10),
      plan: fc.constantFrom<Plan>('basic', 'pro'),
      ways: fc.array(wayOf, { minLength: DAYS, maxLength: DAYS }),
    }),
    { numRuns: CUSTOMERS, seed: 55 },
  );
  const product = 'closing';
  const customers = histories.map(({ startsOn, off, plan }): Customer => {
    const accountId = ids.next<AccountId>();
    const card = { isPaying: true, periodEndsOn: 0, suspendsOn: 0, invoice: '', owed: 0 };
    return { accountId, startsOn, off, plan, state: 'none', ...card };
  });
  const byHand: [string, number][] = [];
  const toldFirst: Recurring[] = [];
  for (let day = 0; day < DAYS; day += 1) {
    await advanceTo(db, at(day));
    // The month before ended six hours ago, when all was as it was left the day before.
    const date = new Date(FIRST + day * DAY);
    if (date.getUTCDate() === 1 && day > 0) {
      const month = new Date(date.getTime() - DAY).toISOString().slice(0, 7);
      byHand.push([month, customers.reduce((sum, one) => sum + brings(one, day - 0.25), 0)]);
    }
    for (const [index, customer] of customers.entries())
      await passes(customer, { product, day }, histories[index]?.ways[day] ?? 'nothing');
    if (byHand.length === 0) continue;
    const opened = await openRecurringReport(
      { db, mode: 'live' },
      { group: ['product'], zone: 'UTC', from: '2027-01-01', until: '2028-01-01' },
    );
    const told = (await opened.page({ limit: 100 })).slice(0, byHand.length);
    expect([day, told.map(({ month, mrr_minor }) => [month, mrr_minor])]).toEqual([day, byHand]);
    const revenue = await openRevenueReport(
      { db, mode: 'live' },
      { group: ['month'], zone: 'UTC', from: '2027-01-01', until: at(day).slice(0, 7) + '-01' },
    );
    const sold = (await revenue.page({ limit: 100 })).map(({ month, gross_minor }) => [month, gross_minor]);
    const months = byHand.map(([month]) => [month, paid.get(month)]);
    expect([day, sold]).toEqual([day, months]);
    toldFirst.push(...told.slice(toldFirst.length));
    expect([day, told]).toEqual([day, toldFirst]);
  }
  expect(byHand.length).toBe(CLOSED);
});
