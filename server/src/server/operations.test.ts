import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { freePort, testDatabase } from '@plinth/testkit/services';
import { serve } from '@plinth/testkit/shop';

const { db } = await testDatabase();
/** None of these servers asks more of a database than whether it is there: an embedded one for each took longer than all tests. */
const serveHere = (...[settings, more]: Parameters<typeof serve>) => serve(settings, more, db);

test('the server tells that it is alive, and what it stands on', async () => {
  let optional = true;
  const { call, parts } = await serveHere(
    {},
    {
      dependencies: [
        { name: 'database', required: true, check: async () => {} },
        {
          name: 'cache',
          required: false,
          check: async () => (optional ? undefined : Promise.reject(new Error('away'))),
        },
      ],
    },
  );
  expect((await call('/healthz')).json).toEqual({ status: 'ok' });
  expect((await call('/readyz')).json).toMatchObject({
    status: 'ready',
    dependencies: { database: { state: 'ok' } },
  });
  expect(parts.dependencies).toHaveLength(2);
  optional = false;
  await expect
    .poll(async () => (await call('/readyz')).json['status'], { timeout: 120_000 })
    .toBe('degraded');
  expect((await call('/readyz')).status).toBe(200);
});

test('without something that is required it is not ready', async () => {
  const away = { name: 'database', required: true, check: () => Promise.reject(new Error('secret marker')) };
  const { call } = await serveHere({}, { dependencies: [away] });
  const answered = await call('/readyz');
  expect([answered.status, answered.json['status']]).toEqual([503, 'unready']);
  expect(answered.headers.get('retry-after')).toBe('1');
  expect(answered.text).not.toContain('marker');
});

test('metrics are for holders of the token, and name routes, never what was asked for', async () => {
  const { call } = await serveHere({ metricsToken: 'metrics-token' });
  await call('/v1/items');
  await call('/v1/unknown/marker');
  expect((await call('/metrics')).status).toBe(401);
  expect((await call('/metrics', { as: 'wrong-token12' })).status).toBe(401);
  const answered = await call('/metrics', { as: 'metrics-token' });
  expect(answered.headers.get('content-type')).toContain('text/plain');
  expect(answered.text).toContain(
    'plinth_http_request_duration_seconds_count{route="GET /v1/items",status="200"} 1',
  );
  expect(answered.text).toContain('route="unknown",status="404"');
  expect(answered.text).not.toContain('marker');
});

test('metrics without a token are told on a port of their own alone: whatever is reached on this machine, a proxy passes on', async () => {
  const { call } = await serveHere({ metricsToken: undefined });
  expect((await call('/metrics')).status).toBe(404);
  const own = await freePort();
  const apart = await serveHere({ metricsToken: undefined, metricsPort: own });
  expect((await apart.call('/metrics')).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${own}/metrics`)).status).toBe(200);
});

test('the root says what this is and where to look: the console for browsers, JSON for others', async () => {
  const { call } = await serveHere({ publicBasePath: '/' });
  const told = await call('/');
  expect(told.headers.get('content-type')).toContain('application/json');
  const { links } = told.json as { links: Record<string, string> };
  expect(Object.values(links)).toEqual(['/docs', '/openapi.json', '/healthz']);
  const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';
  const page = await call('/', { headers: { accept } });
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  for (const { headers } of [told, page]) {
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('vary')).toContain('accept');
  }
  for (const path of Object.values(links)) expect([path, (await call(path)).status]).toEqual([path, 200]);
  expect((await call('/', { method: 'HEAD' })).status).toBe(200);
});

test('a port that is in use is named', async () => {
  const { port } = await serveHere();
  await expect(serveHere({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use`);
});

test('a stop lets calls and streams end, and cuts them when their time is up', async () => {
  const { call, server, shop } = await serveHere();
  shop.waiting = Promise.withResolvers();
  const asked = call('/v1/wait');
  await shop.waiting.promise;
  const stopped = server.stop(10);
  await expect(call('/v1/items')).rejects.toThrow();
  shop.release();
  expect((await asked).json).toEqual({ heard: 'go' });
  await stopped;

  const second = await serveHere();
  second.shop.waiting = Promise.withResolvers();
  const endless = second.call('/v1/stream?how=wait');
  await second.shop.waiting.promise;
  await second.server.stop(0.05);
  expect((await endless).text).toContain('data: 2');
  expect(second.shop.done).toEqual(['hung up']);
});

test('calls on connections that were made before the port was closed are answered, and another connection is refused', async () => {
  const { port, server } = await serveHere();
  const made = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')] as const;
  const [, used] = made;
  await Promise.all(made.map((one) => once(one, 'connect')));
  const ask = 'GET /v1/health HTTP/1.1\r\nHost: a\r\n\r\n';
  used.write(ask);
  await once(used, 'data');
  server.leave();
  const ended = server.stopListening();
  await expect
    .poll(() => fetch(`http://127.0.0.1:${port}/healthz`).then(String, String))
    .toContain('fetch failed');
  for (const one of made) {
    one.write(ask);
    expect(await text(one)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n/i);
  }
  await ended;
  await server.stop(0);
});

test('the port of a server whose turns are all long is closed after a second of them', async () => {
  let time = 0;
  const { server } = await serveHere({}, { clock: { now: Date.now, monotonic: () => (time += 10) } });
  const before = time;
  server.leave();
  await server.stopListening();
  expect(time - before).toBeLessThan(2_000);
  await server.stop(0);
});

test('a call that takes too long is given up with 503', async () => {
  const { call, shop } = await serveHere({ callSeconds: 0.2 });
  const answered = await call('/v1/wait');
  expect([answered.status, answered.json.error?.code]).toEqual([503, 'unavailable']);
  expect(shop.done).toEqual(['hung up']);
});
