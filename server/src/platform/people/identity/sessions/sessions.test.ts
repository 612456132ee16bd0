import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { systemRandom } from '#platform/kernel';
import { createSecrets, newMasterKey } from '#platform/secrets';
import { createPeople, tokensOf, MASTER_KEY, PASSWORD, type Person, ORIGIN } from '@plinth/testkit/people';
import { engine, testDatabase } from '@plinth/testkit/services';
import { endSessions } from './session-store.ts';

const { db } = await testDatabase();
const world = createPeople(db);
const { identity, clock } = world;
const { sessions } = identity;
const point = commitPoint('test.sessions', 'a session ended by hand');
const login = async (person: Person, password = PASSWORD) =>
  tokensOf(await sessions.login({ email: person.email, password }, ORIGIN));
const refresh = (token: string) => sessions.refresh(token, ORIGIN);
const OVER = { code: 'unauthenticated', status: 401 };

/** How many refresh tokens the session of a pair has had. */
const familyOf = async ({ access_token: token }: { access_token: string }) => {
  const sql = 'select 1 from identity.refresh_tokens where session_id = $1';
  const [rows] = await db.system('identity.credentials', [statement(sql, [decodeJwt(token)['sid']])]);
  return rows.length;
};

const auditedEvents = async (action: string, target: string) => {
  const sql = 'select action from audit.events where action = $1 and target_id = $2';
  const [rows] = await db.system('identity.credentials', [statement(sql, [action, target])]);
  return rows.length;
};

describe('signing in', () => {
  test('gives an access token that anyone can verify by our JWKS, for ten minutes', async () => {
    const ada = await world.person();
    const tokens = await login(ada);
    const { payload, protectedHeader } = await jwtVerify(
      tokens.access_token,
      createLocalJWKSet(await identity.jwks()),
      { issuer: 'http://plinth.test', audience: 'plinth', currentDate: new Date(clock.now()) },
    );
    expect(protectedHeader).toMatchObject({ alg: 'EdDSA', kid: expect.any(String) });
    expect(payload).toMatchObject({
      sub: ada.userId,
      role: 'user',
      account: ada.accountId,
      exp: tokens.expires_at,
    });
    expect(Math.abs(tokens.expires_at - clock.now() / 1000 - 600)).toBeLessThan(5);
    expect(JSON.stringify(await identity.jwks())).not.toContain('"d"');
  });

  test('a wrong password and an unknown email get the same answer', async () => {
    const ada = await world.person();
    const wrong = await login(ada, 'Wrong-Password-1').catch((error: unknown) => error);
    const unknown = await sessions
      .login({ email: 'nobody@example.com', password: PASSWORD }, ORIGIN)
      .catch((error: unknown) => error);
    expect(wrong).toMatchObject({ code: 'invalid_credentials', status: 401 });
    expect(unknown).toEqual(wrong);
    expect(await auditedEvents('session.refused', ada.userId)).toBe(1);
  });

  test('a suspension is told to those alone who know the password', async () => {
    const [admin, ada] = [await world.person({ role: 'admin' }), await world.person()];
    await identity.users.suspend(admin.caller, ada.userId, ORIGIN);
    await expect(login(ada)).rejects.toMatchObject({ code: 'user_suspended', status: 403 });
    await expect(login(ada, 'Wrong-Password-1')).rejects.toMatchObject({ code: 'invalid_credentials' });
    await identity.users.reinstate(admin.caller, ada.userId, ORIGIN);
    await expect(login(ada)).resolves.toBeDefined();
  });

  test('where a verified email is required, nobody enters without one', async () => {
    const strict = createPeople(db, { emailVerification: 'required' }).identity;
    const ada = await world.person();
    const entering = strict.sessions.login({ email: ada.email, password: PASSWORD }, ORIGIN);
    await expect(entering).rejects.toMatchObject({ code: 'email_not_verified', status: 403 });
  });
});

