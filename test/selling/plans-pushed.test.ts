import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { openSellingApp } from './fixture.ts';

const plans = (price: string, size = 100) => `
products:
  notes:
    limits: { summaries: quota per month }
    features: { summarize: { consumes: summaries } }
    plans:
      free: { price: free, grants: { summaries: 2 } }
      pro: { price: ${price}, grants: { summaries: ${size} } }
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

test('plans whose prices Stripe does not make are not in effect', async () => {
  const { body: before } = await app.call(admin, 'GET /v1/admin/plans');
  app.sandbox.faults.at('POST /v1/prices', { kind: 'status', status: 400 });
  expect((await push(plans('19.99'))).status).toBeGreaterThanOrEqual(400);
  app.sandbox.faults.clear();
  expect((await app.call(admin, 'GET /v1/admin/plans')).body).toEqual(before);
});
