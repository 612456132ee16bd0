import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { testApp } from '@plinth/testkit/services/app';
import { outcomeOf, fixtureOf } from './fixture.ts';

const app = await testApp();
const { call, guest, join, organization, accept, invite, tokensTo } = fixtureOf(app);
const idOf = (path: string) => path.split('/').at(-1) ?? '';

/** A call for an account, with a token or key. */
const forAccount = (as: string, line: string, id: string) =>
  app.call(as, line, { headers: { 'x-account-id': id } });

describe('who is removed', () => {
  test('is out at once: their keys of it, their calls for it; what they sent stays', async () => {
    const [owner, admin, friend] = [await guest(), await guest(), await guest()];
    const path = await organization(owner);
    await join(path, admin, 'admin');
    const made = await app.call(admin.token, 'POST /v1/api-keys', {
      body: { name: 'theirs', scopes: ['*'] },
      headers: { 'x-account-id': idOf(path) },
    });
    const key = String(made.body['key']);
    expect(outcomeOf(await call(key, 'GET /v1/account'))).toBe('200');
    expect(outcomeOf(await forAccount(admin.token, 'GET /v1/account', idOf(path)))).toBe('200');
    await invite(path, admin, { email: friend.email });
    expect(outcomeOf(await call(owner.token, `DELETE ${path}/members/${admin.userId}`))).toBe('200');
    expect(outcomeOf(await call(key, 'GET /v1/account'))).toBe('401 unauthenticated');
    expect(outcomeOf(await forAccount(admin.token, 'GET /v1/account', idOf(path)))).toBe('404 not_found');
    expect(outcomeOf(await call(admin.token, `GET ${path}`))).toBe('404 not_found');
    expect(outcomeOf(await call(admin.token, 'GET /v1/account'))).toBe('200');
    const [token = ''] = await tokensTo(friend.email);
    expect(outcomeOf(await accept(friend, token))).toBe('200');
  });
});

describe('an organization that is closed', () => {
  test('refuses its keys and its members at once, spends nothing, and is all back when it is opened again', async () => {
    const { key, accountId, email, password } = await app.customer('reel.pro');
    const { body } = await app.call(undefined, 'POST /v1/auth/login', { body: { email, password } });
    const token = String(body['access_token']);
    const path = `/v1/organizations/${accountId}`;
    const create = { topic: 'A tea house', platform: 'instagram' };
    const generate = async (as: string) =>
      outcomeOf(
        await app.call(as, 'POST /v1/create', {
          body: create,
          headers: { 'idempotency-key': crypto.randomUUID(), 'x-account-id': accountId },
        }),
      );
    expect(await generate(key)).toBe('202');
    expect(outcomeOf(await call(token, `DELETE ${path}`))).toBe('200');
    expect(await generate(key)).toBe('401 unauthenticated');
    expect(await generate(token)).toBe('404 not_found');
    expect((await call(token, 'GET /v1/me')).body['default_account_id']).not.toBe(accountId);
    // It ends, or is refused when the worker had not begun.
    const jobs = statement<{ state: string }>('select state from jobs.jobs where account_id = $1', [
      accountId,
    ]);
    await expect
      .poll(
        async () => (await app.db.asMigrator(jobs)).every(({ state }) => ['done', 'dead'].includes(state)),
        {
          timeout: 120_000,
        },
      )
      .toBe(true);
    const open = statement(
      `select from limits.permits where account_id = $1 and state in ('queued', 'running')`,
      [accountId],
    );
    expect(await app.db.asMigrator(open)).toHaveLength(0);
    expect(outcomeOf(await call(token, `POST ${path}/restore`))).toBe('200');
    expect(await generate(key)).toBe('202');
    expect((await call(token, 'GET /v1/me')).body['default_account_id']).toBe(accountId);
  });
});

describe('what is a user’s own', () => {
  test('is read neither by the owner of their organization nor in its scope', async () => {
    const [owner, member] = [await guest(), await guest()];
    const path = await organization(owner);
    await join(path, member, 'member');
    // Memory's own tests cover a table of members, which asks for the account too.
    const tables = await app.db.asMigrator(
      statement<{ name: string }>(
        `select format('%I.%I', schemaname, tablename) as name from pg_policies
         where 'plinth_tenant' = any (roles) and qual like '%app.user_id()%' and qual not like '%app.account()%'
           and exists (select from information_schema.columns c
             where c.table_schema = schemaname and c.table_name = tablename and c.column_name = 'user_id') order by 1`,
      ),
    );
    expect(tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['identity.refresh_tokens', 'identity.sessions', 'identity.users']),
    );
    for (const { name } of tables) {
      const rows = statement(`select user_id from ${name} where user_id = $1`, [member.userId]);
      expect(await app.db.user(owner.userId as never, [rows])).toEqual([[]]);
      await expect(app.db.tenant(idOf(path) as never, [rows])).rejects.toMatchObject({ code: 'PL002' });
    }
  });
});

test('organizations answer as workspaces too', async () => {
  const owner = await guest();
  const path = await organization(owner);
  const alias = path.replace('organizations', 'workspaces');
  const line = `GET ${path}/members`;
  expect((await call(owner.token, `GET ${alias}/members`)).body).toEqual(
    (await call(owner.token, line)).body,
  );
  expect(outcomeOf(await call(owner.token, `GET /v1/workspaces`))).toBe('200');
});
