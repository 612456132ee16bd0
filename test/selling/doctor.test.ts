import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { createStripeClient, checkStripeSetup, syncStripe } from '#platform/billing';
import { createStripeSandbox } from '#sandbox/stripe';
import { products } from '#products';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const sandbox = await createStripeSandbox();
const client = createStripeClient({ url: sandbox.url, secretKey: sandbox.secretKey, mode: 'test' });
const stripe = await client.load();
const catalogues = products.map(({ catalogue }) => catalogue);
/** Where messages go, and what it answers them. */
let status = 200;
const receiver: Server = createServer((_, response) => response.writeHead(status).end());
receiver.listen(0, '127.0.0.1');
await once(receiver, 'listening');
const address = receiver.address();
const tax = { behavior: 'exclusive', code: 'txcd_10103001' } as const;
const baseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
afterAll(async () => {
  client.close();
  await sandbox.close();
  receiver.close();
});

const setup = {
  client,
  catalogues,
  tax,
  baseUrl,
  webhookSecrets: ['whsec_a'],
  connectWebhookSecrets: ['whsec_b'],
  owedCurrencies: [],
  longestGraceDays: 14,
  now: () => sandbox.now().getTime(),
};
const look = async (more: Partial<Parameters<typeof checkStripeSetup>[0]> = {}) => {
  const found = await checkStripeSetup({ ...setup, ...more });
  return found.filter(({ isWrong }) => isWrong).map(({ of, says }) => `${of}: ${says}`);
};

/** The endpoint that is told of what happens to us, rather than to connected accounts. */
const platformEndpoint = async () =>
  (await stripe.webhookEndpoints.list()).data.find(({ application }) => application === null)?.id ?? '';

test('objects missing at Stripe are reported, a line each, until they are synced', async () => {
  expect(await look()).toEqual([
    expect.stringMatching(/^Stripe prices: \d+ of \d+ are missing or differ .* Run plinth stripe sync\.$/),
    `Stripe webhook: Nothing is sent to ${baseUrl}/v1/webhooks/stripe. Run plinth stripe sync, and set STRIPE_WEBHOOK_SECRET.`,
  ]);
  await syncStripe({ db, client, catalogues, tax, baseUrl });
  expect(await look()).toEqual([]);
});

test('an endpoint that was disabled, or lacks its secret, is said', async () => {
  expect(await look({ webhookSecrets: [] })).toEqual([
    'Stripe webhook: STRIPE_WEBHOOK_SECRET is not set: all messages are refused.',
  ]);
  const id = await platformEndpoint();
  await stripe.webhookEndpoints.update(id, { disabled: true });
  expect(await look()).toEqual([expect.stringMatching(/it is disabled\. Run plinth stripe sync\.$/)]);
  await stripe.webhookEndpoints.update(id, { disabled: false });
});

test('where somebody is paid out, a missing secret or endpoint of connected accounts is said', async () => {
  expect(await look({ connectWebhookSecrets: [] })).toEqual([]);
  const payee = await stripe.accounts.create({ type: 'express' });
  expect(await look({ connectWebhookSecrets: [] })).toEqual([
    'Stripe Connect: STRIPE_CONNECT_WEBHOOK_SECRET is not set: messages of connected accounts are refused.',
  ]);
  expect(await look({ owedCurrencies: ['usd'] })).toEqual([]);
  expect(await look({ owedCurrencies: ['eur', 'usd'] })).toEqual([
    expect.stringMatching(/^Stripe Connect: Payees are owed eur, and the balance is in usd: .* settle eur/),
  ]);
  const endpoints = (await stripe.webhookEndpoints.list()).data;
  const connected = endpoints.find(({ application }) => application !== null)?.id ?? '';
  await stripe.webhookEndpoints.update(connected, { disabled: true });
  expect(await look()).toEqual([expect.stringMatching(/^Stripe Connect: .*it is disabled\. Run/)]);
  await stripe.webhookEndpoints.del(connected);
  expect(await look()).toEqual([
    expect.stringMatching(/^Stripe Connect: .* nowhere\. Run plinth stripe sync\.$/),
  ]);
  await stripe.accounts.del(payee.id);
});

test('an endpoint that is told of everything is looked at as any other', async () => {
  await stripe.webhookEndpoints.update(await platformEndpoint(), { enabled_events: ['*'] });
  expect(await look()).toEqual([]);
});

test('messages that are not taken, as with another secret, are said', async () => {
  status = 401;
  await stripe.customers.create({});
  await sandbox.idle();
  expect(await look({ now: () => Date.now() + 60_000 * 6 })).toContainEqual(
    expect.stringMatching(/^Stripe webhook: 1 of .* Is STRIPE_WEBHOOK_SECRET that of /),
  );
});

test('a clock that is off is said before messages are refused for it', async () => {
  expect(await look({ now: () => Date.now() - 90_000 })).toEqual([
    expect.stringMatching(/^Stripe clock: This machine’s clock is \d+ s off\./),
  ]);
});

test('a key that is not accepted is an error of its own', async () => {
  const stranger = createStripeClient({ url: sandbox.url, secretKey: 'sk_test_nobody', mode: 'test' });
  await expect(look({ client: stranger })).rejects.toMatchObject({
    code: 'store_refused',
    details: { code: 'key_refused' },
  });
  stranger.close();
});

const retries = async (longestGraceDays = 14) =>
  (await checkStripeSetup({ ...setup, longestGraceDays })).find(({ of }) => of === 'Stripe retries');

test('how often a failed payment is tried is said as far as it is seen, and what follows from it', async () => {
  expect(await retries()).toMatchObject({
    isWrong: false,
    says: expect.stringMatching(/^Stripe does not tell/),
  });
  const { id: customer } = await stripe.customers.create({});
  const method = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
  const { id: product } = await stripe.products.create({ name: 'Posts' });
  const recurring = { interval: 'month' } as const;
  const price = await stripe.prices.create({ product, currency: 'usd', unit_amount: 500, recurring });
  await stripe.subscriptions.create({
    customer,
    items: [{ price: price.id }],
    default_payment_method: method.id,
    trial_end: Math.floor(sandbox.now().getTime() / 1_000) + 60,
  });
  sandbox.world.advance(2 * 3_600);
  const { says } = (await retries()) ?? {};
  expect(says).toMatch(
    /^the newest 1 failures are tried until day 3\. A plan is kept 7 days .* 14 at most\. Set /,
  );
  sandbox.world.advance(20 * 86_400);
  expect((await retries())?.says).toMatch(
    /until day 15\. .* What is tried after day 14 finds the plan suspended\./,
  );
});
