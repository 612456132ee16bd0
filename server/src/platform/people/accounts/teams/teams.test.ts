import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { Once } from '#platform/http';
import { createPeople, ORIGIN, type Person } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const world = createPeople(db);
const { teams } = world.accounts;
const ALL = { after: undefined, limit: 100 };

let people: Person[] = [];
let organization: Person['accountId'];

const once: Once = (point, effect, within) => {
  if (within === undefined || !('account' in within)) throw new Error('a team is of an account');
  return db.tenant(within.account, point, effect);
};
const person = (index: number): Person => {
  const one = people[index];
  if (one === undefined) throw new Error('there is nobody');
  return one;
};
const as = (index: number) => ({ caller: person(index).caller, organization, origin: ORIGIN, once });
const create = async (name: string, by = 0) => (await teams.create(as(by), name)).body.id;

beforeAll(async () => {
  people = await Promise.all(Array.from({ length: 5 }, () => world.person()));
});
/** The first owns the organization, the next is an admin, one is a member and one a viewer; the last is a stranger. */
beforeEach(async () => {
  organization = await world.organization(person(0));
  for (const [index, role] of [
    [1, 'admin'],
    [2, 'member'],
    [3, 'viewer'],
  ] as const)
    await world.join(organization, person(index), role);
});

describe('teams', () => {
  test('are read by all members, changed by admins and owners, and are not there for others', async () => {
    const id = await create('Research', 1);
    await teams.addMember(as(1), id, person(2).userId);
    for (const reader of [0, 1, 2, 3]) {
      expect((await teams.list(as(reader), ALL)).data).toMatchObject([
        { id, name: 'Research', member_count: 1 },
      ]);
      expect((await teams.get(as(reader), id, ALL)).members).toMatchObject([{ user_id: person(2).userId }]);
    }
    const changes = (by: number) => [
      () => teams.create(as(by), 'Other'),
      () => teams.rename(as(by), id, 'Other'),
      () => teams.remove(as(by), id),
      () => teams.addMember(as(by), id, person(by).userId),
      () => teams.removeMember(as(by), id, person(2).userId),
    ];
    for (const [by, code] of [
      [2, 'forbidden'],
      [3, 'forbidden'],
      [4, 'not_found'],
    ] as const)
      for (const change of changes(by)) await expect(change()).rejects.toMatchObject({ code });
    await expect(teams.list(as(4), ALL)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('of another organization, and of a personal account, are not there', async () => {
    const elsewhere = await world.organization(person(0));
    const id = await create('Research');
    const request = { ...as(0), organization: elsewhere };
    await expect(teams.get(request, id, ALL)).rejects.toMatchObject({ code: 'not_found' });
    await expect(teams.addMember(request, id, person(0).userId)).rejects.toMatchObject({ code: 'not_found' });
    const own = { ...as(0), organization: person(0).accountId };
    await expect(teams.create(own, 'Mine')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('have names of their own, in capitals or not, and one keeps its own', async () => {
    const [id] = [await create('Research'), await create('Sales')];
    const taken = { code: 'team_name_taken', status: 409 };
    await expect(create('RESEARCH')).rejects.toMatchObject(taken);
    await expect(teams.rename(as(0), id, 'sALES')).rejects.toMatchObject(taken);
    expect(await teams.rename(as(0), id, 'RESEARCH')).toMatchObject({ id, name: 'RESEARCH' });
  });

  test('are 200 of an organization at most', async () => {
    const fill = `insert into accounts.teams (account_id, id, name) select $1, gen_random_uuid(), 'team ' || n from generate_series(1, 199) n`;
    await db.asMigrator(statement(fill, [organization]));
    await create('the last');
    const tooMany = { code: 'too_many_teams', details: { max: 200 } };
    await expect(create('one more')).rejects.toMatchObject(tooMany);
  });

  test('show their members in pages', async () => {
    const id = await create('Research');
    for (const index of [0, 1, 2]) await teams.addMember(as(0), id, person(index).userId);
    const first = await teams.get(as(3), id, { after: undefined, limit: 2 });
    const last = await teams.get(as(3), id, { after: first.members[1]?.user_id, limit: 2 });
    expect([first.next_cursor, last.next_cursor]).toEqual([expect.any(String), null]);
    const listed = [...first.members, ...last.members].map(({ user_id }) => user_id);
    expect(listed).toEqual([0, 1, 2].map((index) => person(index).userId).toSorted());
  });

  test('leave a trail of who did what; what changed nothing leaves none', async () => {
    const id = await create('Research');
    for (let times = 0; times < 2; times += 1) await teams.addMember(as(1), id, person(2).userId);
    await teams.removeMember(as(1), id, person(2).userId);
    await teams.rename(as(0), id, 'Sales');
    await teams.remove(as(0), id);
    const { userId } = person(2);
    const trail = statement<{ action: string; user_id: string; changes: object }>(
      `select action, user_id, changes from audit.events where account_id = $1 and target_id = $2 order by id`,
      [organization, id],
    );
    const [owner, admin] = [person(0).userId, person(1).userId];
    expect(await db.asMigrator(trail)).toEqual([
      { action: 'team.created', user_id: owner, changes: { name: 'Research' } },
      { action: 'team.member_added', user_id: admin, changes: { user_id: userId } },
      { action: 'team.member_removed', user_id: admin, changes: { user_id: userId } },
      { action: 'team.renamed', user_id: owner, changes: { name: { before: 'Research', after: 'Sales' } } },
      { action: 'team.deleted', user_id: owner, changes: { name: 'Sales' } },
    ]);
  });
});
