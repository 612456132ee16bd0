import { createStripeClient, createStripeEnder, createSubscriptions } from '#platform/billing';
import { statement } from '#platform/db';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Customer } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

const counter = await openSellingApp();
afterEach(counter.endAll);
const { app, buy, call, customer, drainEvents, later, order, plan, read, sandbox, stripe } = counter;
const BASIC = { product: 'reel', plan: 'basic' };
const PRO = { product: 'reel', plan: 'pro' };
const SEATS = { product: 'gateway', plan: 'team' };

beforeEach(() => sandbox.faults.clear());

const { change, cancel, resume, holding, storeId } = subscriptionCalls(counter);
const seats = (who: Customer, quantity: number) => change(who, { product: 'gateway', quantity });

async function invoicesOf({ key }: Customer): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { body } = await call(key, 'GET /v1/billing/invoices');
  return body['data'] as readonly Readonly<Record<string, unknown>>[];
}

/** What the provider calls a customer. */
async function atStore(who: Customer): Promise<string> {
  const { customer: them } = await stripe.subscriptions.retrieve(await storeId(who));
  return typeof them === 'string' ? them : them.id;
}

/** Their next payments are declined. */
async function losesCard(who: Customer): Promise<void> {
  const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
    customer: await atStore(who),
  });
  await stripe.subscriptions.update(await storeId(who), { default_payment_method: bad.id });
}

describe('a dearer plan', () => {
  test('is in effect at once, for what its preview said', async () => {
    const ada = await holding(BASIC);
    await later(15);
    const asked = 'GET /v1/billing/subscription/preview?product=reel&plan=pro';
    const { body: preview } = await call(ada.key, asked);
    expect(preview).toMatchObject({ when: 'now', at: null, currency: 'usd', not_fitting: [] });
    const { status, body } = await change(ada, { ...PRO, prorated_at: preview['prorated_at'] });
    expect(status).toBe(200);
    expect(body).toMatchObject({ subscription: { plan: 'reel.pro', state: 'active' }, not_fitting: [] });
    expect(await plan(ada)).toBe('reel.pro');
    await drainEvents();
    const [newest] = await invoicesOf(ada);
    expect(newest).toMatchObject({ state: 'paid', total: preview['due_now'] });
    expect(preview['due_now']).toBeGreaterThan(1_500);
    expect(preview['due_now']).toBeLessThan(3_400);
  });

  test('that is not sold is named where the preview has it', async () => {
    const ada = await holding(BASIC);
    const { status, body } = await call(
      ada.key,
      'GET /v1/billing/subscription/preview?product=reel&plan=nope',
    );
    expect([status, body]).toMatchObject([400, { error: { details: { issues: [{ path: 'query.plan' }] } } }]);
  });

  test('is not had when the card is declined, and nothing has changed', async () => {
    const ada = await holding(BASIC);
    await losesCard(ada);
    expect(await change(ada, PRO)).toMatchObject({
      status: 402,
      body: { error: { code: 'payment_declined' } },
    });
    await drainEvents();
    expect(await read(ada)).toMatchObject({ plan: 'reel.basic', state: 'active' });
    expect(await plan(ada)).toBe('reel.basic');
  });

  test.runIf(engine === 'postgres')('that is asked for by several at once is charged once', async () => {
    const ada = await holding(BASIC);
    const answers = await Promise.all([change(ada, PRO), change(ada, PRO), change(ada, PRO)]);
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect((await change(ada, PRO)).status).toBe(200);
    await drainEvents();
    expect(await invoicesOf(ada)).toHaveLength(2);
    expect(await plan(ada)).toBe('reel.pro');
  });
});

