import { beforeAll, describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import {
  type AccountId,
  createIds,
  declareSecretShapes,
  systemClock,
  systemRandom,
  type UserId,
} from '#platform/kernel';
import { testDatabase } from '@plinth/testkit/services';
import { auditDataRules } from './data-rules.ts';
import { createAudit } from './index.ts';

const { db } = await testDatabase();
const ids = createIds({ clock: systemClock, random: systemRandom });
const audit = createAudit({ ids });
const point = commitPoint('test.audit', 'an event of the audit tests');

const ours = ids.next<AccountId>();
const theirs = ids.next<AccountId>();
const someone = ids.next<UserId>();
const another = ids.next<UserId>();
const origin = { requestId: 'req_1', ip: '127.0.0.1', userAgent: 'test '.repeat(200) };
const all = statement<{ action: string; account_id: string | null; ip: string; user_agent: string }>(
  'select action, account_id, ip, user_agent from audit.events order by id',
);
const code = (error: unknown) => (error as { code?: string }).code;

const record = (accountId: AccountId | undefined, userId: UserId) => ({
  action: 'thing.changed',
  actor: { kind: 'user' as const, userId },
  accountId,
});

beforeAll(async () => {
  await db.tenant(ours, point, (tx) =>
    audit.recordIn(tx, {
      action: 'thing.made',
      actor: { kind: 'user', userId: someone },
      accountId: ours,
      origin,
    }),
  );
  await db.system('identity.credentials', point, (tx) =>
    audit.recordIn(tx, { action: 'thing.taken', actor: { kind: 'system' }, accountId: theirs }),
  );
});

describe('an account reads the events of its own alone', () => {
  test('its own, with where they came from', async () => {
    const [rows] = await db.tenant(ours, [all]);
    expect(rows).toMatchObject([{ action: 'thing.made', account_id: ours, ip: '127.0.0.1' }]);
    expect(rows[0]?.user_agent).toHaveLength(300);
  });

  test('no event without an account: reading in the scope of a user raises', async () => {
    await expect(db.user(someone, [all])).rejects.toSatisfy((error) => code(error) === 'PL001');
  });
});

describe('an event is written in the name of its actor', () => {
  test('an account writes no event of another', async () => {
    const foreign = db.tenant(ours, point, (tx) => audit.recordIn(tx, record(theirs, someone)));
    await expect(foreign).rejects.toSatisfy((error) => code(error) === '42501');
  });

  test('an account writes no event without an account', async () => {
    const loose = db.tenant(ours, point, (tx) => audit.recordIn(tx, record(undefined, someone)));
    await expect(loose).rejects.toSatisfy((error) => code(error) === '42501');
  });

  test('a user writes what they did, in no one else’s name', async () => {
    await db.user(someone, point, (tx) => audit.recordIn(tx, record(theirs, someone)));
    const foreign = db.user(someone, point, (tx) => audit.recordIn(tx, record(undefined, another)));
    await expect(foreign).rejects.toSatisfy((error) => code(error) === '42501');
  });
});

describe('what is in the audit stays as it is', () => {
  test.each(['update audit.events set action = $1', 'delete from audit.events where action = $1'])(
    '%s',
    async (sql) => {
      const change = statement(sql, ['thing.made']);
      await expect(db.tenant(ours, point, [change])).rejects.toSatisfy((error) => code(error) === '42501');
      await expect(db.system('identity.credentials', point, [change])).rejects.toSatisfy(
        (error) => code(error) === '42501',
      );
    },
  );

  test('truncate', async () => {
    const change = statement('truncate audit.events');
    await expect(db.system('identity.credentials', point, [change])).rejects.toSatisfy(
      (error) => code(error) === '42501',
    );
  });
});

test('what was done to a person is found for their export and erasure without reading what was done to all others', async () => {
  const [fate] = auditDataRules.flatMap(({ user }) => (user?.does === 'unlink' ? [user] : []));
  await db.script(
    `insert into audit.events (id, actor_kind, user_id, action, target_kind, target_id)
       select gen_random_uuid(), 'user', gen_random_uuid(), 'thing.made', 'user', gen_random_uuid()::text from generate_series(1, 5000);
     analyze audit.events`,
  );
  const plan = await db.asMigrator(
    statement<{ 'QUERY PLAN': string }>(`explain select id from audit.events t where ${fate?.where ?? ''}`, [
      someone,
    ]),
  );
  const text = plan.map((line) => line['QUERY PLAN']).join('\n');
  expect(text).toContain('events_about_user');
  expect(text).not.toContain('Seq Scan');
});

test('a secret never enters the audit, however deep it lies', async () => {
  const leak = db.tenant(ours, point, (tx) =>
    audit.recordIn(tx, {
      action: 'key.made',
      actor: { kind: 'system' },
      accountId: ours,
      changes: { after: { api_token: 'pl_x' } },
    }),
  );
  await expect(leak).rejects.toThrow('must not hold a secret');
});

test('a secret whose shape a product has declared is not kept, wherever an event says it', async () => {
  declareSecretShapes([/AUDITED-[0-9A-Z-]+/i]);
  const secret = 'AUDITED-7XQ2-99AA';
  const changes = { note: `for ${secret}`, list: [{ as: secret.toLowerCase() }], seats: 3 };
  const target = { kind: 'licence', id: secret };
  await db.tenant(ours, point, (tx) =>
    audit.recordIn(tx, {
      ...record(ours, someone),
      target,
      changes,
      origin: { ...origin, userAgent: `sdk ${secret}` },
    }),
  );
  const last = statement<{ changes: object; target_id: string; user_agent: string }>(
    `select changes, target_id, user_agent from audit.events where target_kind = 'licence'`,
  );
  expect((await db.tenant(ours, [last]))[0]).toEqual([
    {
      changes: { note: 'for [hidden]', list: [{ as: '[hidden]' }], seats: 3 },
      target_id: '[hidden]',
      user_agent: 'sdk [hidden]',
    },
  ]);
});
