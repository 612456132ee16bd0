import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { AccountId } from '#platform/kernel';
import { coditectFixture } from '../../products/licences/test/fixture.ts';
import { PASSWORD, somebodyAt } from '../identity/mailbox.ts';
import { planClient, type Sent } from './client.ts';
import {
  decision,
  graph,
  license,
  licenseSession,
  licenseStatus,
  loaded,
  pattern,
  plan,
  privacy,
  rows,
  seat,
  session,
  sessionExport,
  signedLicense,
  totals,
  turns,
  validity,
} from './coditect-shapes.ts';
import { expectWhole } from './document.ts';
import { int, list, object, record, type Shape, text } from './plan-shapes.ts';

/** Plan document 002's journey, driven by a client that knows nothing but the document: its paths, its bodies and the fields it names. */
const fixture = await coditectFixture();
const { call, later, sandbox } = fixture;
const client = planClient(fixture.url);
const { key: operator } = await fixture.admin();

const EMAIL = 'eve@example.com';
const DAY = 86_400_000;
let token = '';
const eves = { id: '', key: '' };

/** The answer to Eve, whose status and shape are as they must be; with `as: ''` to a stranger. */
async function ask<Value>(
  named: string,
  [status, shape]: readonly [number, Shape<Value>],
  sent: Sent = {},
): Promise<Value> {
  const response = await client.send(named, { as: token, ...sent });
  expect(response.status, named).toBe(status);
  return shape(await response.json());
}

const statusOf = async (named: string, sent: Sent = {}) =>
  (await client.send(named, { as: token, ...sent })).status;
const sessions = async () => (await ask('GET /api/v1/sessions', [200, rows(session)])).data;
const pageOf = async (named: string, sent: Sent) => (await client.send(named, sent)).text();

const hardware = (number: number) => `hardware-of-eve-${number}`;

describe('a user', () => {
  test('registers, proves the address by the mail’s link, and has another password by mail', async () => {
    const worker = await fixture.beside({ work: true });
    const eve = somebodyAt(worker, EMAIL);
    const json = { email: EMAIL, password: PASSWORD, full_name: 'Eve Moneypenny', company_name: 'Eve & Co' };
    await ask('POST /api/v1/auth/register', [201, object({ email: text })], { json });
    const link = await eve.link();
    // Scanners of mails open links: the page's button sends the token.
    for (const named of ['GET /api/v1/auth/verify-email/{token}', 'GET /api/v1/auth/verify-email?token=X'])
      expect(await pageOf(named, { id: link })).toContain('<button');
    expect((await eve.auth('verify-email', { token: link })).status).toBe(200);
    expect(await statusOf('POST /api/v1/auth/forgot-password', { json: { email: EMAIL } })).toBe(202);
    const password = `${PASSWORD}-again`;
    const renewed = { json: { token: await eve.link(), password } };
    expect(await statusOf('POST /api/v1/auth/reset-password', renewed)).toBe(200);
    token = (await eve.enter(password)).access;
    await worker.close();
  });
});

