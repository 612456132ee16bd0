import { beforeAll, describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import type { Caller, Role } from '#platform/http';
import { createPeople, type Person, ORIGIN } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';
import { allowsScope } from '../index.ts';
import type { KeyActor, KeyChange } from './keys.ts';

const { db } = await testDatabase();
const world = createPeople(db);
const { identity, clock } = world;
const { keys } = identity;
const point = commitPoint('test.keys', 'what the tests of keys write');
const all = { after: undefined, limit: 20 };

let owner: Person;
let member: Person;
let stranger: Person;
let organization: Person['accountId'];
const at = (person: Person, role: Role) => ({ caller: person.caller, accountId: organization, role });

beforeAll(async () => {
  [owner, member, stranger] = [await world.person(), await world.person(), await world.person()];
  organization = await world.organization(owner);
  await world.join(organization, member, 'member');
});

async function callerOf(key: string) {
  const caller = await identity.identify(key);
  if (caller === undefined) throw new Error('nobody');
  return caller;
}

describe('making a key', () => {
  test('the key is shown once and stored as a hash', async () => {
    const { key, view } = await world.key(owner, ['*']);
    expect(key.startsWith(view.prefix)).toBe(true);
    expect(view.prefix).toHaveLength(11);
    const sql = 'select k::text as row from identity.api_keys k';
    const [rows] = await db.system('identity.credentials', [statement<{ row: string }>(sql)]);
    expect(JSON.stringify(rows)).toContain(view.prefix);
    expect(JSON.stringify(rows)).not.toContain(key);
    expect(
      JSON.stringify(await keys.list({ ...at(owner, 'owner'), accountId: owner.accountId }, all)),
    ).not.toContain(key);
  });

  test('a scope that does not exist is refused', () => {
    expect(() => keys.assertMayMake(at(owner, 'owner'), { scopes: ['demo:write', 'rele:read'] })).toThrow(
      expect.objectContaining({ code: 'validation_failed', message: 'There is no such scope.' }),
    );
  });

  test('an end that lies behind is refused', () => {
    const expires_at = new Date(clock.now() - 1).toISOString();
    const assertEnded = () => keys.assertMayMake(at(owner, 'owner'), { scopes: ['*'], expires_at });
    expect(assertEnded).toThrow(expect.objectContaining({ code: 'validation_failed' }));
  });

  test('a key makes none that may do more than itself, and none for another account', async () => {
    const { key } = await world.key(owner, ['keys:write', 'demo:read'], organization);
    const acting = { caller: await callerOf(key), accountId: organization, role: 'owner' as const };
    keys.assertMayMake(acting, { scopes: ['demo:read'] });
    for (const scope of ['demo:write', '*', 'ai:call']) {
      expect(() => keys.assertMayMake(acting, { scopes: [scope] })).toThrow(
        expect.objectContaining({ code: 'forbidden' }),
      );
    }
    expect(() =>
      keys.assertMayMake({ ...acting, accountId: owner.accountId }, { scopes: ['demo:read'] }),
    ).toThrow(expect.objectContaining({ code: 'not_found' }));
  });

  test('a key ends none that may do more than itself', async () => {
    const { key } = await world.key(owner, ['keys:write', 'demo:read'], organization);
    const acting = { caller: await callerOf(key), accountId: organization, role: 'owner' as const };
    const wider = await world.key(owner, ['demo:read', 'demo:write'], organization);
    await expect(keys.revoke(acting, wider.view.id, ORIGIN)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await identity.identify(wider.key)).toBeDefined();
    const narrower = await world.key(owner, ['demo:read'], organization);
    await keys.revoke(acting, narrower.view.id, ORIGIN);
  });

  test('a key makes none that outlives it', async () => {
    const expiresAt = new Date(clock.now() + 3_600_000).toISOString();
    const make = (key: Partial<Parameters<typeof identity.createKey>[1]>) =>
      db.tenant(organization, point, (tx) =>
        identity.createKey(tx, {
          accountId: organization,
          userId: owner.userId,
          name: 'a key',
          scopes: ['*'],
          actor: { kind: 'user', userId: owner.userId },
          ...key,
        }),
      );
    const { keyId } = await make({ expiresAt });
    const actor = { kind: 'key' as const, keyId, userId: owner.userId };
    const later = new Date(clock.now() + 7_200_000).toISOString();
    const sooner = new Date(clock.now() + 60_000).toISOString();
    expect((await make({ actor })).view.expires_at).toBe(expiresAt);
    expect((await make({ actor, expiresAt: later })).view.expires_at).toBe(expiresAt);
    expect((await make({ actor, expiresAt: sooner })).view.expires_at).toBe(sooner);
    expect((await make({})).view.expires_at).toBeNull();
  });

  test('a key makes none with a larger budget, and its keys say who made them', async () => {
    const made = await db.tenant(owner.accountId, point, (tx) =>
      identity.createKey(tx, {
        accountId: owner.accountId,
        userId: owner.userId,
        name: 'a key',
        scopes: ['*'],
        bounds: { monthly_budget_micros: 1_000 },
        actor: { kind: 'user', userId: owner.userId },
      }),
    );
    const larger = await world.child(owner, made.keyId, { bounds: { monthly_budget_micros: 1_001 } });
    const unsaid = await world.child(owner, larger.keyId);
    const smaller = await world.child(owner, unsaid.keyId, { bounds: { monthly_budget_micros: 10 } });
    expect([larger, unsaid, smaller].map(({ view }) => [view.made_by, view.monthly_budget_micros])).toEqual([
      [made.keyId, 1_000],
      [larger.keyId, 1_000],
      [unsaid.keyId, 10],
    ]);
    expect(made.view.made_by).toBeNull();
  });

  test('keys come from keys five deep, and from a revoked one none', async () => {
    let last = await world.key(owner, ['*']);
    const first = last.keyId;
    for (let depth = 0; depth < 5; depth += 1) last = await world.child(owner, last.keyId);
    await expect(world.child(owner, last.keyId)).rejects.toMatchObject({ code: 'forbidden' });
    await keys.revoke({ ...at(owner, 'owner'), accountId: owner.accountId }, first, ORIGIN);
    await expect(world.child(owner, first)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(world.child(owner, last.keyId)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('leaves an event in the audit of the account, without the key', async () => {
    const { key, keyId } = await world.key(owner, ['demo:read'], organization);
    const sql = 'select e::text as row from audit.events e where target_id = $1';
    const [rows] = await db.tenant(organization, [statement<{ row: string }>(sql, [keyId])]);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).toContain('key.made');
    expect(rows[0]?.row).not.toContain(key);
  });
});

describe('what a key may call', () => {
  test.each([
    [['demo:read'], 'demo:read', true],
    [['demo:read'], 'demo:write', false],
    [['*'], 'demo:write', true],
    [['*'], 'session', false],
    [[], 'usage:read', false],
  ])('with %j a call that asks for %s: %s', async (scopes, asked, may) => {
    const { key } = await world.key(owner, scopes);
    expect(allowsScope(await callerOf(key), asked)).toBe(may);
  });

  test('a person who is signed in needs no scope', () => {
    expect(allowsScope(owner.caller, 'session')).toBe(true);
    expect(allowsScope(owner.caller, 'demo:write')).toBe(true);
  });
});

const rotate = (caller: Caller, keyId: string, accountId = owner.accountId) =>
  db.tenant(accountId, point, (tx) =>
    keys.rotateIn(tx, { caller, accountId, role: 'owner', origin: ORIGIN }, keyId),
  );

describe('rotating a key', () => {
  test('the successor is the same key with another secret: its maker, budget and keys stay', async () => {
    const maker = await world.key(owner, ['*']);
    const before = await world.child(owner, maker.keyId, { bounds: { monthly_budget_micros: 10 } });
    const below = await world.child(owner, before.keyId);
    expect(await identity.identify(before.key)).toBeDefined();
    const after = await rotate(owner.caller, before.keyId);
    keys.rotated(before.keyId);
    // Its use is written down behind the answer: before or after this.
    const { last_used_at: _, ...kept } = before.view;
    expect(after.view).toMatchObject({ ...kept, prefix: after.key.slice(0, 11) });
    expect(after.key).not.toBe(before.key);
    expect(await identity.identify(before.key)).toBeUndefined();
    expect(await identity.identify(after.key)).toMatchObject({ keyId: before.keyId });
    expect(await identity.identify(below.key)).toMatchObject({ keyId: below.keyId });
    await keys.revoke({ ...at(owner, 'owner'), accountId: owner.accountId }, maker.keyId, ORIGIN);
    for (const key of [after.key, below.key]) expect(await identity.identify(key)).toBeUndefined();
    await expect(rotate(owner.caller, before.keyId)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a key rotates itself and what comes from it, and neither its maker nor a sister', async () => {
    const maker = await world.key(owner, ['*']);
    const [one, sister] = [await world.child(owner, maker.keyId), await world.child(owner, maker.keyId)];
    const below = await world.child(owner, one.keyId);
    const caller = await callerOf(one.key);
    for (const { keyId } of [maker, sister, await world.key(owner, ['*'])])
      await expect(rotate(caller, keyId)).rejects.toMatchObject({ code: 'not_found' });
    for (const { keyId } of [below, one]) expect((await rotate(caller, keyId)).view.id).toBe(keyId);
  });

  test('nobody gets a secret that acts for somebody else: not even an owner one of a member’s', async () => {
    const colleague = await world.person();
    await world.join(organization, colleague, 'member');
    const theirs = await world.key(colleague, ['*'], organization);
    await expect(rotate(owner.caller, theirs.keyId, organization)).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await identity.identify(theirs.key)).toBeDefined();
  });

  test('is in the audit, without a secret', async () => {
    const { keyId } = await world.key(owner, ['*']);
    const { key } = await rotate(owner.caller, keyId);
    const sql = `select e::text as row from audit.events e where target_id = $1 and action = 'key.rotated'`;
    const [rows] = await db.tenant(owner.accountId, [statement<{ row: string }>(sql, [keyId])]);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain(key);
  });
});

const change = (acting: KeyActor, keyId: string, what: KeyChange) =>
  keys.change({ ...acting, origin: ORIGIN }, keyId, what);
const mine = (caller: Caller) => ({ caller, accountId: owner.accountId, role: 'owner' as const });

describe('changing a key', () => {
  test('changes what is named, takes away what is null, and is in the audit', async () => {
    const { keyId, view } = await world.key(owner, ['demo:read']);
    const bounds = { daily_calls: 4, daily_budget_micros: 10, models: ['small'], labels: { team: 'a' } };
    const bounded = await change(mine(owner.caller), keyId, { name: 'other', ...bounds });
    expect(bounded).toEqual({ ...view, name: 'other', ...bounds });
    const lifted = { daily_calls: null, models: null, labels: null };
    const expires_at = new Date(clock.now() + 3_600_000).toISOString();
    expect(await change(mine(owner.caller), keyId, { ...lifted, expires_at })).toEqual({
      ...view,
      name: 'other',
      daily_budget_micros: 10,
      expires_at,
    });
    const sql = `select changes from audit.events where target_id = $1 and action = 'key.changed' order by id`;
    const [rows] = await db.tenant(owner.accountId, [statement<{ changes: object }>(sql, [keyId])]);
    expect(rows.map(({ changes }) => changes)).toEqual([
      { name: 'other', ...bounds },
      { ...lifted, expires_at },
    ]);
  });

  test('is for who may revoke it; a key changes those alone that come from it, and none past itself', async () => {
    const first = await world.key(owner, ['*']);
    const caller = await callerOf(first.key);
    const child = await world.child(owner, first.keyId);
    await change(mine(owner.caller), first.keyId, { monthly_budget_micros: 100 });
    expect(await change(mine(caller), child.keyId, { monthly_budget_micros: 500 })).toMatchObject({
      monthly_budget_micros: 100,
    });
    const wider = await world.key(owner, ['*']);
    const refused = [
      change(mine(caller), first.keyId, { daily_calls: null }),
      change(mine(caller), wider.keyId, { daily_calls: null }),
      change({ ...at(stranger, 'owner'), accountId: stranger.accountId }, first.keyId, { daily_calls: null }),
      change({ ...at(member, 'member'), accountId: owner.accountId }, first.keyId, { daily_calls: null }),
    ];
    const answer = { status: 'rejected', reason: { code: 'not_found' } };
    expect(await Promise.allSettled(refused)).toMatchObject(refused.map(() => answer));
  });

  test('lists of models hold for the keys that come from it', async () => {
    const first = await world.key(owner, ['*']);
    const child = await world.child(owner, first.keyId);
    expect((await callerOf(child.key)).models).toBeUndefined();
    await change(mine(owner.caller), first.keyId, { models: ['small', 'openai/*'] });
    await change(mine(owner.caller), child.keyId, { models: ['openai/gpt'] });
    expect((await callerOf(first.key)).models).toEqual([['small', 'openai/*']]);
    expect((await callerOf(child.key)).models).toEqual(
      expect.arrayContaining([['small', 'openai/*'], ['openai/gpt']]),
    );
  });
});

describe('seeing and revoking keys', () => {
  test('a member sees their own keys, an admin those of all, another account none of them', async () => {
    const theirs = await world.key(member, ['*'], organization);
    const ours = await world.key(owner, ['*'], organization);
    const listFor = async (person: Person, role: Role, accountId = organization) =>
      (await keys.list({ ...at(person, role), accountId }, { after: undefined, limit: 100 })).data.map(
        ({ id }) => id,
      );
    expect(await listFor(member, 'member')).toEqual([theirs.keyId]);
    expect(await listFor(owner, 'admin')).toEqual(expect.arrayContaining([theirs.keyId, ours.keyId]));
    expect(await listFor(stranger, 'owner', stranger.accountId)).toEqual([]);
  });

  test('pages hold every key once, newest first', async () => {
    const person = await world.person();
    const made = [];
    for (let count = 0; count < 5; count += 1) made.push((await world.key(person, ['*'])).keyId);
    const acting = { caller: person.caller, accountId: person.accountId, role: 'owner' as const };
    const first = await keys.list(acting, { after: undefined, limit: 3 });
    expect(first.next_cursor).not.toBeNull();
    const rest = await keys.list(acting, { after: first.data.at(-1)?.id, limit: 3 });
    expect([...first.data, ...rest.data].map(({ id }) => id)).toEqual(made.toReversed());
    expect(rest.next_cursor).toBeNull();
  });

  test('a key of someone else, or of another account, can not be revoked', async () => {
    const { key, keyId } = await world.key(owner, ['*'], organization);
    const revoking = [
      keys.revoke(at(member, 'member'), keyId, ORIGIN),
      keys.revoke({ ...at(stranger, 'owner'), accountId: stranger.accountId }, keyId, ORIGIN),
    ];
    const refused = { status: 'rejected', reason: { code: 'not_found' } };
    expect(await Promise.allSettled(revoking)).toMatchObject([refused, refused]);
    expect(await identity.identify(key)).toBeDefined();
  });

  test('with a key go all that it made: from the list too, and there is nothing of them left to revoke', async () => {
    const person = await world.person();
    const acting = { caller: person.caller, accountId: person.accountId, role: 'owner' as const };
    const first = await world.key(person, ['*']);
    const second = await world.child(person, first.keyId);
    const third = await world.child(person, second.keyId);
    const beside = await world.key(person, ['*']);
    await keys.revoke(acting, first.keyId, ORIGIN);
    expect((await keys.list(acting, all)).data.map(({ id }) => id)).toEqual([beside.keyId]);
    await expect(keys.revoke(acting, third.keyId, ORIGIN)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('an admin revokes the key of a member; it is gone from the list, and a second time from everywhere', async () => {
    const { key, keyId } = await world.key(member, ['*'], organization);
    await keys.revoke(at(owner, 'owner'), keyId, ORIGIN);
    expect(await identity.identify(key)).toBeUndefined();
    expect((await keys.list(at(member, 'member'), all)).data.map(({ id }) => id)).not.toContain(keyId);
    await expect(keys.revoke(at(owner, 'owner'), keyId, ORIGIN)).rejects.toMatchObject({ code: 'not_found' });
  });
});
