import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
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
    default_plan: free
`,
);
const selling = await openSellingApp({
  settings: { PLANS_FILE: path },
  atStripe: { heldCurrencies: ['usd', 'jpy', 'kwd'] },
});
const { buy, call, customer, drainEvents, later, sandbox, stripe, url } = selling;
const PRO = { product: 'studio', plan: 'pro' };

type Line = Readonly<Record<string, string>>;

const day = (days: number) =>
  new Date(sandbox.now().getTime() + days * 86_400_000).toISOString().slice(0, 10);

async function read(key: string): Promise<Line[]> {
  const response = await fetch(
    `${url}/v1/admin/billing/balance-transactions?from=${day(-30)}&until=${day(1)}`,
    { headers: { authorization: `Bearer ${key}` } },
  );
  expect(response.status).toBe(200);
  const [head = '', ...lines] = (await response.text()).trimEnd().split('\r\n');
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, n) => [names[n], value])));
}

test('the lines of a payout add up to it in each currency, and each has its account and invoice', async () => {
  const { key } = await selling.admin();
  const accounts = new Map<string, string>();
  for (const currency of ['usd', 'jpy', 'kwd']) {
    const who = await customer();
    accounts.set(currency, who.accountId);
    await buy(who, { ...PRO, currency });
    const { body } = await call(who.key, 'GET /v1/billing/invoices');
    expect(body['data']).toMatchObject([{ state: 'paid', currency }]);
  }
  const [newest] = (await stripe.charges.list({ limit: 1 })).data;
  await stripe.refunds.create({ charge: newest?.id ?? '', amount: 1_000 });
  await drainEvents();
  await later(3);
  const payouts = ['usd', 'jpy', 'kwd'].map((currency) => sandbox.connect.payOutAutomatically(currency));
  await later(3);
  const lines = await read(key);
  for (const { id, amount, currency } of payouts) {
    const own = lines.filter(({ payout }) => payout === id);
    const paid = own.filter(({ type }) => type !== 'payout');
    expect(paid.reduce((sum, { net_minor: net }) => sum + Number(net), 0)).toBe(amount);
    expect(own.reduce((sum, { net_minor: net }) => sum + Number(net), 0)).toBe(0);
    expect(paid.map(({ type }) => type)).toEqual(currency === 'kwd' ? ['refund', 'charge'] : ['charge']);
    for (const line of paid)
      expect(line).toMatchObject({
        currency,
        payout_status: 'paid',
        account_id: accounts.get(currency),
        invoice: expect.stringMatching(/^\S+$/),
      });
  }
  expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
});

test('a day is paid once, a payout by hand has its own line, and no customer reads the books', async () => {
  const { key } = await selling.admin();
  const before = (await read(key)).length;
  await buy(await customer(), PRO);
  await later(3);
  const second = sandbox.connect.payOutAutomatically('usd');
  await later(1);
  const [charge] = (await read(key)).filter(({ payout, type }) => payout === second.id && type === 'charge');
  expect(charge).toMatchObject({ amount_minor: '1900', net_minor: String(second.amount) });
  sandbox.connect.fund(500, 'usd');
  const { id } = await stripe.payouts.create({ amount: 500, currency: 'usd' });
  expect((await read(key)).filter(({ payout }) => payout === id)).toMatchObject([
    { type: 'payout', net_minor: '-500', account_id: '' },
  ]);
  expect(await read(key)).toHaveLength(before + 3);
  const asked = 'GET /v1/admin/billing/balance-transactions?from=2026-01-01&until=2026-02-01';
  expect((await call((await customer()).key, asked)).status).toBe(403);
  const wrong = 'GET /v1/admin/billing/balance-transactions?from=2026-02-01&until=2026-02-01';
  expect((await call(key, wrong)).status).toBe(400);
  sandbox.faults.always('GET /v1/payouts', { kind: 'status', status: 500 });
  expect((await call(key, asked)).status).toBe(503);
  sandbox.faults.clear();
});
