import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasRedis, hasRedisServer, proxyTo, redisServer, testRedis } from '@plinth/testkit/services/redis';
import type { RedisState } from './breaker.ts';
import { createRedis, type RedisOptions } from './redis.ts';
import { script } from './script.ts';

const ECHO = script('return ARGV[1]');
const COUNT = script("return redis.call('INCR', KEYS[1])");
const WAITING = { timeout: 120_000 };

/** A client that is patient with a busy machine and probes often enough for a test, and what it told. */
async function open(options: RedisOptions) {
  const states: RedisState[] = [];
  const reasons: string[] = [];
  const failures: string[] = [];
  const redis = await createRedis({
    pause: 30,
    deadline: 2_000,
    ...options,
    onState(state, reason) {
      states.push(state);
      if (reason !== undefined) reasons.push(reason.message);
    },
    onFailure: ({ message }) => failures.push(message),
  });
  onTestFinished(() => redis.close());
  return { redis, states, reasons, failures };
}

/** The same of a Redis that is well, as soon as the client knows it. */
async function openReady(options: RedisOptions) {
  const opened = await open(options);
  await expect.poll(() => opened.redis.state, WAITING).toBe('closed');
  return opened;
}

/** A client that hears the channel `news`: hearing begins when Redis has taken note of it. */
async function listener(options: RedisOptions) {
  const { redis } = await openReady(options);
  const heard: string[] = [];
  redis.subscribe('news', (message) => heard.push(message));
  /** Until it has heard itself, and so all that was said before. */
  const hearsItself = (message: string) =>
    expect
      .poll(async () => (await redis.publish('news', message)) && heard.includes(message), WAITING)
      .toBe(true);
  await hearsItself('first');
  return { redis, heard, hearsItself };
}

describe.skipIf(!hasRedis)('Redis', () => {
  it('runs a script on keys of its own prefix, in the database that the URL names', async () => {
    const { url, keys } = await testRedis();
    const { redis } = await openReady({ url, prefix: 'mine:' });
    expect(await redis.run(COUNT, ['calls'], [])).toBe(1);
    expect(await redis.run(COUNT, ['calls'], [])).toBe(2);
    expect(await keys()).toContain('mine:calls');
  });

  it('carries messages to others of its prefix and database alone', async () => {
    const [{ url }, elsewhere] = [await testRedis(), await testRedis()];
    const { redis } = await openReady({ url });
    const beside = await listener({ url });
    const others = [await listener({ url, prefix: 'theirs:' }), await listener({ url: elsewhere.url })];
    expect(await redis.publish('news', 'hello')).toBe(true);
    for (const { hearsItself } of [beside, ...others]) await hearsItself('last');
    expect(beside.heard).toContain('hello');
    for (const { heard } of others) expect(heard).not.toContain('hello');
  });
});

