import { decodeJwt, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { createPeople, tokensOf, PASSWORD, type Person, ORIGIN } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const world = createPeople(db);
const { identity, clock } = world;
const point = commitPoint('test.callers', 'what the tests of callers write');
const write = (sql: string, values: readonly unknown[] = []) =>
  db.system('identity.credentials', point, [statement(sql, values)]);
const actingAs = (person: Person) => ({
  caller: person.caller,
  accountId: person.accountId,
  role: 'owner' as const,
});

// Written past the services, so that no signal is sent: what another process did whose signal was lost.
const identifyLater = async (bearer: string) => {
  expect(await identity.identify(bearer)).toBeDefined();
  await clock.advance(10_000);
  return identity.identify(bearer);
};

async function token(person: Person): Promise<string> {
  const tokens = tokensOf(await identity.sessions.login({ email: person.email, password: PASSWORD }, ORIGIN));
  return tokens.access_token;
}

describe('an access token', () => {
  test('says who calls, for which account, and that a person may do everything', async () => {
    const ada = await world.person({ companyName: 'Acme' });
    const bearer = await token(ada);
    expect(await identity.identify(bearer)).toEqual({
      userId: ada.userId,
      sessionId: decodeJwt(bearer)['sid'],
      platformRole: 'user',
      accountId: ada.accountId,
      scopes: ['*'],
    });
  });

  test('ends after ten minutes, however often it was used before', async () => {
    const bearer = await token(await world.person());
    expect(await identity.identify(bearer)).toBeDefined();
    await clock.advance(570_000);
    expect(await identity.identify(bearer)).toBeDefined();
    await clock.advance(31_000);
    expect(await identity.identify(bearer)).toBeUndefined();
  });

  test('that was changed, that another key signed or that nobody signed is nobody’s', async () => {
    const bearer = await token(await world.person());
    const [header = '', payload = '', signature = ''] = bearer.split('.');
    const claims = decodeJwt(bearer);
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    const kid = (await identity.jwks()).keys[0]?.kid ?? '';
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid }).sign(privateKey);
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    const promoted = Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url');
    for (const bad of [
      forged,
      unsigned,
      `${header}.${promoted}.${signature}`,
      `${header}.${payload}.`,
      '',
      'x'.repeat(5_000),
    ]) {
      expect(await identity.identify(bad)).toBeUndefined();
    }
  });

  test('of another issuer is nobody’s', async () => {
    const elsewhere = createPeople(db, { issuer: 'http://elsewhere.test' });
    const person = await elsewhere.person();
    const tokens = tokensOf(
      await elsewhere.identity.sessions.login({ email: person.email, password: PASSWORD }, ORIGIN),
    );
    expect(await elsewhere.identity.identify(tokens.access_token)).toBeDefined();
    expect(await identity.identify(tokens.access_token)).toBeUndefined();
  });

  test('of a hundred calls at once, all are known', async () => {
    const bearer = await token(await world.person());
    const callers = await Promise.all(Array.from({ length: 100 }, () => identity.identify(bearer)));
    expect(new Set(callers).size).toBe(1);
  });
});

describe('within ten seconds, even where no signal arrives,', () => {
  test('an ended session no longer lets in', async () => {
    const ada = await world.person();
    const bearer = await token(ada);
    expect(await identity.identify(bearer)).toBeDefined();
    await write('update identity.sessions set revoked_at = app.now() where user_id = $1', [ada.userId]);
    expect(await identifyLater(bearer)).toBeUndefined();
  });

  test('a suspended user is out, with tokens and keys', async () => {
    const ada = await world.person();
    const [bearer, { key }] = [await token(ada), await world.key(ada, ['*'])];
    await identity.identify(bearer);
    await identity.identify(key);
    await write(`update identity.users set status = 'suspended' where user_id = $1`, [ada.userId]);
    await clock.advance(10_000);
    expect(await identity.identify(bearer)).toBeUndefined();
    expect(await identity.identify(key)).toBeUndefined();
  });

  test('an admin who is one no more calls as a user', async () => {
    const admin = await world.person({ role: 'admin' });
    const bearer = await token(admin);
    expect(await identity.identify(bearer)).toMatchObject({ platformRole: 'admin' });
    await write(`update identity.users set role = 'user' where user_id = $1`, [admin.userId]);
    expect(await identifyLater(bearer)).toMatchObject({ platformRole: 'user' });
  });

  test('a revoked key no longer lets in', async () => {
    const { key, keyId } = await world.key(await world.person(), ['*']);
    expect(await identity.identify(key)).toBeDefined();
    await write('update identity.api_keys set revoked_at = app.now() where id = $1', [keyId]);
    expect(await identifyLater(key)).toBeUndefined();
  });

  test('a key whose maker’s maker was revoked no longer lets in', async () => {
    const ada = await world.person();
    const first = await world.key(ada, ['*']);
    const second = await world.child(ada, first.keyId);
    const third = await world.child(ada, second.keyId);
    expect(await identity.identify(third.key)).toBeDefined();
    await write('update identity.api_keys set revoked_at = app.now() where id = $1', [first.keyId]);
    expect(await identifyLater(third.key)).toBeUndefined();
  });

  test('a caller in steady use is looked up behind the calls', async () => {
    const { key, keyId } = await world.key(await world.person(), ['*']);
    expect(await identity.identify(key)).toBeDefined();
    await write('update identity.api_keys set revoked_at = app.now() where id = $1', [keyId]);
    await clock.advance(5_000);
    expect(await identity.identify(key)).toBeDefined();
    await expect.poll(() => identity.identify(key)).toBeUndefined();
  });
});

