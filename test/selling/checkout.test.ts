import { commitPoint, statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { beforeEach, describe, expect, test } from 'vitest';
import { abandon } from '../../server/src/platform/billing/subscriptions/checkouts-store.ts';
import type { Customer } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { CANCEL, openSellingApp, SUCCESS } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';

const death = plannedDeath();
const counter = await openSellingApp({
  crashHook: death.crashHook,
});
const { buy, call, customer, drainEvents, later, order, plan, read, sandbox, stripe } = counter;
const { triesUntold } = subscriptionCalls(counter);
const GIVEN_UP = commitPoint('test.given-up', 'an order that somebody else gives up');
const PRO = { product: 'reel', plan: 'reel.pro' };
const BOOST = { product: 'reel', add_on: 'reel.pro_boost' };

beforeEach(() => {
  sandbox.faults.clear();
});

async function customerOf({ accountId }: Customer): Promise<string> {
  const [row] = await counter.db.asMigrator(
    statement<{ customer: string }>(
      `select customer from billing.customers where account_id = $1 order by created_at desc limit 1`,
      [accountId],
    ),
  );
  return row?.customer ?? '';
}

const checkoutsOf = ({ accountId }: Customer) =>
  counter.db.asMigrator(
    statement<{ id: string; state: string }>(
      'select id, state from billing.checkouts where account_id = $1',
      [accountId],
    ),
  );

async function sessionsOf(who: Customer, status: 'open' | 'complete' | 'expired') {
  const { data } = await stripe.checkout.sessions.list({ customer: await customerOf(who), status });
  return data;
}

const SCALE = { product: 'gateway', plan: 'scale' };

describe('a plan', () => {
  test('that is paid for on the page of the provider is in effect, and the page leads back', async () => {
    const ada = await customer();
    const { status, body } = await order(ada, PRO);
    expect(status).toBe(201);
    // A company's VAT number is asked for, though no taxes are added.
    expect(await sessionsOf(ada, 'open')).toMatchObject([
      { tax_id_collection: { enabled: true }, automatic_tax: { enabled: false } },
    ]);
    const paid = await sandbox.pay(String(body['checkout_url']));
    await drainEvents();
    expect(paid).toMatchObject({ outcome: 'complete', location: SUCCESS });
    expect(await plan(ada)).toBe('reel.pro');
    expect(await read(ada)).toMatchObject({
      plan: 'reel.pro',
      state: 'active',
      cycle: 'monthly',
      price: { currency: 'usd', unit_amount: 3_995 },
    });
  });

  test.runIf(engine === 'postgres')('is sold by the year and by the seat', async () => {
    const ada = await customer();
    await buy(ada, { product: 'gateway', plan: 'team', cycle: 'yearly', quantity: 3 });
    expect(await read(ada, 'gateway')).toMatchObject({ plan: 'gateway.team', cycle: 'yearly', quantity: 3 });
  });

  test('is tried for free once, and paid at once by a former subscriber', async () => {
    const ada = await customer();
    await buy(ada, { product: 'gateway', plan: 'scale' });
    expect(await read(ada, 'gateway')).toMatchObject({ state: 'trialing' });
    await call(ada.key, 'DELETE /v1/billing/subscription?product=gateway&when=now');
    await buy(ada, { product: 'gateway', plan: 'scale' });
    expect(await read(ada, 'gateway')).toMatchObject({ state: 'active', trial_ends_at: null });
    const bob = await customer();
    await triesUntold(bob, SCALE);
    const { body } = await order(bob, SCALE);
    expect(body['trial_days']).toBeNull();
    await sandbox.pay(String(body['checkout_url']));
    await sandbox.release();
  });

  test('is not sold twice, even before the event of a payment has arrived', async () => {
    const ada = await customer();
    const { body } = await order(ada, PRO);
    sandbox.hold();
    await sandbox.pay(String(body['checkout_url']));
    expect(await order(ada, PRO)).toMatchObject({
      status: 409,
      body: { error: { code: 'already_subscribed' } },
    });
    expect(await order(ada, { product: 'reel', plan: 'basic' })).toMatchObject({ status: 409 });
    // What was found on the way is in effect, though nothing was told.
    expect(await plan(ada)).toBe('reel.pro');
    await sandbox.release();
    await drainEvents();
  });

  test.runIf(engine === 'postgres')(
    'that is free, hidden, unknown, or not sold in that way is refused in words',
    async () => {
      const ada = await customer();
      const wrong = [
        { product: 'gateway', plan: 'developer' },
        { product: 'reel', plan: 'gold' },
        { product: 'nobody', plan: 'pro' },
        { ...PRO, cycle: 'yearly' },
        { ...PRO, quantity: 2 },
        { product: 'reel', add_on: 'reel.none' },
        { ...PRO, promotion_code: 'NOBODY' },
        { ...PRO, success_url: 'javascript:alert(1)' },
      ];
      for (const what of wrong)
        expect(await order(ada, what)).toMatchObject({
          status: 400,
          body: { error: { code: 'validation_failed' } },
        });
      expect((await checkoutsOf(ada)).filter(({ state }) => state === 'open')).toEqual([]);
    },
  );
});

describe('one page is open at a time', () => {
  test('for the same order, by however many tabs at once, and one customer', async () => {
    const ada = await customer();
    const before = (await stripe.customers.list({ limit: 100 })).data.length;
    // The page is made, and no process here has heard of it.
    sandbox.faults.at('POST /v1/checkout/sessions', { kind: 'hold' });
    const first = order(ada, PRO);
    await sandbox.faults.untilHeld(1);
    const others = Array.from({ length: 3 }, () => order(ada, PRO));
    await others[0];
    for (const held of sandbox.faults.held()) held.release();
    const answers = await Promise.all([first, ...others]);
    const urls = answers.map(({ body }) => body['checkout_url']);
    expect(new Set(urls).size).toBe(1);
    expect(urls[0]).toMatch(/^http/);
    expect(await sessionsOf(ada, 'open')).toHaveLength(1);
    expect((await stripe.customers.list({ limit: 100 })).data.length - before).toBe(1);
  });

  test.runIf(engine === 'postgres')('another order closes the former one first', async () => {
    const ada = await customer();
    await order(ada, { product: 'reel', plan: 'basic' });
    const { body } = await order(ada, PRO);
    const open = await sessionsOf(ada, 'open');
    expect(open.map(({ url }) => url)).toEqual([body['checkout_url']]);
    expect(await sessionsOf(ada, 'expired')).toHaveLength(1);
  });

  test.runIf(engine === 'postgres')('of two orders that are under way at the same instant', async () => {
    const ada = await customer();
    sandbox.faults.at('GET /v1/subscriptions', { kind: 'hold' });
    const former = order(ada, { product: 'reel', plan: 'basic' });
    await sandbox.faults.untilHeld(1);
    expect(await order(ada, PRO)).toMatchObject({ status: 201 });
    for (const held of sandbox.faults.held()) held.release();
    const { body } = await former;
    expect((await sessionsOf(ada, 'open')).map(({ url }) => url)).toEqual([body['checkout_url']]);
    expect(await sessionsOf(ada, 'expired')).toHaveLength(1);
  });

  test.runIf(engine === 'postgres')(
    'and an order is given up by nobody who has not seen that the provider was asked for it',
    async () => {
      const ada = await customer();
      death.plan('after billing.checkout-asked');
      await order(ada, PRO);
      const [row] = await checkoutsOf(ada);
      expect(row).toMatchObject({ state: 'making' });
      const givenUp = abandon(ada.accountId, { id: row?.id ?? '', asked: null });
      await counter.db.tenant(ada.accountId, GIVEN_UP, [givenUp]);
      expect(await checkoutsOf(ada)).toEqual([row]);
    },
  );

  test.runIf(engine === 'postgres')('of a plan, beside one of an add-on', async () => {
    const ada = await customer();
    await order(ada, PRO);
    await order(ada, BOOST);
    expect(await sessionsOf(ada, 'open')).toHaveLength(2);
  });

  test.runIf(engine === 'postgres')('a page that ran out is replaced by another', async () => {
    const ada = await customer();
    const first = await order(ada, PRO);
    await later(2);
    const second = await order(ada, PRO);
    expect(second.status).toBe(201);
    expect(second.body['checkout_url']).not.toBe(first.body['checkout_url']);
  });

  test('each account has its own', async () => {
    const [ada, bob] = [await customer(), await customer()];
    const [hers, his] = [await order(ada, PRO), await order(bob, PRO)];
    expect(hers.body['checkout_url']).not.toBe(his.body['checkout_url']);
    await buy(bob, PRO);
    expect(await plan(ada)).toBe(null);
    expect(await call(ada.key, 'GET /v1/billing/subscription')).toMatchObject({ status: 404 });
  });
});

test.runIf(engine === 'postgres')('an add-on is bought twice, and lasts twice as long', async () => {
  const ada = await customer();
  await buy(ada, BOOST);
  await buy(ada, BOOST);
  expect(await plan(ada)).toBe('reel.pro');
  await later(45);
  expect(await plan(ada)).toBe('reel.pro');
  await later(20);
  expect(await plan(ada)).toBe(null);
});

describe('a process that dies', () => {
  const POINTS = [
    'billing.checkout-begun',
    'billing.change',
    'billing.customer-made',
    'billing.checkout-asked',
    'billing.checkout-kept',
    'idempotency.claimed',
    'idempotency.kept',
  ];

  test
    .runIf(engine === 'postgres')
    .each(POINTS.flatMap((point) => (['before', 'after'] as const).map((phase) => [phase, point])))(
    '%s %s leaves one page at most, and the next call is answered with it',
    async (phase, point) => {
      const ada = await customer();
      const key = point.startsWith('idempotency.') ? `${phase}-${point}` : undefined;
      death.plan(`${phase} ${point}`);
      expect((await order(ada, PRO, key)).status).toBe(500);
      // A key is held for a minute by a process that does not come back.
      if (key !== undefined) await advance(counter.db, '61 seconds');
      const { status, body } = await order(ada, PRO, key);
      expect(status).toBe(201);
      const open = await sessionsOf(ada, 'open');
      expect(open.map(({ url }) => url)).toEqual([body['checkout_url']]);
      const { data } = await stripe.customers.list({ limit: 100 });
      expect(data.filter(({ metadata }) => metadata['plinth_account'] === ada.accountId)).toHaveLength(1);
    },
  );

  test.runIf(engine === 'postgres')(
    'leaves no page behind on which the former order could be paid',
    async () => {
      const ada = await customer();
      await order(ada, { product: 'reel', plan: 'basic' });
      await sandbox.pay(String((await order(ada, BOOST)).body['checkout_url']));
      death.plan('before billing.checkout-kept');
      expect((await order(ada, PRO)).status).toBe(500);
      const { body } = await order(ada, PRO);
      expect((await sessionsOf(ada, 'open')).map(({ url }) => url)).toEqual([body['checkout_url']]);
    },
  );
});

describe('a payment provider that', () => {
  test.runIf(engine === 'postgres')('is away is said to be, and nothing is lost by it', async () => {
    const ada = await customer();
    sandbox.faults.always('POST /v1/checkout/sessions', { kind: 'status', status: 500 });
    expect(await order(ada, PRO)).toMatchObject({
      status: 503,
      body: { error: { code: 'store_unavailable' } },
    });
    sandbox.faults.clear();
    expect(await order(ada, PRO)).toMatchObject({ status: 201 });
    expect(await sessionsOf(ada, 'open')).toHaveLength(1);
  });

  test.runIf(engine === 'postgres')('can make no customer is asked for one a minute later', async () => {
    const ada = await customer();
    sandbox.faults.always('POST /v1/customers', { kind: 'status', status: 500 });
    expect(await order(ada, PRO)).toMatchObject({ status: 503 });
    sandbox.faults.clear();
    sandbox.advance(60);
    expect(await order(ada, PRO)).toMatchObject({ status: 201 });
  });

  test.runIf(engine === 'postgres')(
    'fails after it has done it leaves one customer and one page, and is not stuck with its failure',
    async () => {
      const ada = await customer();
      const failed = { kind: 'status', status: 500, done: true } as const;
      sandbox.faults.at('POST /v1/customers', failed);
      sandbox.faults.at('POST /v1/checkout/sessions', failed);
      expect(await order(ada, PRO)).toMatchObject({ status: 503 });
      const { status, body } = await order(ada, PRO);
      expect(status).toBe(201);
      expect((await sessionsOf(ada, 'open')).map(({ url }) => url)).toEqual([body['checkout_url']]);
      expect(await sessionsOf(ada, 'expired')).toHaveLength(1);
      const { data } = await stripe.customers.list({ limit: 100 });
      expect(data.filter(({ metadata }) => metadata['plinth_account'] === ada.accountId)).toHaveLength(1);
    },
  );

  test.runIf(engine === 'postgres')(
    'has done it, and whose answer is lost, is asked again for the same',
    async () => {
      const ada = await customer();
      sandbox.faults.at('POST /v1/checkout/sessions', { kind: 'reset', done: true });
      expect(await order(ada, PRO)).toMatchObject({ status: 201 });
      expect(await sessionsOf(ada, 'open')).toHaveLength(1);
    },
  );

  test.runIf(engine === 'postgres')('has no such customer any more gets another one', async () => {
    const ada = await customer();
    await buy(ada, BOOST);
    await stripe.customers.del(await customerOf(ada));
    await drainEvents();
    expect(await order(ada, PRO)).toMatchObject({ status: 201 });
    await buy(ada, PRO);
    expect(await plan(ada)).toBe('reel.pro');
  });

  test.runIf(engine === 'postgres')('does not know a price yet is told by the operator', async () => {
    const ada = await customer();
    await counter.db.script(`update billing.prices set plan = 'hidden' where plan = 'standard'`);
    expect(await order(ada, { product: 'reel', plan: 'standard' })).toMatchObject({
      status: 503,
      body: { error: { code: 'prices_missing' } },
    });
    await counter.db.script(`update billing.prices set plan = 'standard' where plan = 'hidden'`);
    expect(await order(ada, { product: 'reel', plan: 'standard' })).toMatchObject({ status: 201 });
  });
});

test.runIf(engine === 'postgres')('what a promotion code takes off is taken off', async () => {
  const ada = await customer();
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once' });
  await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'HALF' });
  await buy(ada, { ...PRO, promotion_code: 'HALF' });
  const { body } = await call(ada.key, 'GET /v1/billing/invoices');
  expect(body['data']).toMatchObject([{ subtotal: 3_995, discount: 1_998, total: 1_997, paid: 1_997 }]);
});