describe.skipIf(!hasRedisServer)('a Redis in trouble', () => {
  it('that is away at the start is used as soon as it is there', async () => {
    const server = await redisServer();
    await server.kill();
    const { redis, states, reasons } = await open({ url: server.url });
    expect([redis.state, states]).toEqual(['open', ['open']]);
    expect(reasons[0]).toContain('ECONNREFUSED');
    await expect(redis.run(ECHO, [], ['hello'])).rejects.toThrow('left alone');
    expect(await redis.publish('news', 'hello')).toBe(false);
    await expect(redis.ping()).rejects.toThrow('left alone');
    await server.start();
    await expect.poll(() => redis.state, WAITING).toBe('closed');
    expect(await redis.run(ECHO, [], ['hello'])).toBe('hello');
  });

  it('that is killed in the middle of a call fails that call, and no other that knows of it', async () => {
    const server = await redisServer();
    const { redis } = await openReady({ url: server.url, deadline: 5_000 });
    server.pause();
    const asked = redis.run(ECHO, [], ['hello']).catch((error: Error) => error);
    await server.kill();
    expect(await asked).toBeInstanceOf(Error);
    await expect.poll(() => redis.state, WAITING).toBe('open');
    await server.start();
    await expect.poll(() => redis.state, WAITING).toBe('closed');
    expect(await redis.run(ECHO, [], ['again'])).toBe('again');
  });

  it('that does not answer costs a few calls their deadline, and the next ones nothing', async () => {
    const server = await redisServer();
    const { redis, reasons } = await openReady({ url: server.url, deadline: 300 });
    server.pause();
    let failed = 0;
    for (let n = 0; n < 20; n += 1) void redis.run(ECHO, [], ['hello']).catch(() => (failed += 1));
    // While it is silent: what is waited for longer than for this poll was no deadline.
    await expect.poll(() => failed, WAITING).toBe(20);
    expect(redis.state).toBe('open');
    expect(reasons.at(-1)).toBe('Redis did not answer in time');
    await expect(redis.run(ECHO, [], ['hello'])).rejects.toThrow('left alone');
    server.resume();
    await expect.poll(() => redis.state, WAITING).toBe('closed');
  });

  it('that says nothing while a connection is made is asked on another', async () => {
    const server = await redisServer();
    const proxy = await proxyTo(server);
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    proxy.target = (silent.address() as AddressInfo).port;
    const { redis } = await open({ url: proxy.url });
    expect(redis.state).toBe('open');
    proxy.target = server.port;
    await expect.poll(() => redis.state, WAITING).toBe('closed');
  });

  it('that answers after half a second is left alone until it is quick again', async () => {
    const server = await redisServer();
    const proxy = await proxyTo(server);
    const { redis } = await openReady({ url: proxy.url, deadline: 200 });
    proxy.delay = 500;
    await Promise.allSettled(Array.from({ length: 5 }, () => redis.run(ECHO, [], ['hello'])));
    expect(redis.state).toBe('open');
    proxy.delay = 0;
    await expect.poll(() => redis.state, WAITING).toBe('closed');
  });

  it.each([
    { is: 'out of memory', harm: 'config set maxmemory 1', heal: 'config set maxmemory 0', says: 'OOM' },
    { is: 'a replica', harm: 'replicaof 127.0.0.1 1', heal: 'replicaof no one', says: 'READONLY' },
  ])('that is $is is left alone until it takes writes again', async ({ harm, heal, says }) => {
    const server = await redisServer();
    const { redis, reasons, failures, states } = await openReady({ url: server.url });
    await server.command(...harm.split(' '));
    await Promise.allSettled(Array.from({ length: 20 }, () => redis.run(COUNT, ['calls'], [])));
    await expect.poll(() => redis.state, WAITING).toBe('open');
    expect(reasons.join()).toContain(says);
    const before = [failures.length, states.length] as const;
    await expect.poll(() => failures.length, WAITING).toBeGreaterThan(before[0] + 3);
    expect([states.length, states.at(-1)]).toEqual([before[1], 'open']);
    await server.command(...heal.split(' '));
    await expect.poll(() => redis.state, WAITING).toBe('closed');
    await expect(redis.run(COUNT, ['calls'], [])).resolves.toBe(1);
  });

  it('that takes messages and no writes is left alone all the same', async () => {
    const server = await redisServer();
    const { redis } = await openReady({ url: server.url, pause: 60_000 });
    await server.command('config', 'set', 'maxmemory', '1');
    for (let tries = 0; tries < 3; tries += 1) {
      expect(await redis.publish('news', 'hello')).toBe(true);
      await expect(redis.run(COUNT, ['calls'], [])).rejects.toThrow('OOM');
    }
    expect(redis.state).toBe('open');
  });

  it('that forgot a script is told it again', async () => {
    const server = await redisServer();
    const { redis } = await openReady({ url: server.url });
    await redis.run(ECHO, [], ['hello']);
    await server.command('script', 'flush');
    expect(await redis.run(ECHO, [], ['again'])).toBe('again');
  });

  it('that comes back is listened to again', async () => {
    const server = await redisServer();
    const { hearsItself } = await listener({ url: server.url });
    await server.kill();
    await server.start();
    await hearsItself('again');
  });

  it('that asks for another password never has the one it was given told to anybody', async () => {
    const server = await redisServer(['--requirepass', 'the right one']);
    const told: unknown[] = [];
    const redis = await createRedis({
      url: server.url.replace('//', '//user:secret-marker@'),
      pause: 30,
      onState: (_, reason) => told.push(reason),
      onFailure: (error) => told.push(error),
    });
    onTestFinished(() => redis.close());
    // On a busy machine a probe may be late before the sign-in is refused: then that is the reason which is told.
    await expect.poll(() => inspect(told), WAITING).toMatch(/Redis answered (?:WRONGPASS|NOAUTH)/);
    await expect.poll(() => told.length, WAITING).toBeGreaterThan(2);
    expect(inspect(told, { depth: 10, showHidden: true })).not.toContain('marker');
  });

  it('that refuses a call never has what was asked told to anybody', async () => {
    const server = await redisServer();
    const { redis } = await openReady({ url: server.url });
    await server.command('config', 'set', 'maxmemory', '1');
    const refused: unknown = await redis
      .run(COUNT, ['key-marker'], ['argument-marker'])
      .catch((error) => error);
    expect(inspect(refused)).toContain('OOM');
    expect(inspect(refused, { depth: 10, showHidden: true })).not.toContain('marker');
  });

  it('can be closed whatever it is doing', async () => {
    const server = await redisServer();
    const paused = await openReady({ url: server.url });
    paused.redis.subscribe('news', () => {});
    server.pause();
    await paused.redis.close();
    await server.kill();
    const away = await open({ url: server.url });
    await away.redis.close();
    expect(away.states).toEqual(['open']);
    const lost = await openReady({ url: (await redisServer()).url });
    lost.redis.subscribe('news', () => {});
    // On a busy machine the first answer may come late, and 'open' was told before.
    const told = [...lost.states];
    await lost.redis.close();
    expect(told.at(-1)).toBe('closed');
    expect(lost.states).toEqual(told);
  });
});
