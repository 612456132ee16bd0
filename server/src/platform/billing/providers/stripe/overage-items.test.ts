import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createStripeSandbox } from '#sandbox/stripe';
import '../../errors.ts';
import { agreedNow } from './assumptions/stage.ts';
import { createStripeEnder, followUp } from './ender.ts';
import { createStripeClient } from './client.ts';
import { productIdOf } from './product-ids.ts';
import { periodEnd, readSubscription } from './subscription-reads.ts';
import { cancel, changeLater, changeNow, presentPrice, resume } from './subscription-changes.ts';
import type { Change } from './wanted-change.ts';

// Changes between plans that are charged past their limits, and those that are not, by a card that its bank asks about.

const DAY = 86_400;
const sandbox = await createStripeSandbox({ driven: true });
const client = createStripeClient({ ...sandbox, mode: 'sandbox' });
const stripe = await client.load();
afterAll(async () => {
  client.close();
  await sandbox.close();
});

type Plan = 'small' | 'large' | 'flat';
const AMOUNTS = { small: 1_000, large: 2_000, flat: 3_000 };
const PRICES = new Map<string, string>();
let meter = '';

/** `:former`: units were billed by the year. */
async function priceOf(key: string, product: string, name: string): Promise<void> {
  const [, interval = 'month', units] = key.split(':');
  const isMetered = units !== undefined;
  const isByYear = interval === 'yearly' && units !== 'calls';
  const recurring = { interval: isByYear ? 'year' : 'month' } as const;
  const amount = AMOUNTS[(key.split(':')[0] ?? 'small') as Plan] * (interval === 'yearly' ? 10 : 1);
  const { id } = await stripe.prices.create({
    product,
    currency: 'usd',
    lookup_key: `plinth:gateway.${key}`,
    unit_amount: isMetered ? 1 : amount,
    nickname: name,
    recurring: isMetered ? { ...recurring, usage_type: 'metered', meter } : recurring,
  });
  PRICES.set(key, id);
}

beforeAll(async () => {
  const aggregation = { default_aggregation: { formula: 'sum' } } as const;
  meter = (await stripe.billing.meters.create({ display_name: 'calls', event_name: 'calls', ...aggregation }))
    .id;
  const overage = productIdOf({ product: 'gateway', overage: 'calls' });
  await stripe.products.create({ id: overage, name: 'calls' });
  for (const plan of ['small', 'large', 'flat'] as const) {
    const product = productIdOf({ product: 'gateway', plan });
    await stripe.products.create({ id: product, name: plan });
    for (const cycle of ['monthly', 'yearly']) {
      await priceOf(`${plan}:${cycle}`, product, plan);
      if (plan !== 'flat') await priceOf(`${plan}:${cycle}:calls`, overage, plan);
    }
    if (plan === 'small') await priceOf('small:yearly:former', overage, plan);
  }
});

const priceIdOf = (key: string): string => PRICES.get(key) ?? '';

const to = (plan: Plan, cycle: 'monthly' | 'yearly' = 'monthly'): Change => ({
  of: { product: 'gateway', plan, cycle },
  price: priceIdOf(`${plan}:${cycle}`),
  when: 'now',
  quantity: 1,
  metered: plan === 'flat' ? [] : [{ limit: 'calls', price: priceIdOf(`${plan}:${cycle}:calls`) }],
  dearer: true,
  keepsTrial: false,
  promotion: undefined,
  proratedAt: undefined,
});

/** A customer whose bank asks about each payment from now on, fourteen days into their month. */
async function subscribe(
  ...keys: readonly string[]
): Promise<{ readonly id: string; readonly customer: string }> {
  const customer = (await stripe.customers.create({})).id;
  const { id: method } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
  const sold = keys.length === 0 ? ['small:monthly', 'small:monthly:calls'] : keys;
  const items = sold.map((key) => ({ price: priceIdOf(key) }));
  const { id } = await stripe.subscriptions.create({ customer, items });
  await asks(customer);
  sandbox.advance(14 * DAY);
  return { id, customer };
}

const makes = async (id: string, change: Change) =>
  changeNow(client, id, await agreedNow(client, id, change));
const arranges = async (id: string, change: Change) =>
  changeLater(client, id, await agreedNow(client, id, { ...change, when: 'period_end' }));

