import { beforeAll, describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import type { Caller } from '#platform/http';
import { createPeople, type Person, ORIGIN } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const world = createPeople(db);
const { accounts, identity } = world;
const point = commitPoint('test.organizations', 'what the tests of organizations write');
const NOT_FOUND = { code: 'not_found', status: 404 };
const FORBIDDEN = { code: 'forbidden', status: 403 };
const codeOf = (error: unknown) => (error as { code?: string }).code;
const page = { after: undefined, limit: 20 };

let owner: Person;
let stranger: Person;
const of = (caller: Caller, organization: string) => ({ caller, organization, origin: ORIGIN });
const callerOf = async (key: string) => {
  const caller = await identity.identify(key);
  if (caller === undefined) throw new Error('nobody');
  return caller;
};
const write = (sql: string, values: readonly unknown[]) =>
  db.system('accounts.membership', point, [statement(sql, values)]);
const createWithStaff = async () => {
  const organization = await world.organization(owner);
  const [viewer, member, admin] = [await world.person(), await world.person(), await world.person()];
  await world.join(organization, viewer, 'viewer');
  await world.join(organization, member, 'member');
  await world.join(organization, admin, 'admin');
  return { organization, viewer, member, admin };
};

beforeAll(async () => {
  [owner, stranger] = [await world.person(), await world.person()];
});

describe('an organization', () => {
  test('belongs to its maker, and is on their list', async () => {
    const maker = await world.person();
    const made = await db.user(maker.userId, point, (tx) =>
      accounts.organizations.makeIn(tx, { userId: maker.userId, origin: ORIGIN }, 'Acme'),
    );
    expect(made).toMatchObject({ name: 'Acme', role: 'owner', status: 'active' });
    expect((await accounts.organizations.list(maker.caller, page)).data).toEqual([made]);
    expect(await accounts.organizations.get(of(maker.caller, made.id))).toEqual(made);
    expect((await identity.users.me(maker.caller)).accounts.map(({ kind }) => kind)).toEqual([
      'personal',
      'organization',
    ]);
  });

  test('can not be made for someone else', async () => {
    const foreign = db.user(stranger.userId, point, (tx) => accounts.makeOrganization(tx, owner, 'Theirs'));
    await expect(foreign).rejects.toMatchObject({ code: '42501' });
    const inAccount = db.tenant(stranger.accountId, point, (tx) =>
      accounts.makeOrganization(tx, stranger, 'Mine'),
    );
    await expect(inAccount).rejects.toMatchObject({ code: 'PL002' });
  });

  test('does not exist for a stranger', async () => {
    const organization = await world.organization(owner);
    const request = of(stranger.caller, organization);
    const { organizations, members } = accounts;
    const attempts = [
      organizations.get(request),
      organizations.rename(request, 'Mine now'),
      organizations.close(request),
      members.list(request, page),
      members.transfer(request, stranger.userId),
      accounts.invitations.list(request, page),
      accounts.invitations.revoke(request, stranger.userId),
      organizations.restore(request),
      accounts.auditTrail.ofOrganization(request, {}, page),
      accounts.auditTrail.activity(request, page),
      members.changeRole(request, owner.userId, 'viewer'),
      members.remove(request, owner.userId),
      members.remove(request, stranger.userId),
      organizations.get(of(stranger.caller, world.ids.next())),
    ];
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes).toMatchObject(attempts.map(() => ({ status: 'rejected', reason: NOT_FOUND })));
  });

  test('a personal account is no organization', async () => {
    const request = of(owner.caller, owner.accountId);
    await expect(accounts.organizations.get(request)).rejects.toMatchObject(NOT_FOUND);
    await expect(accounts.organizations.close(request)).rejects.toMatchObject(NOT_FOUND);
    await expect(accounts.organizations.restore(request)).rejects.toMatchObject(NOT_FOUND);
    await expect(accounts.members.list(request, page)).rejects.toMatchObject(NOT_FOUND);
    await expect(accounts.auditTrail.ofOrganization(request, {}, page)).rejects.toMatchObject(NOT_FOUND);
    await expect(accounts.members.remove(request, owner.userId)).rejects.toMatchObject(NOT_FOUND);
  });

  test('is renamed by admins, closed by owners, and read by viewers', async () => {
    const { organization, viewer, member, admin } = await createWithStaff();
    const { organizations } = accounts;
    expect(await organizations.get(of(viewer.caller, organization))).toMatchObject({ role: 'viewer' });
    for (const { caller } of [viewer, member]) {
      await expect(organizations.rename(of(caller, organization), 'New')).rejects.toMatchObject(FORBIDDEN);
    }
    expect(await organizations.rename(of(admin.caller, organization), 'New')).toMatchObject({
      name: 'New',
      role: 'admin',
    });
    await expect(organizations.close(of(admin.caller, organization))).rejects.toMatchObject(FORBIDDEN);
    await organizations.close(of(owner.caller, organization));
    await expect(organizations.get(of(owner.caller, organization))).rejects.toMatchObject(NOT_FOUND);
  });

  test('that is closed is nobody’s default account any more, and its members’ calls go to their own', async () => {
    const maker = await world.person({ companyName: 'Acme' });
    const request = of(maker.caller, maker.accountId);
    await accounts.organizations.close(request);
    expect(await accounts.roleOf(maker.userId, maker.accountId)).toBeUndefined();
    const me = await identity.users.me(maker.caller);
    expect(me.accounts).toMatchObject([{ id: me.default_account_id, kind: 'personal' }]);
  });

  test('that is opened again within 14 days is as it was: members, keys and default account', async () => {
    const maker = await world.person({ companyName: 'Acme' });
    const request = of(maker.caller, maker.accountId);
    const member = await world.person();
    await world.join(maker.accountId, member, 'admin');
    const { key } = await world.key(member, ['*'], maker.accountId);
    const { organizations } = accounts;
    const closed = await organizations.close(request);
    expect(closed).toMatchObject({ id: maker.accountId, restorable_until: expect.any(String) });
    expect(await identity.identify(key)).toBeUndefined();
    expect(await organizations.list(maker.caller, { ...page, closed: true })).toMatchObject({
      data: [closed],
    });
    expect((await organizations.list(member.caller, { ...page, closed: true })).data).toEqual([]);
    await expect(organizations.restore(of(member.caller, maker.accountId))).rejects.toMatchObject(FORBIDDEN);
    await expect(organizations.restore(of(stranger.caller, maker.accountId))).rejects.toMatchObject(
      NOT_FOUND,
    );
    expect(await organizations.restore(request)).toMatchObject({ role: 'owner', restorable_until: null });
    expect(await accounts.roleOf(member.userId, maker.accountId)).toBe('admin');
    expect(await identity.identify(key)).toBeDefined();
    expect((await identity.users.me(maker.caller)).default_account_id).toBe(maker.accountId);
    expect((await identity.users.me(member.caller)).default_account_id).toBe(member.accountId);
    expect(await organizations.restore(request)).toMatchObject({ restorable_until: null });
  });

  test('that was closed 14 days ago is over', async () => {
    const maker = await world.person();
    const request = of(maker.caller, await world.organization(maker));
    await accounts.organizations.close(request);
    const late = `update accounts.accounts set deleted_at = deleted_at - interval '14 days' where account_id = $1`;
    await db.asMigrator(statement(late, [request.organization]));
    await expect(accounts.organizations.restore(request)).rejects.toMatchObject(NOT_FOUND);
    expect((await accounts.organizations.list(maker.caller, { ...page, closed: true })).data).toEqual([]);
  });

  test('a key reaches the organization that it is bound to alone', async () => {
    const [bound, other] = [await world.organization(owner), await world.organization(owner)];
    const caller = await callerOf((await world.key(owner, ['*'], bound)).key);
    expect((await accounts.organizations.list(caller, page)).data.map(({ id }) => id)).toEqual([bound]);
    expect(await accounts.organizations.get(of(caller, bound))).toMatchObject({ id: bound });
    await expect(accounts.organizations.get(of(caller, other))).rejects.toMatchObject(NOT_FOUND);
  });

  test('lists have every organization once, over all pages', async () => {
    const maker = await world.person();
    const made = [];
    for (let count = 0; count < 5; count += 1) made.push(await world.organization(maker));
    const first = await accounts.organizations.list(maker.caller, { after: undefined, limit: 3 });
    const rest = await accounts.organizations.list(maker.caller, { after: first.data.at(-1)?.id, limit: 3 });
    expect([...first.data, ...rest.data].map(({ id }) => id)).toEqual(made.toReversed());
    expect([first.next_cursor === null, rest.next_cursor]).toEqual([false, null]);
  });
});

