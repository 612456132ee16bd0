import { expect, test } from 'vitest';
import { keptOf, machine, office } from './sessions/office.ts';
import { testApp } from '@plinth/testkit/services/app';

const app = await testApp({ work: false });
const [at, admin] = [await office(app), await app.admin()];
const [owner, operator] = [at.who.key, admin.key];
const now = { license_key: at.key, hardware_id: machine('a') };
const hardware = { license_key: at.key, machine_id: machine('b') };
const seat = () => at.seat('of-the-plan-document');

interface CallInput {
  readonly as?: string;
  readonly body?: object | (() => Promise<object>);
}

/** The calls as the plan document names them, below /api: the caller, the status, and the promised fields. */
const CALLS: readonly (readonly [string, CallInput, number, readonly string[]])[] = [
  [
    'POST auth/register',
    { body: { email: 'eve@example.com', password: 'Correct-Horse-1', company_name: 'Eve & Co' } },
    201,
    [],
  ],
  ['GET auth/verify-email?token=none', {}, 200, []],
  ['GET auth/verify-email/ple_none', {}, 200, []],
  ['POST auth/forgot-password', { body: { email: 'eve@example.com' } }, 202, []],
  ['POST auth/reset-password', { body: { token: 'none', password: 'Correct-Horse-2' } }, 400, []],
  ['GET plans', {}, 200, ['data']],
  ['GET plans?product=coditect', {}, 200, ['data']],
  ['GET plans/coditect.pro', {}, 200, ['id', 'price', 'trial_days', 'grants']],
  [
    'POST checkout/session',
    {
      as: owner,
      body: { plan_id: 'pro', success_url: 'https://example.com/a', cancel_url: 'https://example.com/b' },
    },
    503,
    [],
  ],
  ['GET checkout/success?session_id=none', {}, 200, []],
  ['GET checkout/cancel', {}, 200, []],
  ['GET licenses', { as: owner }, 200, ['data']],
  ['GET licenses?active=true&tier=starter', { as: owner }, 200, ['data']],
  [
    `GET licenses/${at.id}`,
    { as: owner },
    200,
    [
      'license_key',
      'status',
      'tier',
      'max_seats',
      'current_seats_used',
      'seats_left',
      'issued_at',
      'activated_at',
      'suspended_at',
      'deactivated_at',
      'last_renewal_at',
      'next_billing_date',
      'expires_at',
    ],
  ],
  [
    'POST licenses/validate',
    { body: { license_key: at.key } },
    200,
    ['valid', 'status', 'tier', 'max_seats', 'expires_at'],
  ],
  ['POST licenses/activate', { body: now }, 200, ['license', 'max_seats']],
  ['POST licenses/activate', { body: hardware }, 200, ['license', 'max_seats']],
  [`GET licenses/${at.key}/status`, {}, 200, ['status', 'grace_period_ends_at']],
  [
    'POST licenses/acquire',
    { body: { ...now, user_agent: 'tool/1', user_ip: '192.0.2.9' } },
    201,
    ['session_id', 'signed_token', 'expires_at', 'heartbeat_interval', 'max_seats', 'current_seats_used'],
  ],
  [
    'POST licenses/acquire',
    { as: owner, body: { machine_id: machine('b') } },
    201,
    ['session_id', 'signed_token', 'expires_at'],
  ],
  ['POST licenses/heartbeat', { body: seat }, 200, ['expires_at', 'heartbeat_interval']],
  ['POST licenses/release', { body: seat }, 204, []],
  [`GET licenses/${at.key}/sessions`, { as: owner }, 200, ['data']],
  ['GET admin/users?status=active', { as: operator }, 200, ['data']],
  ['GET admin/licenses?status=active', { as: operator }, 200, ['data']],
  ['GET admin/analytics', { as: operator }, 200, ['data']],
  ['GET analytics/usage', { as: operator }, 200, ['data']],
  ['GET analytics/patterns', { as: operator }, 200, ['data']],
  ['GET analytics/tenants', { as: operator }, 200, ['data']],
  ['GET analytics/anomalies', { as: operator }, 200, ['data']],
  ['GET admin/data/export', { as: operator }, 200, ['data']],
  ['GET admin/compliance/reports', { as: operator }, 200, ['data']],
  ['GET admin/audit/trail', { as: operator }, 200, ['data']],
];

