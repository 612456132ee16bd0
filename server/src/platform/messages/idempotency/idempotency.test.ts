import { beforeAll, describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { type Answer, answer } from '#platform/http';
import {
  type AccountId,
  AppError,
  type KeyId,
  sha256,
  systemRandom,
  unseal,
  type UserId,
} from '#platform/kernel';
import { createSecrets, keyOf, newMasterKey } from '#platform/secrets';
import { answers } from '@plinth/testkit/answers';
import { engine, testDatabase } from '@plinth/testkit/services';
import { createIdempotency, type KeyedCall, type KeySender, openKeptAnswers } from './index.ts';

const { db } = await testDatabase();
const idempotency = createIdempotency({ db, answers });
const made = commitPoint('test.made', 'a row of a test');

const ACCOUNT = '0193a000-0000-7000-8000-000000000001' as AccountId;
const OTHER = '0193a000-0000-7000-8000-000000000002' as AccountId;
const USER = '0193a000-0000-7000-8000-00000000000a' as UserId;
const COLLEAGUE = '0193a000-0000-7000-8000-00000000000b' as UserId;
const KEY = '0193a000-0000-7000-8000-00000000000c' as KeyId;
const call: KeyedCall = {
  scope: { account: ACCOUNT },
  route: 'POST /v1/things',
  by: { userId: USER },
  key: 'first',
  bodyHash: 'a',
  private: false,
  secrets: [],
};

beforeAll(async () => {
  await db.script(`
    create table public.things (account_id uuid not null, name text not null);
    grant select, insert on public.things to plinth_tenant, plinth_system;`);
});

async function make(keyed: KeyedCall, name: string) {
  return idempotency.once(keyed, made, async (tx) => {
    await tx.run(statement('insert into public.things values ($1, $2)', [ACCOUNT, name]));
    return answer(201, { name }, { Location: '/v1/things/1' });
  });
}

async function count(name: string): Promise<number> {
  const rows = await db.asMigrator(
    statement<{ n: number }>('select count(*)::int as n from public.things where name = $1', [name]),
  );
  return rows[0]?.n ?? 0;
}

async function keptRows(): Promise<string> {
  const rows = await db.asMigrator(
    statement<{ row: string }>('select keys::text as row from idempotency.keys'),
  );
  return rows.map(({ row }) => row).join();
}

const codeOf = (error: unknown) => (error as AppError).code;

test('a repeat has one effect and the same answer, marked as a repeat', async () => {
  const first = await make(call, 'one');
  const again = await make(call, 'one');
  expect(first).toMatchObject({ status: 201, body: { name: 'one' } });
  expect(again).toMatchObject({ status: 201, body: { name: 'one' } });
  expect(again.headers).toEqual({ Location: '/v1/things/1', 'Idempotent-Replayed': 'true' });
  expect(await count('one')).toBe(1);
});

test('a repeat has the bytes of the first answer: no field of it changes its place', async () => {
  const body = { zone: 'z', at: { y: [{ b: 1, a: null }], aa: '\u0000' }, name: 'a' };
  for (const [kind, keyed] of Object.entries({ open: call, sealed: { ...call, private: true } })) {
    const give = () =>
      idempotency.once({ ...keyed, key: `bytes ${kind}` }, made, async () => answer(200, body));
    const [first, again] = [await give(), await give()];
    expect(again.headers).toEqual({ 'Idempotent-Replayed': 'true' });
    expect(JSON.stringify(again.body)).toBe(JSON.stringify(first.body));
  }
});

test('twenty equal calls at once have one effect; each gets the answer or is told to come back', async () => {
  const keyed = { ...call, key: 'crowd' };
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => make(keyed, 'crowd')));
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused.map((result) => codeOf(result.reason))).toEqual(
    refused.map(() => 'idempotency_in_progress'),
  );
  expect(results.length - refused.length).toBeGreaterThan(0);
  expect(await count('crowd')).toBe(1);
});

test('an effect of a member runs in the scope of both, under the key of the account', async () => {
  const keyed = { ...call, scope: { account: ACCOUNT, user: USER }, key: 'member' };
  const scope = statement<{ account: string; person: string }>(
    'select app.account() as account, app.user_id() as person',
  );
  const run = () => idempotency.once(keyed, made, async (tx) => answer(200, (await tx.run(scope))[0]));
  expect((await run()).body).toEqual({ account: ACCOUNT, person: USER });
  expect((await run()).headers).toEqual({ 'Idempotent-Replayed': 'true' });
});

test('the same key with another body is refused, and has no effect', async () => {
  const keyed = { ...call, key: 'used' };
  await make(keyed, 'this');
  await expect(make({ ...keyed, bodyHash: 'b' }, 'other')).rejects.toSatisfy(
    (error) => codeOf(error) === 'idempotency_mismatch',
  );
  expect(await count('other')).toBe(0);
});

