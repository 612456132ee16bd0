import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const app = await testApp({ work: false });
const admin = await app.admin();
const customer = await app.customer('reel.pro');

/** A posted call as the ledger has it. */
async function insertPosted(
  of: Customer,
  cost: number,
  more: { model?: string; at?: string } = {},
): Promise<void> {
  const { ids } = app.app.modules;
  const [permit, event] = [ids.next(), ids.next()];
  const values = [
    of.accountId,
    permit,
    event,
    of.userId,
    cost,
    more.model ?? 'sandbox-small',
    more.at ?? '2026-11-05T10:00:00Z',
  ];
  await app.db.asMigrator(
    statement(
      `with permit as (
         insert into limits.permits (account_id, id, user_id, product, feature, plan, units, reserve, state, holder, fence, slots, charges, due_at, request_id)
         values ($1, $2, $4, 'reel', 'generation', 'reel.pro', 1, 0, 'settled', $2, 1, '{}', '[]', app.now(), 'r'))
       insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, product, feature, provider, model, reserve, cost, charged,
         price_version, state, request_id, updated_at)
       values ($1, $3, $2, 1, 1, $4, 'reel', 'generation', 'sandbox', $6, 0, $5, $5, 'v', 'posted', 'r', $7)`,
      values,
    ),
  );
}

const NOVEMBER = 'from=2026-11-01&until=2026-12-01';

/** The day so many days from now. */
const dayOf = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

async function csv(
  path: string,
  key: string,
  accept = 'text/csv',
): Promise<{ type: string | null; text: string }> {
  const response = await fetch(app.url + path, { headers: { authorization: `Bearer ${key}`, accept } });
  return { type: response.headers.get('content-type'), text: await response.text() };
}

describe('GET /v1/usage/report', () => {
  test('is the account’s own sums, as JSON and as CSV', async () => {
    const one = await app.customer();
    await insertPosted(one, 100);
    await insertPosted(one, 40, { at: '2026-11-06T10:00:00Z' });
    await insertPosted(customer, 7_000);
    const { body } = await app.call(one.key, `GET /v1/usage/report?${NOVEMBER}`);
    expect(body).toMatchObject({
      from: '2026-11-01',
      until: '2026-12-01',
      zone: 'UTC',
      data: [
        { day: '2026-11-05', calls: 1, cost_micros: 100 },
        { day: '2026-11-06', calls: 1, cost_micros: 40 },
      ],
      next_cursor: null,
    });
    const path = `/v1/usage/report?${NOVEMBER}&group=plan,day`;
    const said = await csv(path, one.key);
    expect(said.type).toBe('text/csv; charset=utf-8; header=present');
    expect(said.text.split('\r\n')).toEqual([
      'plan,day,calls,estimated_calls,prompt_tokens,cached_tokens,completion_tokens,reasoning_tokens,cost_micros,posted_micros,estimated_micros,corrections_micros,charged_micros',
      'reel.pro,2026-11-05,1,0,0,0,0,0,100,100,0,0,100',
      'reel.pro,2026-11-06,1,0,0,0,0,0,40,40,0,0,40',
      '',
    ]);
    expect(await csv(`${path}&format=csv`, one.key, 'application/json')).toEqual(said);
  });

  test('is paged, and goes on by its cursor', async () => {
    const one = await app.customer();
    const long = '名'.repeat(200);
    for (const model of ['a', long, `${long}c`]) await insertPosted(one, 1, { model });
    const path = `GET /v1/usage/report?${NOVEMBER}&group=model&limit=2`;
    const first = (await app.call(one.key, path)).body;
    const cursor = String(first['next_cursor']);
    const second = (await app.call(one.key, `${path}&cursor=${cursor}`)).body;
    expect([first['data'], second]).toMatchObject([
      [{ model: 'a' }, { model: long }],
      { data: [{ model: `${long}c` }], next_cursor: null },
    ]);
    // One by other fields has positions of as many words.
    const other = `GET /v1/usage/report?${NOVEMBER}&group=plan&cursor=${cursor}`;
    expect((await app.call(one.key, other)).status).toBe(400);
  });

  test.each([
    'group=account',
    'group=day,day',
    'group=model;drop',
    'zone=Mars/Olympus',
    'zone=%2B05:30',
    'zone=-05:30',
    'from=2026-11-31',
    'from=2026-12-02&until=2026-12-01',
    'from=0000-01-01',
    'until=9999-12-31',
    'cursor=WyJhIiwiYiJd',
    'format=xml',
  ])('refuses %s', async (query) => {
    expect(await app.call(customer.key, `GET /v1/usage/report?${query}`)).toMatchObject({
      status: 400,
      body: { error: { code: 'validation_failed' } },
    });
  });
});