// What the provider is asked hangs on no engine.
describe.runIf(engine === 'postgres')('a change', () => {
  test('is prorated from an instant of a preview, and from no other that its customer would like', async () => {
    const ada = await holding(BASIC);
    await later(15);
    const { period_starts_at, period_ends_at } = await read(ada);
    for (const prorated_at of [period_starts_at, period_ends_at])
      for (const body of [
        { ...PRO, prorated_at },
        { ...BASIC, quantity: 1, when: 'now', prorated_at },
      ])
        expect(await change(ada, body)).toMatchObject({
          status: 400,
          body: { error: { code: 'validation_failed', details: { issues: [{ path: 'body.prorated_at' }] } } },
        });
    expect(await plan(ada)).toBe('reel.basic');
  });

  test('to something dearer ends a trial, and is paid before it is had', async () => {
    const ada = await holding({ product: 'gateway', plan: 'scale' });
    expect(await read(ada, 'gateway')).toMatchObject({ state: 'trialing' });
    await later(1);
    const team = { ...SEATS, quantity: 3 };
    const asked = 'GET /v1/billing/subscription/preview?product=gateway&plan=team&quantity=3';
    expect((await call(ada.key, asked)).body).toMatchObject({ due_now: 17_700 });
    expect((await change(ada, team)).body).toMatchObject({ subscription: { state: 'active', quantity: 3 } });
    await drainEvents();
    expect((await invoicesOf(ada))[0]).toMatchObject({ state: 'paid', total: 17_700 });
  });

  test('that costs no more leaves a trial what it is', async () => {
    const ada = await holding({ product: 'gateway', plan: 'scale' });
    const { body } = await change(ada, { product: 'gateway', cycle: 'yearly' });
    expect(body).toMatchObject({ subscription: { state: 'trialing', cycle: 'yearly' } });
  });

  test('is arranged anew after one that was arranged has come', async () => {
    const ada = await holding({ ...SEATS, quantity: 5 });
    await seats(ada, 3);
    await later(32);
    expect((await seats(ada, 2)).body).toMatchObject({
      subscription: { quantity: 3, next: { quantity: 2 } },
    });
    await later(31);
    expect(await read(ada, 'gateway')).toMatchObject({ quantity: 2 });
  });

  test('that is declined leaves what was arranged', async () => {
    const ada = await holding({ ...SEATS, quantity: 3 });
    await seats(ada, 1);
    await losesCard(ada);
    expect((await seats(ada, 5)).status).toBe(402);
    await drainEvents();
    expect(await read(ada, 'gateway')).toMatchObject({ quantity: 3, next: { quantity: 1 } });
  });

  test('that is arranged leaves discounts what they are', async () => {
    const ada = await holding(PRO);
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
    const id = await storeId(ada);
    const { discounts } = await stripe.subscriptions.update(id, { discounts: [{ coupon: coupon.id }] });
    await change(ada, BASIC);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ discounts });
    await later(32);
    expect((await invoicesOf(ada))[0]).toMatchObject({ state: 'paid', subtotal: 595, discount: 298 });
  });

  test('to what it is moves nobody from a former price', async () => {
    const ada = await holding(PRO);
    const id = await storeId(ada);
    const recurring = { interval: 'month' } as const;
    const of = { product: 'plinth_reel_pro', currency: 'usd', unit_amount: 1_000 };
    const { id: price } = await stripe.prices.create({ ...of, recurring });
    const [item] = (await stripe.subscriptions.retrieve(id)).items.data;
    const items = [{ id: item?.id ?? '', price }];
    await stripe.subscriptions.update(id, { items, proration_behavior: 'none' });
    await drainEvents();
    expect((await change(ada, PRO)).status).toBe(200);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      items: { data: [{ price: { id: price } }] },
    });
  });

  test('of nothing but a promotion is one, and the same again is none', async () => {
    const ada = await holding(PRO);
    const { id: coupon } = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
    await stripe.promotionCodes.create({ code: 'HALF', promotion: { type: 'coupon', coupon } });
    const half = { ...PRO, when: 'now', promotion_code: 'HALF' };
    expect((await change(ada, half)).status).toBe(200);
    const { discounts } = await stripe.subscriptions.retrieve(await storeId(ada));
    expect(discounts).toHaveLength(1);
    await change(ada, half);
    expect(await stripe.subscriptions.retrieve(await storeId(ada))).toMatchObject({ discounts });
  });

  test('from seats to what has none needs no word of them, and fewer months come with the end of a year', async () => {
    const ada = await holding({ ...SEATS, quantity: 2, cycle: 'yearly' });
    const monthly = { subscription: { cycle: 'yearly', next: { cycle: 'monthly', quantity: 2 } } };
    expect((await change(ada, { product: 'gateway', cycle: 'monthly' })).body).toMatchObject(monthly);
    const { body } = await change(ada, { product: 'gateway', plan: 'scale' });
    expect(body).toMatchObject({ subscription: { next: { plan: 'gateway.scale', quantity: 1 } } });
  });

  test.each(['its customer', 'the erasure of its customer'])(
    'that ends it at once, by %s, leaves nothing unbilled that was used past a limit',
    async (by) => {
      const ada = await holding({ ...SEATS, quantity: 1 });
      const id = await atStore(ada);
      await later(1);
      const payload = { stripe_customer_id: id, value: '500' };
      await stripe.billing.meterEvents.create({ event_name: 'plinth_gateway_calls', payload });
      if (by === 'its customer')
        await call(ada.key, 'DELETE /v1/billing/subscription?product=gateway&when=now');
      else {
        const client = createStripeClient({ ...sandbox, mode: 'sandbox' });
        await createStripeEnder(client).deleteCustomer(id);
        client.close();
      }
      const { data } = await stripe.invoices.list({ limit: 1 });
      expect(data).toMatchObject([{ customer: id, status: 'paid', total: 30 }]);
    },
  );
});

