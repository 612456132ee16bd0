import { syncStripe, createStripeClient } from '#platform/billing';
import { statement } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import { createStripeSandbox } from '#sandbox/stripe';
import { products } from '#products';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../services/index.ts';

const { db } = await testDatabase();
const sandbox = await createStripeSandbox({ driven: true });
const client = createStripeClient({ url: sandbox.url, secretKey: sandbox.secretKey, mode: 'sandbox' });
const stripe = await client.loaded();
const catalogues = products.map(({ catalogue }) => catalogue);
const BASE = 'https://api.example.com';
afterAll(async () => {
  client.close();
  await sandbox.close();
});

const sync = (sold: readonly Catalogue[] = catalogues, baseUrl?: string) =>
  syncStripe({ db, client, catalogues: sold, baseUrl });
const written = () => sandbox.calls().filter(({ method }) => method !== 'GET').length;
const prices = async () => (await stripe.prices.list({ limit: 100, active: true })).data;

/** What is sold, with Reel's pro at another price. */
const dearer = (monthly: number): Catalogue[] =>
  catalogues.map((catalogue) => {
    const { pro } = catalogue.plans;
    if (catalogue.product !== 'reel' || pro === undefined) return catalogue;
    return { ...catalogue, plans: { ...catalogue.plans, pro: { ...pro, price: { ...pro.price, monthly } } } };
  });

describe('what is sold', () => {
  test('is known to Stripe after it was told, by two at once and again, once', async () => {
    await Promise.all([sync(), sync()]);
    const first = await prices();
    const keys = first.map(({ lookup_key: key }) => key);
    expect(keys).toContain('plinth:reel.pro:monthly');
    expect(keys).toContain('plinth:reel.pro_boost:once');
    expect(keys).toContain('plinth:gateway.scale:yearly');
    expect(new Set(keys).size).toBe(keys.length);
    const before = written();
    const { prices: kept } = await sync();
    expect(kept.every(({ was }) => was === 'kept')).toBe(true);
    // The portal is told what it is each time, which changes nothing.
    expect(written() - before).toBe(1);
    expect(await prices()).toEqual(first);
  });

  test('at another price is another price, and whoever has the former keeps it', async () => {
    const [former] = (await prices()).filter(({ lookup_key: key }) => key === 'plinth:reel.pro:monthly');
    const { prices: synced } = await sync(dearer(4_995));
    expect(synced.filter(({ was }) => was === 'replaced').map(({ lookupKey }) => lookupKey)).toEqual([
      'plinth:reel.pro:monthly',
    ]);
    expect(await stripe.prices.retrieve(former?.id ?? '')).toMatchObject({
      active: false,
      lookup_key: null,
      unit_amount: 3_995,
    });
    const back = await sync();
    expect(back.prices.find(({ was }) => was === 'replaced')?.price).not.toBe(former?.id);
    const [row] = await db.asMigrator(
      statement<{ price: string }>(
        `select price from billing.prices where product = 'reel' and plan = 'pro'`,
      ),
    );
    expect(await stripe.prices.retrieve(row?.price ?? '')).toMatchObject({
      active: true,
      unit_amount: 3_995,
    });
  });
});

test('messages are sent here by one endpoint, of which what is wrong is put right', async () => {
  await sync(catalogues, BASE);
  const { data } = await stripe.webhookEndpoints.list();
  expect(data).toMatchObject([{ url: `${BASE}/v1/webhooks/stripe`, status: 'enabled' }]);
  await stripe.webhookEndpoints.update(data[0]?.id ?? '', {
    disabled: true,
    enabled_events: ['charge.failed'],
  });
  expect(await sync(catalogues, BASE)).toMatchObject({ endpoint: { was: 'changed', secret: undefined } });
  const [after] = (await stripe.webhookEndpoints.list()).data;
  expect(after?.status).toBe('enabled');
  expect(after?.enabled_events).toContain('customer.subscription.updated');
});
