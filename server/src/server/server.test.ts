import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { declareSecretShapes, randomToken, systemRandom } from '#platform/kernel';
import { MINE, serve, THEIRS } from '@plinth/testkit/shop';

const { call, lines, shop, url } = await serve();
const ITEM = '/v1/items/0193a000-0000-7000-8000-000000000009';
const post = (body: unknown, headers: Record<string, string> = {}) => ({
  method: 'POST',
  as: 'token',
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

test('every answer carries a request id: a sound one of the caller, else one of ours', async () => {
  const given = await call('/v1/items', { headers: { 'x-request-id': 'abc-123' } });
  expect(given.headers.get('x-request-id')).toBe('abc-123');
  const made = await call('/nowhere', { headers: { 'x-request-id': 'no spaces please' } });
  expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(made.json.error).toMatchObject({ code: 'not_found', request_id: made.headers.get('x-request-id') });
});

test('a secret of a product is no request id, and is in no line of the log', async () => {
  declareSecretShapes([/SHOPKEY-[0-9A-Z]+/]);
  const headers = { 'x-request-id': 'SHOPKEY-7XQ2', 'user-agent': 'SHOPKEY-7XQ2' };
  const answered = await call('/v1/shelves/SHOPKEY-7XQ2', { headers });
  expect(answered.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(lines.join()).not.toContain('SHOPKEY');
});

const TOKEN = randomToken(systemRandom);
const KEY = randomToken(systemRandom, 'pl_');

test.each([
  ['an API key', KEY],
  ['an API key in base64', Buffer.from(KEY).toString('base64')],
  ['an API key in the base64 of URLs, with a header', Buffer.from(`Bearer ${KEY}\n`).toString('base64url')],
  ['an API key in base64 behind another word', `id/${Buffer.from(`a:${KEY}`).toString('base64')}`],
  ['an API key in hex', Buffer.from(KEY).toString('hex').toUpperCase()],
  ['a token without a prefix', TOKEN],
  ['an access token', `eyJhbGciOiJFZERTQSJ9.${TOKEN}.${TOKEN}`],
  ['a key of a vendor', 'sk-proj-4f9a8c7e6d5b4a3f2e1d'],
])('%s is no request id, and no row has it as the name of a client', async (_what, secret) => {
  const headers = { 'x-request-id': secret, 'user-agent': `curl (${secret})` };
  const answered = await call('/v1/items', { headers });
  expect(answered.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(lines.join()).not.toContain(secret);
  expect(shop.userAgent).toBe('curl ([hidden])');
});

test.each(['4bf92f3577b34da6a3ce929d0e0e4736', 'a'.repeat(64), 'Root=1-67891233-abcdef012345678912345678'])(
  'the id %s of a proxy is taken as it is',
  async (id) => {
    const answered = await call('/v1/items', { headers: { 'x-request-id': id } });
    expect(answered.headers.get('x-request-id')).toBe(id);
  },
);

test('a call is logged with its request id and trace, without what was asked for', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await call('/v1/shelves/marker?', { headers: { 'x-request-id': 'log-1', traceparent } });
  const line = lines.find((one) => one.includes('log-1'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({
    request_id: 'log-1',
    trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    route: 'GET /v1/shelves/:name',
    status: 200,
  });
  expect(lines.join()).not.toContain('marker');
});

const linesOf = (id: string) =>
  lines.filter((one) => one.includes(id)).map((one) => JSON.parse(one) as object);

test('a request that breaks off is nobody’s fault: one line at info, and no failure', async () => {
  const { port } = new URL(url);
  const head =
    'POST /v1/items HTTP/1.1\r\nhost: a\r\nx-request-id: broken-1\r\ncontent-type: application/json\r\n';
  const socket = connect(Number(port), '127.0.0.1', () => {
    socket.write(`${head}authorization: Bearer token\r\ncontent-length: 100\r\n\r\n{"a`);
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  // The server has begun with it when it has answered a later call.
  await call('/v1/items');
  socket.resetAndDestroy();
  await expect
    .poll(() => linesOf('broken-1'))
    .toEqual([expect.objectContaining({ level: 'info', status: 499 })]);
});

test.each<[string, { as?: string; headers?: Record<string, string> }, [number, string]]>([
  ['no credential', {}, [401, 'unauthenticated']],
  ['an unknown token', { as: 'stranger' }, [401, 'unauthenticated']],
  ["another's account", { as: 'token', headers: { 'x-account-id': THEIRS } }, [404, 'not_found']],
  ['an account id that is none', { as: 'token', headers: { 'x-account-id': "' or 1" } }, [404, 'not_found']],
  [
    'a key for another account than its own',
    { as: 'key', headers: { 'x-account-id': THEIRS } },
    [404, 'not_found'],
  ],
])('%s is refused', async (_what, init, [status, code]) => {
  const answered = await call(ITEM, init);
  expect(answered.status).toBe(status);
  expect(answered.json.error?.code).toBe(code);
  if (status === 401) expect(answered.headers.get('www-authenticate')).toBe('Bearer');
});

test('roles, scopes of keys and platform admins are held to what a route says', async () => {
  expect((await call(ITEM, { as: 'token' })).json).toMatchObject({ account: MINE, role: 'owner' });
  expect((await call(ITEM, { as: 'token', headers: { 'x-account-id': MINE } })).status).toBe(200);
  expect((await call(ITEM, { as: 'viewer' })).json).toMatchObject({ role: 'viewer' });
  expect((await call(ITEM, { as: 'key' })).status).toBe(200);
  expect((await call('/v1/items', { ...post({ name: 'a' }), as: 'viewer' })).json.error?.code).toBe(
    'forbidden',
  );
  expect((await call('/v1/items', { ...post({ name: 'a' }), as: 'key' })).json.error).toMatchObject({
    code: 'forbidden',
    details: { scopes: ['shop:write'] },
  });
  expect((await call('/v1/admin/things', { method: 'POST', as: 'token' })).json.error?.code).toBe(
    'forbidden',
  );
  expect((await call('/v1/admin/things', { method: 'POST', as: 'admin' })).status).toBe(200);
  expect(shop.done).toEqual([]);
});

test('a path parameter that is no id is not found, and paths answer with a trailing slash and under /api', async () => {
  expect((await call('/v1/items/1', { as: 'token' })).status).toBe(404);
  expect((await call(`${ITEM}/`, { as: 'token' })).status).toBe(200);
  expect((await call(`/api${ITEM}`, { as: 'token' })).status).toBe(200);
  expect((await call('/api/items?limit=2')).status).toBe(200);
  expect((await call('/v1/auth/signin', post({ email: 'a' }))).status).toBe(204);
  expect((await call('/v1/auth/signup', post({ email: 'a' }))).status).toBe(404);
  expect((await call('/api/v1/health')).json).toEqual({ status: 'ok', version: '0.0.0' });
});

const errorOf = async (path: string, method = 'GET') => {
  const { status, json, headers } = await call(path, { as: 'token', method });
  return [status, json.error?.code, json.error?.message, headers.get('allow')];
};

test('an unknown path, a wrong method and a missing object are told apart, and each says what it is', async () => {
  expect(await errorOf('/v1/secret-of-mine')).toEqual([
    404,
    'not_found',
    'This server has no call at this path. GET /openapi.json lists all calls, and /docs shows them.',
    null,
  ]);
  expect(await errorOf('/v1/items?limit=1', 'DELETE')).toEqual([
    405,
    'method_not_allowed',
    'This path does not take DELETE. It takes GET, HEAD, POST.',
    'GET, HEAD, POST',
  ]);
  expect(await errorOf(`${ITEM}-`)).toEqual([404, 'not_found', 'There is no such item here.', null]);
});

const messageOf = async (authorization?: string) => {
  const headers = authorization === undefined ? {} : { authorization };
  const { status, json } = await call(ITEM, { headers });
  return [status, json.error?.message];
};

test('a credential that is not good is told apart from none', async () => {
  expect(await messageOf()).toEqual([401, 'Send an access token or an API key: "Authorization: Bearer …".']);
  const invalid = [401, 'This access token or API key is not valid: it is wrong, expired or revoked.'];
  expect(await messageOf('Bearer pl_wrong')).toEqual(invalid);
});

test('a text that can not be stored is told of with its place', async () => {
  const { json } = await call('/v1/items', post('{"name":"a","tags":["b",{"c":"d\\u0000"}]}'));
  expect(json.error?.message).toBe('There is a NUL character in body.tags.1.c.');
});

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
test.each([
  ['an unknown field', { name: 'a', color: 'red' }, 400],
  ['a wrong type', { name: 1 }, 400],
  ['no body', '', 400],
  ['malformed JSON', '{"name": marker', 400],
  ['a NUL', '{"name":"a\\u0000b"}', 400],
  ['a NUL in a field name', '{"name":"a","\\u0000":1}', 400],
  ['a lone surrogate', '{"name":"a\\ud800b"}', 400],
  ['a prototype', '{"name":"a","__proto__":{"admin":true}}', 400],
  ['a disguised prototype', '{"name":"a","\\u005f_proto__":{"admin":true}}', 400],
  ['JSON that is nested too deep', `{"name":"a","tags":${deep(40)}}`, 400],
  ['JSON that is nested ten thousand deep', deep(10_000), 400],
  ['more than the route takes', { name: 'a'.repeat(70_000) }, 413],
])('%s is refused, and has no effect', async (_what, body, status) => {
  const answered = await call('/v1/items', post(body));
  expect(answered.status).toBe(status);
  expect(answered.json.error?.code).toBe(status === 413 ? 'payload_too_large' : 'validation_failed');
  expect(answered.text).not.toContain('marker');
  expect(shop.done).toEqual([]);
});

test('the refusal of a body that is too large says how large it may be, however it is sent', async () => {
  const body = JSON.stringify({ name: 'a'.repeat(70_000) });
  const streamed = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(body));
      controller.close();
    },
  });
  const { headers } = post({});
  for (const sent of [{ body }, { body: streamed, duplex: 'half' as const }]) {
    const { status, json } = await call('/v1/items', { method: 'POST', headers, ...sent });
    expect({ status, details: json.error?.details }).toEqual({
      status: 413,
      details: { max_bytes: 65_536, upgrade: null },
    });
  }
});

test.each([
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ['text', { 'content-type': 'text/plain' }, 415],
  ['a type that is none', { 'content-type': 'json' }, 415],
  ['another charset', { 'content-type': 'application/json; charset=utf-16' }, 415],
  ['a compressed body', { 'content-encoding': 'gzip' }, 415],
])('%s is refused as a media type', async (_what, headers, status) => {
  const answered = await call('/v1/items', post({ name: 'a' }, headers));
  expect([answered.status, answered.json.error?.code]).toEqual([status, 'unsupported_media_type']);
});

test('bytes that are no UTF-8 are refused', async () => {
  const body = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
  const answered = await call('/v1/items', { method: 'POST', as: 'token', body });
  expect(answered.status).toBe(400);
});

test.each([
  ['?color=red'],
  ['?limit=abc'],
  ['?limit=0'],
  ['?limit=1&limit=2'],
  ['?cursor=%00'],
  ['?cursor=%ED%A0%80'],
  ['?cursor=%zz'],
  ['?sort=weight'],
  ['?__proto__=1'],
])('the query %s is refused', async (query) => {
  const answered = await call(`/v1/items${query}`);
  expect([answered.status, answered.json.error?.code]).toEqual([400, 'validation_failed']);
});

test.each([['/v1/shelves/%00'], ['/v1/shelves/%zz'], ['/v1/shelves/%ED%A0%80']])(
  'the path %s is refused',
  async (path) => {
    expect((await call(path)).status).toBe(400);
  },
);

test('the faults of a body are said place by place', async () => {
  const { json } = await call('/v1/items', post({ name: '', tags: [1], more: true }));
  const issues = json.error?.details?.['issues'] as { path: string }[];
  expect(issues.map(({ path }) => path)).toEqual(['body.name', 'body.tags.0', 'body.more']);
});

test('a repeat under one key has one effect; another request under it is refused', async () => {
  const keyed = post({ name: 'once' }, { 'idempotency-key': 'k-1' });
  const first = await call('/v1/items', keyed);
  const again = await call('/api/v1/items/', keyed);
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.json).toEqual({ name: 'once' });
  expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([
    null,
    'true',
  ]);
  expect(again.headers.get('location')).toBe('/v1/items/1');
  expect(shop.done).toEqual(['once']);
  const other = await call('/v1/items', post({ name: 'other' }, { 'idempotency-key': 'k-1' }));
  expect([other.status, other.json.error?.code]).toEqual([422, 'idempotency_mismatch']);
  const bad = await call('/v1/items', post({ name: 'other' }, { 'idempotency-key': 'a b' }));
  expect(bad.status).toBe(400);
  expect((await call('/v1/generate', post({ topic: 'tea' }))).json.error?.code).toBe(
    'idempotency_key_required',
  );
});

test('a rate that is used up is 429 with its state in headers, and says when to come back', async () => {
  const first = await call('/v1/shelves/top');
  const statuses = [first.status, (await call('/v1/shelves/top')).status];
  const refused = await call('/v1/shelves/top');
  expect([...statuses, refused.status].at(-1)).toBe(429);
  expect(refused.headers.get('ratelimit-policy')).toBe('"ip";q=2;w=60');
  expect(refused.headers.get('ratelimit')).toMatch(/^"ip";r=0;t=\d+$/);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.json.error).toMatchObject({
    code: 'limit_exceeded',
    details: { used: 2, max: 2, upgrade: null },
  });
});

/** The status of a call that is rated by all that there is, and what is left by the rate that decides. */
async function callCrowded(as: string) {
  const answered = await call('/v1/crowded', { as });
  return [answered.status, answered.headers.get('ratelimit')?.replace(/;t=\d+$/, '')];
}

test('several rates are one decision: the one that refuses is named, and the others are not used up by it', async () => {
  expect(await callCrowded('token')).toEqual([200, '"member";r=1']);
  expect(await callCrowded('key')).toEqual([200, '"member";r=0']);
  for (let tries = 0; tries < 5; tries += 1)
    expect(await callCrowded('token')).toEqual([429, '"member";r=0']);
  // Another member of the account has a rate of their own, and what is left of the account's.
  expect(await callCrowded('viewer')).toEqual([200, '"account";r=1']);
  expect(await callCrowded('viewer')).toEqual([200, '"account";r=0']);
  // Both are used up now; the one that resets last says when to come back.
  expect(await callCrowded('viewer')).toEqual([429, '"member";r=0']);
});

test('a rate by what is in the body counts that, and keeps only a digest of it', async () => {
  const email = { email: 'marker@example.com' };
  const statuses = [];
  for (let tries = 0; tries < 3; tries += 1)
    statuses.push((await call('/v1/auth/login', post(email))).status);
  expect(statuses).toEqual([204, 204, 429]);
  expect((await call('/v1/auth/login', post({ email: 'b@example.com' }))).status).toBe(204);
});

test('an answer that is not as declared is an error that tells nothing', async () => {
  const answered = await call('/v1/broken');
  expect([answered.status, answered.json.error?.code]).toEqual([500, 'internal']);
  expect(answered.text).not.toContain('marker');
  expect(lines.find((line) => line.includes('a call failed'))).toContain('GET /v1/broken');
});

test('secure headers are on every answer, and no browser of a stranger may read it', async () => {
  const { headers } = await call('/v1/items', { headers: { origin: 'https://stranger.example' } });
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('access-control-allow-origin')).toBeNull();
});
