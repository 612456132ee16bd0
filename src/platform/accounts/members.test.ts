import { beforeAll, describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import type { Role } from '#platform/http';
import { createPeople, type Person, WHENCE } from '#test/people';
import { testDatabase } from '#test/services';

const { db } = await testDatabase();
const world = createPeople(db);
const { accounts, identity } = world;
const { members } = accounts;
const point = commitPoint('test.members', 'what the tests of members write');
const FORBIDDEN = { code: 'forbidden', status: 403 };
const LAST_OWNER = { code: 'last_owner', status: 409 };

let owner: Person;
let person: Person;
let organization: Person['accountId'];
const as = (who: Person) => ({ caller: who.caller, organization, whence: WHENCE });
const role = (who: Person) => accounts.roleOf(who.userId, organization);

async function add(by: Person, who: Person, asRole: Role) {
  const userId = await members.find(as(by), who.email);
  const added = await db.user(by.userId, point, (tx) => members.addIn(tx, as(by), { userId, role: asRole }));
  members.changed(as(by));
  return added;
}
async function joined(asRole: Role): Promise<Person> {
  const who = await world.person();
  await world.join(organization, who, asRole);
  return who;
}

beforeAll(async () => {
  [owner, person] = [await world.person(), await world.person()];
  organization = await world.organization(owner);
});

describe('adding members', () => {
  test('an admin adds a registered user, in any case of their email, who is in at once', async () => {
    const admin = await joined('admin');
    const added = await add(admin, { ...person, email: person.email.toUpperCase() }, 'member');
    expect(added).toMatchObject({ user_id: person.userId, email: person.email, role: 'member' });
    expect(await role(person)).toBe('member');
    const { data } = await members.list(as(person), { after: undefined, limit: 100 });
    expect(data).toContainEqual(added);
  });

  test('who is a member already stays as they are', async () => {
    const member = await joined('member');
    await expect(add(owner, member, 'admin')).rejects.toMatchObject({ code: 'already_member', status: 409 });
    expect(await role(member)).toBe('member');
  });

  test('an email that nobody registered is told to admins alone, and the audit keeps who asked', async () => {
    const [viewer, admin] = [await joined('viewer'), await joined('admin')];
    const unknown = 'nobody@example.com';
    await expect(members.find(as(viewer), unknown)).rejects.toMatchObject(FORBIDDEN);
    await expect(members.find(as(viewer), owner.email)).rejects.toMatchObject(FORBIDDEN);
    await expect(members.find(as(admin), unknown)).rejects.toMatchObject({ code: 'not_found' });
    const asked = statement(`select 1 from audit.events where action = 'member.not_found' and user_id = $1`, [
      admin.userId,
    ]);
    expect((await db.tenant(organization, [asked]))[0]).toHaveLength(1);
  });

  test('an admin makes no owner', async () => {
    const [admin, friend] = [await joined('admin'), await world.person()];
    await expect(add(admin, friend, 'owner')).rejects.toMatchObject(FORBIDDEN);
    await add(owner, friend, 'owner');
    expect(await role(friend)).toBe('owner');
  });

  test('two admins who add the same user at once add one member', async () => {
    const [one, two, friend] = [await joined('admin'), await joined('admin'), await world.person()];
    const outcomes = await Promise.allSettled([add(one, friend, 'member'), add(two, friend, 'viewer')]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(['member', 'viewer']).toContain(await role(friend));
  });
});

describe('changing and removing members', () => {
  test('viewers and members change nobody, not even themselves', async () => {
    const [viewer, member] = [await joined('viewer'), await joined('member')];
    for (const who of [viewer, member]) {
      await expect(members.changeRole(as(who), who.userId, 'admin')).rejects.toMatchObject(FORBIDDEN);
      await expect(members.changeRole(as(who), viewer.userId, 'member')).rejects.toMatchObject(FORBIDDEN);
      await expect(members.remove(as(who), owner.userId)).rejects.toMatchObject(FORBIDDEN);
    }
  });

  test('an admin changes and removes others, but no owner, and makes none', async () => {
    const [admin, member] = [await joined('admin'), await joined('member')];
    expect(await members.changeRole(as(admin), member.userId, 'viewer')).toMatchObject({ role: 'viewer' });
    await expect(members.changeRole(as(admin), member.userId, 'owner')).rejects.toMatchObject(FORBIDDEN);
    await expect(members.changeRole(as(admin), admin.userId, 'owner')).rejects.toMatchObject(FORBIDDEN);
    await expect(members.changeRole(as(admin), owner.userId, 'viewer')).rejects.toMatchObject(FORBIDDEN);
    await expect(members.remove(as(admin), owner.userId)).rejects.toMatchObject(FORBIDDEN);
    await members.remove(as(admin), member.userId);
    expect(await role(member)).toBeUndefined();
  });

  test('whoever is no member is 404', async () => {
    const stranger = await world.person();
    await expect(members.changeRole(as(owner), stranger.userId, 'viewer')).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(members.remove(as(owner), stranger.userId)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('anyone may leave; their keys for the account end, and only those', async () => {
    const viewer = await joined('viewer');
    const [bound, own] = [await world.key(viewer, ['*'], organization), await world.key(viewer, ['*'])];
    expect(await identity.identify(bound.key)).toBeDefined();
    await members.remove(as(viewer), viewer.userId);
    expect(await role(viewer)).toBeUndefined();
    expect(await identity.identify(bound.key)).toBeUndefined();
    expect(await identity.identify(own.key)).toBeDefined();
    await world.join(organization, viewer, 'viewer');
    expect(await identity.identify(bound.key)).toBeUndefined();
  });
});

describe('an organization keeps an owner', () => {
  test('the last one neither leaves nor steps down, nor is removed', async () => {
    const sole = await world.person();
    const visit = { caller: sole.caller, organization: await world.organization(sole), whence: WHENCE };
    await expect(members.remove(visit, sole.userId)).rejects.toMatchObject(LAST_OWNER);
    await expect(members.changeRole(visit, sole.userId, 'admin')).rejects.toMatchObject(LAST_OWNER);
    expect(await members.changeRole(visit, sole.userId, 'owner')).toMatchObject({ role: 'owner' });
  });

  const departures = {
    'both leave': (visit: Parameters<typeof members.remove>[0], who: Person) =>
      members.remove(visit, who.userId),
    'both step down': (visit: Parameters<typeof members.remove>[0], who: Person) =>
      members.changeRole(visit, who.userId, 'viewer'),
  };

  test.each(Object.entries(departures))('of two owners at once, when %s, one stays', async (_how, depart) => {
    for (let round = 0; round < 5; round += 1) {
      const [one, two] = [await world.person(), await world.person()];
      const account = await world.organization(one);
      await world.join(account, two, 'owner');
      const outcomes = await Promise.allSettled(
        [one, two].map((who) => depart({ caller: who.caller, organization: account, whence: WHENCE }, who)),
      );
      expect(outcomes.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: LAST_OWNER }]);
      const owners = statement(`select 1 from accounts.members where role = 'owner'`);
      expect((await db.tenant(account, [owners]))[0]).toHaveLength(1);
    }
  });

  test('of two owners who remove each other at once, one stays', async () => {
    const [one, two] = [await world.person(), await world.person()];
    const account = await world.organization(one);
    await world.join(account, two, 'owner');
    const outcomes = await Promise.allSettled([
      members.remove({ caller: one.caller, organization: account, whence: WHENCE }, two.userId),
      members.remove({ caller: two.caller, organization: account, whence: WHENCE }, one.userId),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });
});
