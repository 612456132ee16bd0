import { beforeAll, describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import type { Role } from '#platform/http';
import { createPeople, type Person, ORIGIN } from '@plinth/testkit/people';
import { waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const world = createPeople(db);
const { accounts, identity } = world;
const { members } = accounts;
const HOLD = commitPoint('test.members.hold', 'nothing: a lock that a test holds');
const FORBIDDEN = { code: 'forbidden', status: 403 };
const LAST_OWNER = { code: 'last_owner', status: 409 };

let owner: Person;
let organization: Person['accountId'];
const as = (who: Person) => ({ caller: who.caller, organization, origin: ORIGIN });
const role = (who: Person) => accounts.roleOf(who.userId, organization);

async function joinAs(asRole: Role): Promise<Person> {
  const who = await world.person();
  await world.join(organization, who, asRole);
  return who;
}

/** Holds the lock of an organization; the answer lets it go. */
async function holdLock(account: Person['accountId']): Promise<() => Promise<void>> {
  const [locked, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = db.tenant(account, HOLD, async (tx) => {
    const lock = 'select from accounts.accounts where account_id = $1 for no key update';
    await tx.run(statement(lock, [account]));
    locked.resolve();
    await release.promise;
  });
  await locked.promise;
  return () => {
    release.resolve();
    return holding;
  };
}

beforeAll(async () => {
  owner = await world.person();
  organization = await world.organization(owner);
});

describe('changing and removing members', () => {
  test('viewers and members change nobody, not even themselves', async () => {
    const [viewer, member] = [await joinAs('viewer'), await joinAs('member')];
    for (const who of [viewer, member]) {
      await expect(members.changeRole(as(who), who.userId, 'admin')).rejects.toMatchObject(FORBIDDEN);
      await expect(members.changeRole(as(who), viewer.userId, 'member')).rejects.toMatchObject(FORBIDDEN);
      await expect(members.remove(as(who), owner.userId)).rejects.toMatchObject(FORBIDDEN);
    }
  });

  test('an admin changes and removes others, but no owner, and makes none', async () => {
    const [admin, member] = [await joinAs('admin'), await joinAs('member')];
    expect(await members.changeRole(as(admin), member.userId, 'viewer')).toMatchObject({ role: 'viewer' });
    await expect(members.changeRole(as(admin), member.userId, 'owner')).rejects.toMatchObject(FORBIDDEN);
    await expect(members.changeRole(as(admin), admin.userId, 'owner')).rejects.toMatchObject(FORBIDDEN);
    await expect(members.changeRole(as(admin), owner.userId, 'viewer')).rejects.toMatchObject(FORBIDDEN);
    await expect(members.remove(as(admin), owner.userId)).rejects.toMatchObject(FORBIDDEN);
    await members.remove(as(admin), member.userId);
    expect(await role(member)).toBeUndefined();
  });

  test('a stranger is 404', async () => {
    const stranger = await world.person();
    await expect(members.changeRole(as(owner), stranger.userId, 'viewer')).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(members.remove(as(owner), stranger.userId)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('anyone may leave; their keys for the account end, and only those', async () => {
    const viewer = await joinAs('viewer');
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

describe('ownership', () => {
  test('is handed over to another member: both stay, and the former owner is an admin', async () => {
    const [maker, heir] = [await world.person(), await world.person()];
    const account = await world.organization(maker);
    await world.join(account, heir, 'viewer');
    const request = { caller: maker.caller, organization: account, origin: ORIGIN };
    expect(await members.transfer(request, heir.userId)).toMatchObject({
      user_id: heir.userId,
      role: 'owner',
    });
    expect(await accounts.roleOf(maker.userId, account)).toBe('admin');
    expect(await accounts.roleOf(heir.userId, account)).toBe('owner');
    await expect(members.transfer(request, heir.userId)).rejects.toMatchObject(FORBIDDEN);
    const told = statement<{ changes: unknown }>(
      `select changes from audit.events where action = 'account.transferred' and user_id = $1`,
      [maker.userId],
    );
    expect((await db.tenant(account, [told]))[0]).toMatchObject([
      { changes: { role: { before: 'viewer', after: 'owner' }, former_owner: maker.userId } },
    ]);
  });

  test('is handed neither to oneself nor to a stranger', async () => {
    const stranger = await world.person();
    await expect(members.transfer(as(owner), owner.userId)).rejects.toMatchObject({ code: 'conflict' });
    await expect(members.transfer(as(owner), stranger.userId)).rejects.toMatchObject({ code: 'not_found' });
    expect(await role(owner)).toBe('owner');
  });

  test('is given in a session that began a while ago, or by a key, in no way', async () => {
    const member = await joinAs('member');
    const { key } = await world.key(owner, ['*'], organization);
    const byKey = await identity.identify(key);
    if (byKey === undefined) throw new Error('a new key is not known');
    const sessionId = owner.caller.sessionId;
    const age = `update identity.sessions set proven_at = proven_at - interval '16 minutes' where id = $1`;
    await db.asMigrator(statement(age, [sessionId]));
    for (const caller of [owner.caller, byKey]) {
      const request = { ...as(owner), caller };
      const stale = { code: 'step_up_required', status: 403 };
      await expect(members.transfer(request, member.userId)).rejects.toMatchObject(stale);
      await expect(members.changeRole(request, member.userId, 'owner')).rejects.toMatchObject(stale);
      expect(await members.changeRole(request, member.userId, 'member')).toMatchObject({ role: 'member' });
    }
    const anew = `update identity.sessions set proven_at = app.now() where id = $1`;
    await db.asMigrator(statement(anew, [sessionId]));
    expect(await members.changeRole(as(owner), member.userId, 'owner')).toMatchObject({ role: 'owner' });
  });

  test('that two owners hand to each other, or hand on while the next owner leaves, ends with somebody', async () => {
    for (let round = 0; round < 3; round += 1) {
      const [one, two] = [await world.person(), await world.person()];
      const account = await world.organization(one);
      await world.join(account, two, round === 0 ? 'owner' : 'member');
      const request = (who: Person) => ({ caller: who.caller, organization: account, origin: ORIGIN });
      await Promise.allSettled([
        members.transfer(request(one), two.userId),
        round === 0 ? members.transfer(request(two), one.userId) : members.remove(request(two), two.userId),
      ]);
      const owners = statement(`select 1 from accounts.members where role = 'owner'`);
      expect((await db.tenant(account, [owners]))[0]).toHaveLength(1);
    }
  });
});

describe('an organization keeps an owner', () => {
  test('the last one neither leaves nor steps down, nor is removed', async () => {
    const sole = await world.person();
    const request = { caller: sole.caller, organization: await world.organization(sole), origin: ORIGIN };
    await expect(members.remove(request, sole.userId)).rejects.toMatchObject(LAST_OWNER);
    await expect(members.changeRole(request, sole.userId, 'admin')).rejects.toMatchObject(LAST_OWNER);
    expect(await members.changeRole(request, sole.userId, 'owner')).toMatchObject({ role: 'owner' });
  });

  const departures = {
    'both leave': (request: Parameters<typeof members.remove>[0], who: Person) =>
      members.remove(request, who.userId),
    'both step down': (request: Parameters<typeof members.remove>[0], who: Person) =>
      members.changeRole(request, who.userId, 'viewer'),
  };

  test.each(Object.entries(departures))('of two owners at once, when %s, one stays', async (_how, depart) => {
    for (let round = 0; round < 5; round += 1) {
      const [one, two] = [await world.person(), await world.person()];
      const account = await world.organization(one);
      await world.join(account, two, 'owner');
      const outcomes = await Promise.allSettled(
        [one, two].map((who) => depart({ caller: who.caller, organization: account, origin: ORIGIN }, who)),
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
    // On PostgreSQL both have begun before either decides: the lock that they take is held until they wait for it.
    const letGo = engine === 'postgres' ? await holdLock(account) : async () => {};
    let passed = 0;
    const removal = async (by: Person, of: Person) => {
      await members.remove({ caller: by.caller, organization: account, origin: ORIGIN }, of.userId);
      passed += 1;
    };
    const removals = Promise.allSettled([removal(one, two), removal(two, one)]);
    // A removal that takes no lock is through while it is held.
    if (engine === 'postgres')
      await expect.poll(async () => passed > 0 || (await waitsForLocks(db)) === 2).toBe(true);
    const passedTheLock = passed;
    await letGo();
    expect((await removals).map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    if (engine === 'postgres') expect(passedTheLock).toBe(0);
  });
});
