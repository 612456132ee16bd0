import { beforeAll, describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import type { Role } from '#platform/http';
import { createPeople, type Person } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const world = createPeople(db);
const point = commitPoint('test.accounts.rows', 'what one tenant tries on the rows of another');

let owner: Person;
let stranger: Person;
beforeAll(async () => {
  [owner, stranger] = [await world.person(), await world.person()];
});

describe('row security', () => {
  const rows = statement<{ account_id: string }>('select distinct account_id from accounts.members');

  test.each(['accounts', 'members'])(
    'accounts.%s: an account sees itself, a user what they belong to',
    async (table) => {
      const [mine, foreign] = [await world.organization(owner), await world.organization(stranger)];
      const all = statement<{ account_id: string }>(`select distinct account_id from accounts.${table}`);
      expect(await db.tenant(mine, [all])).toEqual([[{ account_id: mine }]]);
      const [seen] = await db.user(owner.userId, [all]);
      const seenIds = seen.map(({ account_id }) => account_id);
      expect(seenIds).toEqual(expect.arrayContaining([mine, owner.accountId]));
      expect(seenIds).not.toContain(foreign);
      expect(seenIds).not.toContain(stranger.accountId);
    },
  );

  test('neither an account nor a user in scope raises', async () => {
    const unscoped = db.script(
      'do $$ begin set local role plinth_tenant; perform count(*) from accounts.members; end $$',
    );
    await expect(unscoped).rejects.toMatchObject({ code: 'PL001' });
    expect(await db.user(world.ids.next(), [rows])).toEqual([[]]);
  });

  test.each<[Role, boolean]>([
    ['viewer', false],
    ['member', false],
    ['admin', true],
  ])('a %s writes members in the scope of a user: %s', async (role, may) => {
    const organization = await world.organization(owner);
    const [person, friend] = [await world.person(), await world.person()];
    await world.join(organization, person, role);
    const add = statement(
      `insert into accounts.members (account_id, user_id, role) values ($1, $2, 'viewer')`,
      [organization, friend.userId],
    );
    const adding = db.user(person.userId, point, [add]);
    await (may
      ? expect(adding).resolves.toBeDefined()
      : expect(adding).rejects.toMatchObject({ code: '42501' }));
    const raise = statement(
      `update accounts.members set role = 'owner' where account_id = $1 returning role`,
      [organization],
    );
    const [raised] = await db.user(person.userId, point, [raise]);
    expect(raised.length > 0).toBe(may);
  });

  test.each<[Role, boolean]>([
    ['viewer', false],
    ['member', false],
    ['admin', true],
  ])(
    'a %s reads and writes invitations in the scope of a user: %s; nobody reads a token',
    async (role, may) => {
      const [organization, person] = [await world.organization(owner), await world.person()];
      await world.join(organization, person, role);
      const invite = statement(
        `insert into accounts.invitations (account_id, invitation_id, email, role, token_hash, invited_by, expires_at)
       values ($1, $2, 'someone@example.com', 'viewer', 'a hash', $3, app.now() + interval '1 day')`,
        [organization, world.ids.next(), person.userId],
      );
      await db.tenant(organization, point, [invite]);
      const all = statement('select invitation_id from accounts.invitations where account_id = $1', [
        organization,
      ]);
      expect((await db.user(person.userId, [all]))[0]).toHaveLength(may ? 1 : 0);
      expect(await db.user(stranger.userId, [all])).toEqual([[]]);
      const drop = statement('delete from accounts.invitations where account_id = $1 returning 1 as gone', [
        organization,
      ]);
      expect((await db.user(person.userId, point, [drop]))[0]).toHaveLength(may ? 1 : 0);
      const token = statement('select token_hash from accounts.invitations');
      await expect(db.tenant(organization, [token])).rejects.toMatchObject({ code: '42501' });
    },
  );

  test('names of members are shown to readers of the account, and to nobody else', async () => {
    const organization = await world.organization(owner);
    const people = statement<{ email: string }>('select email from accounts.people($1, null, null, 10)', [
      organization,
    ]);
    expect(await db.user(owner.userId, [people])).toEqual([[{ email: owner.email }]]);
    expect(await db.user(stranger.userId, [people])).toEqual([[]]);
    expect(await db.tenant(stranger.accountId, [people])).toEqual([[]]);
  });
});