describe.runIf(engine === 'postgres')('an account that is several customers of the provider', () => {
  test('is sold nothing twice, and its portal is that of who pays', async () => {
    const ada = await customer();
    await buy(ada, PRO);
    const pays = await customerOf(ada);
    await later(1);
    await stripe.customers.create({ metadata: { plinth_account: ada.accountId } });
    await drainEvents();
    expect(await customerOf(ada)).not.toBe(pays);
    expect(await order(ada, PRO)).toMatchObject({ body: { error: { code: 'already_subscribed' } } });
    await call(ada.key, 'POST /v1/billing/portal', { body: { return_url: SUCCESS } });
    const asked = sandbox.calls().findLast(({ path }) => path === '/v1/billing_portal/sessions');
    expect(asked?.params).toMatchObject({ customer: pays });
  });

  test('has its trial once', async () => {
    const ada = await customer();
    await triesUntold(ada, SCALE);
    await later(1);
    await stripe.customers.create({ metadata: { plinth_account: ada.accountId } });
    const told = sandbox.held().filter(({ type }) => type === 'customer.created');
    await sandbox.release(told.map(({ id }) => id));
    await drainEvents();
    expect(await order(ada, SCALE)).toMatchObject({ status: 201, body: { trial_days: null } });
    await sandbox.release();
    await buy(ada, SCALE);
    expect(await read(ada, 'gateway')).toMatchObject({ state: 'active', trial_ends_at: null });
  });
});

test.runIf(engine === 'postgres')(
  'the portal of a customer whom the provider has no longer is not there',
  async () => {
    const ada = await customer();
    await order(ada, PRO);
    await stripe.customers.del(await customerOf(ada));
    expect(await call(ada.key, 'POST /v1/billing/portal', { body: { return_url: SUCCESS } })).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found' } },
    });
  },
);

test('the portal is for customers who have bought', async () => {
  const ada = await customer();
  const asked = { body: { return_url: SUCCESS } };
  expect(await call(ada.key, 'POST /v1/billing/portal', asked)).toMatchObject({ status: 404 });
  await order(ada, { ...PRO, cancel_url: CANCEL });
  const { status, body } = await call(ada.key, 'POST /v1/billing/portal', asked);
  expect(status).toBe(201);
  expect(body['portal_url']).toMatch(/^http/);
});
