import { expect, test } from 'vitest';
import { databaseTime } from '#test/factories';
import { coditectFixture } from './fixture.ts';

const fixture = await coditectFixture();
const { admin, call, db, later, licensee } = fixture;
const DAY = 86_400_000;

type Row = Readonly<Record<string, number | string | null>>;

const dayOf = (at: Date) => at.toISOString().slice(0, 10);

async function rowsOf(path: string): Promise<Row[]> {
  const { key } = await admin();
  const { status, body } = await call(key, path);
  expect(status).toBe(200);
  return body['data'] as Row[];
}

test('revenue by day is what subscriptions bring in: the trial nothing, the first payment, a churn; and a month’s sums are those of its days', async () => {
  const ada = await licensee('pro');
  await licensee('starter');
  const first = await databaseTime(db);
  const today = async () => dayOf(await databaseTime(db));
  const report = async (from: string, until: string) =>
    rowsOf(`GET /v1/admin/licenses/analytics?from=${from}&until=${until}&limit=100`);
  const of = async (day: string) => {
    const [row] = await report(day, dayOf(new Date(Date.parse(day) + DAY)));
    return row ?? {};
  };
  expect(await of(dayOf(first))).toMatchObject({
    active_subscriptions: 2,
    trials: 2,
    mrr_minor: 0,
    customers: 0,
    licenses_issued: 2,
    seats: 13,
  });
  await later(14.2);
  const paid = await today();
  expect(await of(paid)).toMatchObject({
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
  const churning = rows.find((row) => row['churned_customers'] === 1);
  expect(churning).toMatchObject({ logo_churn: 0.5, revenue_churn: 0.7734 });

  // What changes from day to day adds up to what changes in a month.
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
