import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openSellingApp } from '../../../test/selling/fixture.ts';
import { developerIn, publish } from '../../marketplace/test/fixture.ts';
import { int, list, num, object, oneOf, optional, text } from './plan-shapes.ts';

/**
 * Plan document 001's table, driven by a client that knows nothing but the document: its paths below /api/v1, its shapes, a token as
 * bearer. What differs on purpose stands in docs/adiuva.md.
 */
const server = await openSellingApp();
const { sandbox: stripe } = server;
const API = `${server.url}/api/v1`;

const tier = oneOf('free', 'pro', 'power', 'team');
const authTokens = object({ access_token: text, refresh_token: text, expires_at: int });
const userProfile = object({ id: text, email: text, tier });
const action = object({
  type: oneOf(
    'create_record',
    'update_record',
    'delete_record',
    'index_document',
    'send_notification',
    'call_agent',
  ),
  table: optional(text),
  data: optional(object({})),
  agent: optional(text),
});
const chatResponse = object({ response: text, actions: list(action) });
const planStep = object({
  action: text,
  prompt_template: optional(text),
  variables: optional(object({})),
  data_from_step: optional(int),
});
const executionPlan = object({ agent: text, steps: list(planStep) });
const recordMeta = object({ id: text, table: text, checksum: text, created_at: int, updated_at: int });
const backupMetadata = object({ version: int, timestamp: int, checksum: text, chunk_count: int });
const vectorResults = object({ results: list(object({ id: text, score: num, blob: text })) });
const ok = object({ ok: oneOf(true) });

const driven = new Set<string>();
let token = '';

interface Sent {
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Value in the path in place of `:id`, and the query behind it. */
  readonly id?: string;
  readonly query?: string;
  readonly as?: string;
}

