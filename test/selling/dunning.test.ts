import { describe, expect, test } from 'vitest';
import { idOf, openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

const counter = await openSellingApp();
const { app, buy, customer, later, plan, read, sandbox, stripe } = counter;
const DAY = 86_400_000;
const { suspensions } = app.modules;

const { mailsOf } = subscriptionCalls(counter);

/** A customer whose renewal was declined, and who was told so. */
async function createDeclined() {
  const who = await customer();
  await buy(who, { product: 'reel', plan: 'basic' });
  const { data } = await stripe.subscriptions.list({ limit: 1 });
  const them = idOf(data[0]?.customer);
  const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: them });
  await stripe.subscriptions.update(data[0]?.id ?? '', { default_payment_method: bad.id });
  const renews = Date.parse(String((await read(who))['period_ends_at']));
  await later((renews - sandbox.now().getTime()) / DAY + 0.1);
  const promised = new Date(String((await read(who))['grace_ends_at']));
  expect(await mailsOf(who)).toEqual(['payment_failed']);
  return { who, them, promised };
}

describe('a plan that is not paid', () => {
  test('is had to the last day that the mail named, and then nobody has to do anything for its end', async () => {
    const { who, promised } = await createDeclined();
    // Stripe's second try, three days after the first.
    await later(3.5);
    expect(new Date(String((await read(who))['grace_ends_at']))).toEqual(promised);
    expect(await suspensions.run()).toBe(0);
    await later(3.4);
    expect(await plan(who)).toBe('reel.basic');
    await later(0.2);
    expect(await plan(who)).toBeNull();
  });

  test('is told to be suspended once, when the days are over', async () => {
    const { who } = await createDeclined();
    await later(3.5);
    await later(3.6);
    expect(await mailsOf(who)).not.toContain('subscription_suspended');
    expect(await suspensions.run()).toBeGreaterThan(0);
    expect((await mailsOf(who)).at(-1)).toBe('subscription_suspended');
    expect(await suspensions.run()).toBe(0);
  });

  test('goes on where it was paid, although nobody told us: Stripe is asked once more', async () => {
    const { who, them } = await createDeclined();
    await later(3.5);
    await later(3.6);
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: them });
    const { data } = await stripe.invoices.list({ customer: them, status: 'open' });
    await stripe.invoices.pay(data[0]?.id ?? '', { payment_method: good.id });
    await suspensions.run();
    expect(await plan(who)).toBe('reel.basic');
    expect(await mailsOf(who)).not.toContain('subscription_suspended');
  });
});