describe('a refresh token', () => {
  test('is good for one new pair, of the same session', async () => {
    const before = await login(await world.person());
    const after = await refresh(before.refresh_token);
    expect(after.refresh_token).not.toBe(before.refresh_token);
    expect(decodeJwt(after.access_token)['sid']).toBe(decodeJwt(before.access_token)['sid']);
    expect(await identity.identify(after.access_token)).toBeDefined();
  });

  test('that is used again after the grace ends the whole family, and the audit says so', async () => {
    const ada = await world.person();
    const stolen = await login(ada);
    const newest = await refresh((await refresh(stolen.refresh_token)).refresh_token);
    expect(await identity.identify(newest.access_token)).toBeDefined();
    await clock.advance(11_000);
    await expect(refresh(stolen.refresh_token)).rejects.toMatchObject(OVER);
    await expect(refresh(newest.refresh_token)).rejects.toMatchObject(OVER);
    expect(await identity.identify(newest.access_token)).toBeUndefined();
    expect(await auditedEvents('session.reuse_detected', ada.userId)).toBe(1);
  });

  test('ends no other session of the user when it is used again', async () => {
    const ada = await world.person();
    const [stolen, other] = [await login(ada), await login(ada)];
    await refresh(stolen.refresh_token);
    await clock.advance(11_000);
    await expect(refresh(stolen.refresh_token)).rejects.toMatchObject(OVER);
    await expect(refresh(other.refresh_token)).resolves.toBeDefined();
  });

  test('has one successor, also of ten tabs on two nodes that come at the same instant', async () => {
    const shared = await login(await world.person());
    const nodes = [sessions, createPeople(db).identity.sessions];
    const tabs = Array.from({ length: 10 }, (_, n) => nodes[n % 2] ?? sessions);
    const pairs = await Promise.all(tabs.map((node) => node.refresh(shared.refresh_token, ORIGIN)));
    const [successor = '', ...others] = new Set(pairs.map((pair) => pair.refresh_token));
    expect(others).toEqual([]);
    expect(await familyOf(shared)).toBe(2);
    await clock.advance(11_000);
    const next = await refresh(successor);
    await expect(refresh(shared.refresh_token)).rejects.toMatchObject(OVER);
    await expect(refresh(next.refresh_token)).rejects.toMatchObject(OVER);
  });

  test('that comes again within the grace is answered with the newest, so that two tabs go on from there', async () => {
    const shared = await login(await world.person());
    const one = await refresh(shared.refresh_token);
    await clock.advance(4_000);
    const two = await refresh(one.refresh_token);
    await clock.advance(4_000);
    expect((await refresh(shared.refresh_token)).refresh_token).toBe(two.refresh_token);
    expect(await familyOf(shared)).toBe(3);
    // The second of two that hold the same one ends the session: one of them is a thief.
    await refresh(two.refresh_token);
    await clock.advance(11_000);
    await expect(refresh(two.refresh_token)).rejects.toMatchObject(OVER);
  });

  test('can be asked for again from another address within the grace, and the audit says so', async () => {
    const tokens = await login(await world.person());
    const sid = String(decodeJwt(tokens.access_token)['sid']);
    const here = await refresh(tokens.refresh_token);
    expect((await refresh(tokens.refresh_token)).refresh_token).toBe(here.refresh_token);
    expect(await auditedEvents('session.refreshed_elsewhere', sid)).toBe(0);
    const there = await sessions.refresh(tokens.refresh_token, { ...ORIGIN, ip: '198.51.100.7' });
    expect(there.refresh_token).toBe(here.refresh_token);
    expect(await auditedEvents('session.refreshed_elsewhere', sid)).toBe(1);
  });

  test('is refreshed sixty times at once at most, and then once a minute; a repeat is no new one', async () => {
    let tokens = await login(await world.person());
    const loginAgain = async () => {
      tokens = await refresh(tokens.refresh_token);
    };
    for (let n = 0; n < 60; n += 1) await loginAgain();
    const before = tokens.refresh_token;
    await expect(loginAgain()).rejects.toMatchObject({ code: 'refreshed_too_often', status: 429 });
    await clock.advance(61_000);
    await loginAgain();
    expect((await refresh(before)).refresh_token).toBe(tokens.refresh_token);
    await expect(loginAgain()).rejects.toMatchObject({ code: 'refreshed_too_often' });
  });

  test.runIf(engine === 'postgres')('that waits while its session is ended gets nothing', async () => {
    const ada = await world.person();
    const tokens = await login(ada);
    const [ended, leave] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const ending = db.user(ada.userId, point, async (tx) => {
      await tx.run(endSessions(ada.userId, 'test'));
      ended.resolve();
      await leave.promise;
    });
    await ended.promise;
    const refreshing = Promise.allSettled([refresh(tokens.refresh_token)]);
    const waiting = statement(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    await expect.poll(() => db.asMigrator(waiting)).toHaveLength(1);
    leave.resolve();
    await ending;
    expect(await refreshing).toMatchObject([{ status: 'rejected', reason: OVER }]);
  });

  test('lives for 30 days, and each use starts them again', async () => {
    const day = 86_400_000;
    let tokens = await login(await world.person());
    await clock.advance(29 * day);
    tokens = await refresh(tokens.refresh_token);
    await clock.advance(29 * day);
    tokens = await refresh(tokens.refresh_token);
    await clock.advance(31 * day);
    await expect(refresh(tokens.refresh_token)).rejects.toMatchObject(OVER);
  });

  test('is never stored as it is', async () => {
    const tokens = await login(await world.person());
    const all = statement<{ row: string }>(
      'select t::text as row from identity.refresh_tokens t union all select s::text from identity.sessions s',
    );
    const [rows] = await db.system('identity.credentials', [all]);
    expect(rows.length).toBeGreaterThan(1);
    expect(JSON.stringify(rows)).not.toContain(tokens.refresh_token);
  });

  test('is followed by none that can be made of what is stored, or of itself without a master key', async () => {
    const shared = await login(await world.person());
    const next = await refresh(shared.refresh_token);
    const all = statement<{ row: string }>('select t::text as row from identity.refresh_tokens t');
    const [rows] = await db.system('identity.credentials', [all]);
    expect(JSON.stringify(rows)).not.toContain(next.refresh_token.slice('plr_'.length));
    const stranger = createSecrets({ keys: [newMasterKey(systemRandom)] });
    const made = stranger.derived(shared.refresh_token, 'refresh token');
    expect(made).not.toContain(next.refresh_token.slice('plr_'.length));
    // With another key in front, the former is still known for a repeat.
    const keys = [newMasterKey(systemRandom), MASTER_KEY];
    const rotated = createPeople(db, { secrets: createSecrets({ keys }) }).identity.sessions;
    expect((await rotated.refresh(shared.refresh_token, ORIGIN)).refresh_token).toBe(next.refresh_token);
  });

  test('that nobody gave out is refused', async () => {
    await expect(refresh('plr_made-up')).rejects.toMatchObject(OVER);
  });
});

describe('signing out', () => {
  test('ends this session at once and leaves the others', async () => {
    const ada = await world.person();
    const [here, there] = [await login(ada), await login(ada)];
    const caller = await identity.identify(here.access_token);
    if (caller === undefined) throw new Error('nobody');
    await sessions.logout(caller, ORIGIN);
    expect(await identity.identify(here.access_token)).toBeUndefined();
    await expect(refresh(here.refresh_token)).rejects.toMatchObject(OVER);
    expect(await identity.identify(there.access_token)).toBeDefined();
    await expect(refresh(there.refresh_token)).resolves.toBeDefined();
  });

  test('ends what the session was proven for, also on a node that has not heard of it', async () => {
    const ada = await world.person();
    const { assertProven } = identity.mfa.stepUp;
    await assertProven(ada.caller);
    await sessions.logoutAll(ada.caller, ORIGIN);
    await expect(assertProven(ada.caller)).rejects.toMatchObject({ code: 'step_up_required' });
  });

  test('everywhere ends every session of the user and none of anyone else', async () => {
    const [ada, bob] = [await world.person(), await world.person()];
    const [one, two, other] = [await login(ada), await login(ada), await login(bob)];
    await sessions.logoutAll(ada.caller, ORIGIN);
    for (const { access_token: token } of [one, two]) expect(await identity.identify(token)).toBeUndefined();
    await expect(refresh(two.refresh_token)).rejects.toMatchObject(OVER);
    expect(await identity.identify(other.access_token)).toBeDefined();
  });

  test('a device is signed out by its owner alone; to others it does not exist', async () => {
    const [ada, bob] = [await world.person(), await world.person()];
    const session = ada.caller.sessionId ?? '';
    await expect(sessions.end(bob.caller, session, ORIGIN)).rejects.toMatchObject({ code: 'not_found' });
    const { data } = await sessions.list(ada.caller, { after: undefined, limit: 20 });
    expect(data).toMatchObject([{ id: session, current: true, ip: '127.0.0.1' }]);
    await sessions.end(ada.caller, session, ORIGIN);
    expect((await sessions.list(ada.caller, { after: undefined, limit: 20 })).data).toEqual([]);
  });

  test('an admin who suspends a user ends their sessions for good, and can not suspend themselves', async () => {
    const [admin, ada] = [await world.person({ role: 'admin' }), await world.person()];
    const tokens = await login(ada);
    await identity.users.suspend(admin.caller, ada.userId, ORIGIN);
    await identity.users.reinstate(admin.caller, ada.userId, ORIGIN);
    await expect(refresh(tokens.refresh_token)).rejects.toMatchObject(OVER);
    expect(await identity.identify(tokens.access_token)).toBeUndefined();
    expect(await auditedEvents('user.suspended', ada.userId)).toBe(1);
    await expect(identity.users.suspend(admin.caller, admin.userId, ORIGIN)).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(identity.users.suspend(admin.caller, world.ids.next(), ORIGIN)).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
