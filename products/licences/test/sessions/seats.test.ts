import { describe, expect, test } from 'vitest';
import { advance } from '@plinth/testkit/factories';
import { testApp } from '@plinth/testkit/services/app';
import { claimsOf, codeOf, keptOf, machine, office, officeOf, rowsOf, setLicense } from './office.ts';

const app = await testApp({ work: false });
const { call, customer, db } = app;

/** A call of a session by its token alone. */
const by = (path: string, token: string, more = {}) =>
  call(undefined, `POST /api/v1/licenses/${path}/`, { body: { signed_token: token, ...more } });

describe('a seat', () => {
  test('is renewed, borrowed and given back by its token alone, and a token that was made up does neither', async () => {
    const at = await office(app);
    const { session_id: id, signed_token } = await at.seat('a');
    const renewed = keptOf(await by('heartbeat', signed_token)).signed_token;
    expect(claimsOf({ session_id: id, signed_token: renewed })['sid']).toBe(id);
    await advance(db, '5 minutes');
    const lent = await by('borrow', renewed, { minutes: 10 });
    expect([lent.status, lent.body]).toMatchObject([200, { session_id: id }]);
    const [head = '', , signature = ''] = signed_token.split('.');
    const claims = Buffer.from(JSON.stringify({ sid: id, fence: 1 })).toString('base64url');
    for (const forged of [`${head}.${claims}.${signature}`, 'none', '..', `${head}.bnVsbA.${signature}`]) {
      expect(codeOf(await by('heartbeat', forged)), forged).toBe('token_invalid');
      expect(codeOf(await by('borrow', forged, { minutes: 10 })), forged).toBe('token_invalid');
      expect((await by('release', forged)).status).toBe(204);
    }
    expect(await at.seats()).toHaveLength(1);
    for (const _ of ['once', 'twice'])
      expect((await by('release', keptOf(lent).signed_token)).status).toBe(204);
    expect(await at.seats()).toEqual([]);
    expect(codeOf(await by('heartbeat', keptOf(lent).signed_token))).toBe('session_expired');
  });

  test('is taken by the key alone, kept by its token, and given back by it', async () => {
    const at = await office(app);
    const taken = await at.acquire('a', { app_version: '2.1', user_agent: 'ide', user_ip: '198.51.100.7' });
    expect([taken.status, taken.body]).toMatchObject([
      201,
      {
        license_id: at.id,
        current_seats_used: 1,
        max_seats: 3,
        heartbeat_interval: 300,
        offline_until: null,
        is_active: true,
        time_remaining: 360,
      },
    ]);
    const { server_time: now, expires_at: until } = taken.body;
    expect(Date.parse(String(until)) - Date.parse(String(now))).toBe(360_000);
    const kept = keptOf(taken);
    expect(claimsOf(kept)).toMatchObject({ sid: kept.session_id, lid: at.id, fence: 1 });
    const [running] = await at.history();
    expect(running).toMatchObject({ is_active: true, expires_at: until });
    expect(running?.['time_remaining']).toBeGreaterThan(0);
    expect(running?.['time_remaining']).toBeLessThanOrEqual(360);
    const beaten = await at.beat(kept);
    expect([beaten.status, beaten.body]).toMatchObject([200, { session_id: kept.session_id }]);
    const path = `PATCH /v1/licenses/sessions/${kept.session_id}/heartbeat/`;
    expect(
      (await call(undefined, path, { body: { signed_token: keptOf(beaten).signed_token } })).status,
    ).toBe(200);
    expect((await at.release(kept)).status).toBe(204);
    expect((await at.release(kept)).status).toBe(204);
    expect(codeOf(await at.beat(kept))).toBe('session_expired');
    expect(await at.seats()).toEqual([]);
    expect(await at.history()).toMatchObject([
      {
        session_id: kept.session_id,
        status: 'released',
        expires_at: null,
        is_active: false,
        time_remaining: 0,
        app_version: '2.1',
        said_ip: '198.51.100.7',
        said_user_agent: 'ide',
        ip: '127.0.0.1',
      },
    ]);
  });

  test('of a machine that was copied with its memory ends for both copies, and the audit says so', async () => {
    const at = await office(app);
    const original = keptOf(await at.beat(keptOf(await at.acquire('a'))));
    const copy = original;
    const first = keptOf(await at.beat(original));
    const second = keptOf(await at.beat(copy));
    const third = keptOf(await at.beat(first));
    const refused = await at.beat(second);
    expect([refused.status, refused.body]).toMatchObject([
      410,
      { error: { code: 'session_expired', details: { ended: 'expired', reason: 'copied' } } },
    ]);
    expect(codeOf(await at.beat(third))).toBe('session_expired');
    expect(await at.seats()).toEqual([]);
    expect(await at.history()).toMatchObject([{ session_id: original.session_id, status: 'expired' }]);
    const told = await call(at.who.key, 'GET /v1/account/audit?action=coditect.license.copied');
    expect(told.body).toMatchObject({ data: [{ changes: { session: original.session_id } }] });
    const anew = keptOf(await at.acquire('a'));
    const newer = keptOf(await at.acquire('a'));
    expect([codeOf(await at.beat(anew)), (await at.beat(newer)).status]).toEqual(['seat_taken_over', 200]);
  });

  test('is no longer kept when the account is suspended, and taken anew when it is reinstated', async () => {
    const at = await office(app);
    const kept = keptOf(await at.acquire('a'));
    const admin = await app.admin();
    const account = `POST /v1/admin/accounts/${at.who.accountId}`;
    expect((await call(admin.key, `${account}/suspend`)).status).toBe(200);
    expect(codeOf(await at.beat(kept))).toBe('license_suspended');
    expect(codeOf(await at.acquire('a'))).toBe('license_suspended');
    expect((await call(admin.key, `${account}/reinstate`)).status).toBe(200);
    expect(await at.history()).toMatchObject([{ session_id: kept.session_id, status: 'suspended' }]);
    expect((await at.acquire('a')).status).toBe(201);
  });

  test('is taken by a user of the account too, who gives it back by its session, and nobody else does', async () => {
    const at = await office(app);
    const body = { machine_id: machine('a') };
    const taken = await call(at.who.key, 'POST /v1/licenses/acquire', { body });
    expect(taken.status).toBe(201);
    const other = await customer();
    const path = `DELETE /v1/licenses/sessions/${keptOf(taken).session_id}`;
    expect((await call(other.key, path)).status).toBe(204);
    expect(await at.seats()).toMatchObject([{ hardware_id: machine('a'), user_id: at.who.userId }]);
    expect((await call(undefined, path, { body: { signed_token: 'a.b.c' } })).status).toBe(401);
    expect((await call(at.who.key, path)).status).toBe(204);
    expect(await at.seats()).toEqual([]);
    const theirs = { body: { ...body, license_key: (await office(app)).key } };
    expect((await call(at.who.key, 'POST /v1/licenses/acquire', theirs)).status).toBe(404);
  });

  test('that is not free is refused with when to come back; by whom they are held owners and admins are told', async () => {
    const at = await office(app);
    for (const name of ['a', 'b', 'c']) await at.seat(name);
    const refused = await at.acquire('d');
    expect([refused.status, refused.body]).toMatchObject([
      429,
      { error: { code: 'seats_exhausted', details: { current_seats_used: 3, max_seats: 3 } } },
    ]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(300);
    expect(JSON.stringify(refused.body)).not.toContain('held_by');
    const asOwner = await call(at.who.key, 'POST /v1/licenses/acquire', {
      body: { hardware_id: machine('d') },
    });
    expect(asOwner.body).toMatchObject({
      error: { details: { held_by: ['a', 'b', 'c'].map((name) => ({ hardware_id: machine(name) })) } },
    });
  });

  test('says nothing to a token that is not ours, is of another session, or of another licence', async () => {
    const [at, other] = [await office(app), await office(app)];
    const [a, b] = [await at.seat('a'), await other.seat('a')];
    expect((await at.beat({ ...a, signed_token: `${a.signed_token.slice(0, -8)}AAAAAAAA` })).status).toBe(
      401,
    );
    expect((await at.beat({ ...a, signed_token: b.signed_token })).status).toBe(404);
    expect((await at.beat({ ...a, session_id: 'nonsense' })).status).toBe(404);
    expect((await at.release({ ...a, signed_token: b.signed_token })).status).toBe(204);
    expect(await other.seats()).toHaveLength(1);
  });

  test('with a number set by an admin count so, and a smaller number keeps present sessions', async () => {
    const at = await office(app);
    await setLicense(app, at.who.accountId, { seats: 4 });
    const kept = [];
    for (const name of ['a', 'b', 'c', 'd']) kept.push(await at.seat(name));
    await setLicense(app, at.who.accountId, { seats: 2 });
    for (const one of kept) expect((await at.beat(one)).status).toBe(200);
    for (const one of kept.slice(0, 2)) await at.release(one);
    expect(codeOf(await at.acquire('e'))).toBe('seats_exhausted');
    await at.release(kept[2] ?? { session_id: '', signed_token: '' });
    expect((await at.acquire('e')).status).toBe(201);
  });

  test('of a smaller plan: present sessions go on, and nobody is admitted until they fit', async () => {
    const who = await customer('coditect.starter', 'coditect.pro');
    const at = await officeOf(app, who);
    const kept = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) kept.push(await at.seat(name));
    const operator = await app.admin();
    const grants = rowsOf(await call(operator.key, `GET /v1/admin/grants?account_id=${who.accountId}`));
    const pro = grants.find(({ plan }) => plan === 'coditect.pro');
    expect((await call(operator.key, `DELETE /v1/admin/grants/${String(pro?.['id'])}`)).status).toBe(200);
    for (const one of kept) expect((await at.beat(one)).status).toBe(200);
    expect((await at.acquire('f')).body).toMatchObject({
      error: { code: 'seats_exhausted', details: { current_seats_used: 5, max_seats: 3 } },
    });
    for (const one of kept.slice(0, 2)) await at.release(one);
    expect(codeOf(await at.acquire('f'))).toBe('seats_exhausted');
    for (const one of kept.slice(2, 3)) await at.release(one);
    expect((await at.acquire('f')).status).toBe(201);
    expect(await at.seats()).toHaveLength(3);
  });

  test('is refused to a machine beyond those that the licence may be activated on', async () => {
    const at = await office(app);
    for (let n = 0; n < 9; n += 1) await at.release(await at.seat(String(n)));
    const refused = await at.acquire('tenth');
    expect([refused.status, codeOf(refused)]).toEqual([409, 'machines_exhausted']);
    // Three for each seat, also where an admin set the number of seats.
    await setLicense(app, at.who.accountId, { seats: 4 });
    for (let n = 9; n < 12; n += 1) await at.release(await at.seat(String(n)));
    expect(codeOf(await at.acquire('thirteenth'))).toBe('machines_exhausted');
  });

  test('is asked for ten times a minute by a machine, and no more', async () => {
    const at = await office(app);
    const replies = [];
    for (let n = 0; n < 11; n += 1) replies.push(await at.acquire('a'));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(10);
    const refused = replies.find(({ status }) => status !== 201);
    expect([refused?.status, refused?.body]).toMatchObject([
      429,
      { error: { code: 'limit_exceeded', details: { limit: 'acquires_per_minute_by_machine', max: 10 } } },
    ]);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await at.acquire('b')).status).toBe(201);
  });
});

