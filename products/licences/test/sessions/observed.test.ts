import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance, databaseTime } from '@plinth/testkit/factories';
import { testApp } from '@plinth/testkit/services/app';
import { claimsOf, codeOf, keptOf, machine, type Office, office, officeOf, setLicense } from './office.ts';

const TOKEN = 'metrics-token-of-the-test-0123456789';
const app = await testApp({ work: false, settings: { METRICS_TOKEN: TOKEN } });
const { call, customer, db } = app;
const admin = await app.admin();
const MINUTE = 60_000;

describe('a plan that ends by time alone', () => {
  test('ends its sessions at that instant, without anybody having told anybody; the schedule writes it down', async () => {
    const who = await customer();
    const ends = new Date((await databaseTime(db)).getTime() + 10 * MINUTE);
    const body = {
      account_id: who.accountId,
      product: 'coditect',
      plan: 'starter',
      until: ends.toISOString(),
    };
    expect((await call(admin.key, 'POST /v1/admin/grants', { body })).status).toBe(201);
    const at = await officeOf(app, who);
    const kept = await at.seat('a');
    await advance(db, '5 minutes');
    expect((await at.beat(kept)).status).toBe(200);
    await advance(db, '5 minutes');
    const over = await at.beat(kept);
    expect([over.status, codeOf(over)]).toEqual([403, 'license_inactive']);
    expect(codeOf(await at.acquire('b'))).toBe('license_inactive');
    expect(codeOf(await at.borrow(kept, 10))).toBe('license_inactive');
    expect(await at.history()).toMatchObject([{ session_id: kept.session_id, status: 'suspended' }]);
    const { service } = app.app.modules.mounted.find(({ module }) => module === 'coditect/licences') ?? {};
    await (service as { lifecycle: { lapse(): Promise<number> } }).lifecycle.lapse();
    expect((await events(at)).map(({ action }) => action)).toContain('coditect.license.deactivated');
    const [row] = (await call(who.key, 'GET /v1/licenses')).body['data'] as Readonly<
      Record<string, unknown>
    >[];
    expect(Math.abs(Date.parse(String(row?.['deactivated_at'])) - ends.getTime())).toBeLessThan(MINUTE);
  });
});

interface Event {
  readonly action: string;
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly actor_kind: string;
}

/** Events of the audit of a licence's account, oldest first. */
const events = ({ who }: Office): Promise<readonly Event[]> =>
  db.asMigrator(
    statement<Event>(
      `select action, ip, user_agent, actor_kind from audit.events
       where account_id = $1 and action like 'coditect.license.%' order by created_at, id`,
      [who.accountId],
    ),
  );

const agent = (name: string) => ({ headers: { 'user-agent': `program of ${name}` } });

const asMachine = (path: string, body: object) => call(undefined, path, { body, ...agent('a machine') });
const asAdmin = (path: string, body?: object) => call(admin.key, path, { body, ...agent('an operator') });

/** Events that a program made by one kind of actor. */
const eventsFrom = (name: string, kind: string, ...actions: readonly string[]) =>
  actions.map((action) => ({
    action: `coditect.license.${action}`,
    ip: '127.0.0.1',
    user_agent: `program of ${name}`,
    actor_kind: kind,
  }));

describe('the audit', () => {
  test('has each event of a licence with who made it, from which address and with which program', async () => {
    const at = await office(app);
    const asOwner = (path: string, body?: object) => call(at.who.key, path, { body, ...agent('an owner') });
    const key = { license_key: at.key, hardware_id: machine('a') };
    const desk = `/v1/admin/licenses/${at.id}`;

    await asMachine('POST /v1/licenses/activate', key);
    const kept = keptOf(await asMachine('POST /v1/licenses/acquire', key));
    await asMachine('POST /v1/licenses/release', kept);
    await asMachine('POST /v1/licenses/acquire', key);
    const [seat] = await at.seats();
    await asOwner(`DELETE /v1/licenses/${at.id}/seats/${String(seat?.['machine_id'])}`);
    await asMachine('POST /v1/licenses/deactivate', key);
    await asOwner(`POST /v1/licenses/${at.id}/key`);
    await asAdmin(`PATCH ${desk}`, { seats: 5 });
    await asAdmin(`POST ${desk}/suspend`, { reason: 'a test' });
    await asAdmin(`POST ${desk}/reinstate`);

    const [issued, ...byHand] = await events(at);
    expect(issued).toMatchObject({ action: 'coditect.license.issued', actor_kind: 'system', ip: null });
    expect(byHand).toEqual([
      ...eventsFrom('a machine', 'system', 'activated', 'acquired', 'released', 'acquired'),
      ...eventsFrom('an owner', 'key', 'released'),
      ...eventsFrom('a machine', 'system', 'machine_deactivated'),
      ...eventsFrom('an owner', 'key', 'key_rotated'),
      ...eventsFrom('an operator', 'key', 'seats_changed', 'suspended', 'reinstated'),
    ]);
  });

  test('has an extension by an operator, and not one that changed nothing', async () => {
    const [endless, who] = [await office(app), await customer()];
    const until = new Date((await databaseTime(db)).getTime() + 60 * MINUTE).toISOString();
    const body = { account_id: who.accountId, product: 'coditect', plan: 'starter', until };
    await call(admin.key, 'POST /v1/admin/grants', { body });
    const at = await officeOf(app, who);
    const extend = ({ id }: Office) =>
      call(admin.key, `POST /v1/admin/licenses/${id}/extend`, { body: { days: 3 }, ...agent('an operator') });
    for (const one of [endless, at]) expect((await extend(one)).status).toBe(200);
    expect((await events(endless)).map(({ action }) => action)).toEqual(['coditect.license.issued']);
    expect((await events(at)).at(-1)).toEqual(eventsFrom('an operator', 'key', 'extended')[0]);
  });
});