test('a key belongs to one account and one route', async () => {
  await make({ ...call, scope: { account: OTHER } }, 'elsewhere');
  await make({ ...call, route: 'POST /v1/others' }, 'elsewhere');
  await make({ ...call, scope: { user: USER } }, 'elsewhere');
  await make({ ...call, scope: { user: USER } }, 'elsewhere');
  await make(
    { ...call, scope: { user: USER, use: 'admin.calls' }, route: 'POST /v1/admin/things' },
    'elsewhere',
  );
  expect(await count('elsewhere')).toBe(4);
});

test('a key belongs to who sent it: another member or API key gets no answer of theirs, and runs their own', async () => {
  const keyed = { ...call, key: 'whose' };
  const senders: KeySender[] = [{ userId: USER }, { userId: COLLEAGUE }, { userId: USER, keyId: KEY }];
  for (const by of senders) {
    expect((await make({ ...keyed, by }, 'whose')).headers?.['Idempotent-Replayed']).toBeUndefined();
    // A different body is no mismatch with what another sender said.
    expect((await make({ ...keyed, by, key: 'whose too', bodyHash: by.userId }, 'whose')).status).toBe(201);
  }
  expect(await count('whose')).toBe(6);
  for (const by of senders)
    expect((await make({ ...keyed, by }, 'whose')).headers?.['Idempotent-Replayed']).toBe('true');
  const sent = { accountId: ACCOUNT, route: call.route, key: 'whose' };
  expect(await idempotency.isKnown({ ...sent, by: { userId: USER } })).toBe(true);
  expect(await idempotency.isKnown({ ...sent, by: { userId: OTHER as string as UserId } })).toBe(false);
});

test('a secret is shown once: it is not kept, and a repeat has null in its place', async () => {
  const keyed = { ...call, key: 'once', secrets: ['secret'] };
  const reveal = () =>
    idempotency.once(keyed, made, async () => answer(201, { id: 7, secret: 'shown-once-marker' }));
  expect((await reveal()).body).toEqual({ id: 7, secret: 'shown-once-marker' });
  const again = await reveal();
  expect([again.status, again.body]).toEqual([201, { id: 7, secret: null }]);
  expect(await keptRows()).not.toContain('shown-once-marker');
});

