import { describe, expect, it } from 'vitest';
import {
  hasRedisServer,
  type Proxy,
  proxyTo,
  type RedisServer,
  redisServer,
} from '@plinth/testkit/services/redis';
import { reelFixture } from './fixture.ts';

const SOON = { timeout: 120_000, interval: 50 };
const PASSWORD = 'a long enough pass phrase';

interface Trouble {
  readonly is: string;
  harm(server: RedisServer, proxy: Proxy): unknown;
  heal(server: RedisServer, proxy: Proxy): unknown;
}

/** Troubles of a Redis, and how it is well again. */
const TROUBLES: readonly Trouble[] = [
  { is: 'killed', harm: (server) => server.kill(), heal: (server) => server.start() },
  { is: 'stopped by a signal', harm: (server) => server.pause(), heal: (server) => server.resume() },
  {
    is: 'slow by half a second',
    harm: (_, proxy) => Object.assign(proxy, { delay: 500 }),
    heal: (_, proxy) => Object.assign(proxy, { delay: 0 }),
  },
  {
    is: 'out of memory',
    harm: (server) => server.command('config', 'set', 'maxmemory', '1'),
    heal: (server) => server.command('config', 'set', 'maxmemory', '0'),
  },
  {
    is: 'a read-only replica',
    harm: (server) => server.command('replicaof', '127.0.0.1', '1'),
    heal: (server) => server.command('replicaof', 'no', 'one'),
  },
];

const headersFrom = (ip: string) => ({ 'x-forwarded-for': ip });

/** The whole app on a Redis of its own until the end of the file, with a customer who can sign in and create. */
async function open() {
  const server = await redisServer();
  const proxy = await proxyTo(server);
  const fixture = await reelFixture({ settings: { REDIS_URL: proxy.url, TRUSTED_PROXIES: '127.0.0.1' } });
  const by = await fixture.creator('reel.pro');
  const email = `${by.by.accountId}@example.com`;
  const registered = await fixture.call(undefined, 'POST /v1/auth/register', {
    body: { email, password: PASSWORD, company_name: 'Company' },
    headers: headersFrom('192.0.2.1'),
  });
  expect(registered.status).toBe(201);
  return {
    ...fixture,
    server,
    proxy,
    by,
    signIn: (ip: string, password = PASSWORD) =>
      fixture.call(undefined, 'POST /v1/auth/login', { body: { email, password }, headers: headersFrom(ip) }),
    /** The operators' view: of the server, of Redis, and of its breaker. */
    ready: async () => {
      const { status, body } = await fixture.call(undefined, 'GET /readyz');
      const { redis } = body['dependencies'] as Record<string, { readonly state: string }>;
      const metrics = await fixture.app.telemetry.prometheus();
      const breaker = /^plinth_redis_breaker_state (\d)$/m.exec(metrics)?.[1];
      return [status, body['status'], redis?.state, breaker];
    },
  };
}

describe.skipIf(!hasRedisServer)('Redis is disposable:', () => {
  // Most of each is waiting until Redis is taken for away, and for well again.
  it.concurrent.for(TROUBLES)(
    '$is, it turns no answer into an error, and operators see it',
    async ({ harm, heal }, { expect: see }) => {
      const { server, proxy, by, signIn, ready } = await open();
      await see.poll(ready, SOON).toEqual([200, 'ready', 'ok', '0']);
      expect((await signIn('192.0.2.2')).status).toBe(200);
      await by.ended(await by.asked());

      await harm(server, proxy);
      const statuses = await Promise.all(
        Array.from(
          { length: 8 },
          async (_, place) => (await signIn(`192.0.2.${10 + place}`, 'wrong')).status,
        ),
      );
      expect(statuses.filter((status) => status >= 500)).toEqual([]);
      await see.poll(ready, SOON).toEqual([200, 'degraded', 'down', '2']);
      const generation = await by.ended(await by.asked());
      expect(generation.status).toBe('completed');
      expect(await by.used()).toMatchObject({ generations: 2, hourly: 2, concurrent: 0 });

      await heal(server, proxy);
      await see.poll(ready, SOON).toEqual([200, 'ready', 'ok', '0']);
      await by.ended(await by.asked());
      expect(await by.used()).toMatchObject({ generations: 3, hourly: 3, concurrent: 0 });
    },
  );

  it('flushed in the middle of it all, it changes nothing that was charged', async () => {
    const { server, by } = await open();
    const flushing = Array.from({ length: 20 }, () => server.command('flushall'));
    const asked = Array.from({ length: 6 }, () => by.create());
    const answers = await Promise.all(asked);
    await Promise.all(flushing);
    const accepted = answers.filter(({ status }) => status === 202);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    for (const { body } of accepted) await by.ended(String(body['generation_id']));
    expect(await by.used()).toMatchObject({ generations: accepted.length, hourly: accepted.length });
  });

  it('is not waited for at a start where it is away', async () => {
    const server = await redisServer();
    await server.kill();
    const fixture = await reelFixture({ settings: { REDIS_URL: server.url } });
    const by = await fixture.creator('reel.pro');
    await by.ended(await by.asked());
    expect((await fixture.call(undefined, 'GET /readyz')).body['status']).toBe('degraded');
  });
});
