import { statement } from '#platform/db';
import { describe, expect, test } from 'vitest';
import type { Customer } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { changesPlan } from './agreed.ts';
import { openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

const selling = await openSellingApp();
const { buy, call, customer, drainEvents, later, order, read, stripe } = selling;
const { endings } = selling.app.modules;
const { change, cancel, resume, holding, storeId } = subscriptionCalls(selling);
const BASIC = { product: 'reel', plan: 'basic' };
const PRO = { product: 'reel', plan: 'pro' };
const SEATS = { product: 'gateway', plan: 'team' };

async function ownPrices(who: Customer): Promise<string[]> {
  const { items } = await stripe.subscriptions.retrieve(await storeId(who));
  return items.data.map(({ price: { id } }) => id);
}

// What the provider is asked hangs on no engine.
describe.runIf(engine === 'postgres')('a change that is arranged', () => {
  test('is there again when a cancellation is taken back, until it is taken back itself', async () => {
    const ada = await holding(PRO);
    const arranged = (await change(ada, BASIC)).body['subscription'];
    await cancel(ada);
    expect((await cancel(ada)).status).toBe(200);
    expect((await resume(ada)).body).toEqual(arranged);
    expect((await resume(ada)).body).toEqual(arranged);
    expect((await change(ada, PRO)).body).toMatchObject({ subscription: { next: null } });
    await cancel(ada);
    expect((await resume(ada)).body).toMatchObject({ plan: 'reel.pro', next: null, cancels_at: null });
    await change(ada, BASIC);
    await cancel(ada);
    await resume(ada);
    await later(32);
    expect(await read(ada)).toMatchObject({ plan: 'reel.basic', next: null });
  });

  test('is out of the way once it was made: its schedule is released, and canceling at the provider works', async () => {
    const ada = await holding(PRO);
    await change(ada, BASIC);
    await later(32);
    const id = await storeId(ada);
    expect((await stripe.subscriptions.retrieve(id)).schedule).not.toBeNull();
    expect(await endings.run()).toBe(1);
    expect(await endings.run()).toBe(0);
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    await drainEvents();
    expect(await read(ada)).toMatchObject({ plan: 'reel.basic', cancels_at: expect.any(String) });
  });

  test('is gone where the subscription was kept elsewhere, and it was taken back then', async () => {
    const ada = await holding(PRO);
    await change(ada, BASIC);
    await cancel(ada);
    // As in the provider's portal.
    await stripe.subscriptions.update(await storeId(ada), { cancel_at_period_end: false });
    await drainEvents();
    await change(ada, PRO);
    await cancel(ada);
    expect((await resume(ada)).body).toMatchObject({ plan: 'reel.pro', next: null, cancels_at: null });
  });

  test('at a former price is arranged, and taken up again, at the prices that were said', async () => {
    const ada = await holding(PRO);
    const [price] = await ownPrices(ada);
    await stripe.prices.update(price ?? '', { active: false });
    const arranged = (await change(ada, BASIC)).body;
    expect(arranged).toMatchObject({ subscription: { plan: 'reel.pro', next: { plan: 'reel.basic' } } });
    await cancel(ada);
    const [basic] = (await stripe.prices.list({ lookup_keys: ['plinth:reel.basic:monthly'] })).data;
    await stripe.prices.update(basic?.id ?? '', { active: false });
    expect((await resume(ada)).body).toEqual(arranged['subscription']);
    await later(32);
    expect(await read(ada)).toMatchObject({ plan: 'reel.basic' });
    expect(await ownPrices(ada)).toEqual([basic?.id]);
  });

  test('is not that of a subscription that became another one meanwhile', async () => {
    const ada = await holding({ ...SEATS, quantity: 3 });
    await change(ada, { ...SEATS, quantity: 1 });
    expect((await cancel(ada, '', 'gateway')).status).toBe(200);
    await change(ada, { ...SEATS, quantity: 5, when: 'now' });
    await resume(ada, 'gateway');
    expect(await read(ada, 'gateway')).toMatchObject({ quantity: 5, next: null });
  });
});

test.runIf(engine === 'postgres')(
  'a plan is sold in several currencies, and an account pays in one',
  async () => {
    const ada = await customer();
    const inYen = await order(ada, { product: 'gateway', plan: 'team', currency: 'jpy' });
    expect(inYen).toMatchObject({
      status: 400,
      body: { error: { details: { issues: [{ path: 'body.currency' }] } } },
    });
    await buy(ada, { product: 'gateway', plan: 'team', currency: 'eur' });
    expect(await read(ada, 'gateway')).toMatchObject({ price: { currency: 'eur', unit_amount: 5_400 } });
    const body = { product: 'gateway', cycle: 'yearly' };
    const { body: changed } = await changesPlan(call, ada, body);
    expect(changed).toMatchObject({ subscription: { price: { currency: 'eur', unit_amount: 54_000 } } });
    // Reel is not sold in euros, and Stripe takes no second currency of one customer.
    for (const more of [{}, { currency: 'usd' }])
      expect(await order(ada, { ...PRO, ...more })).toMatchObject({
        status: 400,
        body: { error: { code: 'validation_failed' } },
      });
    expect((await call(ada.key, 'GET /v1/billing/overage')).body).toMatchObject({
      data: [{ currency: 'eur', unit_micros: 550 }],
    });
  },
);

/** A customer pays for Reel Pro in a store as well: no more of that is looked at here than its row. */
const boughtInAStore = ({ accountId }: Customer) =>
  selling.db.asMigrator(
    statement(
      `insert into billing.subscriptions (account_id, id, store, mode, store_id, product, plan, cycle, quantity, unit_amount, currency,
         state, starts_at, period_starts_at, period_ends_at)
       values ($1, gen_random_uuid(), 'app_store', 'sandbox', gen_random_uuid()::text, 'reel', 'pro', 'monthly', 1, 3995, 'usd', 'active',
         app.now() + interval '1 second', app.now(), app.now() + interval '30 days')`,
      [accountId],
    ),
  );

test('with two providers for a product, cancel and change apply to the one that is managed here', async () => {
  const ada = await holding(BASIC);
  await boughtInAStore(ada);
  expect(await read(ada)).toMatchObject({ store: 'stripe', plan: 'reel.basic' });
  expect((await cancel(ada)).status).toBe(200);
  expect((await resume(ada)).body).toMatchObject({ store: 'stripe', cancels_at: null });
  expect((await cancel(ada, '&when=now')).status).toBe(200);
  // The answer for the other one says where it is managed.
  expect(await cancel(ada)).toMatchObject({ status: 409, body: { error: { code: 'managed_elsewhere' } } });
});

test('what somebody pays for in a store is not sold to them again, until it is canceled there', async () => {
  const ada = await customer();
  await boughtInAStore(ada);
  expect(await order(ada, BASIC)).toMatchObject({
    status: 409,
    body: { error: { code: 'managed_elsewhere', details: { store: 'app_store' } } },
  });
  expect((await order(ada, { product: 'gateway', plan: 'team' })).status).toBe(201);
  await selling.db.asMigrator(
    statement('update billing.subscriptions set cancels_at = period_ends_at where account_id = $1', [
      ada.accountId,
    ]),
  );
  expect((await order(ada, BASIC)).status).toBe(201);
});