async function scrapeMetrics(): Promise<(line: string) => number> {
  const response = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const lines = (await response.text()).split('\n');
  return (name) =>
    Number(
      lines
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')
        .at(-1) ?? 0,
    );
}

describe('metrics', () => {
  test('count seats that are used, acquires, denials, heartbeats, and heartbeats that were refused', async () => {
    const at = await office(app);
    const before = await scrapeMetrics();
    const kept = [await at.seat('a'), await at.seat('b'), await at.seat('c')];
    await at.acquire('d');
    await at.acquire('e');
    for (const one of kept) await at.beat(one);
    const twin = await at.seat('c');
    for (const one of kept.slice(2)) await at.beat(one);
    const after = await scrapeMetrics();
    const more = (name: string) => after(name) - before(name);
    const calls = (outcome: string) =>
      more(`plinth_seat_calls_total{product="coditect",outcome="${outcome}"}`);
    expect({
      taken: calls('taken'),
      denied: calls('denied'),
      renewed: calls('renewed'),
      taken_over: calls('taken_over'),
      in_use: more('plinth_seats_in_use{product="coditect"}'),
    }).toEqual({ taken: 4, denied: 2, renewed: 3, taken_over: 1, in_use: 3 });
    await at.release(twin);
    expect(
      (await scrapeMetrics())('plinth_seats_in_use{product="coditect"}') -
        before('plinth_seats_in_use{product="coditect"}'),
    ).toBe(2);
  });
});

/** Minutes that a heartbeat after five minutes hands out. */
async function offlineMinutesOf(at: Office, name: string, more: object): Promise<number> {
  const taken = await at.acquire(name, more);
  expect(taken.status).toBe(201);
  await advance(db, '5 minutes');
  const { body } = await at.beat(keptOf(taken));
  const until = body['offline_until'];
  if (typeof until !== 'string') return 0;
  return (Date.parse(until) - Date.parse(String(body['server_time']))) / MINUTE;
}

describe('minutes of work without the server', () => {
  test('are fewer where a program wishes for fewer, never more than the licence has, and none for none', async () => {
    const at = await office(app);
    expect(await offlineMinutesOf(at, 'a', { offline_minutes: 10 })).toBe(10);
    expect(await offlineMinutesOf(at, 'b', { offline_minutes: 300 })).toBe(30);
    expect(await offlineMinutesOf(at, 'c', { offline_minutes: 0 })).toBe(0);
  });

  test('that a licence has fewer of by now: what was handed out holds, a session keeps its own, the next one has fewer', async () => {
    const at = await office(app);
    const kept = await at.seat('a');
    await advance(db, '5 minutes');
    const first = await at.beat(kept);
    const promised = Date.parse(String(first.body['offline_until']));
    await setLicense(app, at.who.accountId, { offlineMinutes: 5 });
    const again = await at.beat(kept);
    expect(Date.parse(String(again.body['offline_until']))).toBeGreaterThanOrEqual(promised);
    expect(codeOf(await at.borrow(kept, 6))).toBe('offline_too_long');
    // It gives up what it had, and so nothing of it is owed.
    const { signed_token } = keptOf(again);
    expect(await offlineMinutesOf(at, 'a', { signed_token })).toBe(5);
    const [seat] = await at.seats();
    const held =
      Date.parse(String(seat?.['occupied_until'])) - Date.parse(String(seat?.['last_heartbeat_at']));
    expect(held).toBeLessThanOrEqual(6 * MINUTE);
    expect(claimsOf(keptOf(first))['off']).toBe(Math.floor(promised / 1_000));
  });
});
