import { Stripe } from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#platform/kernel';
import { createStripeSandbox } from '#sandbox/stripe';
import '../../errors.ts';
import type { ObjectKind, ObjectRef } from '../../facts.ts';
import type { ReadContext } from '../../payment-provider.ts';
import { createStripeClient } from './client.ts';
import { createStripeProvider } from './provider.ts';

const sandbox = await createStripeSandbox({ driven: true });
const client = createStripeClient({ ...sandbox, mode: 'sandbox' });
const store = createStripeProvider({ link: { client, webhookSecrets: () => [] }, clock: systemClock });
afterAll(async () => {
  client.close();
  await sandbox.close();
});

let tokens = 0;
const peace: number[] = [];
const reading: ReadContext = {
  signal: new AbortController().signal,
  takeToken: async () => void (tokens += 1),
  holdBack: async (seconds) => void peace.push(seconds),
};
beforeEach(() => {
  tokens = 0;
  peace.length = 0;
});

const ACCOUNT = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a11';
const found: Partial<Record<ObjectKind, ObjectRef>> = {};
const of = (kind: ObjectKind): ObjectRef => found[kind] ?? { kind, id: 'none' };

/** A customer subscribes with a card that is disputed, and gets something back. */
beforeAll(async () => {
  const stripe = new Stripe(sandbox.secretKey, addressOf(sandbox.url));
  const customer = await stripe.customers.create({ metadata: { plinth_account: ACCOUNT } });
  await stripe.products.create({ id: 'plinth_reel_pro', name: 'Reel Pro' });
  const price = await stripe.prices.create({
    product: 'plinth_reel_pro',
    currency: 'usd',
    unit_amount: 3_995,
    recurring: { interval: 'month' },
  });
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    default_payment_method: method.id,
    expand: ['latest_invoice.payments'],
  });
  const { latest_invoice: invoice } = subscription;
  if (typeof invoice === 'string' || invoice === null) throw new Error('there is no invoice');
  const intent = invoice.payments?.data[0]?.payment.payment_intent;
  if (typeof intent !== 'string') throw new Error('there is no payment');
  await stripe.refunds.create({ payment_intent: intent, amount: 100 });
  const session = await stripe.checkout.sessions.create({
    mode: 'subscription',
    customer: customer.id,
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: 'https://example.com/',
  });
  const ids = {
    customer: customer.id,
    subscription: subscription.id,
    invoice: invoice.id,
    payment: intent,
    checkout: session.id,
  };
  for (const [kind, id] of Object.entries(ids)) found[kind as ObjectKind] = { kind: kind as ObjectKind, id };
});

function addressOf(url: string) {
  const { hostname, port } = new URL(url);
  return { host: hostname, port, protocol: 'http' } as const;
}

/** Facts of an object now, as it is fetched. */
async function facts(kind: ObjectKind) {
  return store.read(of(kind), await store.fetch(of(kind), reading));
}

describe('an object of Stripe', () => {
  test('says whose it is and what was sold, each read in its turn', async () => {
    expect(await facts('customer')).toMatchObject({ customer: of('customer').id, claims: ACCOUNT });
    expect(tokens).toBe(1);
    const { subscription, also } = await facts('subscription');
    expect(subscription).toMatchObject({ product: 'reel', plan: 'pro', cycle: 'monthly', state: 'active' });
    expect(also).toContainEqual(of('invoice'));
    expect((await facts('checkout')).checkout).toMatchObject({ state: 'open' });
  });

  test('is read with all that belongs to it', async () => {
    const { invoice, also } = await facts('invoice');
    expect(invoice).toMatchObject({ state: 'paid', total: 3_995, lines: [{ product: 'reel', plan: 'pro' }] });
    expect(also).toContainEqual(of('payment'));
    const { payment } = await facts('payment');
    expect(payment).toMatchObject({
      invoice: of('invoice').id,
      charges: [{ state: 'succeeded', amount: 3_995 }],
      refunds: [{ amount: 100 }],
      disputes: [],
    });
    expect(payment?.charges[0]?.fee).toBeGreaterThan(0);
  });

  test('that does not exist is nothing', async () => {
    for (const kind of ['customer', 'subscription', 'invoice', 'payment', 'checkout'] as const)
      expect(await store.fetch({ kind, id: 'none' }, reading)).toBeNull();
  });
});

describe('Stripe', () => {
  test('lists what it told, and everything it has', async () => {
    const told = await whole(store.eventsSince(new Date(0), reading));
    const about = told.map((event) => event.about);
    for (const kind of ['customer', 'subscription', 'invoice', 'payment'] as const)
      expect(about).toContainEqual(of(kind));
    const all = await whole(store.allObjects(reading));
    expect(all.toSorted(byKind)).toEqual(Object.values(found).toSorted(byKind));
  });

  test('that asks for fewer requests gets them', async () => {
    sandbox.faults.at('GET /v1/customers', { kind: 'status', status: 429 });
    await expect(store.fetch(of('customer'), reading)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(peace).toEqual([1]);
  });

  test('that is away is asked again later, and that refuses our key is not', async () => {
    const nowhere = createStripeClient({
      secretKey: 'sk_test_x',
      url: 'http://127.0.0.1:9',
      mode: 'sandbox',
    });
    const link = { client: nowhere, webhookSecrets: () => [] };
    const away = createStripeProvider({ link, clock: systemClock });
    await expect(away.fetch(of('customer'), reading)).rejects.toMatchObject({ code: 'store_unavailable' });
    const stranger = createStripeClient({ ...sandbox, secretKey: 'sk_test_other', mode: 'sandbox' });
    const refused = createStripeProvider({
      link: { client: stranger, webhookSecrets: () => [] },
      clock: systemClock,
    });
    await expect(refused.fetch(of('customer'), reading)).rejects.toMatchObject({ code: 'store_refused' });
  });
});

async function whole<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

const byKind = (a: ObjectRef, b: ObjectRef) => (a.kind < b.kind ? -1 : 1);