describe('CSV', () => {
  test.each([
    ['=HYPERLINK("http://evil")', `"'=HYPERLINK(""http://evil"")"`],
    ['=1+1', `'=1+1`],
    ['+1+1', `'+1+1`],
    ['-2+3', `'-2+3`],
    ['@SUM(A1)', `'@SUM(A1)`],
    ['\tx', `'\tx`],
    ['a,b "c"', '"a,b ""c"""'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['Ünïcode 名前', 'Ünïcode 名前'],
  ])('of an account that is called %j is text, and no formula', async (name, field) => {
    const one = await app.customer();
    await app.db.asMigrator(
      statement('update accounts.accounts set name = $2 where account_id = $1', [one.accountId, name]),
    );
    await insertPosted(one, 100);
    const said = await csv(`/v1/admin/usage?${NOVEMBER}&account_id=${one.accountId}`, admin.key);
    expect(said.text).toContain(`\r\n${one.accountId},${field},1,0,`);
  });

  test('of more lines than one query reads, or a socket holds, arrives whole', async () => {
    const one = await app.customer();
    await app.db.asMigrator(
      statement(
        `insert into reports.usage_cells
         select $1, '2026-11-05T10:00:00Z', $2, null, 'reel', 'generation', null, 'sandbox', lpad(n::text, 100, 'x'), false, 1, 0, 0, 0, 0, 0, n, 0, 0, n
         from generate_series(1, 12000) n`,
        [one.accountId, one.userId],
      ),
    );
    const { text } = await csv(`/v1/usage/report?${NOVEMBER}&group=model`, one.key);
    const costs = text
      .split('\r\n')
      .slice(1, -1)
      .map((line) => Number(line.split(',').at(-4)));
    expect(costs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12_000 }, (_, at) => at + 1));
  });

  test('leaves numbers below 0 numbers', async () => {
    const one = await app.customer();
    await insertPosted(one, 100, { at: '2020-01-05T10:00:00Z' });
    const [row] = await app.db.asMigrator(
      statement<{ id: string }>('select id from limits.usage_events where account_id = $1', [one.accountId]),
    );
    await adjustUsage({ account_id: one.accountId, event_id: row?.id, cost_micros: -30 });
    const said = await csv('/v1/usage/report?group=', one.key);
    expect(said.text).toMatch(/\r\n0,0,0,0,0,0,-30,0,0,-30,-30\r\n$/);
  });
});

let keys = 0;

function adjustUsage(order: Record<string, unknown>, key = `adjust-${(keys += 1)}`, as = admin.key) {
  return app.call(as, 'POST /v1/admin/usage/adjustments', {
    body: { reason: 'a test', ...order },
    headers: { 'idempotency-key': key },
  });
}

const generations = { product: 'reel', limit: 'generations' };

async function readUsed(of: Customer): Promise<unknown> {
  const { body } = await app.call(of.key, 'GET /v1/usage');
  return (body['data'] as { limit: string; used: number }[]).find(({ limit }) => limit === 'generations')
    ?.used;
}

