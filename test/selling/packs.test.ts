import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import type { Customer } from '@plinth/testkit/services/app';
import { openSellingApp } from './fixture.ts';

const path = join(temporaryFolder(), 'plinth.plans.yaml');
writeFileSync(
  path,
  `products:
  studio:
    limits: { images: credits per month }
    features: { paint: { consumes: images, outside: account } }
    plans:
      free: { price: free, grants: { images: 3 } }
      pro: { price: { monthly: 19, jpy: { monthly: 2900 }, kwd: { monthly: 5.9 } }, grants: { images: 500 } }
    add_ons:
      hundred: { price: { once: 9, jpy: 1400, kwd: 2.99 }, credits: 100, limit: images, months: 12 }
      thousand: { price: { once: 80, jpy: 12000, kwd: 24.99 }, credits: 1000, limit: images, months: 12 }
    default_plan: free
`,
);
const app = await openSellingApp({ settings: { PLANS_FILE: path } });
const { buy, call, customer, drainEvents, order, sandbox, stripe } = app;
const HUNDRED = { product: 'studio', add_on: 'hundred' };

let uses = 0;
async function paint({ key }: Customer, units: number) {
  uses += 1;
  return call(key, 'POST /v1/permits', {
    body: { product: 'studio', feature: 'paint', units },
    headers: { 'idempotency-key': `paint-${uses}` },
  });
}

/** The limit as its account reads it. */
async function images({ key }: Customer) {
  const { body } = await call(key, 'GET /v1/usage');
  return (body['data'] as readonly Readonly<Record<string, unknown>>[]).find(
    ({ product }) => product === 'studio',
  );
}

async function chargesOf({ accountId }: Customer): Promise<string[]> {
  const customers = sandbox.world.table('customer').list();
  const own = customers.find(({ metadata }) => metadata['plinth_account'] === accountId);
  const { data } = await stripe.charges.list({ customer: own?.id ?? '', limit: 100 });
  return data.map(({ id }) => id).toReversed();
}

test('a pack is offered by the denial that it ends, paid once, shown with its end, and used after the plan’s', async () => {
  const ada = await customer();
  expect((await paint(ada, 2)).status).toBe(201);
  const { status, body } = await paint(ada, 2);
  const { details } = body['error'] as { details: Readonly<Record<string, unknown>> };
  expect([status, details]).toEqual([
    429,
    {
      limit: 'images',
      used: 2,
      max: 3,
      needed: 2,
      resets_at: expect.any(String),
      upgrade: 'studio.pro',
      offer: expect.objectContaining({ plan: 'studio.pro' }),
      add_on: 'studio.hundred',
      pack: {
        add_on: 'studio.hundred',
        name: 'Hundred',
        limit: 'images',
        credits: 100,
        months: 12,
        price: { currency: 'usd', once: 900 },
        checkout_url: expect.any(String),
      },
    },
  ]);
  const offered = async (units: number) =>
    (await paint(ada, units)).body['error'] as { readonly details: Readonly<Record<string, unknown>> };
  expect((await offered(101)).details['add_on']).toBe('studio.hundred');
  expect((await offered(102)).details['add_on']).toBe('studio.thousand');
  expect((await offered(1_002)).details['add_on']).toBeUndefined();
  const token = (details['pack'] as { checkout_url: string }).checkout_url.split('#')[1] ?? '';
  const followed = await call(undefined, 'POST /v1/billing/checkout/link', { body: { token } });
  await sandbox.pay(String(followed.body['checkout_url']));
  await drainEvents();
  await app.app.modules.inbox.reconcile();
  await drainEvents();
  expect(await images(ada)).toMatchObject({
    balance: 101,
    max: 103,
    grants: [
      { source: 'plan', remaining: 1 },
      { source: 'top_up', amount: 100, remaining: 100, expires_at: expect.stringMatching(/Z$/) },
    ],
  });
  expect((await paint(ada, 2)).status).toBe(201);
  expect(await images(ada)).toMatchObject({ balance: 99, grants: [{ source: 'top_up', remaining: 99 }] });
  const { body: list } = await call(ada.key, 'GET /v1/billing/add-ons');
  expect(list['data']).toEqual([]);
});

test.each([
  ['usd', 900, 300],
  ['jpy', 1_400, 466],
  ['kwd', 2_990, 990],
])(
  'a third of a pack in %s that went back takes as much of its credits, rounded for the customer',
  async (currency, price, amount) => {
    const ada = await customer();
    await buy(ada, { ...HUNDRED, currency });
    const [charge = ''] = await chargesOf(ada);
    expect((await stripe.charges.retrieve(charge)).amount).toBe(price);
    expect((await paint(ada, 73)).status).toBe(201);
    await stripe.refunds.create({ charge, amount });
    await drainEvents();
    expect(await images(ada)).toMatchObject({ balance: -3, grants: [{ amount: 67, remaining: -3 }] });
    expect((await paint(ada, 1)).status).toBe(429);
    await buy(ada, { ...HUNDRED, currency });
    expect(await images(ada)).toMatchObject({ balance: 97 });
  },
);

test('a pack is revenue and no MRR; what is left of it is deferred, and what expired is told apart', async () => {
  const { key } = await app.admin();
  const ada = await customer();
  await buy(ada, HUNDRED);
  await paint(ada, 43);
  const [charge = ''] = await chargesOf(ada);
  await stripe.refunds.create({ charge, amount: 90 });
  await drainEvents();
  const read = async (report: string) => {
    const year = `from=${new Date(sandbox.now()).getUTCFullYear() - 1}-12-31`;
    const { body } = await call(key, `GET /v1/admin/billing/${report}&account_id=${ada.accountId}&${year}`);
    return body['data'];
  };
  const row = { item: 'studio.hundred', currency: 'usd' };
  expect(await read('revenue?group=item')).toMatchObject([{ ...row, sales: 1, gross_minor: 810 }]);
  const sums = { ...row, packs: 1, sold_minor: 900, back_minor: 90, used_minor: 360 };
  expect(await read('packs?group=item')).toEqual([{ ...sums, deferred_minor: 450, expired_minor: 0 }]);
  const { body } = await call(key, 'GET /v1/admin/billing/recurring?group=product');
  expect(body['data']).toEqual([]);
});

test('a dispute of a pack that was used blocks its account until it is won', async () => {
  const ada = await customer();
  await buy(ada, { ...HUNDRED, quantity: 2 });
  expect((await paint(ada, 153)).status).toBe(201);
  const [charge = ''] = await chargesOf(ada);
  const { id } = sandbox.bank.dispute(charge);
  await drainEvents();
  expect(await images(ada)).toMatchObject({ balance: -150 });
  const refusal = await paint(ada, 1);
  expect([refusal.status, refusal.body['error']]).toMatchObject([
    429,
    // One that is called for and 150 that are owed.
    { details: { limit: 'images', needed: 1, add_on: 'studio.thousand' } },
  ]);
  sandbox.bank.decide(id, 'won');
  await drainEvents();
  expect(await images(ada)).toMatchObject({ balance: 50 });
  expect((await paint(ada, 50)).status).toBe(201);
});

test('the same page is answered until it is paid, and then another', async () => {
  const ada = await customer();
  const pages = await Promise.all([order(ada, HUNDRED), order(ada, HUNDRED)]);
  const [first] = new Set(pages.map(({ body }) => body['checkout_url']));
  expect(new Set(pages.map(({ body }) => body['checkout_url'])).size).toBe(1);
  await sandbox.pay(String(first));
  await buy(ada, HUNDRED);
  expect(await images(ada)).toMatchObject({ balance: 203 });
});
