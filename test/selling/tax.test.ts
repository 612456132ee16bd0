import { expect, test } from 'vitest';
import { openCounter } from './fixture.ts';

test('taxes that Stripe adds are asked for on the page, and stand on the invoice', async () => {
  const { call, customer, order, buy, sandbox, stripe } = await openCounter({
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
