import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { openStores } from './stores.ts';

// The middle of a month: reports are of whole ones.
const app = await openStores(undefined, '2031-01-15T12:00:00Z');
const { apple, play, db, heard, passes } = app;
const { reports } = app.app.modules;

const onIPhone = (appAccountToken: AccountId, more: { trialDays?: number } = {}) =>
  apple.world.buy({ product: 'reel.pro.monthly', appAccountToken, ...more }).id;
const onAndroid = (account: AccountId, more: { trialDays?: number } = {}) => {
  const token = play.world.buy({ productId: 'reel.pro', basePlanId: 'monthly', account, ...more });
  play.world.acknowledge(token);
  return token;
};

/** What an account brings in a year, at an instant: now, or so many days ago. */
async function yearly(accountId: AccountId, daysAgo = 0): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ yearly: number }>(
      `select coalesce(sum(yearly), 0)::float8 as yearly
       from billing.recurring(app.now() - make_interval(days => $2), 'sandbox') where account_id = $1`,
      [accountId, daysAgo],
    ),
  );
  return row?.yearly ?? 0;
}

async function readRevenue(accountId: AccountId) {
  const report = await reports.revenue({
    group: ['kind', 'product'],
    zone: 'UTC',
    accountId,
    from: '2031-01-01',
    until: '2032-01-01',
  });
  return report.page({ limit: 10 });
}

describe('a customer of a store is no churn', () => {
  test('while the plan is kept in billing retry; then they are, and after a renewal the days before count as they did', async () => {
    const { accountId } = await app.customer();
    const id = onIPhone(accountId);
    await passes(1);
    const before = await yearly(accountId);
    expect(before).toBeGreaterThan(0);
    apple.world.setCard(id, 'declined');
    await passes(33);
    expect(await yearly(accountId)).toBe(before);
    await passes(8);
    expect(await yearly(accountId)).toBe(0);
    apple.world.setCard(id, 'good');
    await heard();
    await passes(1);
    expect([await yearly(accountId), await yearly(accountId, 9), await yearly(accountId, 3)]).toEqual([
      before,
      before,
      0,
    ]);
  });

  test('in the grace of Google, or deferred there', async () => {
    const [declined, deferred] = [await app.customer(), await app.customer()];
    const tokens = [declined, deferred].map(({ accountId }) => onAndroid(accountId));
    await passes(1);
    const before = await yearly(deferred.accountId);
    play.world.decline(tokens[0] ?? '');
    play.world.defer(tokens[1] ?? '', 20 * 86_400_000);
    await passes(32);
    for (const { accountId } of [declined, deferred]) expect(await yearly(accountId)).toBe(before);
    await passes(10);
    expect(await yearly(deferred.accountId)).toBe(before);
  });

  test('and one who canceled is, though they buy again', async () => {
    const { accountId } = await app.customer();
    const id = onIPhone(accountId);
    apple.world.cancel(id);
    await passes(33);
    expect(await yearly(accountId)).toBe(0);
    apple.world.subscribeAgain(id, 'reel.pro.monthly');
    await heard();
    await passes(1);
    expect([await yearly(accountId, 2), (await yearly(accountId)) > 0]).toEqual([0, true]);
  });
});

test('a trial of a store is no sale', async () => {
  for (const buy of [onIPhone, onAndroid]) {
    const { accountId } = await app.customer();
    buy(accountId, { trialDays: 7 });
    await passes(1);
    expect(await readRevenue(accountId)).toEqual([]);
    expect(await yearly(accountId)).toBe(0);
    await passes(7);
    expect(await readRevenue(accountId)).toMatchObject([{ kind: 'sale', sales: 1, product: 'reel' }]);
  }
});

test('taxes that a store’s price holds are in neither net nor MRR, and its fee is of the rest', async () => {
  const [phone, other] = [await app.customer(), await app.customer()];
  const id = apple.world.buy({
    product: 'reel.pro.monthly',
    appAccountToken: phone.accountId,
    storefront: 'DEU',
  }).id;
  const price = apple.world.purchase(id).transactions[0]?.price ?? 0;
  const token = onAndroid(other.accountId);
  const [order] = play.world.ordersOf(token);
  if (order !== undefined) Object.assign(order, { taxMicros: Math.round(order.totalMicros / 6) });
  await passes(1);
  const net = Math.round((price / 10) * (100 / 119));
  expect(await readRevenue(phone.accountId)).toMatchObject([
    { gross_minor: price / 10, tax_minor: price / 10 - net, fee_minor: Math.round(net * 0.3) },
  ]);
  expect(await yearly(phone.accountId)).toBe(net * 12);
  const [google] = await readRevenue(other.accountId);
  expect(await yearly(other.accountId)).toBe(((google?.gross_minor ?? 0) - (google?.tax_minor ?? 0)) * 12);
  expect(google?.tax_minor).toBeGreaterThan(0);
});

test.each([
  [59, 0.15],
  [61, 0.3],
])('who was away for %i days after a year pays %d of it to Apple', async (days, share) => {
  const { accountId } = await app.customer();
  const { id } = apple.world.buy({ product: 'reel.pro.yearly', appAccountToken: accountId });
  apple.world.cancel(id);
  await passes(365 + days);
  apple.world.subscribeAgain(id, 'reel.pro.yearly');
  await heard();
  const charges = await db.asMigrator(
    statement<{ share: number }>(
      `select round(fee::numeric / amount, 2)::float8 as share from billing.payments where account_id = $1 order by occurred_at`,
      [accountId],
    ),
  );
  expect(charges).toEqual([{ share: 0.3 }, { share }]);
});
