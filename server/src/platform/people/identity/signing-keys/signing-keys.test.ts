import { createLocalJWKSet, decodeProtectedHeader, type JWK, jwtVerify } from 'jose';
import { createAudit } from '#platform/audit';
import { commitPoint, type Database, statement } from '#platform/db';
import { type AccountId, createIds, systemRandom, type UserId } from '#platform/kernel';
import { createSecrets, newMasterKey } from '#platform/secrets';
import { beforeEach, describe, expect, test } from 'vitest';
import { drivenClock } from '@plinth/testkit/people';
import { engine, testDatabase } from '@plinth/testkit/services';
import { createAccessTokens } from './access-tokens.ts';
import { JWKS_MAX_AGE_S, LONGEST_TOKEN_S } from './signing-key-store.ts';
import { createSigningKeys } from './signing-keys.ts';
import { createTokenSigner } from './token-signer.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const HOLD = commitPoint('test.signing-keys', 'nothing: a lock that a test holds');
const ISSUER = 'http://plinth.test';
const secrets = createSecrets({ keys: [newMasterKey(systemRandom)] });

let dies = false;
const { db } = await testDatabase({
  crashHook(point, phase) {
    if (dies && point === 'identity.signing-key' && phase === 'before') throw new Error('killed');
  },
});
const clock = drivenClock(db);
beforeEach(async () => {
  dies = false;
  await db.script('delete from identity.signing_keys');
});

/** A process with its keys and tokens; one without signals hears nothing of what the others do. */
function node(options: { withoutSignals?: boolean; database?: Database } = {}) {
  const database = options.database ?? db;
  const heard = options.withoutSignals === true ? { ...database, onSignal: () => () => {} } : database;
  const audit = createAudit({ ids: createIds({ clock, random: systemRandom }) });
  const keys = createSigningKeys({ db: heard, clock, secrets, audit });
  const signToken = createTokenSigner({ clock, issuer: ISSUER, keys });
  const tokens = createAccessTokens({ clock, issuer: ISSUER, keys, signToken });
  const ids = createIds({ clock, random: systemRandom });
  const claims = {
    userId: ids.next<UserId>(),
    sessionId: ids.next(),
    role: 'user',
    accountId: ids.next<AccountId>(),
  } as const;
  const longest = { type: 'test+jwt', audience: 'test', subject: claims.userId, claims: {} };
  return {
    keys,
    verify: tokens.verify,
    sign: async () => (await tokens.sign(claims)).token,
    /** A token that lives as long as any does. */
    signLongest: () => signToken({ ...longest, expiresAt: Number.MAX_SAFE_INTEGER }),
  };
}

/** An outside service that verifies our tokens, and asks for the JWKS as rarely as its answer allows. */
function stranger(jwks: () => Promise<{ keys: JWK[] }>) {
  let kept: { keys: JWK[] } = { keys: [] };
  let askedAt = Number.NEGATIVE_INFINITY;
  return async (token: string) => {
    if (clock.now() - askedAt >= JWKS_MAX_AGE_S * 1_000) {
      kept = await jwks();
      askedAt = clock.now();
    }
    return jwtVerify(token, createLocalJWKSet(kept), { issuer: ISSUER, currentDate: new Date(clock.now()) });
  };
}

const kidsOf = async ({ keys }: Pick<ReturnType<typeof node>, 'keys'>) =>
  (await keys.jwks()).keys.map(({ kid }) => kid);
const storedKeys = async () =>
  (await db.asMigrator(statement<{ kid: string }>('select kid from identity.signing_keys'))).map(
    ({ kid }) => kid,
  );

const sealedKeys = () =>
  db.asMigrator(statement<{ private_jwk: string }>('select private_jwk from identity.signing_keys'));

/** Holds a lock under which the keys can be read and not written, until what it answers is called. */
async function holdWrites(): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const holding = db.system('identity.signing-keys', HOLD, async (tx) => {
    await tx.run(statement('lock table identity.signing_keys in exclusive mode'));
    held.resolve();
    await released.promise;
  });
  await Promise.race([held.promise, holding]);
  return released.resolve;
}