describe('a cheaper plan', () => {
  test('begins at the end of the paid period, without a job', async () => {
    const ada = await holding(PRO);
    const { body } = await change(ada, BASIC);
    expect(body).toMatchObject({ subscription: { plan: 'reel.pro', next: { plan: 'reel.basic' } } });
    expect(await plan(ada)).toBe('reel.pro');
    await later(32);
    expect(await plan(ada)).toBe('reel.basic');
    expect(await read(ada)).toMatchObject({ plan: 'reel.basic', next: null });
  });

  test.runIf(engine === 'postgres')('is taken back by a change to what it is', async () => {
    const ada = await holding(PRO);
    await change(ada, BASIC);
    expect((await change(ada, PRO)).body).toMatchObject({ subscription: { plan: 'reel.pro', next: null } });
    await later(32);
    expect(await plan(ada)).toBe('reel.pro');
  });

  test.runIf(engine === 'postgres')('may be had at once: the rest is credited', async () => {
    const ada = await holding(PRO);
    const { body } = await change(ada, { ...BASIC, when: 'now' });
    expect(body).toMatchObject({ subscription: { plan: 'reel.basic', next: null } });
    expect(await plan(ada)).toBe('reel.basic');
  });

  test.runIf(engine === 'postgres')(
    'below present use is refused at once with the list, and arranged for later with it',
    async () => {
      const ada = await holding(PRO);
      const unfit = [{ limit: 'machines', used: 7, max: 5 }];
      const { modules } = app;
      const subscriptions = createSubscriptions({
        links: modules.sales.checkoutLinks,
        ...modules,
        catalogues: modules.entitlements.catalogues,
        tiers: undefined,
        refresh: (refs) => modules.inbox.refresh({ provider: 'stripe', mode: 'sandbox' }, refs),
        notFitting: async () => unfit,
        freeAccountsPerUser: 1,
      });
      const visitor = {
        accountId: ada.accountId,
        caller: { userId: ada.userId, platformRole: 'user', scopes: ['*'], accountId: ada.accountId },
        origin: { requestId: 'test', ip: '127.0.0.1', userAgent: 'a test' },
      } as const;
      const basic = { unit_amount: 595, quantity: 1, currency: 'usd' };
      await expect(
        subscriptions.change(visitor, { ...BASIC, when: 'now', agreed: { due_now: 0, ...basic } }),
      ).rejects.toMatchObject({
        code: 'does_not_fit',
        details: { not_fitting: unfit },
      });
      expect(await plan(ada)).toBe('reel.pro');
      expect(
        await subscriptions.change(visitor, { ...BASIC, agreed: { due_now: 0, ...basic } }),
      ).toMatchObject({
        subscription: { next: { plan: 'reel.basic' } },
        notFitting: unfit,
      });
    },
  );
});

