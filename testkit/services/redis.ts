import { inject } from 'vitest';
import { Redis } from 'ioredis';
import { atEndOfFile } from '@plinth/testkit/closing';
import { type Proxy, startProxy } from './proxy.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

export type { Proxy } from './proxy.ts';
export type { RedisServer } from './redis-server.ts';

const shared = inject('redis');

/** Whether there is a Redis for the tests of this run, and a program to start further ones; the run says so if not. */
export const hasRedis = shared.url !== undefined;
export const hasRedisServer = shared.program !== undefined;

/** An empty database number of the run's Redis, for one test file. */
export interface TestRedis {
  /** Leads to that database. */
  readonly url: string;
  /** As if so much time had passed: every key is so much nearer to its end, and every instant in a sorted set. */
  age(seconds: number): Promise<void>;
  keys(): Promise<string[]>;
}

/** Takes the next database number and empties it. Only where there is a Redis. */
export async function testRedis(): Promise<TestRedis> {
  if (shared.url === undefined) throw new Error('there is no Redis: skip this test where hasRedis is false');
  const client = new Redis(shared.url);
  const number = 1 + (((await client.incr('plinth:tests')) - 1) % (shared.databases - 1));
  await client.select(number);
  await client.flushdb();
  atEndOfFile(async () => client.disconnect());
  const url = new URL(shared.url);
  url.pathname = `/${number}`;
  return {
    url: url.href,
    async age(seconds) {
      const passed = seconds * 1_000;
      for (const key of await client.keys('*')) {
        if ((await client.type(key)) === 'zset')
          for (const member of await client.zrange(key, '0', '-1'))
            await client.zincrby(key, -passed, member);
        await client.pexpire(key, Math.max(0, (await client.pttl(key)) - passed));
      }
    },
    keys: () => client.keys('*'),
  };
}

/** A Redis of this test file's own, to be stopped, filled and killed. Only where there is a program for it. */
export async function redisServer(flags: readonly string[] = []): Promise<RedisServer> {
  if (shared.program === undefined) throw new Error('there is no redis-server: skip this test');
  const server = await startRedis(shared.program, flags);
  atEndOfFile(() => server.stop());
  return server;
}

/** A way to a Redis that can be made slow. */
export async function proxyTo(server: RedisServer): Promise<Proxy & { readonly url: string }> {
  const proxy = await startProxy(server.port);
  atEndOfFile(() => proxy.close());
  return Object.assign(proxy, { url: `redis://127.0.0.1:${proxy.port}` });
}
