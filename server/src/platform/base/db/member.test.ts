import { makeAccount, makeMember, makeUser, ids } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AccountId, UserId } from '#platform/kernel';
import { commitPoint, type Database, type Member, type Statement, statement } from './index.ts';

const WRITE = commitPoint('test.member-notes', 'rows of this test');
const LEVELS = ['private', 'team', 'organization'] as const;
const TEAM = ids.next();

let db: Database;
let account: AccountId;
/** The author, one of the team, another of the organization, one who left it, and one of another organization. */
const people = {} as Record<'author' | 'mate' | 'colleague' | 'former' | 'stranger', UserId>;

beforeAll(async () => {
  ({ db } = await testDatabase());
  ({ accountId: account, userId: people.author } = await makeAccount(db));
  for (const who of ['mate', 'colleague'] as const) people[who] = (await makeMember(db, account)).userId;
  people.former = await makeUser(db);
  people.stranger = (await makeAccount(db)).userId;
  await db.script(`
    create schema notes;
    grant usage on schema notes to plinth_tenant, plinth_system;
    create table notes.shared (account_id uuid, id uuid, author_id uuid, level text, team_id uuid, updated_at timestamptz, primary key (account_id, id));
    call app.protect_member('notes.shared');
    grant select, insert, update, delete on notes.shared to plinth_tenant, plinth_system;
    insert into accounts.teams (account_id, id, name) values ('${account}', '${TEAM}', 'A team');
    insert into accounts.team_members (account_id, team_id, user_id)
      values ('${account}', '${TEAM}', '${people.author}'), ('${account}', '${TEAM}', '${people.mate}');`);
  await db.member(
    as('author'),
    WRITE,
    LEVELS.map((level) => insertNote('author', level)),
  );
});

const as = (who: keyof typeof people): Member => ({ account, user: people[who] });
const LEVELS_SEEN = statement<{ level: string }>('select level from notes.shared order by level');
const changeAll = statement('update notes.shared set level = level returning 1');
const removeAll = statement('delete from notes.shared returning 1');

function insertNote(who: keyof typeof people, level: string): Statement {
  return statement(
    'insert into notes.shared (account_id, id, author_id, level, team_id) values ($1, $2, $3, $4, $5)',
    [account, ids.next(), people[who], level, level === 'team' ? TEAM : null],
  );
}

/** How many rows a statement reaches; nothing of it stays. */
async function reach(scope: Member, one: Statement): Promise<number> {
  let rows = 0;
  const work = db.member(scope, WRITE, async (tx) => {
    rows = (await tx.run(one)).length;
    throw new Error('undone');
  });
  await expect(work).rejects.toThrow('undone');
  return rows;
}

describe('a row of a member', () => {
  test.each([
    ['author', ['organization', 'private', 'team'], 3],
    ['mate', ['organization', 'team'], 0],
    ['colleague', ['organization'], 0],
    ['former', [], 0],
    ['stranger', [], 0],
  ] as const)('is read at its level, and written by its author alone: %s', async (who, seen, written) => {
    const [rows] = await db.member(as(who), [LEVELS_SEEN]);
    expect(rows.map(({ level }) => level)).toEqual(seen);
    expect([await reach(as(who), changeAll), await reach(as(who), removeAll)]).toEqual([written, written]);
  });

  test('is read neither in the scope of its account, nor in that of its author, nor in none', async () => {
    await expect(db.tenant(account, [LEVELS_SEEN])).rejects.toMatchObject({ code: 'PL002' });
    await expect(db.user(people.author, [LEVELS_SEEN])).rejects.toMatchObject({ code: 'PL001' });
    expect((await db.system('limits.sweep', [LEVELS_SEEN]))[0]).toHaveLength(3);
  });

  test.each([
    ['in another’s name', 'mate', 'colleague'],
    ['by who is no member', 'former', 'former'],
  ] as const)('is not planted %s', async (_what, writer, author) => {
    const attempt = db.member(as(writer), WRITE, [insertNote(author, 'organization')]);
    await expect(attempt).rejects.toMatchObject({ code: '42501' });
  });

  test('is not given away', async () => {
    const give = statement('update notes.shared set author_id = $1', [people.mate]);
    await expect(db.member(as('author'), WRITE, [give])).rejects.toMatchObject({ code: '42501' });
  });

  test('who is in which team is asked once for a statement, not for each row', async () => {
    const plan = statement<Record<string, string>>('explain (costs off) select id from notes.shared');
    const lines = (await db.member(as('mate'), [plan]))[0].map((row) => Object.values(row).join());
    expect(lines.filter((line) => /^\s*InitPlan/.test(line))).toHaveLength(3);
    expect(lines.filter((line) => line.includes('SubPlan'))).toEqual([]);
  });

  test('is not seen any more in the commit that ends the membership or the team', async () => {
    await db.system('limits.sweep', WRITE, [
      statement('delete from accounts.members where account_id = $1 and user_id = $2', [
        account,
        people.mate,
      ]),
    ]);
    expect((await db.member(as('mate'), [LEVELS_SEEN]))[0]).toEqual([]);
    await db.system('limits.sweep', WRITE, [statement('delete from accounts.teams where id = $1', [TEAM])]);
    const [rows] = await db.member(as('author'), [LEVELS_SEEN]);
    expect(rows.map(({ level }) => level)).toEqual(['organization', 'private', 'private']);
  });
});

describe('the scope of a member', () => {
  test('shows the rows of that account and of that user, of their accounts that one alone, and lets who is no admin manage none', async () => {
    const { accountId: other } = await makeAccount(db);
    const join = `insert into accounts.members (account_id, user_id, role) values ($1, $2, 'admin')`;
    await db.asMigrator(statement(join, [other, people.colleague]));
    const accounts = statement<{ account_id: string }>('select account_id from accounts.accounts');
    const rename = statement(`update accounts.accounts set name = 'Mine' returning 1`);
    const own = statement('select user_id from identity.users');
    const [seen, users] = await db.member(as('colleague'), [accounts, own]);
    expect(seen).toEqual([{ account_id: account }]);
    expect(users).toEqual([{ user_id: people.colleague }]);
    expect(await reach(as('colleague'), rename)).toBe(0);
    expect(await reach({ account: other, user: people.colleague }, rename)).toBe(1);
  });

  test('without a commit point nothing is written', async () => {
    const attempt = db.member(as('author'), [insertNote('author', 'private')]);
    await expect(attempt).rejects.toMatchObject({ code: '25006' });
  });
});
