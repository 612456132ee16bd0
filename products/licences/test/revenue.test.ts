import { expect, test } from 'vitest';
import { databaseTime } from '@plinth/testkit/factories';
import type { Customer } from '@plinth/testkit/services/app';
import { idOf } from '../../../test/selling/fixture.ts';
import { coditectFixture } from './fixture.ts';
import { changesPlan } from '../../../test/selling/agreed.ts';

const fixture = await coditectFixture();
const { admin, buy, call, customer, db, drainEvents, later, licensee, sandbox, stripe, subscription } =
  fixture;
const DAY = 86_400_000;

type Row = Readonly<Record<string, number | string | null>>;

const dayOf = (at: Date) => at.toISOString().slice(0, 10);

const operator = await admin();

async function rowsOf(path: string): Promise<Row[]> {
  const { key } = operator;
  const { status, body } = await call(key, path);
  expect(status).toBe(200);
  return body['data'] as Row[];
}

/** The next day begins, and it is six: nothing of a few hours from now is another day's. */
async function passToMorning(): Promise<void> {
  const now = sandbox.now().getTime();
  const six = Math.ceil(now / DAY) * DAY + DAY / 4;
  await later((six - now) / DAY);
}

test('revenue by day is what subscriptions bring in: the trial nothing, the first payment, a churn; and a month’s sums are those of its days', async () => {
  const ada = await licensee('pro');
  await licensee('starter');
  const first = await databaseTime(db);
  const today = async () => dayOf(await databaseTime(db));
  const report = async (from: string, until: string) =>
    (await rowsOf(`GET /v1/admin/licenses/analytics?from=${from}&until=${until}&limit=100`)).toReversed();
  const reportOf = async (day: string) => {
    const [row] = await report(day, dayOf(new Date(Date.parse(day) + DAY)));
    return row ?? {};
  };
  expect(await reportOf(dayOf(first))).toMatchObject({
    active_subscriptions: 2,
    trials: 2,
    mrr_minor: 0,
    customers: 0,
    licenses_issued: 2,
    seats: 13,
  });
  await later(14.2);
  const paid = await today();
  expect(await reportOf(paid)).toMatchObject({
    active_subscriptions: 2,
    trials: 0,
    customers: 2,
    mrr_minor: 12_800,
    arr_minor: 153_600,
  });
  await later(1);
  await call(ada.who.key, 'DELETE /v1/billing/subscription?product=coditect&when=now');
  await later(1);
  const left = await today();
  const rows = await report(dayOf(first), dayOf(new Date(Date.parse(left) + DAY)));
  const total = (name: string, of_: readonly Row[] = rows) =>
    of_.reduce((all, row) => all + Number(row[name]), 0);
  expect([total('new_customers'), total('churned_customers')]).toEqual([2, 1]);
  expect([total('new_minor'), total('churned_minor')]).toEqual([12_800, 9_900]);
  expect(rows.at(-1)).toMatchObject({ active_subscriptions: 1, customers: 1, mrr_minor: 2_900 });
  const { body } = await call(operator.key, 'GET /v1/admin/analytics');
  const { totals } = body as { readonly totals: Row };
  expect(totals).toMatchObject({ active_subscriptions: 1, mrr_minor: 2_900, arr_minor: 34_800 });
  const [month] = await rowsOf('GET /v1/admin/billing/recurring?group=product');
  expect(totals).toMatchObject({
    churned_customers: month?.['churned_customers'],
    churn: month?.['logo_churn'],
  });
  const churning = rows.find((row) => row['churned_customers'] === 1);
  expect(churning).toMatchObject({ logo_churn: 0.5, revenue_churn: 0.7734 });

  // Changes from day to day add up to those of a month.
  const months = await rowsOf(
    `GET /v1/admin/billing/recurring?group=product&from=${dayOf(first)}&until=${dayOf(new Date(Date.parse(left) + DAY))}`,
  );
  const [last] = months.slice(-1);
  expect(last).toMatchObject({ product: 'coditect', mrr_minor: 2_900, arr_minor: 34_800 });
  for (const [n, row] of rows.entries()) {
    const before = rows[n - 1];
    if (before === undefined) continue;
    const moved = ['new_minor', 'returned_minor', 'expansion_minor'].map((name) => Number(row[name]));
    const gone = ['contraction_minor', 'churned_minor'].map((name) => Number(row[name]));
    const mrr = [...moved, ...gone.map((minor) => -minor)].reduce((all, minor) => all + minor, 0);
    expect(Number(row['mrr_minor'])).toBe(Number(before['mrr_minor']) + mrr);
  }
});

