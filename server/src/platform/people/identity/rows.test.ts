import { beforeAll, describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { createPeople, type Person, ORIGIN } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const world = createPeople(db);
const point = commitPoint('test.identity-rows', 'what a user tries to write');
const code = (error: unknown) => (error as { code?: string }).code;
const count = (table: string) =>
  statement<{ rows: number }>(`select count(user_id) as rows from identity.${table}`);

let ada: Person;
let bob: Person;
beforeAll(async () => {
  [ada, bob] = [await world.person(), await world.person()];
  await world.key(ada, ['*']);
  await world.key(bob, ['*']);
});

describe.each(['users', 'sessions', 'refresh_tokens'])('identity.%s', (table) => {
  test('shows a user rows of their own alone', async () => {
    const mine = statement<{ user_id: string }>(`select distinct user_id from identity.${table}`);
    expect(await db.user(ada.userId, [mine])).toEqual([[{ user_id: ada.userId }]]);
    expect(await db.user(bob.userId, [mine])).toEqual([[{ user_id: bob.userId }]]);
  });

  test('raises in the scope of an account', async () => {
    await expect(db.tenant(ada.accountId, [count(table)])).rejects.toSatisfy(
      (error) => code(error) === 'PL002',
    );
  });
});

describe('identity.api_keys', () => {
  test('shows an account keys of its own alone', async () => {
    const mine = statement<{ account_id: string }>('select distinct account_id from identity.api_keys');
    expect(await db.tenant(ada.accountId, [mine])).toEqual([[{ account_id: ada.accountId }]]);
  });

  test('raises in the scope of a user', async () => {
    await expect(db.user(ada.userId, [count('api_keys')])).rejects.toSatisfy(
      (error) => code(error) === 'PL001',
    );
  });
});

test.each([
  ['their password hash', 'select password_hash from identity.users'],
  ['hashes of their refresh tokens', 'select token_hash from identity.refresh_tokens'],
  ['the signing keys', 'select kid from identity.signing_keys'],
  ['a role of their choice', `update identity.users set role = 'admin'`],
  ['another email', `update identity.users set email_verified = true`],
  ['a new session', 'insert into identity.sessions (user_id) values (null)'],
])('a user does not get at %s', async (_what, sql) => {
  await expect(db.user(ada.userId, point, [statement(sql)])).rejects.toSatisfy(
    (error) => code(error) === '42501',
  );
});

test('an account does not get at the hashes of its keys', async () => {
  const hashes = statement('select token_hash from identity.api_keys');
  await expect(db.tenant(ada.accountId, [hashes])).rejects.toSatisfy((error) => code(error) === '42501');
});

test('a user changes their own profile and no one else’s', async () => {
  await world.identity.users.changeMe(
    ada.caller,
    { full_name: 'Ada', avatar_url: 'https://example.com/a.png' },
    ORIGIN,
  );
  await world.identity.users.changeMe(ada.caller, { avatar_url: null }, ORIGIN);
  expect(await world.identity.users.me(ada.caller)).toMatchObject({ full_name: 'Ada', avatar_url: null });
  const all = statement<{ user_id: string }>(`update identity.users set full_name = 'Eve' returning user_id`);
  expect(await db.user(ada.userId, point, [all])).toEqual([[{ user_id: ada.userId }]]);
  expect(await world.identity.users.me(bob.caller)).toMatchObject({ full_name: null });
});
