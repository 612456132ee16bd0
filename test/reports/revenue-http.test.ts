import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { testApp } from '@plinth/testkit/services/app';
import { openSalesFixture } from './sales-fixture.ts';

const app = await testApp({ work: false });
const till = openSalesFixture(app.db);
const admin = await app.admin();
const customer = await app.customer();
const { accountId } = customer;
const JUNE = 'from=2024-06-01&until=2024-07-01';
const june = { from: '2024-06-03T10:00:00Z', until: '2024-07-03T10:00:00Z' };

const { charge } = await till.sell({
  accountId,
  at: june.from,
  currency: 'eur',
  subscription: 'sub_1',
  fee: 84,
  lines: [{ ...june, product: 'reel', plan: 'pro', amount: 2_000, tax: 380 }],
});
await till.sell({
  accountId,
  at: june.from,
  lines: [{ ...june, product: 'reel', addOn: 'boost', amount: 900 }],
});

const read = async (path: string) => (await app.call(admin.key, `GET /v1/admin/${path}`)).body;

async function csv(path: string): Promise<string[]> {
  const headers = { authorization: `Bearer ${admin.key}`, accept: 'text/csv' };
  return (await (await fetch(`${app.url}/v1/admin/${path}`, { headers })).text()).split('\r\n');
}

describe('revenue over HTTP', () => {
  test('is the same as JSON, page by page, and as CSV', async () => {
    const path = `billing/revenue?${JUNE}&group=month,item&limit=1`;
    const first = await read(path);
    const second = await read(`${path}&cursor=${String(first['next_cursor'])}`);
    expect([first, second]).toMatchObject([
      {
        from: '2024-06-01',
        data: [{ month: '2024-06', item: 'reel.boost', currency: 'usd', net_minor: 900 }],
      },
      { data: [{ item: 'reel.pro', currency: 'eur', fee_minor: 84, net_minor: 1_916 }], next_cursor: null },
    ]);
    expect(await csv(path)).toEqual([
      'month,item,currency,sales,gross_minor,fee_minor,tax_minor,net_minor,share_minor,fees_missing',
      '2024-06,reel.boost,usd,1,900,0,0,900,0,0',
      '2024-06,reel.pro,eur,1,2380,84,380,1916,0,0',
      '',
    ]);
  });

  test('is told by day', async () => {
    expect(await read(`billing/revenue?${JUNE}&group=day`)).toMatchObject({
      data: [
        { day: '2024-06-03', currency: 'eur', net_minor: 1_916 },
        { day: '2024-06-03', currency: 'usd', net_minor: 900 },
      ],
    });
  });

  test('that recurs is the same as JSON and as CSV', async () => {
    const path = `billing/recurring?${JUNE}&group=plan`;
    expect(await read(path)).toMatchObject({
      data: [
        {
          month: '2024-06',
          currency: 'eur',
          plan: 'reel.pro',
          new_customers: 1,
          mrr_minor: 2_000,
          arr_minor: 24_000,
        },
      ],
    });
    expect((await csv(path))[1]).toBe('2024-06,eur,reel.pro,0,1,1,0,0,0,2000,2000,0,0,0,0,24000,,');
  });

  test('less what calls cost is the margin, in the currency of the sale', async () => {
    const { ids } = app.app.modules;
    await app.db.asMigrator(
      statement(
        `insert into reports.usage_cells values
           ($1, '2024-06-20T10:15:00Z', $2, 'reel.pro', 'reel', 'generation', null, 'sandbox', 'small', false, 1, 0, 0, 0, 0, 0, 1500000, 0, 0, 1500000)`,
        [accountId, customer.userId],
      ),
    );
    const sale = { product: 'reel', currency: 'eur', gross_minor: 100, occurred_at: june.from };
    const sales = [
      { ...sale, source_id: `by-hand-${ids.next()}` },
      { ...sale, source: 'stripe', source_id: charge },
    ];
    await app.call(admin.key, 'POST /v1/admin/proceeds', { body: { account_id: accountId, sales } });
    expect(await read(`margin?${JUNE}&group=product,plan`)).toMatchObject({
      data: [
        // By hand, with no plan; what the provider tells itself is not counted again.
        { currency: 'eur', plan: null, sales: 1, net_minor: 100, cost_minor: 0 },
        {
          currency: 'eur',
          plan: 'reel.pro',
          sales: 1,
          net_minor: 1_916,
          cost_minor: 140,
          margin_minor: 1_776,
        },
        { currency: 'usd', plan: null, sales: 1, net_minor: 900, margin_minor: 900 },
      ],
    });
  });

  test('is the operator’s affair alone', async () => {
    for (const path of ['revenue', 'recurring'])
      expect((await app.call(customer.key, `GET /v1/admin/billing/${path}`)).status).toBe(403);
  });
});
