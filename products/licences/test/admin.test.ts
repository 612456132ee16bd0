import { statement } from '#platform/db';
import { describe, expect, test } from 'vitest';
import type { Reply } from '@plinth/testkit/services/app';
import { coditectFixture, HARDWARE, type Licensee } from './fixture.ts';

const fixture = await coditectFixture();
const { audited, call, card, db, later, licensee, sandbox } = fixture;
const admin = await fixture.admin();
const DAY = 86_400_000;

const code = ({ body }: Pick<Reply, 'body'>) =>
  (body['error'] as { readonly code: string } | undefined)?.code;
const find = (query: string) => call(admin.key, `GET /v1/admin/licenses?${query}`);
const users = (query: string) => call(admin.key, `GET /v1/admin/users?${query}`);
const idsOf = ({ body }: Reply) => (body['data'] as readonly { readonly id: string }[]).map(({ id }) => id);
const acquire = async (ada: Licensee, hardware_id: string) =>
  call(undefined, 'POST /v1/licenses/acquire', { body: { license_key: await ada.key(), hardware_id } });
const beat = ({ body: { session_id, signed_token } }: Reply) =>
  call(undefined, 'POST /v1/licenses/heartbeat', { body: { session_id, signed_token } });
const borrow = ({ body: { session_id, signed_token } }: Reply, minutes: number) =>
  call(undefined, 'POST /v1/licenses/borrow', { body: { session_id, signed_token, minutes } });
/** The admin's change of a licence: its body, and from which version on. */
type ChangeArguments = readonly [body?: object, version?: number];
const say = async (ada: Licensee, verb: string, ...[body, version]: ChangeArguments) =>
  call(
    admin.key,
    verb === 'terms' ? `PATCH ${await licensePath(ada)}` : `POST ${await licensePath(ada)}/${verb}`,
    {
      ...(body === undefined ? {} : { body }),
      headers: version === undefined ? {} : { 'if-match': `"${version}"` },
    },
  );
const licensePath = async (ada: Licensee) => `/v1/admin/licenses/${await ada.id()}`;
const reason = 'The key was published.';

describe('an operator finds licences', () => {
  test('by the whole key, its end, its last group, the hint, a member’s mail, the account and how they stand', async () => {
    const [ada, other] = [await licensee('pro'), await licensee()];
    const [key, id, { key_hint: hint }] = [await ada.key(), await ada.id(), await ada.license()];
    for (const part of [key, key.toLowerCase().slice(-9), key.slice(-4), String(hint)])
      expect(idsOf(await find(`key=${encodeURIComponent(part)}&tier=pro`)), part).toContain(id);
    expect(idsOf(await find(`email=${ada.who.email.toUpperCase()}`))).toEqual([id]);
    expect(idsOf(await find(`license_key=${key}&user_email=${ada.who.email}`))).toEqual([id]);
    for (const twice of [`key=${key}&license_key=${key}`, 'email=a@b.com&user_email=a@b.com'])
      expect((await find(twice)).status).toBe(400);
    const found = await find(
      `account_id=${ada.who.accountId}&status=active&expires_after=2000-01-01T00:00:00Z`,
    );
    expect(found.body['data']).toMatchObject([
      { id, tier: 'pro', max_seats: 10, account_id: ada.who.accountId },
    ]);
    expect(found.body['data']).not.toMatchObject([{ license_key: expect.anything() }]);
    const file = await fetch(`${fixture.url}/v1/admin/licenses?account_id=${ada.who.accountId}&format=csv`, {
      headers: { authorization: `Bearer ${admin.key}` },
    });
    expect(file.headers.get('content-type')).toContain('text/csv');
    expect(await file.text()).toMatch(new RegExp(`^id,key_hint,[^\\n]*\\r\\n${id},[^\\n]*\\r\\n$`));
    expect(idsOf(await find(`account_id=${ada.who.accountId}&status=suspended`))).toEqual([]);
    expect(idsOf(await find(`key=${key}&email=${other.who.email}`))).toEqual([]);
    const typo = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
    expect(code(await find(`key=${typo}`))).toBe('license_key_malformed');
    expect(code(await find('key=a%25_b'))).toBe('license_key_malformed');
  });

  test('and their account by it, among all customers, but by nothing that is only like a key', async () => {
    const ada = await licensee('pro');
    const [key, id] = [await ada.key(), await ada.id()];
    for (const part of [key, key.toLowerCase(), `CODITECT-${key.slice(-4)}`, key.slice(-9), id]) {
      const { body } = await call(admin.key, `GET /v1/admin/customers?q=${encodeURIComponent(part)}`);
      expect(body['data'], part).toContainEqual(
        expect.objectContaining({ account_id: ada.who.accountId, found_by: 'license' }),
      );
    }
    const typo = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
    for (const other of [key.slice(-4), typo, 'CODITECT-', 'coditect', `${key}0`]) {
      const { status, body } = await call(
        admin.key,
        `GET /v1/admin/customers?q=${encodeURIComponent(other)}`,
      );
      expect([other, status, JSON.stringify(body).includes('"license"')]).toEqual([other, 200, false]);
    }
  });

  test('in pages, each licence once, and goes on with the same search alone', async () => {
    await licensee();
    const all = idsOf(await find('limit=100'));
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const page = await find(`limit=1${cursor}`);
      seen.push(...idsOf(page));
      const next = page.body['next_cursor'] as string | null;
      if (next === null) break;
      cursor = `&cursor=${next}`;
    }
    expect(seen).toEqual(all);
    expect(new Set(seen).size).toBe(all.length);
    expect((await find(`limit=1&status=active${cursor}`)).status).toBe(400);
  });
});