/** How many transactions of this database wait for a lock. */
async function countWaiting(): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ count: number }>(
      `select count(*)::int as count from pg_locks
       where not granted and database = (select oid from pg_database where datname = current_database())`,
    ),
  );
  return row?.count ?? 0;
}

test('processes that start at once on an empty database make one key', async () => {
  const started = Array.from({ length: 5 }, () => node());
  await Promise.all(started.map(({ keys }) => keys.current()));
  expect(await storedKeys()).toHaveLength(1);
  expect(new Set((await Promise.all(started.map(kidsOf))).flat()).size).toBe(1);
});

describe('a rotation', () => {
  test('leaves no verifier with a key that it does not know, and no token without its key', async () => {
    const nodes = [node(), node({ withoutSignals: true })];
    const [first] = nodes;
    const strangers = nodes.map(({ keys }) => stranger(() => keys.jwks()));
    const former = (await first?.keys.current())?.kid;
    const alive: { token: string; until: number }[] = [];
    const signers = new Set<unknown>();
    for (let minute = 0; minute < 50; minute += 1) {
      // Right after the strangers have asked, so that they know nothing of it for as long as they may.
      if (minute === 6) await first?.keys.rotate();
      for (const { sign } of nodes) alive.push({ token: await sign(), until: clock.now() + 590_000 });
      signers.add(decodeProtectedHeader(alive.at(-1)?.token ?? '').kid);
      // The oldest and the youngest that are good.
      const good = alive.filter(({ until }) => until > clock.now()).map(({ token }) => token);
      for (const token of [...good.slice(0, 2), ...good.slice(-2)]) {
        for (const { verify } of nodes) expect(await verify(token)).toBeDefined();
        for (const verify of strangers) await expect(verify(token)).resolves.toBeDefined();
      }
      await clock.advance(MINUTE);
    }
    expect(signers.size).toBe(2);
    await clock.advance(DAY);
    for (const one of nodes) expect(await kidsOf(one)).toEqual([[...signers][1]]);
    await first?.keys.rotate();
    expect(await storedKeys()).not.toContain(former);
  });

  test('leaves a key in the JWKS for as long as the longest token of it lives, a day', async () => {
    const { keys, signLongest } = node();
    await keys.current();
    await keys.rotate();
    // The last moment in which the former key signs.
    await clock.advance(15 * MINUTE - 1_000);
    const { token, expiresAt } = await signLongest();
    expect(expiresAt * 1_000 - clock.now()).toBeLessThanOrEqual(LONGEST_TOKEN_S * 1_000);
    await clock.advance(DAY - 2_000);
    await expect(stranger(() => keys.jwks())(token)).resolves.toBeDefined();
    expect(await kidsOf({ keys })).toHaveLength(2);
    await clock.advance(10 * MINUTE);
    expect(await kidsOf({ keys })).toHaveLength(1);
  });

  test('publishes the next key before it signs', async () => {
    const { keys, sign } = node();
    const { kid: old } = await keys.current();
    const { kid, isNew } = await keys.rotate();
    expect([isNew, await keys.list()]).toMatchObject([
      true,
      [
        { kid, state: 'published' },
        { kid: old, state: 'signs' },
      ],
    ]);
    expect(decodeProtectedHeader(await sign()).kid).toBe(old);
    await clock.advance(16 * MINUTE);
    expect(decodeProtectedHeader(await sign()).kid).toBe(kid);
    expect(await keys.list()).toMatchObject([{ state: 'signs' }, { kid: old, state: 'verifies' }]);
  });

  test('while the next key is on its way makes no second one', async () => {
    const { keys } = node();
    await keys.current();
    const first = await keys.rotate();
    expect(await keys.rotate()).toEqual({ ...first, isNew: false });
    expect(await storedKeys()).toHaveLength(2);
  });

  test.runIf(engine === 'postgres')('that comes at once with others makes one key with them', async () => {
    const nodes = Array.from({ length: 4 }, () => node());
    await nodes[0]?.keys.current();
    const release = await holdWrites();
    const rotating = Promise.all(nodes.map(({ keys }) => keys.rotate()));
    // All have looked, or wait to look, and none has written.
    await expect.poll(countWaiting).toBe(nodes.length);
    release();
    const rotations = await rotating;
    expect(rotations.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(rotations.map(({ kid }) => kid)).size).toBe(1);
    expect(await storedKeys()).toHaveLength(2);
  });

  test('by the calendar waits until the key is old enough, and drops those that are over', async () => {
    const { keys } = node();
    const { kid: first } = await keys.current();
    await clock.advance(89 * DAY);
    expect(await keys.rotate({ afterDays: 90 })).toMatchObject({ isNew: false, kid: first });
    await clock.advance(DAY + MINUTE);
    expect(await keys.rotate({ afterDays: 90 })).toMatchObject({ isNew: true });
    await clock.advance(DAY + 60 * MINUTE);
    expect(await keys.rotate({ afterDays: 90 })).toMatchObject({ isNew: false });
    expect(await storedKeys()).not.toContain(first);
    expect(await storedKeys()).toHaveLength(1);
  });

  test('that is killed half-way has changed nothing, and the next one is whole', async () => {
    const { keys } = node();
    const before = [(await keys.current()).kid];
    dies = true;
    await expect(keys.rotate()).rejects.toThrow('killed');
    dies = false;
    expect(await storedKeys()).toEqual(before);
    expect(await keys.rotate()).toMatchObject({ isNew: true });
    expect(await storedKeys()).toHaveLength(2);
  });
});

