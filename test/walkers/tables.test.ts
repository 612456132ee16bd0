import { describe, expect, test } from 'vitest';
import { commitPoint, type Database, statement } from '#platform/db';
import { makeAccount, makeMember } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { makePoints } from './background.ts';
import { makeHousehold, walkedApp } from './household.ts';
import { bitesOf, type Pair, reachOfMember, readsOfOthers } from './tables/bites.ts';
import { readDefiners, readRoles, readSchemas, readTables, type Table } from '@plinth/testkit/walkers/tables';
import { APPEND_ONLY, idleExceptions, SCOPELESS, TABLE_EXCEPTIONS } from './tables/exceptions.ts';
import { isOfMembers, objectionsTo, ownerOf, SCOPE } from './tables/rules.ts';

const REFUSED = commitPoint('test.walkers.append-only', 'what the system itself must not do');
const app = await walkedApp({ work: false });
const { db } = app;
const households = [await makeHousehold(app, ['member']), await makeHousehold(app, ['member'])];
// Rows that no call leaves: jobs run here without QStash, and embeddings are searched in the database.
await db.asMigrator(
  statement(
    `insert into jobs.deliveries (account_id, job_id, fence, lane)
      select distinct on (account_id) account_id, id, fence, lane from jobs.jobs`,
  ),
);
await makePoints(app);
const [mine, theirs] = households.map(({ owner }) => owner);
const tables = await readTables(db);
const named = tables.map((table) => [table.name, table] as const);

describe('every table', () => {
  test.each(named)('%s keeps its rows to their owner, by its declaration', (_name, table) => {
    expect(objectionsTo(table)).toEqual([]);
  });

  test.each(named)(
    '%s keeps its rows to their owner, against all that another tries',
    async (_name, table) => {
      if (mine === undefined || theirs === undefined) throw new Error('nobody is there to try');
      expect(await bitesOf(db, table, { mine, theirs })).toEqual([]);
    },
  );

  test('there are tables of accounts, of users and of the system; the system’s are listed', () => {
    const owners = tables.map((table) => ownerOf(table));
    expect(new Set(owners)).toEqual(new Set(['account', 'user', 'system']));
    const lines = TABLE_EXCEPTIONS.map(({ table, says, because }) => `  ${table}: ${says}: ${because}`);
    process.stdout.write(`${tables.length} tables, excepted:\n${lines.join('\n')}\n`);
  });

  const ofUsers = named.filter(([, table]) => ownerOf(table) === 'user');
  test.each(ofUsers)(
    '%s, of a user, is not read by the owner of an account of theirs',
    async (_name, table) => {
      if (mine === undefined) throw new Error('nobody is there to try');
      expect(await readsOfOthers(db, table, mine)).toEqual([]);
    },
  );

  const ofMembers = named.filter(([, table]) => isOfMembers(table));
  test.each(ofMembers)(
    '%s, of members, shows one of them nothing that is another’s alone',
    async (_name, table) => {
      if (mine === undefined) throw new Error('nobody is there to try');
      expect(await reachOfMember(db, table, mine)).toEqual([]);
    },
  );

  test('every exception is still needed', () => {
    for (const table of tables) objectionsTo(table);
    expect(idleExceptions()).toEqual([]);
  });
});

const may = ({ grants }: Table, privilege: string) => grants.some((one) => one.privilege === privilege);

