import { statement } from '#platform/db';
import { expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';
import { openSalesFixture } from './sales-fixture.ts';

const app = await testApp({ work: false });
const till = openSalesFixture(app.db);
const admin = await app.admin();
const [ada, bob, eve] = [await app.customer(), await app.customer(), await app.customer()];
const DAY = 86_400_000;
const ago = (days: number) => new Date(Date.now() - days * DAY).toISOString();
const month = { from: ago(10), until: ago(-20), product: 'reel', plan: 'pro' };

const sold = await till.sell({
  accountId: ada.accountId,
  at: ago(10),
  subscription: 'sub_ada',
  fee: 88,
  lines: [{ ...month, amount: 1_995, tax: 100 }],
});
await till.sell({
  accountId: ada.accountId,
  at: ago(40),
  lines: [{ ...month, from: ago(40), until: ago(10), amount: 5_000 }],
});
await till.sell({
  accountId: bob.accountId,
  at: ago(2),
  currency: 'eur',
  subscription: 'sub_bob',
  lines: [{ ...month, cycle: 'yearly', amount: 24_000, from: ago(2), until: ago(-363) }],
});
await till.refund(ada.accountId, sold.charge, { amount: 500, at: ago(1) });
await app.db.asMigrator(
  statement(
    `insert into reports.usage_cells (account_id, slot, user_id, plan, product, feature, key_id, provider, model, own, calls, estimated_calls,
       prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, posted, estimated, corrections, charged)
     select $1, date_bin('15 minutes', app.now() - interval '1 day', 'epoch'), $2, 'reel.pro', 'reel', 'generation', null, 'sandbox', 'm', false, 7, 0, 1, 0, 1, 0, 3120000, 0, 0, 0`,
    [ada.accountId, ada.userId],
  ),
);

const read = async (query: string) =>
  (await app.call(admin.key, `GET /v1/admin/customers?${query}`)).body as {
    readonly data: readonly { readonly account_id: string; readonly money: unknown }[];
    readonly next_cursor: string | null;
  };
const of = async ({ accountId }: { readonly accountId: string }) => (await read(`q=${accountId}`)).data[0];

test('a customer is shown with what it paid in 30 days, its MRR, what it cost and what is left', async () => {
  expect(await of(ada)).toMatchObject({
    calls: 7,
    cost_micros: 3_120_000,
    money: [
      {
        currency: 'usd',
        paid_minor: 1_595,
        net_minor: 1_431,
        mrr_minor: 1_995,
        cost_minor: 312,
        margin_minor: 1_119,
      },
    ],
  });
  expect(await of(bob)).toMatchObject({
    money: [{ currency: 'eur', paid_minor: 24_000, mrr_minor: 2_000, cost_minor: 0, margin_minor: 24_000 }],
  });
  expect(await of(eve)).toMatchObject({ money: [] });
});

test('all customers are listed in each order, page by page, each once', async () => {
  const [a, b, e] = [ada.accountId, bob.accountId, eve.accountId];
  const first = { calls: a, cost: a, paid: b, mrr: b };
  for (const sort of ['newest', 'name', 'calls', 'cost', 'paid', 'mrr', 'denied', 'last_call']) {
    const seen: string[] = [];
    let cursor = '';
    do {
      const { data, next_cursor: next } = await read(`sort=${sort}&limit=1${cursor}`);
      seen.push(...data.map(({ account_id: id }) => id));
      cursor = next === null ? '' : `&cursor=${next}`;
    } while (cursor !== '');
    expect(new Set(seen).size, sort).toBe(seen.length);
    expect(seen, sort).toEqual(expect.arrayContaining([a, b, e, admin.accountId]));
    if (Object.hasOwn(first, sort)) expect(seen[0], sort).toBe(first[sort as keyof typeof first]);
  }
});

test('a cursor of another order is refused, and so is one that somebody made', async () => {
  const { next_cursor: cursor } = await read('sort=name&limit=1');
  const made = Buffer.from(JSON.stringify(['cost', '1 or true', ada.accountId])).toString('base64url');
  for (const query of [`sort=cost&cursor=${cursor}`, `sort=cost&cursor=${made}`])
    expect((await app.call(admin.key, `GET /v1/admin/customers?${query}`)).status).toBe(400);
});

test('an account is found by what a payment provider calls its payment, and opened with where that is refunded', async () => {
  const payment = sold.charge.replace('ch_', 'pi_');
  for (const id of [sold.charge, payment])
    expect((await read(`q=${id}`)).data).toMatchObject([{ account_id: ada.accountId, found_by: 'store' }]);
  const { body } = await app.call(admin.key, `GET /v1/admin/customers/${ada.accountId}`);
  expect(body['payments']).toMatchObject([
    {
      payment,
      amount_minor: 2_095,
      refunded_minor: 500,
      dashboard_url: `https://dashboard.stripe.com/payments/${payment}`,
    },
    { amount_minor: 5_000, refunded_minor: 0 },
  ]);
  expect(body['people']).toEqual([
    { user_id: ada.userId, email: ada.email, role: 'owner', status: 'active', second_factor: false },
  ]);
});

test('only accounts of a state are listed, where that is asked for', async () => {
  await app.call(admin.key, `POST /v1/admin/accounts/${eve.accountId}/suspend`);
  expect((await read('status=suspended')).data).toMatchObject([{ account_id: eve.accountId }]);
  expect((await read(`status=active&q=${eve.accountId}`)).data).toEqual([]);
});

const failing = async () => (await read('payment=failing')).data.map(({ account_id: id }) => id);

test('accounts whose payment fails are found, and a subscription that is over fails no more', async () => {
  expect(await failing()).toEqual([]);
  await till.subscription(bob.accountId, 'sub_failing', {});
  await till.subscription(eve.accountId, 'sub_over', { endedAt: ago(1) });
  expect(await failing()).toEqual([bob.accountId]);
});