describe('a rotation at once, of a key that somebody else has,', () => {
  test('ends every token of it on every node, even where no signal arrives, and new ones are good', async () => {
    const nodes = [node(), node({ withoutSignals: true })];
    const tokens = await Promise.all(nodes.map(({ sign }) => sign()));
    await nodes[0]?.keys.rotate();
    const { kid } = (await nodes[0]?.keys.rotate({ atOnce: true })) ?? {};
    await clock.advance(1_000);
    for (const { verify, sign } of nodes) {
      for (const token of tokens) expect(await verify(token)).toBeUndefined();
      const fresh = await sign();
      for (const other of nodes) expect(await other.verify(fresh)).toBeDefined();
    }
    expect(await storedKeys()).toEqual([kid]);
  });

  test('is in the audit, as any other', async () => {
    const { keys } = node();
    const { kid: old } = await keys.current();
    const { kid } = await keys.rotate({ atOnce: true });
    const events = await db.asMigrator(
      statement('select actor_kind, changes from audit.events where target_id = $1', [kid]),
    );
    expect(events).toMatchObject([{ actor_kind: 'system', changes: { at_once: true, dropped: [old] } }]);
  });
});

describe('a private key', () => {
  test('is in the database sealed, and in no JWKS', async () => {
    const { keys } = node();
    await keys.current();
    const [{ private_jwk } = { private_jwk: '' }] = await sealedKeys();
    expect(private_jwk).toMatch(/^ps1\./);
    expect(JSON.stringify(await keys.jwks())).not.toContain('"d"');
  });

  test('signs under its own name alone: what is copied into another row does not open', async () => {
    await node().keys.current();
    await db.script(
      "update identity.signing_keys set kid = 'another', public_jwk = jsonb_set(public_jwk, '{kid}', '\"another\"')",
    );
    await expect(node().sign()).rejects.toMatchObject({ code: 'secret_unreadable' });
  });
});

test('while the database is away the JWKS is told as it was', async () => {
  let isAway = false;
  const system = ((...given: Parameters<Database['system']>) =>
    isAway ? Promise.reject(new Error('away')) : db.system(...given)) as Database['system'];
  const { keys } = node({ database: { ...db, system } });
  const before = await keys.jwks();
  isAway = true;
  await clock.advance(MINUTE);
  expect(await keys.jwks()).toEqual(before);
});