describe('what is written once', () => {
  test('is what no role may change or delete, and no other table is', () => {
    const fixed = tables.filter(
      (table) => !may(table, 'update') && !may(table, 'delete') && may(table, 'insert'),
    );
    expect(fixed.map(({ name }) => name)).toEqual(APPEND_ONLY);
  });

  test.each(APPEND_ONLY)('%s refuses the system itself', async (name) => {
    for (const sql of [
      `update ${name} set created_at = created_at`,
      `delete from ${name}`,
      `truncate ${name}`,
    ]) {
      const attempt = db.system('limits.sweep', REFUSED, [statement(sql)]);
      await expect(attempt).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('a posted usage event is not changed any more, by anybody', async () => {
    const change = `update limits.usage_events set cost = cost + 1 where state in ('posted', 'voided')`;
    await expect(db.script(change)).rejects.toThrow();
  });
});

describe('roles and rights', () => {
  test('neither role can sign in, pass row security, make anything, or become the other', async () => {
    expect(await readRoles(db)).toEqual([
      { name: 'plinth_system', rights: [], memberOf: [] },
      { name: 'plinth_tenant', rights: [], memberOf: [] },
    ]);
  });

  test('on schemas they have usage, and everybody has nothing', async () => {
    const schemas = (await readSchemas(db)).filter(({ name }) => name !== 'public');
    for (const { name, grants } of schemas) {
      const beyond = grants.filter(
        ({ role, privilege }) => !role.startsWith('plinth_') || privilege !== 'usage',
      );
      expect({ name, beyond }).toEqual({ name, beyond: [] });
    }
  });

  test('functions that run as the system are the system’s, with a search path that nobody can bend, and those for tenants keep to the scope', async () => {
    expect(await functionFaults(db)).toEqual([]);
  });
});

async function functionFaults(of: Database): Promise<string[]> {
  const definers = await readDefiners(of);
  expect(definers.length).toBeGreaterThan(20);
  return definers.flatMap(({ name, owner, settings, grantees, body }) => [
    ...(settings.includes('search_path=pg_catalog, pg_temp') ? [] : [`${name}: its search path can be bent`]),
    ...(owner === 'plinth_system' ? [] : [`${name}: it runs as ${owner}`]),
    ...(grantees.includes('public') ? [`${name}: everybody may call it`] : []),
    ...(grantees.includes('plinth_tenant') && !SCOPE.test(body) && !(name in SCOPELESS)
      ? [`${name}: a tenant may call it, and it asks for no scope`]
      : []),
  ]);
}

describe('a new table is noticed', async () => {
  const { db: scratch } = await testDatabase();
  const A = '0193a000-0000-7000-8000-00000000000';
  const pair = {
    mine: { accountId: `${A}1`, userId: `${A}2` },
    theirs: { accountId: `${A}3`, userId: `${A}4` },
  } as unknown as Pair;
  const grants = 'select, insert, update, delete';
  const columns = 'account_id uuid not null, id uuid, created_at timestamptz, primary key (account_id, id)';
  const open = `grant ${grants} on fakes.t to plinth_tenant, plinth_system`;

  async function createTable(sql: string): Promise<Table> {
    await scratch.script(`drop schema if exists fakes cascade; create schema fakes;
      grant usage on schema fakes to plinth_tenant, plinth_system; ${sql}`);
    const found = (await readTables(scratch)).find(({ name }) => name === 'fakes.t');
    if (found === undefined) throw new Error('the table was not made');
    const rows = `('${pair.mine.accountId}', gen_random_uuid()), ('${pair.theirs.accountId}', gen_random_uuid())`;
    if (ownerOf(found) === 'account' && !/user_id|author_id/.test(sql))
      await scratch.script(`insert into fakes.t (account_id, id) values ${rows}`);
    return found;
  }

  test.each([
    ['row security is off', `create table fakes.t (${columns}); ${open}`],
    [
      'row security is not forced',
      `create table fakes.t (${columns}); alter table fakes.t enable row level security`,
    ],
    [
      'the policy p asks for no scope',
      `create table fakes.t (${columns}); create policy p on fakes.t to plinth_tenant using (true)`,
    ],
    [
      'the policy p is for public',
      `create table fakes.t (${columns}); create policy p on fakes.t using (account_id = (select app.account()))`,
    ],
    ['select is granted to public', `create table fakes.t (${columns}); grant select on fakes.t to public`],
    [
      'truncate is granted to plinth_tenant',
      `create table fakes.t (${columns}); grant truncate on fakes.t to plinth_tenant`,
    ],
    ['it has no created_at', 'create table fakes.t (account_id uuid not null, id uuid)'],
    [
      'no index starts with account_id',
      'create table fakes.t (account_id uuid not null, id uuid primary key, created_at timestamptz)',
    ],
    [
      'the unique t_pkey is across owners',
      'create table fakes.t (account_id uuid not null, id uuid primary key, created_at timestamptz)',
    ],
    ['account_id may be null', 'create table fakes.t (account_id uuid, id uuid, created_at timestamptz)'],
    [
      'the foreign key t_other_fkey is across owners',
      `create table fakes.other (id uuid primary key); create table fakes.t (${columns}, other uuid references fakes.other)`,
    ],
    ['is no table', `create table fakes.u (${columns}); create view fakes.t as select * from fakes.u`],
    ['it is the system’s', 'create table fakes.t (id uuid primary key)'],
  ])('where %s', async (says, sql) => {
    expect(objectionsTo(await createTable(sql))).toContain(says);
  });

  test('where a policy lets everybody in, by what a tenant can do', async () => {
    const loose = `create table fakes.t (${columns}); ${open}; alter table fakes.t enable row level security;
      create policy p on fakes.t using (true)`;
    const found = await bitesOf(scratch, await createTable(loose), pair);
    for (const does of ['reads', 'changes', 'deletes', 'gives away', 'plants']) {
      expect(found.join()).toContain(does);
    }
  });

  test('and let be where it is protected as all are', async () => {
    const table = await createTable(
      `create table fakes.t (${columns}); call app.protect_tenant('fakes.t'); ${open}`,
    );
    expect(objectionsTo(table)).toEqual([]);
    expect(await bitesOf(scratch, table, pair)).toEqual([]);
  });

  describe('of a product, whose rows are a user’s and not the account’s', () => {
    const shape = `account_id uuid not null, user_id uuid not null, id uuid, created_at timestamptz, primary key (user_id, id)`;
    const owner = pair.mine;
    const member = { ...pair.theirs, accountId: owner.accountId };
    const rows = [owner, member].map(
      ({ accountId, userId }) => `('${accountId}', '${userId}', gen_random_uuid())`,
    );
    const withRows = (protect: string) =>
      createTable(`create table fakes.t (${shape}); insert into fakes.t (account_id, user_id, id) values ${rows.join()};
        call app.${protect}('fakes.t'); ${open}`);

    test('is let be where the account’s owner reads none of a member’s', async () => {
      const table = await withRows('protect_user');
      expect(ownerOf(table)).toBe('user');
      expect(objectionsTo(table)).toEqual([]);
      expect(await readsOfOthers(scratch, table, owner)).toEqual([]);
      expect(await bitesOf(scratch, table, { mine: owner, theirs: member })).toEqual([]);
    });

    test('is noticed where the account’s owner reads them', async () => {
      const table = await withRows('protect_tenant');
      expect((await readsOfOthers(scratch, table, owner)).join()).toContain('reads');
    });
  });

  describe('of members, who choose who reads a row', async () => {
    const owner = await makeAccount(scratch);
    const { userId } = await makeMember(scratch, owner.accountId);
    const shape = `account_id uuid not null, author_id uuid not null, level text not null, team_id uuid, id uuid, created_at timestamptz,
      updated_at timestamptz, primary key (account_id, id)`;
    const withRows = (protection: string) =>
      createTable(`create table fakes.t (${shape}); ${protection}; ${open}; insert into fakes.t (account_id, author_id, level, id) values
        ('${owner.accountId}', '${owner.userId}', 'private', gen_random_uuid()), ('${owner.accountId}', '${userId}', 'private', gen_random_uuid())`);

    test('is let be where a member reads their own rows and those shown to them', async () => {
      const table = await withRows(`call app.protect_member('fakes.t')`);
      expect([isOfMembers(table), ownerOf(table), objectionsTo(table)]).toEqual([true, 'account', []]);
      expect(await reachOfMember(scratch, table, owner)).toEqual([]);
      await scratch.script(`insert into fakes.t (account_id, author_id, level, id)
        values ('${pair.theirs.accountId}', '${pair.theirs.userId}', 'organization', gen_random_uuid())`);
      expect(await bitesOf(scratch, table, { mine: owner, theirs: pair.theirs })).toEqual([]);
    });

    test('is noticed where the account’s own policy lets them read another’s', async () => {
      const found = (
        await reachOfMember(scratch, await withRows(`call app.protect_tenant('fakes.t')`), owner)
      ).join();
      for (const says of [
        'reads rows that are another’s (account)',
        'reads rows that are another’s (member)',
        'changes',
      ])
        expect(found).toContain(says);
    });
  });

  test('and so is a function that runs as somebody else', async () => {
    await createTable(`create table fakes.t (${columns});
      create function fakes.f() returns int language sql security definer as 'select 1';
      grant execute on function fakes.f() to plinth_tenant`);
    const found = await functionFaults(scratch);
    expect(found).toHaveLength(4);
    expect(found.join()).toContain('fakes.f(): a tenant may call it, and it asks for no scope');
    expect(found.join()).toContain('fakes.f(): everybody may call it');
  });
});
