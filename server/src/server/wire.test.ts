import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { serve } from '@plinth/testkit/shop';

const { call, lines, port, shop, url } = await serve({
  corsOrigins: ['https://app.example.com', 'http://localhost:*', 'app://'],
});

/** Sends bytes as they are, and answers what comes back until the other side ends. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let heard = '';
    socket.on('data', (data) => (heard += data.toString()));
    socket.on('close', () => resolve(heard));
    socket.on('error', reject);
  });
}

test.each([
  ['https://app.example.com', true],
  ['http://localhost:5173', true],
  ['app://obsidian.md', true],
  ['https://app.example.com.evil.example', false],
  ['http://localhost.evil.example:80', false],
  ['http://localhost:80@evil.example', false],
  ['null', false],
])('a browser at %s may read answers: %s', async (origin, allowed) => {
  const { headers } = await call('/v1/items', { headers: { origin } });
  expect(headers.get('access-control-allow-origin')).toBe(allowed ? origin : null);
  expect(headers.get('vary')).toBe('origin');
  const preflight = await call('/v1/items', {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-headers')?.includes('idempotency-key') ?? false).toBe(
    allowed,
  );
});

test('a stream is the handler’s own, with the headers of every answer', async () => {
  const answered = await call('/v1/stream?how=whole', { headers: { 'x-request-id': 'stream-1' } });
  expect(answered.text).toBe('data: 1\n\ndata: 2\n\n');
  expect(answered.headers.get('x-request-id')).toBe('stream-1');
  expect(answered.headers.get('x-content-type-options')).toBe('nosniff');
});

test('a handler that fails on the wire: what it had not begun gets the envelope, what it had begun is cut', async () => {
  const before = await call('/v1/stream?how=throw-before');
  expect([before.status, before.json.error?.code]).toEqual([409, 'conflict']);
  await expect(call('/v1/stream?how=throw-after')).rejects.toThrow();
});

test.each(['wait', 'wait-or-throw'])('a client that hangs up ends the work done for it: %s', async (how) => {
  shop.waiting = Promise.withResolvers();
  shop.done.length = 0;
  const client = new AbortController();
  const headers = { 'x-request-id': how };
  const asked = fetch(`${url}/v1/stream?how=${how}`, { signal: client.signal, headers });
  await shop.waiting.promise;
  client.abort();
  await asked.then((response) => response.text()).catch(() => {});
  await expect.poll(() => shop.done).toContain('hung up');
  const said = () => lines.map((line) => JSON.parse(line)).filter(({ request_id: id }) => id === how);
  await expect.poll(said).toHaveLength(1);
  // An error in the log is a fault of ours.
  expect(said()).toEqual([expect.objectContaining({ level: 'info' })]);
});

test.each([
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  [
    'two lengths',
    'POST /v1/items HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    400,
  ],
  ['a huge header', `GET /v1/items HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
])('%s gets an envelope, and the connection ends', async (_what, text, status) => {
  const heard = await raw(text);
  expect(heard).toContain(`HTTP/1.1 ${status} `);
  expect(heard).toContain('"request_id"');
});

test('a URL that is not percent-encoded is refused with what to do about it', async () => {
  expect(await raw('GET /v1/items?q=Häuser HTTP/1.1\r\nhost: a\r\n\r\n')).toContain(
    'must be percent-encoded',
  );
});

test('two Host headers are refused', async () => {
  const heard = await raw('GET /v1/items HTTP/1.1\r\nhost: a\r\nHost: b\r\nconnection: close\r\n\r\n');
  expect(heard).toContain('HTTP/1.1 400 ');
});

test.each([
  ['GET /%00 HTTP/1.1', 404],
  ['GET /%zz HTTP/1.1', 400],
  ['GET //v1/items HTTP/1.1', 404],
  ['GET /../etc/passwd HTTP/1.1', 404],
  ['TRACE /v1/items HTTP/1.1', 405],
])('%s is refused quietly', async (line, status) => {
  const heard = await raw(`${line}\r\nhost: a\r\nconnection: close\r\n\r\n`);
  expect(heard).toContain(`HTTP/1.1 ${status} `);
  expect(heard).toContain('"error"');
});
