import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { developerIn, publish } from '../../products/marketplace/test/fixture.ts';
import { openSellingApp } from '../selling/fixture.ts';
import { planClient, type Sent } from './client.ts';
import { expectWhole } from './document.ts';
import { int, list, num, object, oneOf, optional, text } from './plan-shapes.ts';

/** Plan document 001's table, driven by a client that knows nothing but the document: its paths and shapes, a token as bearer. */
const server = await openSellingApp();
const { sandbox: stripe } = server;

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

const client = planClient(server.url);
let token = '';

/** One row of the table. Throws for an answer that is none of success. */
const send = (row: string, sent: Sent = {}) => client.send(row, { as: token, ...sent });
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
    await send('POST /api/v1/auth/register', { json: { email, password }, as: '' });
    const first = authTokens(await json('POST /api/v1/auth/login', { json: { email, password }, as: '' }));
    const { refresh_token } = first;
    const second = authTokens(await json('POST /api/v1/auth/refresh', { json: { refresh_token }, as: '' }));
    token = second.access_token;
    expect(second.expires_at * 1_000).toBeGreaterThan(Date.now());
  });

  test('me', async () => {
    const profile = userProfile(await json('GET /api/v1/auth/me'));
    expect(profile).toMatchObject({ email, tier: 'free' });
    await expect(send('GET /api/v1/auth/me', { as: 'none' })).rejects.toThrow(': 401 ');
  });
});

describe('health', () => {
  test('status and version', async () => {
    object({ status: text, version: text })(await json('GET /api/v1/health', { as: '' }));
  });
});

describe('billing', () => {
  test('a checkout by its tier alone is paid, and the tier is another, with the token of before', async () => {
    const { checkout_url } = object({ checkout_url: text })(
      await json('POST /api/v1/billing/checkout', { json: { tier: 'pro' } }),
    );
    const { location } = await stripe.pay(checkout_url);
    await server.drainEvents();
    expect(userProfile(await json('GET /api/v1/auth/me'))).toMatchObject({ tier: 'pro' });
    const page = await fetch(location ?? '');
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringMatching(/Go back to the app[^]*<a class="button" href="http[^"]*\/app">Open /),
    ]);
  });

  test.each(['free', 'gold', ''])('a checkout of the tier "%s" is refused', async (wrong) => {
    const checkout = send('POST /api/v1/billing/checkout', { json: { tier: wrong } });
    await expect(checkout).rejects.toThrow(': 400 ');
  });

  test('an event of Stripe', async () => {
    const { body, headers } = stripe.message(stripe.events().at(-1)?.id ?? '');
    ok(await json('POST /api/v1/billing/webhook', { bytes: Buffer.from(body), headers, as: '' }));
  });

  test('the subscription', async () => {
    expect(await json('GET /api/v1/billing/subscription')).toMatchObject({
      plan: 'adiuva.pro',
      state: 'active',
    });
  });
});