describe('the organizations that one user owns', () => {
  const few = createPeople(db, { organizationsPerUser: 2 });
  const TOO_MANY = { code: 'too_many_organizations', status: 409, details: { max: 2 } };
  const open = (person: Person) => few.organization(person).then(() => 'made', codeOf);
  const full = async () => {
    const person = await few.person();
    await Promise.all([few.organization(person), few.organization(person)]);
    return person;
  };

  test('are as many as the operator says, though they are made at once', async () => {
    const person = await few.person({ companyName: 'Acme' });
    const outcomes = await Promise.all([open(person), open(person), open(person)]);
    expect(outcomes.sort()).toEqual(['made', 'too_many_organizations', 'too_many_organizations']);
    expect((await few.accounts.organizations.list(person.caller, page)).data).toHaveLength(2);
  });

  test('count however somebody becomes an owner: by a role, a transfer, an invitation, or an undo', async () => {
    const { members, organizations, newcomers } = few.accounts;
    const [giver, person] = [await few.person(), await full()];
    const organization = await few.organization(giver);
    await few.join(organization, person, 'member');
    const request = of(giver.caller, organization);
    await expect(members.changeRole(request, person.userId, 'owner')).rejects.toMatchObject(TOO_MANY);
    await expect(members.transfer(request, person.userId)).rejects.toMatchObject(TOO_MANY);
    const invited = { accountId: organization, role: 'owner', by: { sso: true }, origin: ORIGIN } as const;
    const other = await full();
    const joining = db.tenant(organization, point, (tx) =>
      newcomers.joinIn(tx, { ...invited, userId: other.userId }),
    );
    await expect(joining).rejects.toMatchObject(TOO_MANY);
    const all = (await organizations.list(person.caller, page)).data;
    const theirs = all.find(({ role }) => role === 'owner');
    const closed = of(person.caller, theirs?.id ?? '');
    await organizations.close(closed);
    await members.changeRole(request, person.userId, 'owner');
    await expect(organizations.restore(closed)).rejects.toMatchObject(TOO_MANY);
  });

  test('are counted one after the other when two make somebody an owner at once', async () => {
    const person = await few.person({ companyName: 'Acme' });
    const givers = await Promise.all([few.person(), few.person(), few.person()]);
    const given = await Promise.all(
      givers.map(async (giver) => {
        const organization = await few.organization(giver);
        await few.join(organization, person, 'member');
        return of(giver.caller, organization);
      }),
    );
    const outcomes = await Promise.allSettled(
      given.map((request) => few.accounts.members.changeRole(request, person.userId, 'owner')),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('roles', () => {
  test('a change of our own bites at once, one whose signal was lost within ten seconds', async () => {
    const organization = await world.organization(owner);
    const person = await world.person();
    expect(await accounts.roleOf(person.userId, organization)).toBeUndefined();
    await world.join(organization, person, 'admin');
    expect(await accounts.roleOf(person.userId, organization)).toBe('admin');
    await accounts.members.changeRole(of(owner.caller, organization), person.userId, 'viewer');
    expect(await accounts.roleOf(person.userId, organization)).toBe('viewer');
    await write('delete from accounts.members where account_id = $1 and user_id = $2', [
      organization,
      person.userId,
    ]);
    await world.clock.advance(10_000);
    expect(await accounts.roleOf(person.userId, organization)).toBeUndefined();
  });

  test('a role whose answer a change overtakes on its way is not kept', async () => {
    const organization = await world.organization(owner);
    const person = await world.person();
    await world.join(organization, person, 'admin');
    const [asked, arrives] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const system = async (...call: unknown[]) => {
      const answered = await (db.system as (...call: unknown[]) => Promise<unknown>)(...call);
      asked.resolve();
      await arrives.promise;
      return answered;
    };
    const slow = createPeople({ ...db, system: system as typeof db.system }).accounts;
    const early = slow.roleOf(person.userId, organization);
    await asked.promise;
    await accounts.members.remove(of(owner.caller, organization), person.userId);
    arrives.resolve();
    expect(await early).toBe('admin');
    expect(await slow.roleOf(person.userId, organization)).toBeUndefined();
  });

  test('what a cached role would still allow, the lock forbids', async () => {
    const organization = await world.organization(owner);
    const person = await world.person();
    await world.join(organization, person, 'admin');
    expect(await accounts.roleOf(person.userId, organization)).toBe('admin');
    const demote = 'update accounts.members set role = $3 where account_id = $1 and user_id = $2';
    await write(demote, [organization, person.userId, 'viewer']);
    const request = of(person.caller, organization);
    await expect(accounts.organizations.rename(request, 'Mine')).rejects.toMatchObject(FORBIDDEN);
    await expect(accounts.members.changeRole(request, owner.userId, 'viewer')).rejects.toMatchObject(
      FORBIDDEN,
    );
  });
});
