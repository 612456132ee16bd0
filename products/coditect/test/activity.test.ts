import { statement } from '#platform/db';
import { expect, test } from 'vitest';
import { type Customer, testApp } from '@plinth/testkit/services/app';
import { codeOf, officeOf } from '../../licences/test/sessions/office.ts';

const app = await testApp({ work: false });
const { call, db } = app;
const admin = await app.admin();
const DAY = 86_400_000;
const now = Date.now();
const dayAgo = (days: number) => new Date(now - days * DAY).toISOString().slice(0, 10);

type Row = Readonly<Record<string, unknown>>;

async function read(path: string): Promise<{ readonly data: readonly Row[]; readonly next: unknown }> {
  const { status, body } = await call(admin.key, `GET /v1/analytics/${path}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return { data: body['data'] as Row[], next: body['next_cursor'] };
}

/** Calls of features on a day, each of a cent. */
async function used(
  who: Customer,
  daysAgo: number,
  { calls, feature = 'chat' }: { readonly calls: number; readonly feature?: string },
): Promise<void> {
  await db.asMigrator(
    statement(
      `insert into reports.usage_cells values ($1, $2, $3, null, 'gateway', $4, null, 'sandbox', 'small', false, $5, 0, 0, 0, 0, 0, $6, 0, 0, $6)`,
      [who.accountId, `${dayAgo(daysAgo)}T10:00:00Z`, who.userId, feature, calls, calls * 10_000],
    ),
  );
}

/** A customer who has been there for ten weeks, and called so often on the weekdays before yesterday's. */
async function regular(calls: number): Promise<Customer> {
  const who = await app.customer('coditect.starter');
  await db.asMigrator(
    statement(
      `update accounts.accounts set created_at = app.now() - interval '70 days' where account_id = $1`,
      [who.accountId],
    ),
  );
  for (let week = 1; week <= 8; week += 1) await used(who, 1 + 7 * week, { calls });
  return who;
}

const spiking = await regular(20);
await used(spiking, 1, { calls: 190 });
await used(spiking, 1, { calls: 10, feature: 'image' });
const steady = await regular(20);
await used(steady, 1, { calls: 22 });
const fresh = await app.customer('coditect.starter');
await used(fresh, 1, { calls: 10_000 });

test('an account’s unusual day is told with the weeks it was compared with and the rows it is made of', async () => {
  const { data, next } = await read('anomalies');
  expect(next).toBeNull();
  const day = dayAgo(1);
  const own = { user_id: spiking.userId, model: 'small', session_id: null, machine_id: null };
  const shared = { account_id: spiking.accountId, day, mad: 0 };
  const weeks = [1, 2, 3, 4, 5, 6, 7, 8].map((week) => dayAgo(1 + 7 * week));
  expect(data).toEqual([
    {
      ...shared,
      metric: 'calls',
      value: 200,
      median: 20,
      z: 30,
      weeks: weeks.map((one) => ({ day: one, value: 20 })),
      rows: [
        { ...own, feature: 'gateway.chat', value: 190 },
        { ...own, feature: 'gateway.image', value: 10 },
      ],
    },
    expect.objectContaining({ ...shared, metric: 'cost_micros', value: 2_000_000, median: 200_000, z: 18 }),
  ]);
});

test('pages of anomalies hold each once', async () => {
  const first = await read('anomalies?limit=1');
  const second = await read(`anomalies?limit=1&cursor=${String(first.next)}`);
  expect([first, second].map(({ data }) => data.map(({ metric }) => metric))).toEqual([
    ['calls'],
    ['cost_micros'],
  ]);
  expect(second.next).toBeNull();
});

test('messages and sessions are metrics, with the session and the machine that they are of', async () => {
  const who = await regular(0);
  const at = await officeOf({ call }, who);
  for (const name of ['a', 'a', 'a', 'b']) await at.release(await at.seat(name));
  await db.asMigrator(
    statement(
      `update coditect.sessions set started_at = started_at - interval '1 day', ended_at = ended_at - interval '1 day'
      where account_id = $1`,
      [who.accountId],
    ),
  );
  const { body: session } = await call(who.key, 'POST /v1/sessions', { body: { client_id: 'one' } });
  const messages = Array.from({ length: 30 }, (_, index) => ({
    client_id: `message-${index}`,
    role: 'user',
    text: `Said ${index}.`,
  }));
  const said = await call(who.key, `POST /v1/sessions/${String(session['id'])}/messages`, {
    body: { messages },
  });
  expect(said.status).toBeLessThan(300);
  await db.asMigrator(
    statement(
      `update coditect.memory_messages set created_at = created_at - interval '1 day' where account_id = $1`,
      [who.accountId],
    ),
  );
  const { data } = await read('anomalies?limit=100');
  expect(data.filter(({ account_id: id }) => id === who.accountId)).toMatchObject([
    {
      metric: 'memory_messages',
      value: 30,
      z: 10,
      rows: [{ session_id: session['id'], user_id: who.userId, value: 30 }],
    },
  ]);
  const { data: tenants } = await read(`tenants?from=${dayAgo(1)}&until=${dayAgo(0)}&limit=100`);
  expect(tenants.find(({ account_id: id }) => id === who.accountId)).toMatchObject({
    calls: 0,
    memory_messages: 30,
    sessions: 4,
    active_days: 1,
    last_active_on: dayAgo(1),
  });
});

test('accounts are listed in pages, each once, also those that did nothing', async () => {
  const found: string[] = [];
  for (let cursor = ''; ; ) {
    const { data, next } = await read(`tenants?limit=2${cursor}`);
    found.push(...data.map(({ account_id: id }) => String(id)));
    if (typeof next !== 'string') break;
    cursor = `&cursor=${next}`;
  }
  expect(found).toEqual([...new Set(found)].toSorted());
  expect(found).toEqual(expect.arrayContaining([spiking, steady, fresh, admin].map((one) => one.accountId)));
});

test('more than 31 days at once are refused', async () => {
  expect(codeOf(await call(admin.key, 'GET /v1/analytics/anomalies?from=2026-01-01&until=2026-03-01'))).toBe(
    'validation_failed',
  );
});

test('usage and patterns are counted', async () => {
  const { data } = await read(
    `usage?group=account&from=${dayAgo(1)}&until=${dayAgo(0)}&account_id=${spiking.accountId}`,
  );
  expect(data).toMatchObject([{ calls: 200, cost_micros: 2_000_000 }]);
  expect((await read('patterns')).data).toEqual([]);
});
