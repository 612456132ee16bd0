import { syncStripe, createStripeClient } from '#platform/billing';
import { statement } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import { createStripeSandbox } from '#sandbox/stripe';
import { usd } from '#platform/kernel';
import { products } from '#products';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const sandbox = await createStripeSandbox({ driven: true });
const client = createStripeClient({ url: sandbox.url, secretKey: sandbox.secretKey, mode: 'sandbox' });
const stripe = await client.load();
const catalogues = products.map(({ catalogue }) => catalogue);
const BASE = 'https://api.example.com';
afterAll(async () => {
  client.close();
  await sandbox.close();
});

const EXCLUSIVE = { behavior: 'exclusive', code: 'txcd_10103001' } as const;
const sync = (sold: readonly Catalogue[] = catalogues, baseUrl?: string) =>
  syncStripe({ db, client, catalogues: sold, tax: EXCLUSIVE, baseUrl });
const countWrites = () => sandbox.calls().filter(({ method }) => method !== 'GET').length;
const prices = async () => (await stripe.prices.list({ limit: 100, active: true })).data;

/** What is sold, with Reel's pro at another price. */
const withPrice = (monthly: number): Catalogue[] =>
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
    const before = countWrites();
    const { prices: kept } = await sync();
    expect(kept.every(({ was }) => was === 'kept')).toBe(true);
    // The portal is told what it is each time, which changes nothing.
    expect(countWrites() - before).toBe(1);
    expect(await prices()).toEqual(first);
  });

  test('has a price of its own in each currency, and whether it includes taxes', async () => {
    const found = await prices();
    const findPrice = (key: string) => found.find(({ lookup_key }) => lookup_key === key);
    expect(findPrice('plinth:gateway.scale:yearly')).toMatchObject({ currency: 'usd', unit_amount: 49_000 });
    // An account pays in one currency: what it pays in for one product buys each other.
    const soldIn = (all: typeof found) => new Set(all.map(({ lookup_key: key }) => key?.split(/[:.]/)[1]));
    expect(soldIn(found.filter(({ currency }) => currency === 'usd'))).toEqual(soldIn(found));
    const inEuros = findPrice('plinth:gateway.scale:yearly:eur');
    expect(inEuros).toMatchObject({ currency: 'eur', unit_amount: 45_000, tax_behavior: 'exclusive' });
    expect(Number(findPrice('plinth:gateway.scale:yearly:eur:calls')?.unit_amount_decimal)).toBe(0.055);
    expect(await stripe.products.retrieve('plinth_gateway_scale')).toMatchObject({
      tax_code: 'txcd_10103001',
    });
    const { prices: synced } = await syncStripe({
      db,
      client,
      catalogues,
      tax: { behavior: 'inclusive', code: 'txcd_10103000' },
      baseUrl: undefined,
    });
    // Said once, Stripe changes it never: another price takes its place.
    expect(synced.every(({ was }) => was === 'replaced')).toBe(true);
    expect(await stripe.products.retrieve('plinth_gateway_scale')).toMatchObject({
      tax_code: 'txcd_10103000',
    });
    await sync();
  });

  test('that says nothing of taxes yet is told, and stays the price that it is', async () => {
    await sync();
    const [price] = (await prices()).filter(({ lookup_key: key }) => key === 'plinth:reel.pro:monthly');
    const { id } = await stripe.prices.create({
      product: 'plinth_reel_pro',
      currency: 'usd',
      unit_amount: price?.unit_amount ?? 0,
      recurring: { interval: 'month' },
      lookup_key: 'plinth:reel.pro:monthly',
      transfer_lookup_key: true,
    });
    const { prices: synced } = await sync();
    expect(synced.find(({ lookupKey }) => lookupKey === 'plinth:reel.pro:monthly')).toMatchObject({
      price: id,
      was: 'kept',
    });
    expect(await stripe.prices.retrieve(id)).toMatchObject({ tax_behavior: 'exclusive' });
  });

  test('at another price is a new price, and subscribers keep the former', async () => {
    const [former] = (await prices()).filter(({ lookup_key: key }) => key === 'plinth:reel.pro:monthly');
    const { prices: synced } = await sync(withPrice(4_995));
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

test('is found under a name in any script, and in place of what its product was sold at', async () => {
  const [reel] = catalogues.filter(({ product }) => product === 'reel');
  const { pro } = reel?.plans ?? {};
  if (reel === undefined || pro === undefined) throw new Error('a plan is missing');
  const withJapaneseName = (monthly: number): Catalogue[] => [
    {
      ...reel,
      product: 'shop',
      plans: { pro: { ...pro, name: 'プロ', price: { currency: 'usd', monthly } } },
      addOns: {},
    },
  ];
  await sync(withJapaneseName(3_995));
  expect(await stripe.products.retrieve('plinth_shop_pro')).toMatchObject({ name: 'Reel プロ' });
  const [former] = (await prices()).filter(({ lookup_key: key }) => key === 'plinth:shop.pro:monthly');
  await stripe.products.update('plinth_shop_pro', { default_price: former?.id ?? '' });
  const { prices: synced } = await sync(withJapaneseName(4_995));
  expect(synced.map(({ was }) => was)).toEqual(['replaced']);
  expect(await stripe.prices.retrieve(former?.id ?? '')).toMatchObject({ active: false });
  expect(await stripe.products.retrieve('plinth_shop_pro')).toMatchObject({
    default_price: synced[0]?.price,
  });
});

test('without decimals, or with three, is what it says', async () => {
  const gateway = catalogues.filter(({ product }) => product === 'gateway');
  const withCurrency = (currency: string, monthly: number): Catalogue[] =>
    gateway.map((catalogue) => {
      const { developer, scale } = catalogue.plans;
      if (developer === undefined || scale === undefined) throw new Error('a plan is missing');
      const { overage = [] } = scale;
      const free = { ...developer, price: { currency, monthly: 0 } };
      return {
        ...catalogue,
        product: currency,
        plans: {
          developer: free,
          scale: {
            ...scale,
            price: { currency, monthly },
            overage: overage.map(({ limit }) => ({ limit, micros: usd('0.09') })),
          },
        },
      };
    });
  await sync([...withCurrency('jpy', 7_000), ...withCurrency('kwd', 15_990)]);
  const found = await prices();
  const findPrice = (key: string) => found.find(({ lookup_key }) => lookup_key === key);
  expect(findPrice('plinth:jpy.scale:monthly')).toMatchObject({ currency: 'jpy', unit_amount: 7_000 });
  expect(Number(findPrice('plinth:jpy.scale:monthly:calls')?.unit_amount_decimal)).toBe(0.09);
  expect(findPrice('plinth:kwd.scale:monthly')).toMatchObject({ currency: 'kwd', unit_amount: 15_990 });
  expect(Number(findPrice('plinth:kwd.scale:monthly:calls')?.unit_amount_decimal)).toBe(90);
});

test('an endpoint sends messages here, another those of connected accounts, and sync corrects both', async () => {
  await sync(catalogues, BASE);
  const { data } = await stripe.webhookEndpoints.list();
  const { apiVersion } = sandbox.world.settings;
  const url = `${BASE}/v1/webhooks/stripe`;
  const is = { url, status: 'enabled', api_version: apiVersion };
  const kinds = [{ application: expect.any(String) as string }, { application: null }];
  expect(data).toMatchObject(kinds.map((kind) => ({ ...is, ...kind })));
  for (const { id } of data)
    await stripe.webhookEndpoints.update(id, { disabled: true, enabled_events: ['charge.failed'] });
  const changed = { was: 'changed', secret: undefined };
  expect(await sync(catalogues, BASE)).toMatchObject({ endpoint: changed, connectEndpoint: changed });
  const after = (await stripe.webhookEndpoints.list()).data;
  expect(after).toMatchObject(kinds.map((kind) => ({ ...is, ...kind })));
  expect(after[0]?.enabled_events).toContain('account.updated');
  expect(after[1]?.enabled_events).toContain('customer.subscription.updated');
});

test('where Connect is not set up at Stripe, all else is synced', async () => {
  const elsewhere = 'https://other.example.com';
  sandbox.faults.at('POST /v1/webhook_endpoints', { kind: 'hold' }, { kind: 'status', status: 400 });
  const synced = sync(catalogues, elsewhere);
  await sandbox.faults.untilHeld(1);
  sandbox.faults.held()[0]?.release();
  expect(await synced).toMatchObject({ endpoint: { was: 'made' }, connectEndpoint: { was: 'refused' } });
});
