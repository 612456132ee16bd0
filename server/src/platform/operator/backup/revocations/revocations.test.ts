import { describe, expect, test } from 'vitest';
import type { BlobHome } from '#platform/blobs';
import { installationOf, statement } from '#platform/db';
import { systemClock } from '#platform/kernel';
import { testApp } from '@plinth/testkit/services/app';
import type { ListEntry } from './list.ts';
import { pagesAt, readList } from './pages.ts';
import { createRecorder } from './recorder.ts';

const { app, db, call, customer, admin } = await testApp({ work: false });
const { secrets, home, services } = app.modules;
const { id: installation } = await installationOf(db);
const list = () => readList({ pages: pagesAt(home), installation, secrets });
const targets = async () => {
  const all: (string | null)[] = [];
  for await (const { target } of list()) all.push(target);
  return all;
};
const newRecorder = (own: Pick<BlobHome, 'head' | 'read' | 'write'> = home) =>
  createRecorder({ db, home: own, secrets, clock: systemClock, actions: ['key.revoked', 'user.suspended'] });

async function revokeOne(): Promise<string> {
  const { key, accountId, userId } = await customer();
  const made = statement<{ id: string }>(
    'select id from identity.api_keys where account_id = $1 and user_id = $2 order by id limit 1',
    [accountId, userId],
  );
  const [row] = await db.asMigrator(made);
  expect((await call(key, `DELETE /v1/api-keys/${row?.id}`)).status).toBe(200);
  return row?.id ?? '';
}

const die = () => Promise.reject(new Error('the process died'));

describe('the recorder', () => {
  test('begins a list in which nothing was ever revoked, so that a restore can tell it from a lost one', async () => {
    expect(await newRecorder().record()).toMatchObject({ entries: 1 });
    expect(await newRecorder().record()).toMatchObject({ entries: 1 });
    expect(await home.head('plinth/revocations/1')).toBeDefined();
  });

  test('writes each event once, whichever process looks, and what one that died had not written', async () => {
    const first = await revokeOne();
    const recorder = newRecorder();
    expect(await recorder.record()).toMatchObject({ entries: 2 });
    const second = await revokeOne();
    await Promise.all([recorder.record(), recorder.record()]);
    expect(await newRecorder().record()).toMatchObject({ entries: 3 });
    const third = await revokeOne();
    const dying = newRecorder({ head: (key) => home.head(key), read: (key) => home.read(key), write: die });
    await expect(dying.record()).rejects.toThrow('the process died');
    expect(await recorder.record()).toMatchObject({ entries: 4 });
    expect(await targets()).toEqual([null, first, second, third]);
    expect(await recorder.record()).toEqual(await newRecorder().record());
  });

  test('begins another page when one is full, and goes on there', async () => {
    const insert = `insert into audit.events (id, actor_kind, action, target_kind, target_id)
      select gen_random_uuid(), 'system', 'user.suspended', 'user', gen_random_uuid() from generate_series(1, 700)`;
    await db.asMigrator(statement(insert));
    const recorder = newRecorder();
    expect(await recorder.record()).toMatchObject({ entries: 704 });
    await db.asMigrator(statement(insert.replace('700', '1')));
    expect(await recorder.record()).toMatchObject({ entries: 705 });
    expect(await newRecorder().record()).toMatchObject({ entries: 705 });
    expect(await home.head('plinth/revocations/2')).toBeDefined();
    expect(await targets()).toHaveLength(705);
  });
});

/** An event that the database does not know of. */
async function past(action: string, ids: { readonly account?: string; readonly target: string }) {
  const [row] = await db.asMigrator(statement<{ id: string }>('select gen_random_uuid() as id'));
  return {
    seq: 0,
    at: '2026-11-20T08:00:00.000000Z',
    action,
    account: ids.account ?? null,
    kind: 'user',
    target: ids.target,
    event: row?.id ?? '',
  } satisfies ListEntry;
}

async function apply(...events: readonly ListEntry[]) {
  async function* all() {
    yield* events;
  }
  return services.backup.apply(all());
}

async function read<T extends string>(sql: string, id: string): Promise<T | undefined> {
  const [row] = await db.asMigrator(statement<{ value: T }>(`select (${sql}) as value`, [id]));
  return row?.value ?? undefined;
}
const statusOf = (user: string) => read('select status from identity.users where user_id = $1', user);

