import { statement } from '#platform/db';
import { engine } from '@plinth/testkit/services';
import { testApp } from '@plinth/testkit/services/app';
import { expect, test } from 'vitest';
import { type CustomerQuestion, searchCustomers } from './store.ts';

const app = await testApp();
const admin = await app.admin();
const ada = await app.customer('gateway.scale');
const bob = await app.customer();

interface Found {
  readonly account_id: string;
  readonly found_by: string;
}

async function find(q: string): Promise<readonly Found[]> {
  const { status, body } = await app.call(admin.key, `GET /v1/admin/customers?q=${encodeURIComponent(q)}`);
  expect([q, status]).toEqual([q, 200]);
  return body['data'] as readonly Found[];
}
const foundBy = async (q: string) =>
  (await find(q)).flatMap(({ account_id: id, found_by: by }) => (id === ada.accountId ? [by] : []));

const chat = await app.call(ada.key, 'POST /v1/ai/chat/completions', {
  body: { model: 'sandbox-small', messages: [{ role: 'user', content: 'Hello' }] },
});
const request = chat.headers.get('x-request-id') ?? '';

test('an account is found by each of its names, and by what it did', async () => {
  expect(chat.status).toBe(200);
  const [{ permit_id: permit } = { permit_id: '' }] = await app.db.asMigrator(
    statement<{ permit_id: string }>('select permit_id from limits.usage_events where account_id = $1', [
      ada.accountId,
    ]),
  );
  expect(await foundBy(ada.accountId.toUpperCase())).toEqual(['account']);
  expect(await foundBy(ada.userId)).toEqual(['user']);
  expect(await foundBy(ada.key)).toEqual(['key']);
  expect(await foundBy(ada.key.slice(0, 12))).toEqual(['key']);
  expect(await foundBy(permit)).toEqual(['permit']);
  expect(await foundBy(request)).toEqual(['request']);
  expect(await foundBy(ada.email.slice(1, -3).toUpperCase())).toEqual(['email']);
});

test('a denied request leads to who was denied', async () => {
  const denied = chat.headers.get('x-request-id')?.replace(/.$/, (last) => (last === '0' ? '1' : '0')) ?? '';
  await app.db.asMigrator(
    statement(
      `insert into limits.denials (account_id, hour, product, feature, name, plan, kind, denied, used, size, last_at, last_request_id)
       values ($1, date_trunc('hour', app.now()), 'gateway', 'chat', 'calls', 'gateway.free', 'quota', 1, 1, 1, app.now(), $2)`,
      [bob.accountId, denied],
    ),
  );
  expect(await find(denied)).toMatchObject([{ account_id: bob.accountId, found_by: 'request' }]);
});

test('nothing else is found by it', async () => {
  for (const q of [ada.accountId, ada.key, request])
    expect((await find(q)).map(({ account_id: id }) => id)).toEqual([ada.accountId]);
  for (const q of ['no such thing', '%%', "' or true --", '0193a5c8-7d1d-7000-8000-3c1c5a5b0a00'])
    expect(await find(`${q}  `).then((rows) => rows.length)).toBe(0);
});

test('a part of a name is found as it is written, signs of patterns too', async () => {
  await app.db.asMigrator(
    statement(`update accounts.accounts set name = $2 where account_id = $1`, [
      bob.accountId,
      String.raw`100%_of\Kä`,
    ]),
  );
  for (const q of ['0%_', String.raw`OF\KÄ`, String.raw`f\k`, '%_'])
    expect(await find(q)).toMatchObject([{ account_id: bob.accountId, found_by: 'name' }]);
  for (const q of ['1%0', '10__of', String.raw`%\_`]) expect(await find(q)).toEqual([]);
});

test.runIf(engine === 'postgres')('an index serves each part of a search', async () => {
  const question: CustomerQuestion = {
    text: 'ada@',
    id: ada.accountId,
    permits: [ada.accountId, ada.accountId],
    products: [],
  };
  const { text, values } = searchCustomers(question, { status: undefined, limit: 20 });
  const [, , plan] = await app.db.transactAsMigrator(undefined, (tx) =>
    tx.runAll([
      statement('set local role plinth_system'),
      statement('set local enable_seqscan = off'),
      statement<{ 'QUERY PLAN': string }>(`explain ${text}`, values),
    ]),
  );
  const lines = plan.map((line) => line['QUERY PLAN']);
  // With sequential scans off, a table is read through only where no index serves.
  expect(lines.filter((line) => line.includes('Seq Scan'))).toEqual([]);
  for (const index of ['users_by_part', 'accounts_by_part', 'api_keys_by_prefix', 'api_keys_by_id'])
    expect(lines.join('\n')).toContain(index);
});

test('with its plans, what it cost and what was denied; opened with its limits and last calls', async () => {
  await app.db.asMigrator(
    statement(
      `insert into limits.denials (account_id, hour, product, feature, name, plan, kind, denied, used, size, last_at, last_request_id)
       select $1, date_trunc('hour', app.now()) - make_interval(days => d), 'gateway', 'chat', 'calls', 'gateway.scale', 'quota', 3, 1, 1, app.now(), 'r'
       from unnest(array[0, 6, 8]) as d`,
      [ada.accountId],
    ),
  );
  const { status, body } = await app.call(admin.key, `GET /v1/admin/customers/${ada.accountId}`);
  expect(status).toBe(200);
  expect(body['customer']).toMatchObject({
    account_id: ada.accountId,
    owner_id: ada.userId,
    owner_email: ada.email,
    plans: [{ product: 'gateway', plan: 'gateway.scale', source: 'admin' }],
    denied: 6,
    last_call_at: expect.any(String),
  });
  expect(body['calls']).toMatchObject([{ request_id: request, status: 'posted' }]);
  expect(body['limits']).toEqual(
    expect.arrayContaining([expect.objectContaining({ product: 'gateway', limit: 'calls', used: 1 })]),
  );
});

test('all that fit are one CSV file, whatever a page holds: a line for each account and currency', async () => {
  const file = await fetch(`${app.url}/v1/admin/customers?sort=name&limit=1&format=csv`, {
    headers: { authorization: `Bearer ${admin.key}` },
  });
  expect([file.status, file.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/csv')]);
  const [head, ...lines] = (await file.text()).trim().split('\r\n');
  expect(head?.split(',')).toEqual(
    expect.arrayContaining(['account_id', 'name', 'owner_email', 'plans', 'currency', 'mrr_minor']),
  );
  const { body: all } = await app.call(admin.key, 'GET /v1/admin/customers?sort=name&limit=100');
  const accounts = (all['data'] as { account_id: string }[]).map((one) => one.account_id);
  expect(lines.map((line) => line.split(',')[0])).toEqual(accounts);
  const rest = `GET /v1/admin/customers?sort=name&format=csv&cursor=`;
  expect((await app.call(admin.key, `${rest}nonsense`)).body).toMatchObject({
    error: { code: 'validation_failed' },
  });
});

test('is for platform admins, and one that is not there is 404', async () => {
  for (const call of ['GET /v1/admin/customers?q=ada', `GET /v1/admin/customers/${ada.accountId}`])
    expect((await app.call(bob.key, call)).status).toBe(403);
  expect((await app.call(admin.key, `GET /v1/admin/customers/${admin.userId}`)).status).toBe(404);
  expect((await app.call(admin.key, 'GET /v1/admin/customers?q=a')).status).toBe(400);
});
