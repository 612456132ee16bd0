import { expect, test } from 'vitest';
import { openSellingApp } from './fixture.ts';

test('taxes that Stripe adds are asked for on the page, and stand on the invoice', async () => {
  const { call, customer, order, buy, sandbox, stripe } = await openSellingApp({
    settings: { STRIPE_TAX: 'automatic' },
  });
  const ada = await customer();
  const { body } = await order(ada, { product: 'reel', plan: 'basic' });
  const [, id = ''] = /\/c\/pay\/(\w+)/.exec(String(body['checkout_url'])) ?? [];
  const session = await stripe.checkout.sessions.retrieve(id);
  expect(session).toMatchObject({ automatic_tax: { enabled: true }, tax_id_collection: { enabled: true } });
  await buy(ada, { product: 'reel', plan: 'basic' });
  const { body: invoices } = await call(ada.key, 'GET /v1/billing/invoices');
  const [invoice] = invoices['data'] as [Readonly<Record<string, number>>];
  const tax = Math.round(595 * (sandbox.world.settings.taxPercent / 100));
  expect(tax).toBeGreaterThan(0);
  expect(invoice).toMatchObject({ state: 'paid', subtotal: 595, tax, total: 595 + tax });
});

test('a plan that is paid by invoice is sold once Stripe knows where its customer is', async () => {
  const { admin, call, customer, stripe } = await openSellingApp({ settings: { STRIPE_TAX: 'automatic' } });
  const [operator, ada] = [await admin(), await customer()];
  const sell = (key: string) =>
    call(operator.key, 'POST /v1/admin/billing/invoiced-subscriptions', {
      body: { account_id: ada.accountId, product: 'reel', plan: 'basic', days_until_due: 30 },
      headers: { 'idempotency-key': key },
    });
  expect(await sell('first')).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
  const [payer] = (await stripe.customers.list()).data;
  const address = { line1: 'Unter den Linden 1', city: 'Berlin', postal_code: '10117', country: 'DE' };
  await stripe.customers.update(payer?.id ?? '', { address });
  expect((await sell('second')).status).toBe(200);
  const [invoice] = (await stripe.invoices.list()).data;
  expect(invoice?.total).toBeGreaterThan(595);
});