describe('a subscription', () => {
  test('that is canceled is in effect until its end, and goes on when it is resumed', async () => {
    const ada = await holding(PRO);
    const { status, body } = await cancel(ada);
    expect(status).toBe(200);
    const { cancels_at, period_ends_at } = await read(ada);
    expect(body).toEqual({ ok: true, ends_at: cancels_at });
    expect(cancels_at).toBe(period_ends_at);
    expect((await cancel(ada)).body).toEqual(body);
    expect(await plan(ada)).toBe('reel.pro');
    expect((await resume(ada)).body).toMatchObject({ cancels_at: null });
    await later(32);
    expect(await plan(ada)).toBe('reel.pro');
    await cancel(ada);
    await later(32);
    expect(await plan(ada)).toBe(null);
    expect((await resume(ada)).status).toBe(404);
  });

  test.runIf(engine === 'postgres')(
    'that is canceled at once is over at once, and can be bought again',
    async () => {
      const ada = await holding(PRO);
      expect((await cancel(ada, '&when=now')).status).toBe(200);
      expect(await plan(ada)).toBe(null);
      expect((await cancel(ada)).status).toBe(404);
      expect((await order(ada, PRO)).status).toBe(201);
      await later(1);
      await buy(ada, BASIC);
      const list = 'GET /v1/billing/subscriptions?limit=1';
      const { body } = await call(ada.key, list);
      expect(body['data']).toMatchObject([{ plan: 'reel.basic', state: 'active' }]);
      const { body: next } = await call(ada.key, `${list}&cursor=${String(body['next_cursor'])}`);
      expect(next).toMatchObject({ data: [{ plan: 'reel.pro', state: 'canceled' }], next_cursor: null });
    },
  );

  test.runIf(engine === 'postgres')('with a change arranged is canceled with it', async () => {
    const ada = await holding(PRO);
    await change(ada, BASIC);
    expect((await cancel(ada)).status).toBe(200);
    expect(await read(ada)).toMatchObject({ plan: 'reel.pro', next: null });
    await later(32);
    expect(await plan(ada)).toBe(null);
  });

  test.runIf(engine === 'postgres')('that is to end is not changed for after its end', async () => {
    const ada = await holding(PRO);
    await cancel(ada);
    expect(await change(ada, BASIC)).toMatchObject({
      status: 409,
      body: { error: { code: 'subscription_ending' } },
    });
  });

  test.runIf(engine === 'postgres')('of several products is named', async () => {
    const ada = await holding(PRO);
    await buy(ada, { product: 'gateway', plan: 'team' });
    expect((await call(ada.key, 'GET /v1/billing/subscription')).status).toBe(400);
    expect(await read(ada, 'gateway')).toMatchObject({ plan: 'gateway.team' });
  });

  test.runIf(engine === 'postgres')('has as many seats as are asked for', async () => {
    const ada = await holding({ product: 'gateway', plan: 'team', quantity: 2 });
    const { body } = await change(ada, { quantity: 5 });
    expect(body).toMatchObject({ subscription: { quantity: 5 } });
    expect((await change(ada, { quantity: 1 })).body).toMatchObject({
      subscription: { quantity: 5, next: { quantity: 1 } },
    });
  });

  test('of another account is not there, and can not be touched', async () => {
    const [ada, eve] = [await holding(PRO), await customer()];
    expect((await cancel(eve)).status).toBe(404);
    expect((await change(eve, BASIC)).status).toBe(404);
    expect((await resume(eve)).status).toBe(404);
    expect(await invoicesOf(eve)).toEqual([]);
    expect(await read(ada)).toMatchObject({ cancels_at: null, next: null });
  });

  test.runIf(engine === 'postgres')(
    'stays what it is while the provider is away, which is said',
    async () => {
      const ada = await holding(PRO);
      sandbox.faults.always('GET /v1/subscriptions', { kind: 'status', status: 503 });
      expect(await cancel(ada)).toMatchObject({
        status: 503,
        body: { error: { code: 'store_unavailable' } },
      });
      sandbox.faults.clear();
      expect(await read(ada)).toMatchObject({ cancels_at: null });
    },
  );
});

test('what was done is audited, with who did it', async () => {
  const ada = await holding(PRO);
  await cancel(ada);
  const rows = await counter.db.asMigrator(
    statement<{ action: string; user_id: string }>(
      `select action, user_id from audit.events where account_id = $1 and action = 'subscription.cancel'`,
      [ada.accountId],
    ),
  );
  expect(rows).toEqual([{ action: 'subscription.cancel', user_id: ada.userId }]);
});