test('a year’s price counts by the month; an upgrade expands, a downgrade contracts when it begins, a trial that is not paid is nothing; a refund takes nothing off, and the end does', async () => {
  const today = async () => {
    const from = dayOf(await databaseTime(db));
    const until = dayOf(new Date(Date.parse(from) + DAY));
    const [row] = await rowsOf(`GET /v1/admin/analytics?from=${from}&until=${until}`);
    return row ?? {};
  };
  const change = async (who: Customer, plan: string) => {
    const body = { product: 'coditect', plan };
    expect((await changesPlan(call, who, body)).status).toBe(200);
    await drainEvents();
  };
  const ends = (who: Customer) =>
    call(who.key, 'DELETE /v1/billing/subscription?product=coditect&when=now').then(drainEvents);
  await passToMorning();
  const before = await today();
  const [ada, bob, eve] = [await customer(), await customer(), await customer()];
  await buy(ada, { product: 'coditect', plan: 'starter', cycle: 'yearly' });
  await buy(bob, { product: 'coditect', plan: 'starter' });
  await buy(eve, { product: 'coditect', plan: 'enterprise' });
  expect(await today()).toMatchObject({ trials: 3, mrr_minor: before['mrr_minor'] });
  await later(3);
  await ends(eve);
  await later(11.2);
  const paid = await today();
  // 29,000 a year, and 2,900 a month.
  expect(paid).toMatchObject({ new_minor: 5_317, new_customers: 2, churned_customers: 0, trials: 0 });
  expect(Number(paid['arr_minor']) - Number(before['arr_minor'])).toBe(63_800);
  await later(1);
  await change(bob, 'pro');
  expect(await today()).toMatchObject({ expansion_minor: 7_000, new_customers: 0, churned_customers: 0 });
  await later(1);
  await change(bob, 'starter');
  expect(await today()).toMatchObject({ contraction_minor: 0, expansion_minor: 0 });
  const { period_ends_at: renews } = await fixture.read(bob, 'coditect');
  await later((Date.parse(String(renews)) - sandbox.now().getTime()) / DAY + 0.1);
  expect(await today()).toMatchObject({ contraction_minor: 7_000, churned_customers: 0 });
  await later(1);
  const { customer: them } = await stripe.subscriptions.retrieve(await subscription(ada));
  const { data: charges } = await stripe.charges.list({ customer: idOf(them) });
  await stripe.refunds.create({ charge: charges[0]?.id ?? '' });
  await drainEvents();
  expect(await today()).toMatchObject({ contraction_minor: 0, churned_minor: 0 });
  await later(1);
  await ends(ada);
  expect(await today()).toMatchObject({ churned_minor: 2_417, churned_customers: 1 });
});

test('a subscription that is not paid counts while its promised days last, and again once it is paid', async () => {
  await passToMorning();
  const who = await customer();
  await buy(who, { product: 'coditect', plan: 'pro' });
  await fixture.card(who, 'pm_card_chargeCustomerFail');
  const from = dayOf(await databaseTime(db));
  const days = async () => {
    const until = dayOf(new Date((await databaseTime(db)).getTime() + DAY));
    return (await rowsOf(`GET /v1/admin/analytics?from=${from}&until=${until}&limit=100`)).toReversed();
  };
  const last = async () => (await days()).at(-1) ?? {};
  const tried = await last();
  await later(14.2);
  const { active_subscriptions: active, mrr_minor: mrr } = await last();
  const countChurned = async () =>
    (await days()).reduce((all, { churned_customers: gone }) => all + Number(gone), 0);
  expect(active).toBe(tried['active_subscriptions']);
  await later(3);
  expect(await last()).toMatchObject({ active_subscriptions: active });
  // Stripe has not given up by then.
  await later(9);
  expect(await last()).toMatchObject({ active_subscriptions: Number(active) - 1 });
  expect(Number(mrr) - Number((await last())['mrr_minor'])).toBe(9_900);
  expect(await countChurned()).toBe(1);
  await fixture.card(who, 'pm_card_visa');
  const { data } = await stripe.invoices.list({ subscription: await subscription(who), status: 'open' });
  for (const { id = '' } of data) await stripe.invoices.pay(id);
  await drainEvents();
  expect(await last()).toMatchObject({ active_subscriptions: active, mrr_minor: mrr, returned_customers: 1 });
  // The day on which they were lost is over, and says so still.
  expect(await countChurned()).toBe(1);
});