test('an effect that fails keeps nothing: the next try runs', async () => {
  const keyed = { ...call, key: 'fails' };
  const failing = idempotency.once(keyed, made, async (tx) => {
    await tx.run(statement('insert into public.things values ($1, $2)', [ACCOUNT, 'failing']));
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await count('failing')).toBe(0);
  expect(await make(keyed, 'failing')).toMatchObject({ status: 201 });
});

test('the answer of a private route can only be read with its key', async () => {
  const keyed = { ...call, key: 'secret key', private: true };
  await make(keyed, 'private marker');
  expect(await keptRows()).not.toContain('private marker');
  expect(await keptRows()).not.toContain('secret key');
  expect(await make(keyed, 'private marker')).toMatchObject({ body: { name: 'private marker' } });
});

test('an attacker who has a copy of the database and guesses a key and a request right learns nothing by it', async () => {
  const keyed = { ...call, key: 'order-17', bodyHash: sha256('what was asked'), private: true };
  await make(keyed, 'private marker');
  const [row] = await db.asMigrator(
    statement<{ key_hash: string; sealed: string; row: string }>(
      `select key_hash, sealed, keys::text as row from idempotency.keys where sealed is not null order by created_at desc limit 1`,
    ),
  );
  const { key_hash: name = '', sealed = '', row: text = '' } = row ?? {};
  const guesses = ['order-17', `${ACCOUNT} ${call.route} order-17`, `${USER} order-17`].map((one) =>
    sha256(one),
  );
  expect(guesses).not.toContain(name);
  expect(text).not.toContain(keyed.bodyHash);
  // It is under the master key first.
  expect(keyOf(sealed)).toBe('tests');
  const bytes = Buffer.from(sealed.split('.')[2] ?? '', 'base64url');
  expect(() => unseal('order-17', bytes)).toThrow(/authenticate|auth tag/i);
});

test('processes that begin at once share one salt, which is sealed', async () => {
  const secrets = createSecrets({ keys: [newMasterKey(systemRandom)] });
  const opened = await Promise.all([1, 2].map(() => openKeptAnswers({ db, secrets, random: systemRandom })));
  const named = { owner: { account: ACCOUNT }, route: call.route, by: { userId: USER }, key: 'first' };
  const [one, other] = opened.map((of) => of.nameOf(named).keyHash);
  expect(one).toBe(other);
  expect(one).not.toBe(answers.nameOf(named).keyHash);
  const [salt] = await db.asMigrator(statement<{ salt: string }>('select salt from idempotency.salts'));
  expect(salt?.salt).toMatch(/^ps1\./);
});

test('after 24 hours a key is new again, and maintenance deletes what expired', async () => {
  const keyed = { ...call, key: 'old' };
  await make(keyed, 'old');
  await db.script(`update app.clock set ahead = interval '24 hours 1 second'`);
  await make(keyed, 'old');
  expect(await count('old')).toBe(2);
  expect(await idempotency.sweep()).toBeGreaterThan(0);
  const rows = await db.asMigrator(
    statement<{ n: number }>('select count(*)::int as n from idempotency.keys'),
  );
  expect(rows[0]?.n).toBe(1);
  await db.script(`update app.clock set ahead = interval '0'`);
});

test.runIf(engine === 'postgres')('a call that meets one still running is told so at once', async () => {
  const keyed = { ...call, key: 'slow' };
  const { promise: held, resolve: finish } = Promise.withResolvers<void>();
  const running = new Promise<void>((started) => {
    void idempotency.once(keyed, made, async () => {
      started();
      await held;
      return answer(200, {});
    });
  });
  await running;
  await expect(make(keyed, 'slow')).rejects.toMatchObject({ code: 'idempotency_in_progress', retryAfter: 1 });
  finish();
});

test.runIf(engine === 'postgres')('a sweep waits for no key that another transaction holds', async () => {
  for (const key of ['held', 'free']) await make({ ...call, key }, key);
  await db.script(`update app.clock set ahead = interval '24 hours 1 second'`);
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const { promise: held, resolve: hold } = Promise.withResolvers<void>();
  const holding = db.system('idempotency.sweep', made, async (tx) => {
    await tx.run(statement('select from idempotency.keys order by created_at limit 1 for update'));
    hold();
    await over;
  });
  await held;
  expect(await idempotency.sweep()).toBeGreaterThan(0);
  end();
  await holding;
  expect(await idempotency.sweep()).toBe(1);
  await db.script(`update app.clock set ahead = interval '0'`);
});

const never = () => Promise.reject(new Error('it was begun again'));

describe('an effect of several steps', () => {
  const refused = new AppError('validation_failed');
  const isOver = (error: unknown) => error === refused;
  const buy = (key: string, run: (vendorKey: string | undefined) => Promise<Answer>, more = {}) =>
    idempotency.onceInSteps({ ...call, route: 'POST /v1/buy', key, ...more }, { run, isOver });

  test('is asked for once; a repeat gets the kept answer, and another request 422', async () => {
    const asked: (string | undefined)[] = [];
    const run = async (vendorKey: string | undefined) => {
      asked.push(vendorKey);
      return answer(201, { n: asked.length });
    };
    expect((await buy('a', run)).body).toEqual({ n: 1 });
    const again = await buy('a', run);
    expect([again.body, again.headers?.['Idempotent-Replayed']]).toEqual([{ n: 1 }, 'true']);
    await expect(buy('a', run, { bodyHash: 'b' })).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    await buy('a', run, { by: { userId: COLLEAGUE } });
    expect(asked).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
      expect.not.stringMatching(asked[0] ?? ''),
    ]);
  });

  test('that still runs is not begun again', async () => {
    const { promise: held, resolve: finish } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const running = buy('b', async () => {
      begin();
      await held;
      return answer(200, {});
    });
    await begun;
    await expect(buy('b', never)).rejects.toMatchObject({ code: 'idempotency_in_progress', retryAfter: 1 });
    finish();
    await running;
    expect((await buy('b', never)).status).toBe(200);
  });

  test('whose outcome nobody knows is asked for again under the same key of the vendor, and one that is over under another', async () => {
    const asked: (string | undefined)[] = [];
    const run = (error: Error | undefined) => async (vendorKey: string | undefined) => {
      asked.push(vendorKey);
      if (error !== undefined) throw error;
      return answer(200, {});
    };
    await expect(buy('c', run(new Error('silence')))).rejects.toThrow('silence');
    await expect(buy('c', run(undefined), { bodyHash: 'b' })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
    await expect(buy('c', run(refused))).rejects.toBe(refused);
    await buy('c', run(undefined));
    expect(asked[0]).toBe(asked[1]);
    expect(asked[2]).not.toBe(asked[1]);
    expect(asked).toHaveLength(3);
  });

  test('of a process that died is taken over within a minute, under the same key of the vendor', async () => {
    const asked: (string | undefined)[] = [];
    const { promise: dead, resolve: raise } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const died = buy('d', async (vendorKey) => {
      asked.push(vendorKey);
      begin();
      await dead;
      return answer(200, { from: 'the dead' });
    });
    await begun;
    await db.script(`update app.clock set ahead = interval '61 seconds'`);
    const after = await buy('d', async (vendorKey) => {
      asked.push(vendorKey);
      return answer(200, { from: 'the living' });
    });
    raise();
    await died;
    expect(after.body).toEqual({ from: 'the living' });
    expect((await buy('d', () => Promise.reject(new Error('again')))).body).toEqual({ from: 'the living' });
    expect(asked[0]).toBe(asked[1]);
    // A day later the key is new, at the vendor too.
    await db.script(`update app.clock set ahead = interval '25 hours'`);
    await buy('d', async (vendorKey) => {
      asked.push(vendorKey);
      return answer(200, {});
    });
    expect(asked[2]).not.toBe(asked[0]);
    await db.script(`update app.clock set ahead = interval '0'`);
  });
});
