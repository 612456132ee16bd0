import { beforeAll, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { answer } from '#platform/http';
import { type AccountId, type AppError, systemRandom, type UserId } from '#platform/kernel';
import { engine, testDatabase } from '#test/services';
import { createIdempotency, type KeyedCall } from './index.ts';

const { db } = await testDatabase();
const idempotency = createIdempotency({ db, random: systemRandom });
const made = commitPoint('test.made', 'a row of a test');

const ACCOUNT = '0193a000-0000-7000-8000-000000000001' as AccountId;
const OTHER = '0193a000-0000-7000-8000-000000000002' as AccountId;
const USER = '0193a000-0000-7000-8000-00000000000a' as UserId;
const call: KeyedCall = {
  scope: { account: ACCOUNT },
  route: 'POST /v1/things',
  key: 'first',
  bodyHash: 'a',
  private: false,
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

const codeOf = (error: unknown) => (error as AppError).code;

test('a repeat has one effect and the same answer, marked as a repeat', async () => {
  const first = await make(call, 'one');
  const again = await make(call, 'one');
  expect(first).toMatchObject({ status: 201, body: { name: 'one' } });
  expect(again).toMatchObject({ status: 201, body: { name: 'one' } });
  expect(again.headers).toEqual({ Location: '/v1/things/1', 'Idempotent-Replayed': 'true' });
  expect(await count('one')).toBe(1);
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
    { ...call, scope: { admin: USER, use: 'admin.calls' }, route: 'POST /v1/admin/things' },
    'elsewhere',
  );
  expect(await count('elsewhere')).toBe(4);
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
  const rows = await db.asMigrator(
    statement<{ row: string }>(`select keys::text as row from idempotency.keys`),
  );
  expect(rows.map(({ row }) => row).join()).not.toContain('private marker');
  expect(rows.map(({ row }) => row).join()).not.toContain('secret key');
  expect(await make(keyed, 'private marker')).toMatchObject({ body: { name: 'private marker' } });
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