describe('chat', () => {
  const request = {
    message: 'Create a task: buy milk',
    context: { user_profile: {}, relevant_documents: [], recent_tasks: [], conversation_history: [] },
  };

  test('an answer', async () => {
    chatResponse(await json('POST /api/v1/chat', { json: { ...request, execution_mode: 'direct' } }));
  });

  test('a plan', async () => {
    executionPlan(await json('POST /api/v1/chat', { json: { ...request, execution_mode: 'plan' } }));
  });

  test.each([
    ['by its header', { headers: () => ({ authorization: `Bearer ${token}` }), frame: () => ({}) }],
    ['in the first frame', { headers: () => ({}), frame: () => ({ access_token: token }) }],
  ])('a stream of tokens and a last frame, with the token %s', async (_where, { headers, frame }) => {
    client.made.add('WS /api/v1/chat/stream');
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/chat/stream`, {
      headers: headers(),
    });
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
    const all = list(executionPlan)(await json('GET /api/v1/plans/playbook'));
    const [first] = list(object({ id: text }))(await json('GET /api/v1/plans/playbook'));
    expect(executionPlan(await json('GET /api/v1/plans/playbook/:id', { id: first?.id ?? '' }))).toEqual(
      all[0],
    );
  });
});

describe('records', () => {
  const created = object({ id: text, created_at: int });

  test('are created, listed, read, replaced and deleted', async () => {
    const [one, other] = [blobOf(1_000), blobOf(2_000)];
    const { id, created_at } = created(
      await json('POST /api/v1/storage/records', {
        json: { table: 'notes', blob: one.blob, checksum: one.checksum },
      }),
    );
    expect(Math.abs(Date.now() - created_at)).toBeLessThan(86_400_000);
    const page = '?table=notes';
    expect(list(recordMeta)(await json('GET /api/v1/storage/records', { query: page }))).toMatchObject([
      { id, table: 'notes', checksum: one.checksum, created_at },
    ]);
    const read = await send('GET /api/v1/storage/records/:id', { id });
    expect(read.headers.get('x-checksum')).toBe(one.checksum);
    expect(Buffer.from(await read.arrayBuffer()).equals(one.bytes)).toBe(true);
    const replacement = { json: { blob: other.blob, checksum: other.checksum }, id };
    ok(await json('PUT /api/v1/storage/records/:id', replacement));
    const again = await send('GET /api/v1/storage/records/:id', { id });
    expect(Buffer.from(await again.arrayBuffer()).equals(other.bytes)).toBe(true);
    ok(await json('DELETE /api/v1/storage/records/:id', { id }));
    expect(list(recordMeta)(await json('GET /api/v1/storage/records', { query: page }))).toEqual([]);
  });

  test('page by page', async () => {
    for (let n = 0; n < 5; n += 1) {
      const { blob, checksum } = blobOf(10 + n);
      await send('POST /api/v1/storage/records', { json: { table: 'paged', blob, checksum } });
    }
    const pages = await Promise.all(
      [1, 2, 3, 4].map(async (page) =>
        list(recordMeta)(
          await json('GET /api/v1/storage/records', { query: `?table=paged&page=${page}&limit=2` }),
        ),
      ),
    );
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1, 0]);
    expect(new Set(pages.flat().map(({ id }) => id)).size).toBe(5);
  });

  test('with another checksum are refused with 400', async () => {
    const { blob } = blobOf(100);
    const { checksum } = blobOf(100);
    const sent = send('POST /api/v1/storage/records', { json: { table: 'notes', blob, checksum } });
    await expect(sent).rejects.toThrow(': 400 ');
  });
});

describe('vectors', () => {
  test('are stored, found again by their blob, and deleted', async () => {
    const items = ['a', 'b', 'c'].map((id) => ({ id, ...blobOf(64) }));
    const vectors = items.map(({ id, blob, checksum }) => ({ id, blob, checksum }));
    const upserted = object({ upserted: int })(
      await json('POST /api/v1/storage/vectors/upsert', { json: { vectors } }),
    );
    expect(upserted).toEqual({ upserted: 3 });
    const search = { json: { query_blob: vectors[1]?.blob, top_k: 10 } };
    expect(vectorResults(await json('POST /api/v1/storage/vectors/search', search))).toEqual({
      results: [{ id: 'b', score: 1, blob: vectors[1]?.blob }],
    });
    ok(await json('DELETE /api/v1/storage/vectors', { json: { ids: ['a', 'b', 'c'] } }));
    expect(vectorResults(await json('POST /api/v1/storage/vectors/search', search))).toEqual({ results: [] });
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
    ok(await json('PUT /api/v1/backup', { bytes, headers }));
    const latest = await send('GET /api/v1/backup');
    expect(Buffer.from(await latest.arrayBuffer()).equals(bytes)).toBe(true);
    const since = { headers: { 'if-modified-since': latest.headers.get('last-modified') ?? '' } };
    await expect(send('GET /api/v1/backup', since)).rejects.toThrow(': 304 ');
    const history = await json('GET /api/v1/backup/history');
    expect(list(backupMetadata)(history)).toMatchObject([{ version: 1, timestamp, checksum }]);
    const [{ id } = { id: '' }] = list(object({ id: text }))(history);
    ok(await json('DELETE /api/v1/backup/:id', { id }));
    expect(await json('GET /api/v1/backup/history')).toEqual([]);
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
    'GET /api/v1/plugins': { query: '?category=notes&q=clip&page=1&sort=rating' },
    'GET /api/v1/plugins/:id': { id: 'web-clipper' },
    'POST /api/v1/plugins/:id/install': { id: 'web-clipper', json: { plugin_id: 'web-clipper' } },
    'DELETE /api/v1/plugins/:id/install': { id: 'web-clipper' },
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
      object({ plugins: list(manifest), total: int, page: int })(await ask('GET /api/v1/plugins')),
    ).toMatchObject({
      plugins: [{ id: 'web-clipper' }],
      total: 1,
      page: 1,
    });
    const read = await ask('GET /api/v1/plugins/:id');
    manifest(read);
    object({ ratings: object({ average: optional(num), count: int }), installs: int })(read);
    const installed = await ask('POST /api/v1/plugins/:id/install');
    const { download_url } = object({ ok: oneOf(true), download_url: text })(installed);
    expect(Buffer.from(await (await fetch(download_url)).arrayBuffer()).equals(bytes)).toBe(true);
    ok(await ask('DELETE /api/v1/plugins/:id/install'));
  });
});

test('a subscription is cancelled', async () => {
  ok(await json('DELETE /api/v1/billing/subscription'));
});

test('each row of the document was driven, and no other', () => {
  expectWhole('001', client.made);
});
