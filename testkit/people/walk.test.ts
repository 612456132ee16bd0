import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { accountsRoutes } from '#platform/accounts';
import { createIdempotency } from '#platform/idempotency';
import { identityRoutes } from '#platform/identity';
import { type AccountId, type UserId } from '#platform/kernel';
import { createPostgresRates } from '#platform/limits';
import { answers } from '@plinth/testkit/answers';
import { testDatabase } from '@plinth/testkit/services';
import { serve, type ServedShop } from '@plinth/testkit/shop';
import { createPeople, PASSWORD } from './index.ts';

/** Identity and accounts through the server's walk: what a client sees. */

const { db } = await testDatabase();
const world = createPeople(db);
let server: ServedShop;

beforeAll(async () => {
  server = await serve(
    {},
    {
      mounted: [
        { module: 'identity', routes: identityRoutes, service: world.identity },
        { module: 'accounts', routes: accountsRoutes, service: world.accounts },
      ],
      identify: world.identity.identify,
      roleOf: world.accounts.roleOf,
      assertProven: world.identity.mfa.stepUp.assertProven,
      clock: world.clock,
      idempotency: createIdempotency({ db, answers }),
      rates: createPostgresRates({
        db,
        clock: world.clock,
        onFailure: (error) => {
          throw error;
        },
      }),
    },
  );
  return () => server.server.stop(1);
});

interface CallOptions {
  readonly as?: string;
  readonly body?: unknown;
  readonly key?: string;
  readonly account?: string;
}