async function asks(customer: string): Promise<void> {
  const { id } = await stripe.paymentMethods.attach('pm_card_authenticationRequired', { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
}

async function confirm(page: string): Promise<void> {
  const body = new URLSearchParams({ decision: 'confirm' });
  await fetch(`${page}/bank`, { method: 'POST', body, redirect: 'manual' });
}

async function itemsOf(id: string): Promise<string[]> {
  const { items } = await readSubscription(client, id);
  return items.data
    .map(({ price }) => [...PRICES].find(([, one]) => one === price.id)?.[0] ?? '?')
    .toSorted();
}

const use = (customer: string, value: number) =>
  stripe.billing.meterEvents.create({
    event_name: 'calls',
    payload: { stripe_customer_id: customer, value: String(value) },
  });

/** A unit costs a cent. */
async function unitsBilled(customer: string): Promise<number> {
  const { data: invoices } = await stripe.invoices.list({ customer });
  const lines = invoices.flatMap(({ lines: of }) => of.data);
  const units = lines.filter(({ pricing }) => String(pricing?.price_details?.product).includes('overage'));
  return units.reduce((sum, { amount }) => sum + amount, 0);
}

test('a change between plans with overage waits for the bank, and each unit is billed once', async () => {
  const { id, customer } = await subscribe();
  await use(customer, 10);
  sandbox.advance(DAY);
  const waits = await makes(id, to('large'));
  expect(await itemsOf(id)).toEqual(['small:monthly', 'small:monthly:calls']);
  await confirm(waits?.url ?? '');
  expect(await itemsOf(id)).toEqual(['large:monthly', 'large:monthly:calls']);
  await use(customer, 5);
  sandbox.advance(20 * DAY);
  expect(await unitsBilled(customer)).toBe(15);
});

test('a change to a plan without overage waits too, and what the former plan charged by use is taken away once it is made', async () => {
  const { id } = await subscribe();
  const waits = await makes(id, to('flat'));
  // While it waits nothing is touched.
  await followUp(client, id);
  expect((await readSubscription(client, id)).pending_update).not.toBeNull();
  await confirm(waits?.url ?? '');
  expect(await itemsOf(id)).toEqual(['flat:monthly', 'small:monthly:calls']);
  await followUp(client, id);
  await followUp(client, id);
  expect(await itemsOf(id)).toEqual(['flat:monthly']);
});

test('a change to a plan without overage and of another cycle is made at once or not at all', async () => {
  const { id, customer } = await subscribe();
  await expect(makes(id, to('flat', 'yearly'))).rejects.toMatchObject({
    code: 'payment_declined',
  });
  const { id: method } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
  await makes(id, to('flat', 'yearly'));
  expect(await itemsOf(id)).toEqual(['flat:yearly']);
});

test('once a downgrade was made its schedule is in the way of no upgrade and no cancellation', async () => {
  const { id, customer } = await subscribe();
  const { id: method } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
  await makes(id, to('flat'));
  await arranges(id, { ...to('small'), dearer: false });
  // One that is still to come stays.
  await followUp(client, id);
  expect((await readSubscription(client, id)).schedule).not.toBeNull();
  sandbox.advance(30 * DAY);
  expect(await itemsOf(id)).toEqual(['small:monthly', 'small:monthly:calls']);
  expect((await readSubscription(client, id)).schedule).not.toBeNull();
  await asks(customer);
  // The upgrade does not wait for the job.
  const waits = await makes(id, to('large'));
  expect(waits?.url).toBeDefined();
  await confirm(waits?.url ?? '');
  expect(await itemsOf(id)).toEqual(['large:monthly', 'large:monthly:calls']);
});

test('a schedule whose change was made is released, and canceling at Stripe works', async () => {
  const { id, customer } = await subscribe();
  await arranges(id, { ...to('large'), dearer: false });
  const { id: method } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
  sandbox.advance(30 * DAY);
  await expect(stripe.subscriptions.update(id, { cancel_at_period_end: true })).rejects.toThrow('schedule');
  await followUp(client, id);
  expect((await readSubscription(client, id)).schedule).toBeNull();
  await stripe.subscriptions.update(id, { cancel_at_period_end: true });
  expect(await itemsOf(id)).toEqual(['large:monthly', 'large:monthly:calls']);
});

describe('a plan of a year whose units are billed each month', () => {
  test.each(['by us', 'at the portal', 'with its account'])(
    'that is canceled %s ends with its year, and goes on if asked',
    async (where) => {
      const { id } = await subscribe('small:yearly', 'small:yearly:calls');
      const before = await readSubscription(client, id);
      const ender = createStripeEnder(client);
      if (where === 'by us') await cancel(client, id, 'period_end');
      else if (where === 'with its account') await ender.endWithPeriod(id);
      else await stripe.subscriptions.update(id, { cancel_at_period_end: true });
      await followUp(client, id);
      await followUp(client, id);
      expect((await readSubscription(client, id)).cancel_at).toBe(periodEnd(before));
      if (where === 'with its account') await ender.resume(id);
      else await resume(client, id, presentPrice(before));
      expect((await readSubscription(client, id)).cancel_at).toBeNull();
    },
  );

  test('is previewed at what its change then costs, and units of the month are on its bill', async () => {
    const { id, customer } = await subscribe('small:yearly', 'small:yearly:calls');
    const { id: method } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
    await use(customer, 10);
    sandbox.advance(DAY);
    const less = await agreedNow(client, id, to('small', 'monthly'));
    expect(less.agreed.due_now).toBeLessThan(0);
    const dearer = await agreedNow(client, id, to('large', 'yearly'));
    await changeNow(client, id, dearer);
    const [bill] = (await stripe.invoices.list({ customer })).data;
    expect(bill).toMatchObject({ amount_paid: dearer.agreed.due_now, status: 'paid' });
    await use(customer, 5);
    sandbox.advance(20 * DAY);
    expect(await itemsOf(id)).toEqual(['large:yearly', 'large:yearly:calls']);
    expect(await unitsBilled(customer)).toBe(15);
  });

  test('keeps the yearly price of units that it was sold with, until the plan is changed', async () => {
    const { id, customer } = await subscribe('small:yearly', 'small:yearly:former');
    const { id: method } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
    await use(customer, 10);
    sandbox.advance(40 * DAY);
    expect(await itemsOf(id)).toEqual(['small:yearly', 'small:yearly:former']);
    expect(await unitsBilled(customer)).toBe(0);
    await makes(id, to('large', 'yearly'));
    expect(await itemsOf(id)).toEqual(['large:yearly', 'large:yearly:calls']);
    await use(customer, 5);
    sandbox.advance(40 * DAY);
    expect(await unitsBilled(customer)).toBe(15);
  });
});
