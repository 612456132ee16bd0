import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import type { Customer } from '@plinth/testkit/services/app';
import { changesPlan } from './agreed.ts';
import { openSellingApp } from './fixture.ts';

const plans = (price: string, size = 100, past = '0.01') => `
products:
  notes:
    limits: { summaries: quota per month }
    features: { summarize: { consumes: summaries } }
    plans:
      free: { price: free, grants: { summaries: 2 } }
      pro: { price: ${price}, grants: { summaries: ${size} } }
      team: { price: 1${price}, grants: { summaries: ${size} }, per_seat: [summaries], overage: { summaries: ${past} } }
    default_plan: free
`;
const file = join(temporaryFolder(), 'plinth.plans.yaml');
writeFileSync(file, plans('4.99'));
const app = await openSellingApp({ settings: { PLANS_FILE: file } });
const { key: admin } = await app.admin();
const push = (document: string) => app.call(admin, 'PUT /v1/admin/plans', { body: { document } });
const order = { product: 'notes', plan: 'pro', cycle: 'monthly' };

/** Amounts that the subscriptions of customers are paid by, the first one first. */
async function amounts(): Promise<(number | null | undefined)[]> {
  const { data } = await app.stripe.subscriptions.list({ limit: 10 });
  return data.toSorted((a, b) => a.created - b.created).map(({ items }) => items.data[0]?.price.unit_amount);
}

test('a pushed price is that of new customers at once, and who bought at the former one keeps it, also when it renews', async () => {
  const first = await app.customer();
  await app.buy(first, order);
  expect((await push(plans('9.99', 50))).status).toBe(200);
  app.sandbox.advance(1);
  const second = await app.customer();
  await app.buy(second, order);
  expect(await amounts()).toEqual([499, 999]);
  await app.later(32);
  expect(await amounts()).toEqual([499, 999]);
  expect([await app.plan(first, 'notes'), await app.plan(second, 'notes')]).toEqual([
    'notes.pro',
    'notes.pro',
  ]);
  const { data } = await app.stripe.invoices.list({ limit: 10 });
  expect(data.map(({ amount_paid }) => amount_paid).toSorted((a, b) => a - b)).toEqual([499, 499, 999, 999]);
  const { body: sold } = await app.call(admin, 'GET /v1/admin/plans/sold');
  expect(sold['versions']).toMatchObject([
    { version: 1, accounts: 1, is_sold: false, recurring: [{ currency: 'usd', mrr_minor: 499 }] },
    { version: 2, accounts: 1, is_sold: true, recurring: [{ currency: 'usd', mrr_minor: 999 }] },
  ]);
});

test('a seat, and units past a limit, cost a customer the same after a push, until they take another plan', async () => {
  expect((await push(plans('4.99'))).status).toBe(200);
  const ada = await app.customer();
  await app.buy(ada, { ...order, plan: 'team', quantity: 2 });
  expect((await push(plans('9.99', 200, '0.03'))).status).toBe(200);
  const { body } = await changesPlan(app.call, ada, { product: 'notes', quantity: 3 });
  expect(body).toMatchObject({ subscription: { quantity: 3, price: { unit_amount: 1_499 } } });
  expect((await changesPlan(app.call, ada, { product: 'notes', quantity: 1 })).body).toMatchObject({
    subscription: { quantity: 3, next: { quantity: 1 } },
  });
  await app.later(32);
  const present = await app.read(ada, 'notes');
  expect(present).toMatchObject({ quantity: 1, price: { unit_amount: 1_499 } });
  expect(await pastOf(ada)).toEqual([{ included: 100, unit_micros: 10_000 }]);
  await changesPlan(app.call, ada, { product: 'notes', plan: 'pro', when: 'now' });
  await changesPlan(app.call, ada, { product: 'notes', plan: 'team', when: 'now' });
  await app.drainEvents();
  expect(await app.read(ada, 'notes')).toMatchObject({ price: { unit_amount: 1_999 } });
  expect(await pastOf(ada)).toEqual([{ included: 200, unit_micros: 30_000 }]);
});

test('a customer who is moved to terms that sell units past a limit is not told a price that their subscription does not bill', async () => {
  const none = plans('4.99').replace(/, overage: .*}/, ' }');
  expect((await push(none)).status).toBe(200);
  const eve = await app.customer();
  await app.buy(eve, { ...order, plan: 'team' });
  expect((await push(plans('4.99', 300))).status).toBe(200);
  const body = { plan: 'notes.team', at: 'now', notice_days: 0 };
  expect((await app.call(admin, 'POST /v1/admin/plans/moves', { body })).status).toBe(201);
  await app.later(0.1);
  await app.app.modules.services.plans.moves.run();
  const { body: held } = await app.call(eve.key, 'GET /v1/billing/entitlements');
  expect(held['data']).toContainEqual(
    expect.objectContaining({ plan: 'notes.team', grants: { summaries: 300 } }),
  );
  expect(await pastOf(eve)).toEqual([]);
});

/** Units past limits, as the customer is shown them. */
async function pastOf({ key }: Customer): Promise<unknown[]> {
  const { body } = await app.call(key, 'GET /v1/billing/overage');
  const all = body['data'] as { included: number; unit_micros: number }[];
  return all.map(({ included, unit_micros }) => ({ included, unit_micros }));
}

test('a plan that is sold no more keeps its customers, who change their seats and take back what they arranged', async () => {
  expect((await push(plans('4.99'))).status).toBe(200);
  const ada = await app.customer();
  await app.buy(ada, { ...order, plan: 'team', quantity: 2 });
  const hidden = plans('9.99').replace('team: {', 'team: { hidden: true,');
  expect((await push(hidden)).status).toBe(200);
  const changes = (body: object) => changesPlan(app.call, ada, { product: 'notes', ...body });
  expect((await changes({ quantity: 3 })).body).toMatchObject({
    subscription: { plan: 'notes.team', quantity: 3, price: { unit_amount: 1_499 } },
  });
  expect((await changes({ quantity: 1 })).body).toMatchObject({ subscription: { next: { quantity: 1 } } });
  expect((await changes({ plan: 'team', quantity: 3, when: 'period_end' })).body).toMatchObject({
    subscription: { quantity: 3, next: null },
  });
  await app.later(32);
  expect(await app.read(ada, 'notes')).toMatchObject({ quantity: 3, price: { unit_amount: 1_499 } });
  expect((await changes({ cycle: 'yearly' })).status).toBe(400);
  expect((await changes({ plan: 'pro', when: 'now' })).status).toBe(200);
  expect((await changes({ plan: 'team', quantity: 3 })).body).toMatchObject({
    error: { code: 'validation_failed', details: { issues: [{ path: 'body.plan' }] } },
  });
});

test('plans whose prices Stripe does not make are not in effect', async () => {
  const { body: before } = await app.call(admin, 'GET /v1/admin/plans');
  app.sandbox.faults.at('POST /v1/prices', { kind: 'status', status: 400 });
  expect((await push(plans('19.99'))).status).toBeGreaterThanOrEqual(400);
  app.sandbox.faults.clear();
  expect((await app.call(admin, 'GET /v1/admin/plans')).body).toEqual(before);
});