/** One row of the table. Throws for an answer that is none of success. */
async function send(row: string, { json, bytes, headers, id = '', query = '', as = token }: Sent = {}) {
  driven.add(row);
  const [method = '', path = ''] = row.split(' ');
  const body = json === undefined ? bytes : JSON.stringify(json);
  const type = json === undefined ? 'application/octet-stream' : 'application/json';
  const response = await fetch(API + path.replace(':id', id) + query, {
    method,
    headers: {
      ...(as === '' ? {} : { authorization: `Bearer ${as}` }),
      ...(body === undefined ? {} : { 'content-type': type }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  if (!response.ok) throw new Error(`${row}: ${response.status} ${await response.text()}`);
  return response;
}

const json = async (...given: Parameters<typeof send>): Promise<unknown> => (await send(...given)).json();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const blobOf = (size: number) => {
  const bytes = randomBytes(size);
  return { bytes, blob: bytes.toString('base64'), checksum: sha256(bytes) };
};

const email = 'grace@example.com';
const password = 'Flow-Matic-1955-compiles';

describe('auth', () => {
  test('register, login, refresh', async () => {
    // On purpose no AuthTokens: who registers a known address learns nothing of it.
    await send('POST /auth/register', { json: { email, password }, as: '' });
    const first = authTokens(await json('POST /auth/login', { json: { email, password }, as: '' }));
    const { refresh_token } = first;
    const second = authTokens(await json('POST /auth/refresh', { json: { refresh_token }, as: '' }));
    token = second.access_token;
    expect(second.expires_at * 1_000).toBeGreaterThan(Date.now());
  });

  test('me', async () => {
    const profile = userProfile(await json('GET /auth/me'));
    expect(profile).toMatchObject({ email, tier: 'free' });
  });
});

describe('health', () => {
  test('status and version', async () => {
    object({ status: text, version: text })(await json('GET /health', { as: '' }));
  });
});

describe('billing', () => {
  test('a checkout by its tier alone is paid, and the tier is another, with the token of before', async () => {
    const { checkout_url } = object({ checkout_url: text })(
      await json('POST /billing/checkout', { json: { tier: 'pro' } }),
    );
    const { location } = await stripe.pay(checkout_url);
    await server.drainEvents();
    expect(userProfile(await json('GET /auth/me'))).toMatchObject({ tier: 'pro' });
    const page = await fetch(location ?? '');
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Go back to the app')]);
  });

  test.each(['free', 'gold', ''])('a checkout of the tier "%s" is refused', async (wrong) => {
    const checkout = send('POST /billing/checkout', { json: { tier: wrong } });
    await expect(checkout).rejects.toThrow(': 400 ');
  });

  test('an event of Stripe', async () => {
    const { body, headers } = stripe.message(stripe.events().at(-1)?.id ?? '');
    ok(await json('POST /billing/webhook', { bytes: Buffer.from(body), headers, as: '' }));
  });

  test('the subscription', async () => {
    expect(await json('GET /billing/subscription')).toMatchObject({ plan: 'adiuva.pro', state: 'active' });
  });
});

const issue = async (query = '?product=adiuva') => {
  const response = await fetch(`${API}/billing/entitlements/token${query}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return {
    status: response.status,
    body: (await response.json()) as { token: string; expires_at: number },
  };
};

describe('the entitlements for a client that holds to them', () => {
  test('are those of the account, verified offline by the JWKS', async () => {
    const { body } = await issue();
    const jwks = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
    const { payload, protectedHeader } = await jwtVerify(body.token, createLocalJWKSet(jwks), {
      algorithms: ['EdDSA'],
      typ: 'entitlement+jwt',
      audience: 'adiuva',
    });
    const { default_account_id: account } = (await json('GET /auth/me')) as { default_account_id: string };
    const { data } = (await json('GET /billing/entitlements')) as { data: { product: string }[] };
    expect(payload['entitlement']).toEqual(data.find(({ product }) => product === 'adiuva'));
    expect(payload['entitlement']).toMatchObject({ grants: { providers: null, active_batches: 10 } });
    const { sub, iat = 0, exp = 0 } = payload;
    expect([sub, exp, exp - iat, protectedHeader.alg]).toEqual([account, body.expires_at, 86_400, 'EdDSA']);
  });

  test('sign nobody in, and are of no product that is not there', async () => {
    const { body } = await issue();
    await expect(send('GET /auth/me', { as: body.token })).rejects.toThrow(': 401 ');
    expect([(await issue('?product=plinth')).status, (await issue('')).status]).toEqual([404, 400]);
  });
});

describe('chat', () => {
  const request = {
    message: 'Create a task: buy milk',
    context: { user_profile: {}, relevant_documents: [], recent_tasks: [], conversation_history: [] },
  };

  test('an answer', async () => {
    chatResponse(await json('POST /chat', { json: { ...request, execution_mode: 'direct' } }));
  });

  test('a plan', async () => {
    executionPlan(await json('POST /chat', { json: { ...request, execution_mode: 'plan' } }));
  });

  test.each([
    ['by its header', { headers: () => ({ authorization: `Bearer ${token}` }), frame: () => ({}) }],
    ['in the first frame', { headers: () => ({}), frame: () => ({ access_token: token }) }],
  ])('a stream of tokens and a last frame, with the token %s', async (_where, { headers, frame }) => {
    driven.add('WS /chat/stream');
    const socket = new WebSocket(`${API.replace('http', 'ws')}/chat/stream`, { headers: headers() });
    const frames: string[] = [];
    socket.on('message', (data: Buffer) => frames.push(data.toString()));
    await once(socket, 'open');
    socket.send(JSON.stringify({ ...request, execution_mode: 'direct', ...frame() }));
    await once(socket, 'close');
    const last: unknown = JSON.parse(frames.pop() ?? '');
    const { response } = chatResponse(last);
    object({ done: oneOf(true) })(last);
    expect(frames.join('')).toBe(response);
    expect(frames.length).toBeGreaterThan(1);
  });
});

describe('plans', () => {
  test('a playbook, and all of them in a bare list', async () => {
    const all = list(executionPlan)(await json('GET /plans/playbook'));
    const [first] = list(object({ id: text }))(await json('GET /plans/playbook'));
    expect(executionPlan(await json('GET /plans/playbook/:id', { id: first?.id ?? '' }))).toEqual(all[0]);
  });
});

describe('records', () => {
  const created = object({ id: text, created_at: int });

  test('are created, listed, read, replaced and deleted', async () => {
    const [one, other] = [blobOf(1_000), blobOf(2_000)];
    const { id, created_at } = created(
      await json('POST /storage/records', {
        json: { table: 'notes', blob: one.blob, checksum: one.checksum },
      }),
    );
    expect(Math.abs(Date.now() - created_at)).toBeLessThan(86_400_000);
    const page = '?table=notes';
    expect(list(recordMeta)(await json('GET /storage/records', { query: page }))).toMatchObject([
      { id, table: 'notes', checksum: one.checksum, created_at },
    ]);
    const read = await send('GET /storage/records/:id', { id });
    expect(read.headers.get('x-checksum')).toBe(one.checksum);
    expect(Buffer.from(await read.arrayBuffer()).equals(one.bytes)).toBe(true);
    const replacement = { json: { blob: other.blob, checksum: other.checksum }, id };
    ok(await json('PUT /storage/records/:id', replacement));
    const again = await send('GET /storage/records/:id', { id });
    expect(Buffer.from(await again.arrayBuffer()).equals(other.bytes)).toBe(true);
    ok(await json('DELETE /storage/records/:id', { id }));
    expect(list(recordMeta)(await json('GET /storage/records', { query: page }))).toEqual([]);
  });

  test('page by page', async () => {
    for (let n = 0; n < 5; n += 1) {
      const { blob, checksum } = blobOf(10 + n);
      await send('POST /storage/records', { json: { table: 'paged', blob, checksum } });
    }
    const pages = await Promise.all(
      [1, 2, 3, 4].map(async (page) =>
        list(recordMeta)(await json('GET /storage/records', { query: `?table=paged&page=${page}&limit=2` })),
      ),
    );
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1, 0]);
    expect(new Set(pages.flat().map(({ id }) => id)).size).toBe(5);
  });

  test('with another checksum are refused with 400', async () => {
    const { blob } = blobOf(100);
    const { checksum } = blobOf(100);
    const sent = send('POST /storage/records', { json: { table: 'notes', blob, checksum } });
    await expect(sent).rejects.toThrow(': 400 ');
  });
});

describe('vectors', () => {
  test('are stored, found again by their blob, and deleted', async () => {
    const items = ['a', 'b', 'c'].map((id) => ({ id, ...blobOf(64) }));
    const vectors = items.map(({ id, blob, checksum }) => ({ id, blob, checksum }));
    const upserted = object({ upserted: int })(
      await json('POST /storage/vectors/upsert', { json: { vectors } }),
    );
    expect(upserted).toEqual({ upserted: 3 });
    const search = { json: { query_blob: vectors[1]?.blob, top_k: 10 } };
    expect(vectorResults(await json('POST /storage/vectors/search', search))).toEqual({
      results: [{ id: 'b', score: 1, blob: vectors[1]?.blob }],
    });
    ok(await json('DELETE /storage/vectors', { json: { ids: ['a', 'b', 'c'] } }));
    expect(vectorResults(await json('POST /storage/vectors/search', search))).toEqual({ results: [] });
  });
});

describe('backups', () => {
  test('are put, read unless nothing is newer, listed and deleted', async () => {
    const { bytes, checksum } = blobOf(100_000);
    const timestamp = Date.now();
    const headers = {
      'x-backup-version': '1',
      'x-backup-timestamp': String(timestamp),
      'x-backup-checksum': checksum,
    };
    ok(await json('PUT /backup', { bytes, headers }));
    const latest = await send('GET /backup');
    expect(Buffer.from(await latest.arrayBuffer()).equals(bytes)).toBe(true);
    const since = { headers: { 'if-modified-since': latest.headers.get('last-modified') ?? '' } };
    await expect(send('GET /backup', since)).rejects.toThrow(': 304 ');
    const history = await json('GET /backup/history');
    expect(list(backupMetadata)(history)).toMatchObject([{ version: 1, timestamp, checksum }]);
    const [{ id } = { id: '' }] = list(object({ id: text }))(history);
    ok(await json('DELETE /backup/:id', { id }));
    expect(await json('GET /backup/history')).toEqual([]);
  });
});

describe('plugins', () => {
  const manifest = object({
    id: text,
    name: text,
    description: text,
    version: text,
    author: text,
    permissions: list(text),
    category: text,
    price_cents: int,
  });
  const rows = {
    'GET /plugins': { query: '?category=notes&q=clip&page=1&sort=rating' },
    'GET /plugins/:id': { id: 'web-clipper' },
    'POST /plugins/:id/install': { id: 'web-clipper', json: { plugin_id: 'web-clipper' } },
    'DELETE /plugins/:id/install': { id: 'web-clipper' },
  };

  test.each(['free', 'pro'])('are refused on %s with 402', async (plan) => {
    const { key } = await server.customer(`adiuva.${plan}`);
    for (const [row, given] of Object.entries(rows))
      await expect(send(row, { ...given, as: key })).rejects.toThrow(/: 402 .*"upgrade":"adiuva.power"/);
  });

  test('are listed, read, installed and uninstalled on Power', async () => {
    const bytes = Buffer.from('a package');
    const plugin = { id: 'web-clipper', name: 'Web clipper', permissions: ['write_notes'], bytes };
    await publish(server, { ...plugin, developer: await developerIn(server) });
    const { key: as } = await server.customer('adiuva.power');
    const ask = (row: keyof typeof rows) => json(row, { ...rows[row], as });
    expect(
      object({ plugins: list(manifest), total: int, page: int })(await ask('GET /plugins')),
    ).toMatchObject({
      plugins: [{ id: 'web-clipper' }],
      total: 1,
      page: 1,
    });
    manifest(await ask('GET /plugins/:id'));
    const installed = await ask('POST /plugins/:id/install');
    const { download_url } = object({ ok: oneOf(true), download_url: text })(installed);
    expect(Buffer.from(await (await fetch(download_url)).arrayBuffer()).equals(bytes)).toBe(true);
    ok(await ask('DELETE /plugins/:id/install'));
  });
});

test('a subscription is cancelled', async () => {
  ok(await json('DELETE /billing/subscription'));
});

/** The table of the document. */
const ROWS = `
POST /auth/register
POST /auth/login
POST /auth/refresh
GET /auth/me
POST /chat
WS /chat/stream
GET /plans/playbook
GET /plans/playbook/:id
POST /storage/records
GET /storage/records
GET /storage/records/:id
PUT /storage/records/:id
DELETE /storage/records/:id
POST /storage/vectors/upsert
POST /storage/vectors/search
DELETE /storage/vectors
PUT /backup
GET /backup
GET /backup/history
DELETE /backup/:id
GET /plugins
GET /plugins/:id
POST /plugins/:id/install
DELETE /plugins/:id/install
POST /billing/checkout
POST /billing/webhook
GET /billing/subscription
DELETE /billing/subscription
GET /health
`;

test('no row of the table was left out', () => {
  const rows = ROWS.trim().split('\n');
  expect(rows.filter((row) => !driven.has(row))).toEqual([]);
});