describe('a machine', () => {
  test('that was cloned takes over, and its twin is told and has no seat', async () => {
    const at = await office(app);
    const [first, second] = [await at.seat('image'), await at.seat('image')];
    expect(codeOf(await at.beat(first))).toBe('seat_taken_over');
    expect((await at.beat(second)).status).toBe(200);
    await at.release(first);
    expect(await at.seats()).toMatchObject([{ session_id: second.session_id }]);
    expect((await at.history()).map(({ status }) => status)).toEqual(['active', 'taken_over']);
  });

  test('that slept for two hours has no seat, and machines that came meanwhile keep theirs', async () => {
    const at = await office(app);
    const asleep = await at.seat('a');
    for (const name of ['b', 'c']) await at.seat(name);
    const ranOut = async () => {
      const old = (await at.history()).find(({ session_id: id }) => id === asleep.session_id);
      const { status, started_at: from, ended_at: until } = old ?? {};
      return [status, Date.parse(String(until)) - Date.parse(String(from))];
    };
    await advance(db, '2 hours');
    // Before anybody has written down that it ran out, and after.
    expect(await ranOut()).toEqual(['expired', 360_000]);
    const came = [await at.seat('d'), await at.seat('e'), await at.seat('f')];
    expect((await at.beat(asleep)).status).toBe(410);
    for (const one of came) expect((await at.beat(one)).status).toBe(200);
    expect(await ranOut()).toEqual(['expired', 360_000]);
  });

  test('works without the server for as long as it was told, and nobody gets its seat until then', async () => {
    const at = await office(app);
    const a = await at.seat('a');
    expect((await at.beat(a)).body).toMatchObject({ offline_until: null });
    await advance(db, '5 minutes');
    const beaten = await at.beat(a);
    const offline = Date.parse(String(beaten.body['offline_until']));
    expect(offline - Date.parse(String(beaten.body['server_time']))).toBe(1_800_000);
    expect(claimsOf(keptOf(beaten))['off']).toBe(Math.floor(offline / 1_000));
    for (const name of ['b', 'c']) await at.seat(name);
    await advance(db, '29 minutes');
    expect((await at.seats()).map(({ hardware_id: id }) => id)).toEqual([machine('a')]);
    expect((await at.beat(a)).status).toBe(200);
    await advance(db, '31 minutes');
    expect((await at.beat(a)).status).toBe(410);
  });

  test('gives back with its seat what it was told, and an admin who ends it does not', async () => {
    const at = await office(app);
    const [a, b] = [await at.seat('a'), await at.seat('b')];
    await advance(db, '5 minutes');
    for (const one of [a, b]) await at.beat(one);
    await at.release(a);
    expect((await at.seats()).map(({ hardware_id: id }) => id)).toEqual([machine('b')]);
    const [{ machine_id: id } = {}] = await at.seats();
    const ended = await call(at.who.key, `DELETE /v1/licenses/${at.id}/seats/${String(id)}`);
    expect(ended.body).toMatchObject({ machine_id: id, occupied_until: expect.any(String) as string });
    expect((await at.beat(b)).status).toBe(410);
    expect(await at.seats()).toMatchObject([{ machine_id: id, ended: 'forced' }]);
    expect((await call(at.who.key, `DELETE /v1/licenses/${at.id}/seats/${String(id)}`)).status).toBe(404);
  });

  test('gives up what its session before was told when it shows that one’s token', async () => {
    const at = await office(app);
    const a = await at.seat('a');
    await advance(db, '5 minutes');
    const { signed_token } = keptOf(await at.beat(a));
    await at.release(await at.seat('a', { signed_token }));
    expect(await at.seats()).toEqual([]);
  });

  test('borrows a seat for longer, as long as the licence has it and after five minutes', async () => {
    const at = await office(app);
    await setLicense(app, at.who.accountId, { offlineMinutes: 600 });
    const a = await at.seat('a');
    const early = await at.borrow(a, 480);
    expect([early.status, codeOf(early)]).toEqual([409, 'offline_too_early']);
    await advance(db, '5 minutes');
    expect(codeOf(await at.borrow(a, 601))).toBe('offline_too_long');
    expect((await at.borrow(a, 480)).status).toBe(200);
    await advance(db, '7 hours');
    expect(await at.seats()).toHaveLength(1);
    expect((await at.beat(a)).status).toBe(200);
  });

  test('of a licence without work offline is told of none', async () => {
    const at = await office(app);
    await setLicense(app, at.who.accountId, { offlineMinutes: 0 });
    const a = await at.seat('a', { offline_minutes: 60 });
    await advance(db, '5 minutes');
    expect((await at.beat(a)).body).toMatchObject({ offline_until: null });
  });
});

test('who changes their account’s machines ends their sessions: a machine that is deactivated has none', async () => {
  const at = await office(app);
  const a = await at.seat('a');
  const body = { license_key: at.key, hardware_id: machine('a') };
  expect((await call(undefined, 'POST /v1/licenses/deactivate', { body })).status).toBe(204);
  expect((await at.beat(a)).status).toBe(410);
  expect((await at.history()).map(({ status }) => status)).toEqual(['forced']);
});

test('seats, history and sessions of another account are nobody’s', async () => {
  const [at, other] = [await office(app), await customer()];
  await at.seat('a');
  expect((await call(other.key, `GET /v1/licenses/${at.id}/seats`)).status).toBe(404);
  expect((await call(other.key, `GET /v1/licenses/${at.id}/sessions`)).status).toBe(404);
  const same = await officeOf(app, at.who);
  expect(await same.history()).toHaveLength(1);
});