describe('POST /v1/admin/usage/adjustments', () => {
  test('changes what a limit holds, once for one Idempotency-Key, and is listed', async () => {
    const one = await app.customer('reel.pro');
    const order = { account_id: one.accountId, ...generations, units: 12 };
    const made = await adjustUsage(order, 'the-same');
    expect(made).toMatchObject({
      status: 201,
      body: { limit: 'generations', counted_in: 'units', asked: 12, applied: 12, made_by: admin.userId },
    });
    const again = await adjustUsage(order, 'the-same');
    expect([again.body, again.headers.get('idempotent-replayed')]).toEqual([made.body, 'true']);
    expect(await readUsed(one)).toBe(12);
    await adjustUsage({ ...order, units: -20 });
    expect(await readUsed(one)).toBe(0);
    const { body } = await app.call(admin.key, `GET /v1/admin/usage/adjustments?account_id=${one.accountId}`);
    expect(body).toMatchObject({ data: [{ asked: -20, applied: -12 }, made.body], next_cursor: null });
  });

  test.each([
    { ...generations },
    { ...generations, units: 0 },
    { ...generations, units: 1, cost_micros: 1 },
    { limit: 'generations', units: 1 },
    { ...generations, event_id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a05', units: 1 },
    { event_id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a05', units: 1 },
    { ...generations, units: 1, reason: ' ' },
  ])('refuses %o', async (order) => {
    expect((await adjustUsage({ account_id: customer.accountId, ...order })).status).toBe(400);
  });

  test('of an account or a call that is not there is 404, and by anybody but an admin 403', async () => {
    const nobody = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a05';
    expect((await adjustUsage({ account_id: nobody, ...generations, units: 1 })).status).toBe(404);
    expect(
      (await adjustUsage({ account_id: customer.accountId, event_id: nobody, cost_micros: 1 })).status,
    ).toBe(404);
    expect(
      (await adjustUsage({ account_id: customer.accountId, ...generations, units: -1 }, 'k', customer.key))
        .status,
    ).toBe(403);
  });
});

const sale = {
  product: 'reel',
  plan: 'reel.pro',
  currency: 'eur',
  gross_minor: 2_380,
  fee_minor: 84,
  tax_minor: 380,
};
const record = (accountId: AccountId, ...sales: Record<string, unknown>[]) =>
  app.call(admin.key, 'POST /v1/admin/proceeds', {
    body: {
      account_id: accountId,
      sales: sales.map((one) => ({ ...sale, occurred_at: '2026-11-03T10:00:00Z', ...one })),
    },
  });
const margin = async (query: string) =>
  (await app.call(admin.key, `GET /v1/admin/margin?${NOVEMBER}&${query}`)).body;
const statuses = ({ body }: { body: Readonly<Record<string, unknown>> }) =>
  (body['data'] as { status: string }[]).map(({ status }) => status);

describe('margins', () => {
  test('are net proceeds less the cost, in the currency of the sale, at a rate whose day is said', async () => {
    const one = await app.customer();
    await insertPosted(one, 1_500_000);
    expect((await record(one.accountId, { source_id: 'm-1' })).status).toBe(200);
    expect(await margin(`group=account,plan&account_id=${one.accountId}`)).toMatchObject({
      data: [
        {
          month: '2026-11',
          currency: 'eur',
          account_id: one.accountId,
          plan: 'reel.pro',
          sales: 1,
          net_minor: 1_916,
          cost_micros: 1_500_000,
          // 1.5 / 1.0705 = 1.4012 euros.
          cost_minor: 140,
          margin_minor: 1_776,
          rate: { date: '2024-06-28', usd_per_eur: '1.0705', currency_per_eur: '1' },
        },
      ],
      rates: { source: 'ecb-eurofxref-hist.csv', newest: '2024-06-28' },
    });
    const said = await csv(`/v1/admin/margin?${NOVEMBER}&group=&account_id=${one.accountId}`, admin.key);
    expect(said.text.split('\r\n').slice(0, 2)).toEqual([
      'month,currency,sales,gross_minor,fee_minor,tax_minor,net_minor,share_minor,cost_micros,charged_micros,cost_minor,margin_minor,rate_date,usd_per_eur,currency_per_eur',
      '2026-11,eur,1,2380,84,380,1916,0,1500000,1500000,140,1776,2024-06-28,1.0705,1',
    ]);
  });

  test('of an account that never bought anything are below 0, in dollars; of a currency without a rate nobody knows', async () => {
    const [free, odd] = [await app.customer(), await app.customer()];
    await insertPosted(free, 20_000);
    await insertPosted(odd, 20_000);
    await record(odd.accountId, { source_id: 'm-2', currency: 'xxx' });
    expect(await margin(`group=&account_id=${free.accountId}`)).toMatchObject({
      data: [{ currency: 'usd', sales: 0, net_minor: 0, cost_minor: 2, margin_minor: -2, rate: null }],
    });
    expect(await margin(`group=&account_id=${odd.accountId}`)).toMatchObject({
      data: [{ currency: 'xxx', cost_micros: 20_000, cost_minor: null, margin_minor: null, rate: null }],
    });
  });

  test('leave out what a backend of the account’s own says of its costs', async () => {
    const one = await app.customer('gateway.developer');
    const event = { id: crypto.randomUUID(), product: 'gateway', feature: 'external', cost_micros: 5_000 };
    const { body } = await app.call(one.key, 'POST /v1/usage-events', { body: { events: [event] } });
    expect(body).toMatchObject({ data: [{ status: 'posted' }] });
    const days = `from=${dayOf(-2)}&until=${dayOf(2)}&account_id=${one.accountId}`;
    const readAdmin = async (path: string) =>
      (await app.call(admin.key, `GET /v1/admin/${path}${days}`)).body;
    expect(await readAdmin('usage?group=account&')).toMatchObject({ data: [{ cost_micros: 5_000 }] });
    expect(await readAdmin('margin?group=account&')).toMatchObject({ data: [] });
  });

  test('count a cost once, where an account bought in two currencies: in that of its latest sale by the month’s end', async () => {
    const one = await app.customer();
    await insertPosted(one, 1_000_000);
    await record(
      one.accountId,
      { source_id: 'm-3', currency: 'usd' },
      { source_id: 'm-4', currency: 'gbp', occurred_at: '2026-11-29T10:00:00Z' },
      { source_id: 'm-5', currency: 'jpy', occurred_at: '2026-12-01T10:00:00Z' },
    );
    const { data } = (await margin(`group=account&account_id=${one.accountId}`)) as {
      data: Record<string, unknown>[];
    };
    expect(data.map(({ currency, cost_micros }) => [currency, cost_micros])).toEqual([
      ['gbp', 1_000_000],
      ['usd', 0],
    ]);
  });

  test('know a sale by its source and id: told again it is the same, told otherwise it is refused, and all with it', async () => {
    const one = await app.customer();
    const told = [
      { source: 'stripe', source_id: 'ch_1' },
      { source: 'app_store', source_id: 'ch_1' },
    ];
    expect(statuses(await record(one.accountId, ...told))).toEqual(['recorded', 'recorded']);
    expect(statuses(await record(one.accountId, ...told))).toEqual(['known', 'known']);
    const refused = await record(one.accountId, { source_id: 'new' }, { ...told[0], gross_minor: 1 });
    expect(refused).toMatchObject({
      status: 409,
      body: { error: { code: 'sale_differs', details: { source_id: 'ch_1' } } },
    });
    expect((await record(customer.accountId, ...told)).status).toBe(409);
    const { body } = await app.call(admin.key, `GET /v1/admin/proceeds?account_id=${one.accountId}`);
    expect(body['data']).toMatchObject([{ source_id: 'ch_1', net_minor: 1_916 }, { source_id: 'ch_1' }]);
    expect(
      (await record('0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a05' as AccountId, { source_id: 'x' })).status,
    ).toBe(404);
  });

  test('and what was sold are the operator’s affair alone', async () => {
    for (const path of ['GET /v1/admin/margin', 'GET /v1/admin/proceeds', 'GET /v1/admin/usage'])
      expect((await app.call(customer.key, path)).status).toBe(403);
    await expect(
      app.db.tenant(customer.accountId, [statement('select from reports.proceeds')]),
    ).rejects.toMatchObject({ code: '42501' });
  });
});