describe('a plan', () => {
  test('is chosen by its price, paid at the provider, and the licence is there', async () => {
    const all = await ask('GET /api/v1/plans', [200, rows(plan)], { query: '?product=coditect', as: '' });
    expect(
      all.data.map(({ price, grants, trial_days }) => [price.monthly, grants.seats, trial_days]),
    ).toEqual([
      [0, 0, null],
      [2_900, 3, 14],
      [9_900, 10, 14],
      [29_900, 50, 14],
    ]);
    const chosen = await ask('GET /api/v1/plans/{plan_id}', [200, plan], { id: 'starter', as: '' });
    const json = {
      plan_id: chosen.id,
      success_url: 'https://app.example.com/thanks',
      cancel_url: 'https://app.example.com/plans',
    };
    const bought = object({ checkout_url: text, session_id: text });
    const { checkout_url, session_id } = await ask('POST /api/v1/checkout/session', [201, bought], { json });
    expect(await pageOf('GET /api/v1/checkout/cancel', {})).toContain('nothing was charged');
    expect(await sandbox.pay(checkout_url)).toMatchObject({ location: json.success_url });
    await fixture.drainEvents();
    const mine = { query: '?active=true&tier=starter' };
    const { data } = await ask('GET /api/v1/licenses/', [200, rows(license)], mine);
    eves.id = data[0]?.id ?? '';
    const read = await ask('GET /api/v1/licenses/{id}/', [200, license], { id: eves.id });
    expect(read).toMatchObject({ status: 'active', max_seats: 3, current_seats_used: 0, seats_left: 3 });
    eves.key = read.license_key ?? '';
    expect(eves.key).toMatch(/^CODITECT(?:-[0-9A-Z]{4}){5}$/);
    const shown = { query: `?session_id=${session_id}` };
    expect(await pageOf('GET /api/v1/checkout/success', shown)).toContain(eves.key);
  });

  test.each(['checkout.session.completed', 'invoice.payment_succeeded'])(
    'is told of by %s at both addresses, and a repeat changes nothing',
    async (type) => {
      const event = sandbox.events().find((one) => one.type === type);
      const { body, headers } = sandbox.message(event?.id ?? '');
      for (const named of ['POST /api/v1/subscriptions/webhook', 'POST /api/v1/webhooks/stripe'])
        expect(await statusOf(named, { bytes: Buffer.from(body), headers, as: '' })).toBe(200);
      await fixture.drainEvents();
      const { data } = await ask('GET /api/v1/licenses/', [200, rows(license)]);
      expect(data).toMatchObject([{ id: eves.id, status: 'active' }]);
    },
  );
});

const acquiring = (number: number) => ({
  json: {
    license_key: eves.key,
    hardware_id: hardware(number),
    user_agent: 'tool/1.0',
    user_ip: '192.0.2.9',
  },
  as: '',
});
const kept: { readonly session_id: string; readonly signed_token: string }[] = [];
/** A session as the document's bodies name it. */
const sessionOf = (index: number) => {
  const { session_id, signed_token } = kept[index] ?? {};
  return { json: { session_id, signed_token }, as: '' };
};

describe('a licence', () => {
  test('is downloaded with its signatures, validated by a stranger, and activated', async () => {
    const file = await ask('GET /api/v1/licenses/{id}/download/', [200, signedLicense], { id: eves.id });
    expect(file.signatures.map(({ algorithm }) => algorithm)).toEqual(['RS256', 'EdDSA']);
    const json = { license_key: eves.key };
    const valid = await ask('POST /api/v1/licenses/validate/', [200, validity], { json, as: '' });
    expect(valid).toMatchObject({ valid: true, max_seats: 3 });
    const activated = await ask(
      'POST /api/v1/licenses/activate',
      [200, object({ license, max_seats: int })],
      {
        json: { license_key: eves.key, hardware_id: hardware(1) },
        as: '',
      },
    );
    expect(activated).toMatchObject({ max_seats: 3, license: { activated_at: expect.any(String) } });
    const named = 'GET /api/v1/licenses/{license_key}/status';
    expect(await ask(named, [200, licenseStatus], { id: eves.key, as: '' })).toEqual({
      status: 'active',
      grace_period_ends_at: null,
    });
  });

  test('has as many seats as its plan: one more is 429, and says how many are used', async () => {
    for (const number of [1, 2])
      kept.push(await ask('POST /api/v1/licenses/acquire', [201, seat], acquiring(number)));
    const json = { license_key: eves.key, machine_id: hardware(3) };
    kept.push(await ask('POST /api/v1/licenses/acquire/', [201, seat], { json }));
    const { data } = await ask('GET /api/v1/licenses/', [200, rows(license)]);
    expect(data).toMatchObject([{ license_key: null, current_seats_used: 3, seats_left: 0 }]);
    const fourth = client.send('POST /api/v1/licenses/acquire', acquiring(4));
    await expect(fourth).rejects.toThrow(/: 429 .*"current_seats_used":3,"max_seats":3/);
  });

  test('keeps a seat by heartbeats, six minutes at a time, and gives it back', async () => {
    const beaten = await ask('POST /api/v1/licenses/heartbeat', [200, seat], sessionOf(0));
    expect(beaten).toMatchObject({ heartbeat_interval: 300, time_remaining: 360, is_active: true });
    const { session_id: id = '', signed_token } = kept[2] ?? {};
    const renewal = 'PATCH /api/v1/licenses/sessions/{id}/heartbeat/';
    const again = await ask(renewal, [200, seat], { json: { signed_token }, id });
    expect(again.session_id).toBe(id);
    for (let times = 0; times < 2; times += 1) {
      expect(await statusOf('POST /api/v1/licenses/release', sessionOf(1))).toBe(204);
      expect(await statusOf('DELETE /api/v1/licenses/sessions/{id}/', { id })).toBe(204);
    }
    const named = 'GET /api/v1/licenses/{license_key}/sessions';
    const { data } = await ask(named, [200, rows(licenseSession)], { id: eves.key });
    expect(data.map(({ is_active }) => is_active)).toEqual([false, false, true]);
  });
});