describe('an operator suspends a licence', () => {
  test('and its sessions end, nobody takes a seat, its files are revoked; reinstated it works again', async () => {
    const ada = await licensee();
    const session = await acquire(ada, HARDWARE[0]);
    const [first, again] = [await say(ada, 'suspend', { reason }), await say(ada, 'suspend', { reason })];
    expect(first.body).toMatchObject({ status: 'suspended', status_reason: 'admin' });
    expect(again.body).toEqual(first.body);
    expect(code(await beat(session))).toBe('license_suspended');
    expect(code(await acquire(ada, HARDWARE[1]))).toBe('license_suspended');
    const { body } = await call(undefined, 'GET /.well-known/license-revocations');
    expect(body['data']).toContainEqual(expect.objectContaining({ license_id: await ada.id() }));
    expect((await say(ada, 'reinstate')).body).toMatchObject({ status: 'active', status_reason: null });
    expect((await say(ada, 'reinstate')).body).toMatchObject({ status: 'active' });
    expect((await acquire(ada, HARDWARE[0])).status).toBe(201);
    expect(code(await beat(session))).toBe('seat_taken_over');
    expect(await audited(ada.who)).toEqual([
      'issued',
      'activated',
      'acquired',
      'suspended',
      'reinstated',
      'acquired',
    ]);
    const rows = await db.asMigrator(
      statement(
        `select actor_kind, ip, user_agent, changes->>'note' as note from audit.events where account_id = $1 and action = 'coditect.license.suspended'`,
        [ada.who.accountId],
      ),
    );
    expect(rows).toMatchObject([{ note: reason, ip: expect.any(String), user_agent: expect.any(String) }]);
  });

  test('and it stays so through other events of it or its account', async () => {
    const ada = await licensee();
    await say(ada, 'suspend', { reason });
    const account = `/v1/admin/accounts/${ada.who.accountId}`;
    await call(admin.key, `POST ${account}/suspend`);
    await say(ada, 'extend', { days: 40 });
    await call(admin.key, `POST ${account}/reinstate`);
    expect(await ada.license()).toMatchObject({ status: 'suspended', status_reason: 'admin' });
    await later(15);
    expect(await ada.license()).toMatchObject({ status: 'suspended', status_reason: 'admin' });
    expect((await say(ada, 'reinstate')).body).toMatchObject({ status: 'active' });
  });

  test('and of one that is not paid by then nothing but the operator’s word is taken back', async () => {
    const ada = await licensee();
    await card(ada.who, 'pm_card_chargeCustomerFail');
    await later(14.1);
    await later(10.5);
    expect(await ada.license()).toMatchObject({ status: 'suspended', status_reason: 'payment' });
    await say(ada, 'suspend', { reason });
    expect((await say(ada, 'reinstate')).body).toMatchObject({
      status: 'suspended',
      status_reason: 'payment',
    });
    expect((await audited(ada.who)).slice(-2)).toEqual(['suspended', 'reinstated']);
    const until = new Date(sandbox.now().getTime() + 2 * DAY).toISOString();
    expect((await say(ada, 'extend', { until })).body).toMatchObject({ status: 'active', expires_at: until });
    expect((await acquire(ada, HARDWARE[0])).status).toBe(201);
    await later(2.1);
    expect(code(await acquire(ada, HARDWARE[0]))).toBe('license_suspended');
  });

  test('of the version that they have read, and of no other', async () => {
    const ada = await licensee();
    const [{ version } = {}] = (await find(`account_id=${ada.who.accountId}`)).body['data'] as {
      version: number;
    }[];
    const done = await say(ada, 'terms', { seats: 5 }, version);
    expect([done.status, done.headers.get('etag')]).toEqual([200, `"${Number(version) + 1}"`]);
    for (const [verb, body] of [
      ['suspend', { reason }],
      ['reinstate'],
      ['extend', { days: 1 }],
      ['terms', { seats: 6 }],
    ] as const)
      expect(code(await say(ada, verb, body, version)), verb).toBe('precondition_failed');
    expect(code(await call(admin.key, `POST /v1/admin/licenses/${ada.who.accountId}/reinstate`))).toBe(
      'not_found',
    );
    const stranger = await call(ada.who.key, `POST ${await licensePath(ada)}/reinstate`);
    expect(stranger.status).toBe(403);
  });
});