function send(route: string, { as, body, key, account }: CallOptions = {}) {
  const [method = '', path = ''] = route.split(' ');
  return server.call(path, {
    method,
    ...(as === undefined ? {} : { as }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: {
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...(account === undefined ? {} : { 'x-account-id': account }),
    },
  });
}

async function signUp(more: Record<string, unknown> = {}) {
  const email = `${world.ids.next()}@example.com`;
  const registered = await send('POST /v1/auth/register', { body: { email, password: PASSWORD, ...more } });
  const { json } = await send('POST /v1/auth/login', { body: { email, password: PASSWORD } });
  const [token, refreshToken] = [String(json['access_token']), String(json['refresh_token'])];
  return { email, registered, tokens: json, token, refreshToken, userId: String(decodeJwt(token).sub) };
}

describe('a customer', () => {
  test('registers, signs in, reads and changes their profile', async () => {
    const { email, registered, tokens, token } = await signUp({ full_name: 'Ada', company_name: 'Acme' });
    expect(registered).toMatchObject({ status: 201, json: { status: 'verification_sent', email } });
    expect(tokens).toMatchObject({ expires_at: expect.any(Number) });
    const me = await send('GET /v1/me', { as: token });
    expect(me).toMatchObject({ status: 200, json: { email, full_name: 'Ada', role: 'user' } });
    const changed = await send('PATCH /v1/me', { as: token, body: { full_name: null } });
    expect(changed).toMatchObject({ status: 200, json: { full_name: null } });
    const script = { avatar_url: 'javascript:alert(1)' };
    expect(await send('PATCH /v1/me', { as: token, body: script })).toMatchObject({ status: 400 });
  });

  test('gets the same answer for a known email, and the same refusal for an unknown one', async () => {
    const { email, registered } = await signUp();
    const again = await send('POST /v1/auth/register', { body: { email, password: PASSWORD } });
    expect([again.status, again.json]).toEqual([registered.status, registered.json]);
    const wrong = await send('POST /v1/auth/login', { body: { email, password: 'Wrong-Password-1' } });
    const unknown = await send('POST /v1/auth/login', {
      body: { email: 'no@example.com', password: PASSWORD },
    });
    expect([wrong.status, wrong.json.error?.code]).toEqual([401, 'invalid_credentials']);
    expect([unknown.status, unknown.json.error?.message]).toEqual([401, wrong.json.error?.message]);
  });

  test('refreshes, lists devices, signs one out and then all', async () => {
    const { email, refreshToken } = await signUp();
    const fresh = await send('POST /v1/auth/refresh', { body: { refresh_token: refreshToken } });
    const token = String(fresh.json['access_token']);
    const other = await send('POST /v1/auth/login', { body: { email, password: PASSWORD } });
    const devices = await send('GET /v1/auth/sessions?limit=1', { as: token });
    expect(devices.json).toMatchObject({ data: [{ current: false }], next_cursor: expect.any(String) });
    const rest = await send(`GET /v1/auth/sessions?cursor=${String(devices.json['next_cursor'])}`, {
      as: token,
    });
    expect(rest.json).toMatchObject({ data: [{ current: true }], next_cursor: null });
    const otherId = String(decodeJwt(String(other.json['access_token']))['sid']);
    expect((await send(`DELETE /v1/auth/sessions/${otherId}`, { as: token })).status).toBe(200);
    expect((await send('GET /v1/me', { as: String(other.json['access_token']) })).status).toBe(401);
    expect((await send('POST /v1/auth/logout-all', { as: token })).status).toBe(200);
    expect((await send('POST /v1/auth/logout', { as: token })).status).toBe(401);
  });

  test('signs out of this session', async () => {
    const { token, refreshToken } = await signUp();
    expect((await send('POST /v1/auth/logout', { as: token })).status).toBe(200);
    const late = await send('POST /v1/auth/refresh', { body: { refresh_token: refreshToken } });
    expect([late.status, late.json.error?.code]).toEqual([401, 'unauthenticated']);
  });

  test('verifies tokens by public keys that may be cached', async () => {
    const keys = await send('GET /.well-known/jwks.json');
    expect(keys).toMatchObject({ status: 200, json: { keys: [{ kty: 'OKP', crv: 'Ed25519', use: 'sig' }] } });
    expect(keys.headers.get('cache-control')).toContain('max-age');
  });
});

describe('API keys', () => {
  const wanted = { name: 'import', scopes: ['account:read', 'keys:write'] };

  test('one key is made for one Idempotency-Key, and shown once: a repeat is told of it', async () => {
    const { token } = await signUp();
    const made = await send('POST /v1/api-keys', { as: token, body: wanted, key: 'first' });
    const again = await send('POST /v1/api-keys', { as: token, body: wanted, key: 'first' });
    expect(made.status).toBe(201);
    expect([again.json, again.headers.get('idempotent-replayed')]).toEqual([
      { ...made.json, key: null },
      'true',
    ]);
    const listed = await send('GET /v1/api-keys', { as: String(made.json['key']) });
    expect(listed.json['data']).toMatchObject([{ id: made.json['id'], name: 'import' }]);
    expect(listed.text).not.toContain(String(made.json['key']));
  });

  test('a key does what its scopes say, for its account, and no more', async () => {
    const { token } = await signUp();
    const { json } = await send('POST /v1/api-keys', { as: token, body: wanted });
    const key = String(json['key']);
    expect((await send('GET /v1/me', { as: key })).status).toBe(200);
    for (const route of ['PATCH /v1/me', 'POST /v1/auth/logout-all', 'POST /v1/organizations']) {
      const body = route === 'POST /v1/auth/logout-all' ? {} : { body: { name: 'x' } };
      expect((await send(route, { as: key, ...body })).json.error?.code).toBe('forbidden');
    }
    const more = await send('POST /v1/api-keys', { as: key, body: { name: 'more', scopes: ['demo:write'] } });
    expect([more.status, more.json.error?.code]).toEqual([403, 'forbidden']);
    const organization = await send('POST /v1/organizations', { as: token, body: { name: 'Acme' } });
    const account = String(organization.json['id']);
    expect((await send('GET /v1/api-keys', { as: key, account })).status).toBe(404);
    expect((await send(`GET /v1/organizations/${account}`, { as: key })).status).toBe(404);
  });

  test('a revoked key is refused with the next call, whichever way its id is written', async () => {
    const { token } = await signUp();
    const { json } = await send('POST /v1/api-keys', { as: token, body: wanted });
    expect((await send('GET /v1/me', { as: String(json['key']) })).status).toBe(200);
    const id = String(json['id']).toUpperCase();
    expect((await send(`DELETE /v1/api-keys/${id}`, { as: token })).status).toBe(200);
    expect((await send('GET /v1/me', { as: String(json['key']) })).status).toBe(401);
  });

  test('an unknown scope is 400', async () => {
    const { token } = await signUp();
    const unknown = await send('POST /v1/api-keys', { as: token, body: { name: 'x', scopes: ['demo:fly'] } });
    expect([unknown.status, unknown.json.error?.code]).toEqual([400, 'validation_failed']);
  });
});

describe('organizations', () => {
  test('are made once per Idempotency-Key, listed, renamed and closed', async () => {
    const { token } = await signUp();
    const made = await send('POST /v1/organizations', { as: token, body: { name: 'Acme' }, key: 'one' });
    const again = await send('POST /v1/organizations', { as: token, body: { name: 'Acme' }, key: 'one' });
    const path = `/v1/organizations/${String(made.json['id'])}`;
    expect([made.status, made.headers.get('location'), again.json['id']]).toEqual([
      201,
      path,
      made.json['id'],
    ]);
    expect((await send('GET /v1/organizations', { as: token })).json['data']).toHaveLength(1);
    const renamed = await send(`PATCH ${path}`, { as: token, body: { name: 'Apex' } });
    expect(renamed.json['name']).toBe('Apex');
    expect((await send(`GET ${path}`, { as: token })).json).toMatchObject({ name: 'Apex', role: 'owner' });
    expect((await send(`DELETE ${path}`, { as: token })).status).toBe(200);
    expect((await send(`GET ${path}`, { as: token })).status).toBe(404);
  });

  test('have members, who are changed, leave and are removed', async () => {
    const [owner, friend] = [await signUp(), await signUp({ full_name: 'Grace' })];
    const { json } = await send('POST /v1/organizations', { as: owner.token, body: { name: 'Acme' } });
    const path = `/v1/organizations/${String(json['id'])}/members`;
    expect((await send(`GET ${path}`, { as: friend.token })).status).toBe(404);
    await world.join(String(json['id']) as AccountId, { userId: friend.userId as UserId }, 'member');
    expect((await send(`GET ${path}`, { as: friend.token })).json['data']).toHaveLength(2);
    const raised = await send(`PATCH ${path}/${friend.userId}`, { as: owner.token, body: { role: 'admin' } });
    expect(raised.json['role']).toBe('admin');
    expect((await send(`DELETE ${path}/${friend.userId}`, { as: friend.token })).status).toBe(200);
    expect((await send(`GET ${path}`, { as: friend.token })).status).toBe(404);
    const last = await send(`DELETE ${path}/${owner.userId}`, { as: owner.token });
    expect([last.status, last.json.error?.code]).toEqual([409, 'last_owner']);
  });
});

test('an admin suspends and reinstates a user; nobody else does', async () => {
  const [admin, user] = [await world.person({ role: 'admin' }), await signUp()];
  const login = await send('POST /v1/auth/login', { body: { email: admin.email, password: PASSWORD } });
  const as = String(login.json['access_token']);
  const path = `/v1/admin/users/${user.userId}`;
  expect((await send(`POST ${path}/suspend`, { as: user.token })).status).toBe(403);
  expect((await send(`POST ${path}/suspend`, { as })).status).toBe(200);
  expect((await send('GET /v1/me', { as: user.token })).status).toBe(401);
  const refused = await send('POST /v1/auth/login', { body: { email: user.email, password: PASSWORD } });
  expect([refused.status, refused.json.error?.code]).toEqual([403, 'user_suspended']);
  expect((await send(`POST ${path}/reinstate`, { as })).status).toBe(200);
  const again = await send('POST /v1/auth/login', { body: { email: user.email, password: PASSWORD } });
  expect(again.status).toBe(200);
});