describe('told by a signal, at once,', () => {
  test('a revoked key stops in this process', async () => {
    const ada = await world.person();
    const { key, keyId } = await world.key(ada, ['*']);
    expect(await identity.identify(key)).toBeDefined();
    await identity.keys.revoke(actingAs(ada), keyId, ORIGIN);
    expect(await identity.identify(key)).toBeUndefined();
  });

  test('with a revoked key stops all that it made, and what these made', async () => {
    const ada = await world.person();
    const first = await world.key(ada, ['*']);
    const second = await world.child(ada, first.keyId);
    const made = [second, await world.child(ada, second.keyId)];
    const beside = await world.key(ada, ['*']);
    for (const { key } of [...made, beside]) expect(await identity.identify(key)).toBeDefined();
    await identity.keys.revoke(actingAs(ada), first.keyId, ORIGIN);
    for (const { key } of made) expect(await identity.identify(key)).toBeUndefined();
    expect(await identity.identify(beside.key)).toBeDefined();
  });

  test('a look-up whose answer a revocation overtakes on its way is not given to later calls', async () => {
    const { slow, early, arrive, key } = await startSlowLookUp();
    const later = slow.identify(key);
    arrive();
    expect(await early).toBeDefined();
    expect(await later).toBeUndefined();
  });

  test('nor is its answer kept', async () => {
    const { slow, early, arrive, key } = await startSlowLookUp();
    arrive();
    expect(await early).toBeDefined();
    expect(await slow.identify(key)).toBeUndefined();
  });
});

/** A look-up that has read its answer, and a revocation that was quicker than the answer's way back. */
async function startSlowLookUp() {
  const ada = await world.person();
  const { key, keyId } = await world.key(ada, ['*']);
  // The database's answer arrives when the test says so.
  const [asked, arrives] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const system = async (...call: unknown[]) => {
    const answered = await (db.system as (...call: unknown[]) => Promise<unknown>)(...call);
    asked.resolve();
    await arrives.promise;
    return answered;
  };
  const slow = createPeople({ ...db, system: system as typeof db.system }).identity;
  const early = slow.identify(key);
  await asked.promise;
  await identity.keys.revoke(actingAs(ada), keyId, ORIGIN);
  return { slow, early, arrive: () => arrives.resolve(), key };
}

describe('an API key', () => {
  test('calls for the account that it is bound to, as its user, within its scopes', async () => {
    const ada = await world.person();
    const organization = await world.organization(ada);
    const { key, keyId } = await world.key(ada, ['demo:read'], organization);
    expect(key).toMatch(/^pl_[\w-]{43}$/);
    expect(await identity.identify(key)).toEqual({
      userId: ada.userId,
      keyId,
      platformRole: 'user',
      accountId: organization,
      scopes: ['demo:read'],
    });
  });

  test('ends when it said it would', async () => {
    const ada = await world.person();
    const expiresAt = new Date(clock.now() + 60_000).toISOString();
    const actor = { kind: 'user' as const, userId: ada.userId };
    const wanted = { ...ada, name: 'short', scopes: ['*'], expiresAt, actor };
    const { key } = await db.tenant(ada.accountId, point, (tx) => identity.createKey(tx, wanted));
    expect(await identity.identify(key)).toBeDefined();
    await clock.advance(61_000);
    expect(await identity.identify(key)).toBeUndefined();
  });

  test('writes down its use once a minute at most', async () => {
    const watched = createPeople(db);
    const ada = await watched.person();
    const { key, keyId } = await watched.key(ada, ['*']);
    const lastUse = async () => {
      await watched.identity.identify(key);
      await watched.identity.close();
      const sql = 'select last_used_at::text as at from identity.api_keys where id = $1';
      const [rows] = await db.tenant(ada.accountId, [statement<{ at: string | null }>(sql, [keyId])]);
      return rows[0]?.at;
    };
    const first = await lastUse();
    expect(first).toEqual(expect.any(String));
    await watched.clock.advance(30_000);
    expect(await lastUse()).toBe(first);
    await watched.clock.advance(31_000);
    expect(await lastUse()).not.toBe(first);
  });
});