describe('an operator extends a licence', () => {
  test('past the end of what is paid for, by a grant that anybody finds, and once for a key', async () => {
    const ada = await licensee();
    const { expires_at: paid } = await ada.license();
    const both = await Promise.all([say(ada, 'extend', { days: 30 }), say(ada, 'extend', { days: 30 })]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    const expires_at = new Date(Date.parse(String(paid)) + 60 * DAY).toISOString();
    const extended = await ada.license();
    expect(extended).toMatchObject({ status: 'active', expires_at, next_billing_date: paid });
    const headers = { 'idempotency-key': 'extended-once-0001' };
    const extendOnce = async () =>
      call(admin.key, `POST ${await licensePath(ada)}/extend`, { body: { days: 1 }, headers });
    const [first, repeat] = [await extendOnce(), await extendOnce()];
    expect(repeat.body).toEqual(first.body);
    const { body } = await call(admin.key, `GET /v1/admin/grants?account_id=${ada.who.accountId}`);
    const given = (body['data'] as readonly { source: string }[]).filter(({ source }) => source === 'admin');
    expect(given).toHaveLength(3);
    expect(code(await say(ada, 'extend', { until: expires_at }))).toBe('conflict');
    expect((await say(ada, 'extend', { days: 1, until: expires_at })).status).toBe(400);
    // Not paid, and past the promised days: it works on what was given.
    await card(ada.who, 'pm_card_chargeCustomerFail');
    await later(14.1);
    await later(30);
    expect(await ada.license()).toMatchObject({ status: 'active' });
    await later(32);
    expect((await ada.status()).body).toMatchObject({ status: 'inactive', status_reason: 'ended' });
    expect((await audited(ada.who)).filter((event) => event === 'extended')).toHaveLength(3);
  });
});

describe('an operator gives a licence other seats', () => {
  test('more are there at once; fewer let running sessions be and admit none until it fits; null gives them back', async () => {
    const ada = await licensee();
    expect((await say(ada, 'terms', { seats: 4 })).body).toMatchObject({ max_seats: 4, seats_by_admin: 4 });
    const sessions: Reply[] = [];
    for (const name of [...HARDWARE, 'hardware-four-0004']) sessions.push(await acquire(ada, name));
    expect(sessions.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(code(await acquire(ada, 'hardware-five-0005'))).toBe('seats_exhausted');
    expect((await ada.activate('hardware-five-0005')).status).toBe(200);
    const fewer = await say(ada, 'terms', { seats: 1 });
    expect(fewer.body).toMatchObject({ max_seats: 1, current_seats_used: 4, seats_left: 0, max_machines: 3 });
    expect(code(await ada.activate('hardware-six-000006'))).toBe('machines_exhausted');
    expect((await say(ada, 'terms', { seats: 1 })).body).toEqual(fewer.body);
    for (const session of sessions) expect((await beat(session)).status).toBe(200);
    expect(code(await acquire(ada, 'hardware-five-0005'))).toBe('seats_exhausted');
    expect((await say(ada, 'terms', { seats: null })).body).toMatchObject({
      max_seats: 3,
      seats_by_admin: null,
    });
    expect((await audited(ada.who)).filter((event) => event === 'seats_changed')).toHaveLength(3);
    expect((await say(ada, 'terms', { seats: -1 })).status).toBe(400);
  });
});

describe('an operator gives a licence other minutes of work without the server', () => {
  test('and a session that comes then borrows its seat for as long, or is handed out none', async () => {
    const ada = await licensee();
    const before = await acquire(ada, HARDWARE[0]);
    const more = await say(ada, 'terms', { offline_minutes: 480 });
    expect(more.body).toMatchObject({ offline_minutes: 480, max_seats: 3, seats_by_admin: null });
    expect((await say(ada, 'terms', { offline_minutes: 480 })).body).toEqual(more.body);
    await later(5 / (24 * 60));
    expect(code(await borrow(before, 481))).toBe('offline_too_long');
    const borrowed = await borrow(before, 480);
    const { offline_until: until, server_time: now } = borrowed.body;
    expect((Date.parse(String(until)) - Date.parse(String(now))) / 60_000).toBe(480);
    // The number of the version that was read, and of no other.
    const { version } = more.body as { version: number };
    expect((await say(ada, 'terms', { offline_minutes: 0 }, version - 1)).status).toBe(412);
    expect((await say(ada, 'terms', { offline_minutes: 0 }, version)).status).toBe(200);
    const after = await acquire(ada, HARDWARE[1]);
    await later(5 / (24 * 60));
    expect((await beat(after)).body).toMatchObject({ offline_until: null });
    expect(code(await borrow(after, 1))).toBe('offline_too_long');
    expect((await audited(ada.who)).filter((event) => event.endsWith('_changed'))).toEqual([
      'offline_changed',
      'offline_changed',
    ]);
    for (const wrong of [{}, { offline_minutes: -1 }, { offline_minutes: 43_201 }])
      expect((await say(ada, 'terms', wrong)).status).toBe(400);
  });
});

describe('an operator finds users', () => {
  test('by a part of the mail, by the organization and by how they stand, in pages', async () => {
    const [ada, bob] = [await fixture.customer(), await fixture.customer()];
    const part = encodeURIComponent(ada.email.slice(1).toUpperCase());
    const found = await users(`email=${part}`);
    expect(idsOf(found)).toContain(ada.userId);
    const name = `Engines of ${ada.userId}`;
    await call(admin.key, `POST /v1/admin/users/${bob.userId}/suspend`);
    expect((await call(ada.key, `PATCH /v1/organizations/${ada.accountId}`, { body: { name } })).status).toBe(
      200,
    );
    const company = encodeURIComponent(name.toLowerCase());
    const [one] = (await users(`company=${company}`)).body['data'] as object[];
    expect(one).toMatchObject({ id: ada.userId, email: ada.email, status: 'active' });
    expect(one).toMatchObject({
      accounts: expect.arrayContaining([expect.objectContaining({ name, role: 'owner' })]),
    });
    expect(idsOf(await users(`company=${company}&status=suspended`))).toEqual([]);
    expect(idsOf(await users('status=suspended'))).toEqual([bob.userId]);
    expect(idsOf(await users('email=%25'))).toEqual([]);
    expect(idsOf(await users(`company_name=${company}`))).toEqual([ada.userId]);
    expect((await users(`company=${company}&company_name=${company}`)).status).toBe(400);
    const first = await users('limit=1');
    const next = await users(`limit=100&cursor=${first.body['next_cursor'] as string}`);
    expect([...idsOf(first), ...idsOf(next)]).toEqual(idsOf(await users('limit=100')));
    expect((await call(ada.key, 'GET /v1/admin/users')).status).toBe(403);
  });

  test('by the company that they registered, and by having closed their account', async () => {
    const [email, password] = ['grace@example.com', 'Correct-Horse-1'];
    const body = { email, password, company_name: 'Hopper % Sons' };
    expect((await call(undefined, 'POST /v1/auth/register', { body })).status).toBe(201);
    const [found, ...others] = (await users('company_name=hopper%20%25')).body['data'] as object[];
    expect([found, others]).toMatchObject([{ email, status: 'active' }, []]);
    expect(idsOf(await users('company=hopper%25'))).toEqual([]);
    const signedIn = await call(undefined, 'POST /v1/auth/login', { body: { email, password } });
    const token = String(signedIn.body['access_token']);
    const closed = await call(token, 'DELETE /v1/me', { body: { password } });
    expect(closed.status).toBeLessThan(300);
    for (const status of ['inactive', 'closed'])
      expect((await users(`status=${status}`)).body['data']).toMatchObject([{ email, status: 'closed' }]);
    expect((await users('status=active&email=grace')).body['data']).toEqual([]);
  });
});