test.each(CALLS)(
  '%s answers at the plan document’s path, with and without a trailing slash',
  async (...[named, asked, status, fields]) => {
    const [method = '', path = ''] = named.split(' ');
    const [name = '', query] = path.split('?');
    for (const slash of ['', '/']) {
      const body = typeof asked.body === 'function' ? await asked.body() : asked.body;
      const url = `${app.url}/api/v1/${name}${slash}${query === undefined ? '' : `?${query}`}`;
      const reply = await fetch(url, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(asked.as === undefined ? {} : { authorization: `Bearer ${asked.as}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await reply.text();
      expect(reply.status, `${url}: ${text}`).toBe(status);
      const answered = fields.length === 0 ? {} : (JSON.parse(text) as object);
      expect(Object.keys(answered), url).toEqual(expect.arrayContaining([...fields]));
    }
  },
);

test('a call whose fields may all be left out is taken without a body', async () => {
  const session = await app.call(owner, 'POST /api/v1/sessions', { body: { client_id: 'one' } });
  const path = `${app.url}/api/v1/sessions/${String(session.body['id'])}/export`;
  for (const headers of [{}, { 'content-type': 'application/json' }]) {
    const reply = await fetch(path, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${owner}` },
    });
    expect([reply.status, Object.keys((await reply.json()) as object)]).toEqual([
      200,
      expect.arrayContaining(['session', 'summary', 'decisions', 'metadata']),
    ]);
  }
  for (const headers of [{}, { 'content-type': 'application/json' }]) {
    const reply = await fetch(`${app.url}/api/v1/patterns/extract`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${owner}` },
    });
    expect([reply.status, Object.keys((await reply.json()) as object)]).toEqual([
      202,
      expect.arrayContaining(['status_url']),
    ]);
  }
  const refused = await app.call(owner, 'POST /api/v1/sessions');
  expect([refused.status, refused.body]).toMatchObject([
    400,
    { error: { details: { issues: [{ path: 'body.client_id' }] } } },
  ]);
});

test('sessions are kept and given back at their own paths, and a full licence says how many seats are used', async () => {
  for (const slash of ['', '/']) {
    const { session_id: id, signed_token } = await seat();
    const path = `/api/v1/licenses/sessions/${id}`;
    const beaten = await app.call(undefined, `PATCH ${path}/heartbeat${slash}`, { body: { signed_token } });
    expect(beaten.body).toMatchObject({ session_id: id, heartbeat_interval: 300 });
    const body = { signed_token: keptOf(beaten).signed_token };
    expect((await app.call(undefined, `DELETE ${path}${slash}`, { body })).status).toBe(204);
    expect((await app.call(undefined, `DELETE ${path}${slash}`, { body })).status).toBe(204);
  }
  const other = await office(app);
  for (const name of ['a', 'b', 'c']) await other.seat(name);
  const full = await other.acquire('d');
  expect([full.status, full.body]).toMatchObject([
    429,
    { error: { details: { current_seats_used: 3, max_seats: 3 } } },
  ]);
});

test('plans of Coditect alone are listed by price, with their trial and seats; of a product that is not there none are', async () => {
  const { body } = await app.call(undefined, 'GET /api/v1/plans/?product=coditect');
  const plans = body['data'] as readonly Readonly<Record<string, unknown>>[];
  expect(plans).toMatchObject([
    { id: 'coditect.free', price: { monthly: 0 }, grants: { seats: 0 } },
    {
      id: 'coditect.starter',
      price: { monthly: 2_900, yearly: 29_000 },
      trial_days: 14,
      grants: { seats: 3 },
    },
    { id: 'coditect.pro', price: { monthly: 9_900, yearly: 99_000 }, trial_days: 14, grants: { seats: 10 } },
    {
      id: 'coditect.enterprise',
      price: { monthly: 29_900, yearly: 299_000 },
      trial_days: 14,
      grants: { seats: 50 },
    },
  ]);
  for (const product of ['none', 'constructor', ''])
    expect(
      (await app.call(undefined, `GET /v1/plans?product=${product}`)).status,
      product,
    ).toBeGreaterThanOrEqual(400);
});

test('a list of licences shows how many seats are used, and how many are left', async () => {
  const there = await office(app);
  await there.seat('a');
  const { body } = await app.call(there.who.key, 'GET /v1/licenses');
  expect(body['data']).toMatchObject([
    { max_seats: 3, current_seats_used: 1, seats_left: 2, license_key: null },
  ]);
});
