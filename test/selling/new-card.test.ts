import { describe, expect, test } from 'vitest';
import type { Customer } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { idOf, openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

const selling = await openSellingApp();
const { call, drainEvents, later, read, stripe } = selling;
const { holding, storeId } = subscriptionCalls(selling);
const { endings } = selling.app.modules;

/** A customer whose renewal was declined. */
async function createDeclined(): Promise<Customer> {
  const ada = await holding({ product: 'reel', plan: 'basic' });
  await gives(ada, 'pm_card_chargeCustomerFail', 'subscription');
  await later(32);
  expect(await read(ada)).toMatchObject({ state: 'past_due' });
  return ada;
}

/** Gives another card, as at Stripe's dashboard: for the subscription, or for all that the customer pays. */
async function gives(who: Customer, card: string, to: 'subscription' | 'customer'): Promise<void> {
  const id = await storeId(who);
  const customer = idOf((await stripe.subscriptions.retrieve(id)).customer);
  const method = await stripe.paymentMethods.attach(card, { customer });
  if (to === 'customer') {
    await stripe.subscriptions.update(id, { default_payment_method: '' });
    await drainEvents();
    await endings.run();
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method.id } });
  } else await stripe.subscriptions.update(id, { default_payment_method: method.id });
  await drainEvents();
}

/** How often the newest invoice was tried. */
async function charges(who: Customer): Promise<number> {
  const customer = idOf((await stripe.subscriptions.retrieve(await storeId(who))).customer);
  return (await stripe.charges.list({ customer, limit: 100 })).data.length;
}

// What the provider is asked hangs on no engine.
describe.runIf(engine === 'postgres')('a card that was changed', () => {
  test.each(['subscription', 'customer'] as const)(
    'pays the open invoice within a minute, given for the %s',
    async (to) => {
      const ada = await createDeclined();
      await gives(ada, 'pm_card_visa', to);
      await endings.run();
      await drainEvents();
      expect(await read(ada)).toMatchObject({ state: 'active', grace_ends_at: null });
      expect(await endings.run()).toBe(0);
    },
  );

  test('and is declined too, or asks, is tried once, and the plan is had as long as it was told', async () => {
    const ada = await createDeclined();
    const { body: before } = await call(ada.key, 'GET /v1/billing/subscription?product=reel');
    for (const card of ['pm_card_chargeCustomerFail', 'pm_card_authenticationRequired']) {
      await gives(ada, card, 'subscription');
      const tried = await charges(ada);
      await endings.run();
      await drainEvents();
      const after = await charges(ada);
      expect(after - tried).toBeLessThanOrEqual(1);
      for (let run = 0; run < 3; run += 1) await endings.run();
      await drainEvents();
      expect(await charges(ada)).toBe(after);
      expect(await read(ada)).toMatchObject({ state: 'past_due', grace_ends_at: before['grace_ends_at'] });
    }
  });
});