describe('what a tool remembers', () => {
  const texts = { title: 'Read it once', context: 'The import takes an hour.', rationale: 'One read.' };
  let id = '';

  test('is sessions with a summary and metadata, and their export', async () => {
    const json = {
      timestamp: '2026-11-20T10:00:00.000Z',
      summary: 'Why the import of users is slow.',
      metadata: { branch: 'main', tokens: 1_200 },
    };
    const made = await ask('POST /api/v1/sessions', [201, session], { json });
    expect(made).toMatchObject(json);
    ({ id } = made);
    expect(await ask('GET /api/v1/sessions/{id}', [200, session], { id })).toEqual(made);
    expect(await sessions()).toEqual([made]);
    // A trigger has no body, also where its client announces JSON.
    for (const headers of [{}, { 'content-type': 'application/json' }])
      await ask('POST /api/v1/sessions/{id}/export', [200, sessionExport], { id, headers });
  });

  test('is decisions of a session, and documents of context', async () => {
    const json = { session_id: id, ...texts };
    const decided = await ask('POST /api/v1/decisions', [201, decision], { json });
    const query = `?session_id=${id}`;
    const listed = await ask('GET /api/v1/decisions', [200, rows(object({ id: text }))], { query });
    expect(listed.data).toEqual([{ id: decided.id }]);
    const other = { ...texts, rationale: 'One read, into a map of ids.' };
    await ask('PUT /api/v1/decisions/{id}', [200, decision], { id: decided.id, json: other });
    const read = await ask('GET /api/v1/decisions/{id}', [200, decision], { id: decided.id });
    expect(read).toEqual({ id: decided.id, ...other });
    for (const kind of ['business', 'technical'])
      await ask(`POST /api/v1/context/${kind}`, [201, record], { json: { name: kind, text: `Of ${kind}.` } });
    expect((await ask('GET /api/v1/context/load', [200, loaded])).documents).toHaveLength(2);
  });

  test('is found by a question, in patterns and in the graph', async () => {
    const said = { client_id: '1', role: 'user', text: 'Why is the import in src/users.ts so slow?' };
    await call(token, `POST /v1/sessions/${id}/messages`, { body: { messages: [said] } });
    const query = '?query=import%20of%20users';
    expect((await ask('GET /api/v1/context/relevant', [200, turns], { query })).turns).toHaveLength(1);
    for (const headers of [{}, { 'content-type': 'application/json' }])
      await ask('POST /api/v1/patterns/extract', [202, object({ status_url: text })], { headers });
    await ask('GET /api/v1/patterns', [200, rows(pattern)]);
    const around = { query: '?file=src/users.ts&depth=2' };
    const { nodes } = await ask('GET /api/v1/graph/query', [200, graph], around);
    expect(nodes.map(({ kind }) => kind)).toEqual(['file', 'session', 'decision']);
    const between = { query: `?from_id=${nodes[0]?.id}&to_id=${nodes[2]?.id}` };
    const path = await ask('GET /api/v1/graph/paths', [200, graph], between);
    expect(path.nodes).toEqual(nodes);
  });

  test('is private where its author says nothing else, and in no statistics without consent', async () => {
    const before = { platform_statistics: false, default_level: null };
    expect(await ask('GET /api/v1/privacy/settings', [200, privacy])).toEqual(before);
    const json = { platform_statistics: true, default_level: 'private' };
    expect(await ask('POST /api/v1/privacy/settings', [200, privacy], { json })).toEqual(json);
  });

  test('is deleted', async () => {
    expect(await statusOf('DELETE /api/v1/sessions/{id}', { id })).toBe(200);
    expect(await sessions()).toEqual([]);
  });
});