describe('a restored database', () => {
  test('does each event again once, and what came after it stays', async () => {
    const { userId: target } = await customer();
    const suspended = await past('user.suspended', { target });
    expect(await apply(suspended)).toEqual({ applied: 1, erasures: 0, left: 0 });
    expect(await statusOf(target)).toBe('suspended');
    await db.asMigrator(
      statement(`update identity.users set status = 'active' where user_id = $1`, [target]),
    );
    expect(await apply(suspended)).toEqual({ applied: 0, erasures: 0, left: 0 });
    expect(await statusOf(target)).toBe('active');
    await apply(await past('user.suspended', { target }), await past('user.reinstated', { target }));
    expect(await statusOf(target)).toBe('active');
  });

  test('refuses keys that were revoked or rotated, and unmakes admins', async () => {
    for (const action of ['key.revoked', 'key.rotated']) {
      const { key, accountId: account, userId } = await customer();
      const target = await read('select id::text from identity.api_keys where user_id = $1 limit 1', userId);
      expect((await call(key, 'GET /v1/usage')).status).toBe(200);
      await apply(await past(action, { account, target: target ?? '' }));
      const revoked =
        'select (revoked_at is not null)::text from identity.api_keys where user_id = $1 limit 1';
      expect(await read(revoked, userId)).toBe('true');
    }
    const { userId: target } = await admin();
    await apply(await past('admin.revoked', { target }));
    expect(await read('select role from identity.users where user_id = $1', target)).toBe('user');
  });

  test('closes, suspends and leaves again, but leaves no organization without an owner', async () => {
    const [owner, member] = [await customer(), await customer()];
    const account = owner.accountId;
    const join = `insert into accounts.members (account_id, user_id, role) values ($1, $2, 'member')`;
    await db.asMigrator(statement(join, [account, member.userId]));
    await apply(
      await past('member.removed', { account, target: member.userId }),
      await past('member.left', { account, target: owner.userId }),
    );
    const members = 'select string_agg(user_id::text, $$,$$) from accounts.members where account_id = $1';
    expect(await read(members, account)).toBe(owner.userId);
    const state = `select status || ' ' || coalesce(deleted_at::text, 'open') from accounts.accounts where account_id = $1`;
    await apply(await past('account.suspended', { account, target: account }));
    expect(await read(state, account)).toBe('suspended open');
    await apply(
      await past('account.reinstated', { account, target: account }),
      await past('account.closed', { account, target: account }),
    );
    expect(await read(state, account)).toMatch(/^active 2026-11-20/);
    await apply(await past('account.restored', { account, target: account }));
    expect(await read(state, account)).toBe('active open');
    await apply(await past('user.closed', { target: member.userId }));
    expect(await statusOf(member.userId)).toBe('closed');
    await apply(await past('user.restored', { target: member.userId }));
    expect(await statusOf(member.userId)).toBe('active');
  });

  test('erases whom the former one had erased, closed there or not', async () => {
    const [person, other] = [await customer(), await customer()];
    const done = await apply(
      await past('user.erased', { target: person.userId }),
      await past('account.erased', { account: other.accountId, target: other.accountId }),
    );
    expect(done).toEqual({ applied: 2, erasures: 2, left: 0 });
    expect(await statusOf(person.userId)).toBeUndefined();
    expect(
      await read('select account_id::text from accounts.accounts where account_id = $1', other.accountId),
    ).toBeUndefined();
  });

  test('ends all sessions, links and codes', async () => {
    const { email, password } = await customer();
    const { body } = await call(undefined, 'POST /v1/auth/login', { body: { email, password } });
    await call(undefined, 'POST /v1/auth/forgot-password', { body: { email } });
    await apply();
    const token = { body: { refresh_token: body['refresh_token'] } };
    expect((await call(undefined, 'POST /v1/auth/refresh', token)).status).toBe(401);
    const open = `select ((select count(*) from identity.sessions where revoked_at is null) + (select count(*) from identity.email_tokens)
      + (select count(*) from identity.refresh_tokens) + length($1) * 0)::text`;
    expect(await read(open, '')).toBe('0');
  });
});
