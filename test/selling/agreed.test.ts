import { expect, test } from 'vitest';
import { allRoutes } from '../../server/src/app.ts';
import { openSellingApp } from './fixture.ts';

const { buy, call, customer, sandbox, stripe } = await openSellingApp();

const VENDORS_PAGE = 'the page of the payment provider shows the price';
const BUYS_NOTHING = 'it charges no card and commits to no price';
/** Each call that may spend an account's money, and the call that shows what it costs; or why there is none. */
const SPENDING: Readonly<Record<string, string>> = {
  'POST /v1/billing/checkout': VENDORS_PAGE,
  'POST /v1/billing/checkout/link': 'it answers the price, and buys once that is agreed to',
  'POST /v1/billing/portal': VENDORS_PAGE,
  'POST /v1/portal/links': 'its pages show the price of what they change',
  'POST /portal': 'its page shows the price, and its form sends that back',
  'POST /v1/checkout/session': VENDORS_PAGE,
  'POST /v1/onboarding/subscribe': VENDORS_PAGE,
  'DELETE /v1/billing/subscription': 'what it bills was agreed to when overage was allowed',
  'POST /v1/billing/purchases': 'it was paid in a store of apps',
  'POST /v1/developer/payee': BUYS_NOTHING,
  'POST /v1/billing/subscription/change': 'GET /v1/billing/subscription/preview',
  'POST /v1/billing/subscription/resume': 'GET /v1/billing/subscription',
  'PUT /v1/billing/subscription/withdrawal': 'it pays back',
  'PUT /v1/billing/overage': 'GET /v1/billing/overage',
  'PUT /v1/billing/top-ups': 'GET /v1/plans: test/selling/top-ups.test.ts',
  'DELETE /v1/billing/top-ups': BUYS_NOTHING,
  'POST /v1/plugins/:id/install': 'GET /v1/plugins/:id: products/marketplace/test/prices.test.ts',
};

const spends = ({ shape }: ReturnType<typeof allRoutes>[number]) =>
  shape.scope === 'billing:write' || shape.errors?.includes('price_changed') === true;

test('each call that may spend an account’s money names the price that was agreed to, or says why not', () => {
  const names = allRoutes()
    .filter(spends)
    .map(({ name }) => name);
  expect(names.toSorted()).toEqual(Object.keys(SPENDING).toSorted());
});

const PRICE = { unit_amount: 595, quantity: 1, currency: 'usd' };
const DEARER = { product: 'reel', plan: 'pro' };

test.each([
  ['POST /v1/billing/subscription/change', DEARER, { due_now: 3_400, ...PRICE, unit_amount: 3_995 }],
  [
    'POST /v1/billing/subscription/change',
    { ...DEARER, when: 'period_end' },
    { due_now: 0, ...PRICE, unit_amount: 3_995 },
  ],
  ['POST /v1/billing/subscription/resume', { product: 'reel' }, PRICE],
  [
    'PUT /v1/billing/overage',
    { product: 'gateway', limit: 'calls', most: 5 },
    { unit_micros: 600, currency: 'usd' },
  ],
])(
  '%s %o is refused without a price and at any other one, and nothing is charged',
  async (route, body, price) => {
    const who = await customer();
    await buy(who, { product: 'reel', plan: 'basic' });
    await buy(who, { product: 'gateway', plan: 'team' });
    await call(who.key, 'DELETE /v1/billing/subscription?product=reel');
    if (route.endsWith('change'))
      await call(who.key, 'POST /v1/billing/subscription/resume', {
        body: { product: 'reel', agreed: PRICE },
      });
    const before = (await stripe.charges.list({ limit: 100 })).data.length;
    expect(await call(who.key, route, { body })).toMatchObject({
      status: 400,
      body: { error: { code: 'validation_failed', details: { issues: [{ path: 'body.agreed' }] } } },
    });
    for (const [field, value] of Object.entries(price)) {
      const other = typeof value === 'number' ? value + 1 : 'eur';
      const reply = await call(who.key, route, { body: { ...body, agreed: { ...price, [field]: other } } });
      expect(reply).toMatchObject({
        status: 409,
        body: { error: { code: 'price_changed', details: { price } } },
      });
    }
    expect((await stripe.charges.list({ limit: 100 })).data).toHaveLength(before);
    expect((await call(who.key, route, { body: { ...body, agreed: price } })).status).toBe(200);
    await sandbox.idle();
  },
);

/** Begins a trial, and changes its plan with all that the preview says; answers what was due and what was charged. */
const changes = async (from: string, plan: string) => {
  const who = await customer();
  await buy(who, { product: 'coditect', plan: from });
  const query = `product=coditect&plan=${plan}&when=now`;
  const { body: shown } = await call(who.key, `GET /v1/billing/subscription/preview?${query}`);
  const { due_now, unit_amount, quantity, currency, prorated_at } = shown;
  const agreed = { due_now, unit_amount, quantity, currency };
  const body = { product: 'coditect', plan, when: 'now', prorated_at, agreed };
  const before = (await stripe.charges.list({ limit: 100 })).data.length;
  const { status } = await call(who.key, 'POST /v1/billing/subscription/change', { body });
  await sandbox.idle();
  const { data } = await stripe.charges.list({ limit: 100 });
  const charged = data.slice(0, data.length - before).reduce((sum, { amount }) => sum + amount, 0);
  return { status, due_now, charged };
};

test('a preview in a trial can be sent along as it is: a dearer plan ends the trial and is paid, a cheaper one is paid when it ends', async () => {
  expect(await changes('starter', 'pro')).toEqual({ status: 200, due_now: 9_900, charged: 9_900 });
  expect(await changes('pro', 'starter')).toEqual({ status: 200, due_now: 0, charged: 0 });
});