describe('an operator', () => {
  const as = operator;
  const dataOf = async (named: string, query = '') =>
    (await ask(named, [200, rows(record)], { query, as })).data;

  test('finds users and licences', async () => {
    const user = '?status=active&email=eve%40&company_name=Eve';
    expect(await dataOf('GET /api/v1/admin/users', user)).toMatchObject([{ email: EMAIL }]);
    for (const query of [`?status=active&license_key=${eves.key}`, `?user_email=${EMAIL}`])
      expect(await dataOf('GET /api/v1/admin/licenses', query)).toMatchObject([{ id: eves.id }]);
  });

  test('reads revenue, use and what is unusual, also while it happens', async () => {
    const read = await ask('GET /api/v1/admin/analytics', [200, object({ totals })], { as });
    expect(read.totals).toMatchObject({ active_subscriptions: 1, running_sessions: 1, seats: 3 });
    for (const name of ['usage', 'patterns', 'tenants', 'anomalies'])
      await dataOf(`GET /api/v1/analytics/${name}`);
    const socket = new WebSocket(`${fixture.url.replace('http', 'ws')}/api/v1/analytics/live`);
    await once(socket, 'open');
    socket.send(JSON.stringify({ access_token: as }));
    const [frame] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(frame.toString())).toMatchObject({ running_sessions: 1, calls: 0 });
    socket.close();
  });

  test('answers for privacy: policies, exports, deletions, reports and the audit', async () => {
    const { accountId } = await fixture.customer();
    const json = { account_ids: [accountId], platform_statistics: false };
    await ask('POST /api/v1/admin/privacy/policies', [200, object({ changed: list(text) })], { json, as });
    await dataOf('GET /api/v1/admin/data/export');
    const closed = { query: `?account_id=${accountId}`, as };
    const until = object({ restorable_until: text });
    await ask('DELETE /api/v1/admin/data/delete', [200, until], closed);
    const about = expect.arrayContaining([expect.objectContaining({ account_id: accountId })]);
    expect(await dataOf('GET /api/v1/admin/compliance/reports')).toEqual(about);
    expect(await dataOf('GET /api/v1/admin/audit/trail')).toEqual(about);
  });
});

test('a month that is paid renews the licence; one that is not has seven days of grace, and then suspends it', async () => {
  const { default_account_id } = (await call(token, 'GET /v1/auth/me')).body;
  const status = () =>
    ask('GET /api/v1/licenses/{license_key}/status', [200, licenseStatus], { id: eves.key, as: '' });
  await later(14.1);
  await later(0.1);
  const signIn = { body: { email: EMAIL, password: `${PASSWORD}-again` } };
  token = String((await call(undefined, 'POST /v1/auth/login', signIn)).body['access_token']);
  const renewed = await ask('GET /api/v1/licenses/{id}/', [200, license], { id: eves.id });
  expect(renewed).toMatchObject({ status: 'active', last_renewal_at: expect.any(String) });
  await fixture.card({ accountId: default_account_id as AccountId }, 'pm_card_chargeCustomerFail');
  const ends = Date.parse(renewed.expires_at ?? '');
  await later((ends - sandbox.now().getTime()) / DAY + 0.1);
  const owed = await status();
  expect(owed.status).toBe('active');
  expect(Math.round((Date.parse(owed.grace_period_ends_at ?? '') - ends) / DAY)).toBe(7);
  const seen = new Set<string>();
  for (let day = 0; day < 20; day += 1) {
    await later(1);
    seen.add((await status()).status);
  }
  expect([...seen]).toEqual(['active', 'suspended', 'inactive']);
});

test('each call of the document was driven, and no other', () => {
  expectWhole('002', client.made);
});
