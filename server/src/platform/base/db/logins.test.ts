import { type AccountId, createIds, systemClock, systemRandom } from '#platform/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engine, testDatabase, type TestDatabase, testLogin, type TestLogin } from '@plinth/testkit/services';
import {
  assertLogins,
  commitPoint,
  type Database,
  migrateUp,
  openDatabase,
  pendingMigrations,
  statement,
  troublesOfLogins,
} from './index.ts';

const ids = createIds({ clock: systemClock, random: systemRandom });
const WRITE = commitPoint('test.two-logins', 'rows of this test');
const account = ids.next<AccountId>();
const count = statement<{ count: number }>('select count(*)::int as count from audit.events');
const note = (owner: AccountId) =>
  statement(
    `insert into audit.events (id, account_id, actor_kind, action, changes) values ($1, $2, 'system', 'a.test', '{}')`,
    [ids.next(), owner],
  );

describe.runIf(engine === 'postgres')('of two logins', () => {
  let database: TestDatabase;
  let tenant: TestLogin;
  let system: TestLogin;
  let db: Database;
  const open: Database[] = [];

  beforeAll(async () => {
    database = await testDatabase();
    tenant = await testLogin(database, 'grant plinth_tenant to $login');
    system = await testLogin(database, 'grant plinth_system to $login');
    db = await opened({});
    await db.system('owner.first-start', WRITE, [note(account), note(ids.next<AccountId>())]);
  });

  afterAll(() => Promise.all(open.map((one) => one.close())));

  async function opened(other: { url?: string; systemUrl?: string }): Promise<Database> {
    const one = await openDatabase({
      engine: 'postgres',
      url: tenant.url,
      systemUrl: system.url,
      poolSize: 2,
      ...other,
    });
    open.push(one);
    return one;
  }

  test('each does its own work, and nothing is wrong with them', async () => {
    expect(await troublesOfLogins(db)).toEqual([]);
    expect(await db.system('owner.first-start', [count])).toEqual([[{ count: 2 }]]);
    expect(await db.tenant(account, [count])).toEqual([[{ count: 1 }]]);
    expect(await pendingMigrations(db, [])).toEqual([]);
    expect(await db.ping()).toEqual(expect.any(Number));
  });

  test('a tenant’s transaction can not become the system, nor what the login may do besides', async () => {
    const become = (role: string) =>
      db.tenant(account, WRITE, [statement(`select set_config('role', $1, false)`, [role])]);
    for (const role of ['plinth_system', 'plinth', 'postgres', system.name])
      await expect(become(role)).rejects.toThrow('permission denied to set role');
    const bare = await db.tenant(account, WRITE, async (tx) => {
      await tx.run(statement('reset role'));
      return tx.run(count);
    });
    expect(bare).toEqual([{ count: 1 }]);
    await expect(db.asLogin('tenant', count)).rejects.toThrow('no account is set');
    await expect(db.asLogin('tenant', statement('select * from identity.signing_keys'))).rejects.toThrow(
      'permission denied',
    );
  });

  test('neither may change the schema, and says whose login may', async () => {
    const migration = {
      id: 'test/9999_more',
      number: '9999',
      up: 'create schema more;',
      down: 'drop schema more;',
    };
    await expect(migrateUp(db, [migration])).rejects.toThrow(
      'Run "plinth migrate up" with the owner\'s login',
    );
    const empty = await testDatabase({ empty: true });
    const { url } = await testLogin(empty, 'grant plinth_system to $login');
    const first = await opened({ url, systemUrl: url });
    await expect(migrateUp(first, [migration])).rejects.toMatchObject({ code: 'schema_not_owned' });
    expect(await pendingMigrations(first, [migration])).toEqual([migration.id]);
  });

  test.each([
    ['is a superuser', ['alter role $login superuser'], ['alter role $login nosuperuser']],
    ['has BYPASSRLS', ['alter role $login bypassrls'], ['alter role $login nobypassrls']],
    ['has REPLICATION', ['alter role $login replication'], ['alter role $login noreplication']],
    ['has CREATEROLE', ['alter role $login createrole'], ['alter role $login nocreaterole']],
    [
      'it is a member of "plinth_system"',
      ['grant plinth_system to $login'],
      ['revoke plinth_system from $login'],
    ],
    [
      'it is a member of "pg_read_server_files"',
      ['grant pg_read_server_files to $login'],
      ['revoke pg_read_server_files from $login'],
    ],
    [
      'owns tables',
      ['create schema s', 'create table s.t ()', 'alter table s.t owner to $login'],
      ['drop schema s cascade'],
    ],
    [
      'owns functions',
      [
        "create function app.f() returns int language sql as 'select 1'",
        'alter function app.f owner to $login',
      ],
      ['drop function app.f'],
    ],
    ['owns schemas', ['create schema s authorization $login'], ['drop schema s']],
  ])('a tenant login that %s is refused', async (why, make, undo) => {
    await tenant.alter(...make);
    const said = await troublesOfLogins(db);
    await tenant.alter(...undo);
    expect(said).toEqual([
      expect.stringContaining(`The login "${tenant.name}" of DATABASE_URL could pass row security`),
    ]);
    expect(said[0]).toContain(why);
    expect(await troublesOfLogins(db)).toEqual([]);
  });

  test('a membership counts through any number of roles, inherited or not', async () => {
    const middle = await testLogin(database, 'alter role $login noinherit');
    const top = await testLogin(database, 'alter role $login bypassrls');
    await top.alter(`grant $login to ${middle.name}`);
    await middle.alter(`grant $login to ${tenant.name}`);
    const said = await troublesOfLogins(db);
    await middle.alter(`revoke $login from ${tenant.name}`);
    expect(said[0]).toContain(`it is a member of "${top.name}", which has BYPASSRLS`);
  });

  test('a system login that does not inherit what it is granted is refused: some statements take nothing on', async () => {
    const idle = await testLogin(database, 'alter role $login noinherit', 'grant plinth_system to $login');
    const other = await opened({ systemUrl: idle.url });
    await expect(assertLogins(other)).rejects.toThrow(
      `The login "${idle.name}" of SYSTEM_DATABASE_URL does not inherit plinth_system`,
    );
    await idle.alter(
      'alter role $login inherit',
      'revoke plinth_system from $login',
      'grant plinth_system to $login',
    );
    expect(await troublesOfLogins(other)).toEqual([]);
  });

  test('the owner’s login and the system’s are refused for tenants’ work, and one that may do nothing for any', async () => {
    const [owners, systems] = await Promise.all([opened({ url: database.url }), opened({ url: system.url })]);
    await expect(assertLogins(owners)).rejects.toThrow('owns tables');
    await expect(assertLogins(systems)).rejects.toThrow("which does the system's work");
    const nobody = await testLogin(database);
    const idle = await opened({ url: nobody.url, systemUrl: nobody.url });
    expect(await troublesOfLogins(idle)).toEqual([
      `The login "${nobody.name}" of DATABASE_URL may not become plinth_tenant: grant plinth_tenant to it.`,
      `The login "${nobody.name}" of SYSTEM_DATABASE_URL may not become plinth_system: grant plinth_system to it.`,
    ]);
  });
});
