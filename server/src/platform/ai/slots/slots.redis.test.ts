import { afterAll, describe, expect, test } from 'vitest';
import { createRedis, type Redis } from '#platform/redis';
import { hasRedis, hasRedisServer, redisServer, testRedis } from '@plinth/testkit/services/redis';
import { createLeases } from './leases.ts';
import { createRedisSlots } from './slots.redis.ts';
import { createSlots, type Release, type SlotLimit } from './slots.ts';
import { recordingMetrics } from '@plinth/testkit/fixtures/ai/open';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';

const small = { provider: 'sandbox', model: 'small' };
const ALL: SlotLimit = { provider: 'sandbox', model: '*', lane: undefined, limit: 2 };
const BATCH: SlotLimit = { provider: 'sandbox', model: 'small', lane: 'batch', limit: 1 };

/** One process: its own connection, line and timers; the latter move only when a test says so. */
async function processOn(url: string, limits: readonly SlotLimit[]) {
  const redis = await createRedis({ url, deadline: 5_000, pause: 30 });
  afterAll(() => redis.close());
  const opened = { redis, ...slotsOn(redis, limits) };
  // Hearing begins when Redis has taken note of it; a message that is missed is made good by a timer, which stands still.
  let hears = false;
  redis.subscribe('slots', () => (hears = true));
  await expect.poll(async () => (await redis.publish('slots', '')) && hears, { timeout: 120_000 }).toBe(true);
  return opened;
}

function slotsOn(redis: Redis, limits: readonly SlotLimit[]) {
  const time = drivenTime();
  const metrics = recordingMetrics();
  const shares = createSlots({ ...time, limits, metrics, fleet: () => ({ holders: 1, older: 0 }) });
  const slots = createRedisSlots({
    ...time,
    limits,
    metrics,
    shares,
    leases: createLeases({ redis, ...time }),
  });
  return {
    time,
    metrics,
    take: (lane: 'interactive' | 'batch' = 'interactive') =>
      slots.take(small, lane, { until: time.clock.monotonic() + 60_000, signal: undefined }),
    /** A place, if there is one now. */
    look: () => slots.take(small, 'interactive', { until: time.clock.monotonic(), signal: undefined }),
  };
}

async function given(taken: Promise<Release | undefined>): Promise<Release> {
  const release = await taken;
  if (release === undefined) throw new Error('no place was given');
  return release;
}

describe.skipIf(!hasRedis)('slots in Redis', () => {
  test('are one limit for all processes, and a place that one frees is given to a call that waits in another', async () => {
    const { url } = await testRedis();
    const [one, other] = [await processOn(url, [ALL]), await processOn(url, [ALL])];
    const [first] = [await given(one.take()), await given(other.take())];
    // Heard, not looked for: the time of the other stands still.
    const waits = other.take();
    await expect.poll(() => other.metrics.slotsTold.at(-1)).toBe('sandbox/*:* 1 used, 1 waiting');
    first();
    await given(waits);
    expect(other.metrics.slotsTold.at(-1)).toBe('sandbox/*:* 2 used, 0 waiting');
  });

  test('of a crowd at two processes never more are taken than there are', async () => {
    const { url } = await testRedis();
    const processes = [await processOn(url, [ALL]), await processOn(url, [ALL])];
    let [now, most, served] = [0, 0, 0];
    await Promise.all(
      Array.from({ length: 100 }, async (_, caller) => {
        const release = await given(processes[caller % 2]?.take() ?? Promise.resolve(undefined));
        now += 1;
        most = Math.max(most, now);
        await new Promise((done) => setImmediate(done));
        now -= 1;
        served += 1;
        release();
      }),
    );
    expect([most, served]).toEqual([2, 100]);
  });

  test('are given in the order in which they were asked for', async () => {
    const { url } = await testRedis();
    const { take, metrics } = await processOn(url, [{ ...ALL, limit: 1 }]);
    const order: number[] = [];
    const first = await given(take());
    const come = async (index: number) => {
      const release = await given(take());
      order.push(index);
      release();
    };
    const waiting = [1, 2, 3].map(come);
    await expect.poll(() => metrics.slotsTold.at(-1)).toBe('sandbox/*:* 1 used, 3 waiting');
    // The place is free before those who wait can have heard of it.
    first();
    await Promise.all([...waiting, come(4)]);
    expect(order).toEqual([1, 2, 3, 4]);
  });

  test('of several limits are taken all or none', async () => {
    const { url } = await testRedis();
    const { take } = await processOn(url, [BATCH, ALL]);
    await given(take('batch'));
    const second = take('batch');
    await given(take());
    expect(await Promise.race([second, Promise.resolve('waits')])).toBe('waits');
  });

  test('that a dead process held are free when its lease has run out, and those of a living one are not', async () => {
    const { url, age } = await testRedis();
    const [dead, living] = [await processOn(url, [ALL]), await processOn(url, [ALL])];
    await given(dead.take());
    await given(living.take());
    await dead.redis.close();
    for (let renewal = 0; renewal < 3; renewal += 1) {
      expect(await living.look()).toBeUndefined();
      await age(10);
      living.time.advance(10_000);
    }
    await given(living.take());
    expect(await living.look()).toBeUndefined();
  });

  test('are freed once, however often that is said', async () => {
    const { url } = await testRedis();
    const one = await processOn(url, [ALL]);
    const first = await given(one.take());
    await given(one.take());
    first();
    first();
    await given(one.take());
    expect(await one.look()).toBeUndefined();
  });
});

test.skipIf(!hasRedisServer)('while Redis is away, each process keeps to its share', async () => {
  const server = await redisServer();
  const one = await processOn(server.url, [ALL]);
  await server.kill();
  await expect.poll(() => one.redis.state).toBe('open');
  const release = await given(one.take());
  await given(one.take());
  expect(await one.look()).toBeUndefined();
  release();
  await given(one.take());
  await server.start();
  await expect.poll(() => one.redis.state, { timeout: 120_000 }).toBe('closed');
  await given(one.take());
});
