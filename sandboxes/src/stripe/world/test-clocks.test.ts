import { expect, test } from 'vitest';
import { createFixture, failureOf, payer, sellMonthly } from '../testing/fixture.ts';

const DAY = 86_400;
const BEGIN = Date.UTC(2027, 0, 31, 12) / 1_000;

const { stripe, sandbox } = await createFixture();

/** A customer on a clock of their own who tries a plan for so many days. */
async function startTrial(days: number) {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: BEGIN });
  const { id: customer } = await stripe.customers.create({ test_clock: clock.id });
  const items = [{ price: (await sellMonthly(stripe)).id }];
  const { id } = await stripe.subscriptions.create({ customer, items, trial_period_days: days });
  return { clock, customer, id };
}

test('what belongs to a test clock happens by it, and nothing else does', async () => {
  const price = await sellMonthly(stripe);
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: BEGIN, name: 'renewal' });
  const { id: customer } = await stripe.customers.create({ test_clock: clock.id });
  const { id: method } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  const items = [{ price: price.id }];
  const timed = await stripe.subscriptions.create({ customer, items, default_payment_method: method });
  const other = await stripe.subscriptions.create({ customer: await payer(stripe), items });

  const asked = await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: BEGIN + 30 * DAY });
  const { data: invoices } = await stripe.invoices.list({ customer });

  expect(timed).toMatchObject({ created: BEGIN, test_clock: clock.id });
  expect(asked.status).toBe('advancing');
  expect(await stripe.testHelpers.testClocks.retrieve(clock.id)).toMatchObject({
    status: 'ready',
    frozen_time: BEGIN + 30 * DAY,
  });
  expect(
    invoices.map(({ billing_reason: reason, status, test_clock: of }) => ({ reason, status, of })),
  ).toEqual([
    { reason: 'subscription_cycle', status: 'paid', of: clock.id },
    { reason: 'subscription_create', status: 'paid', of: clock.id },
  ]);
  expect(await stripe.subscriptions.retrieve(other.id)).toMatchObject({
    latest_invoice: other.latest_invoice,
    test_clock: null,
  });
  expect(sandbox.now().getTime() / 1_000).toBeLessThan(BEGIN);
  expect((await stripe.customers.list({ test_clock: clock.id })).data.map(({ id }) => id)).toEqual([
    customer,
  ]);
  expect((await stripe.subscriptions.list()).data.map(({ id }) => id)).toEqual([other.id]);
});

test('the world’s own clock moves nothing that belongs to a test clock', async () => {
  const { id } = await startTrial(3);

  sandbox.advance(400 * DAY);

  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'trialing' });
});

test('a test clock goes two intervals of its shortest subscription at once, never back, and takes its customers with it', async () => {
  const { clock, customer, id } = await startTrial(100);
  const advanceTo = (frozen_time: number) => stripe.testHelpers.testClocks.advance(clock.id, { frozen_time });

  expect(await failureOf(advanceTo(BEGIN))).toMatchObject({ statusCode: 400, param: 'frozen_time' });
  expect(await failureOf(advanceTo(BEGIN + 60 * DAY))).toMatchObject({
    statusCode: 400,
    param: 'frozen_time',
  });
  await advanceTo(BEGIN + 59 * DAY);
  await stripe.testHelpers.testClocks.del(clock.id);

  expect(await stripe.customers.retrieve(customer)).toMatchObject({ deleted: true });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'canceled' });
  expect(await failureOf(stripe.testHelpers.testClocks.retrieve(clock.id))).toMatchObject({
    code: 'resource_missing',
  });
});
