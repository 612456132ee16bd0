import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { testApp } from '@plinth/testkit/services/app';

const app = await testApp({ work: false });
const SETTINGS = '/v1/privacy/settings';

test('an account is out until it opts in, counts from then on, and out again nothing of it is kept', async () => {
  const [customer, other] = [await app.customer(), await app.customer()];
  const change = async (platform_statistics: boolean) =>
    (await app.call(customer.key, `POST ${SETTINGS}`, { body: { platform_statistics } })).body;
  const read = async (key: string) => (await app.call(key, `GET ${SETTINGS}`)).body;
  const defaults = { default_level: null, default_team_id: null, account_default_level: null };
  const OUT = { platform_statistics: false, since: null, ...defaults };

  expect(await read(customer.key)).toEqual(OUT);
  const within = await change(true);
  expect(within).toEqual({ ...OUT, platform_statistics: true, since: expect.any(String) });
  expect(await change(true)).toEqual(within);
  expect(await read(other.key)).toEqual(OUT);
  expect(await app.count(customer, 'privacy.participants')).toBe(1);
  expect(await change(false)).toEqual(OUT);
  expect(await read(customer.key)).toEqual(OUT);
  expect(await app.count(customer, 'privacy.participants')).toBe(0);
  const audited = await app.db.asMigrator(
    statement<{ changes: unknown }>(
      `select changes from audit.events where account_id = $1 and action = 'privacy.settings_changed' order by id`,
      [customer.accountId],
    ),
  );
  expect(audited.map(({ changes }) => changes)).toEqual([
    { platform_statistics: { before: false, after: true } },
    { platform_statistics: { before: true, after: false } },
  ]);
});

test('operators read how releases were made, page by page, and not what they show', async () => {
  const admin = await app.admin();
  await app.db.script(`
    insert into privacy.budgets (starts_on, ends_on, spent_numerator, spent_denominator) values
      ('2030-01-01', '2030-02-01', 5, 6), ('2030-02-01', '2030-03-01', 1, 1);
    insert into privacy.releases (product, starts_on, epsilon_numerator, epsilon_denominator, most_kinds, minimum_group, kinds, counts) values
      ('notes', '2030-01-01', 1, 2, 5, 20, 40, '[{"kind": "retry", "count": 120}]'),
      ('other', '2030-01-01', 1, 3, 5, 30, 10, '[]'),
      ('notes', '2030-02-01', 1, 1, 5, 20, 40, '[]');`);
  const pages: unknown[][] = [];
  for (let cursor = ''; typeof cursor === 'string'; ) {
    const query = cursor === '' ? '' : `&cursor=${cursor}`;
    const { body } = await app.call(admin.key, `GET /v1/admin/privacy/releases?limit=1${query}`);
    pages.push(body['data'] as unknown[]);
    cursor = body['next_cursor'] as string;
  }
  const january = { starts_on: '2030-01-01', ends_on: '2030-02-01', period_spent: '5/6', period_left: '1/6' };
  const released_at: unknown = expect.any(String);
  expect(pages).toEqual([
    [
      {
        product: 'notes',
        starts_on: '2030-02-01',
        ends_on: '2030-03-01',
        epsilon: '1/1',
        most_kinds: 5,
        minimum_group: 20,
        kinds: 40,
        shown: 0,
        period_spent: '1/1',
        period_left: '0/1',
        released_at,
      },
    ],
    [
      {
        ...january,
        product: 'other',
        epsilon: '1/3',
        most_kinds: 5,
        minimum_group: 30,
        kinds: 10,
        shown: 0,
        released_at,
      },
    ],
    [
      {
        ...january,
        product: 'notes',
        epsilon: '1/2',
        most_kinds: 5,
        minimum_group: 20,
        kinds: 40,
        shown: 1,
        released_at,
      },
    ],
  ]);
});

test('an operator takes many accounts out of statistics at once, each in its audit, and puts none in', async () => {
  const admin = await app.admin();
  const [one, other, outside] = [await app.customer(), await app.customer(), await app.customer()];
  for (const { key } of [one, other, outside])
    await app.call(key, `POST ${SETTINGS}`, { body: { platform_statistics: true } });
  await app.call(outside.key, `POST ${SETTINGS}`, { body: { platform_statistics: false } });
  const account_ids = [one, other, outside].map(({ accountId }) => accountId);
  const set = (platform_statistics: boolean) =>
    app.call(admin.key, 'POST /v1/admin/privacy/policies', { body: { account_ids, platform_statistics } });
  expect((await set(true)).status).toBe(400);
  expect((await set(false)).body).toEqual({ changed: [one.accountId, other.accountId].toSorted() });
  expect((await set(false)).body).toEqual({ changed: [] });
  expect(await app.count(one, 'privacy.participants')).toBe(0);
  const audited = statement<{ user_id: string }>(
    `select user_id from audit.events where account_id = $1 and action = 'privacy.settings_changed' order by created_at desc, id desc limit 1`,
    [other.accountId],
  );
  expect(await app.db.asMigrator(audited)).toEqual([{ user_id: admin.userId }]);
});
