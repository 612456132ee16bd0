import { afterEach, expect, test } from 'vitest';
import { openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

/** What Stripe alone can refuse of an order: the customer is told which of their fields it was. */
const counter = await openSellingApp();
afterEach(counter.endAll);
const { buy, call, customer, later, order, plan, read, sandbox, stripe } = counter;
const { change, holding, storeId } = subscriptionCalls(counter);
const BASIC = { product: 'reel', plan: 'basic' };
const PRO = { product: 'reel', plan: 'pro' };
const SEATS = { product: 'gateway', plan: 'team' };

test('a code for a first purchase is told from a failure of the shop', async () => {
  const ada = await customer();
  await buy(ada, { product: 'gateway', plan: 'scale' });
  const { id: coupon } = await stripe.coupons.create({ percent_off: 50, duration: 'once' });
  await stripe.promotionCodes.create({
    promotion: { type: 'coupon', coupon },
    code: 'FIRST',
    restrictions: { first_time_transaction: true },
  });
  expect(await order(ada, { ...PRO, promotion_code: 'FIRST' })).toMatchObject({
    status: 400,
    body: { error: { details: { issues: [{ path: 'body.promotion_code' }] } } },
  });
  expect(await order(ada, PRO)).toMatchObject({ status: 201 });
});

test('an account that an operator has suspended buys nothing until it is reinstated', async () => {
  const [ada, operator] = [await customer(), await counter.admin()];
  const set = (verb: string) =>
    call(operator.key, `POST /v1/admin/accounts/${ada.accountId}/${verb}`, {
      headers: { 'idempotency-key': `${verb} ${ada.accountId}` },
    });
  expect((await set('suspend')).status).toBe(200);
  expect(await order(ada, PRO)).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
  expect((await set('reinstate')).status).toBe(200);
  expect(await order(ada, PRO)).toMatchObject({ status: 201 });
});

test('what no card is charged for is refused in words', async () => {
  const ada = await customer();
  for (const code of ['amount_too_small', 'amount_too_large']) {
    sandbox.faults.at('POST /v1/checkout/sessions', { kind: 'status', status: 400, code });
    expect(await order(ada, { product: 'reel', add_on: 'reel.pro_boost' })).toMatchObject({
      status: 400,
      body: { error: { details: { issues: [{ path: 'body.quantity' }] } } },
    });
  }
});

test('a change by a preview of the period before is refused in words', async () => {
  const ada = await holding({ ...SEATS, quantity: 9 });
  const { period_ends_at } = await read(ada, 'gateway');
  const left = Date.parse(String(period_ends_at)) - sandbox.now().getTime();
  await later((left - 600_000) / 86_400_000);
  const { body } = await call(ada.key, 'GET /v1/billing/subscription/preview?product=gateway&quantity=10');
  expect(body).toMatchObject({ prorated_at: expect.any(String) });
  await later(660 / 86_400);
  const more = { ...SEATS, quantity: 10, prorated_at: body['prorated_at'] };
  expect(await change(ada, more)).toMatchObject({
    status: 400,
    body: { error: { details: { issues: [{ path: 'body.prorated_at' }] } } },
  });
  expect(await read(ada, 'gateway')).toMatchObject({ quantity: 9 });
});

test('a change with a code that is for others is refused in words, and nothing has changed', async () => {
  const ada = await holding(BASIC);
  const id = await storeId(ada);
  const { id: coupon } = await stripe.coupons.create({ percent_off: 50, duration: 'once' });
  const { id: other } = await stripe.customers.create();
  await stripe.promotionCodes.create({
    code: 'HERS',
    promotion: { type: 'coupon', coupon },
    customer: other,
  });
  expect(await change(ada, { ...PRO, promotion_code: 'HERS' })).toMatchObject({
    status: 400,
    body: { error: { details: { issues: [{ path: 'body.promotion_code' }] } } },
  });
  expect(await plan(ada)).toBe('reel.basic');
  // Asked again it is refused again: once is enough.
  const changes = sandbox
    .calls()
    .filter(({ path, params }) => path === `/v1/subscriptions/${id}` && 'discounts' in params);
  expect(changes).toHaveLength(1);
});
