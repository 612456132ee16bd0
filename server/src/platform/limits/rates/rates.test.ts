import { afterAll, describe, expect, it, test } from 'vitest';
import { statement } from '#platform/db';
import { type Clock, systemClock } from '#platform/kernel';
import { createRedis } from '#platform/redis';
import { hasRedis, hasRedisServer, proxyTo, redisServer, testRedis } from '@plinth/testkit/services/redis';
import { testDatabase } from '@plinth/testkit/services';
import { createMemoryRates, type RateEntry, type Rates, ratesInTurn } from './rates.ts';
import { createPostgresRates } from './rates.postgres.ts';
import { createRedisRates } from './rates.redis.ts';

/** A store under test: two processes that share it, a way to let time pass, and further processes where there can be some. */
interface Fixture {
  open?(): Rates;
  readonly rates: Rates;
  readonly another: Rates;
  age(seconds: number): Promise<void>;
}

const { db } = await testDatabase();
const failures: unknown[] = [];
const inPostgres = () =>
  createPostgresRates({ db, clock: systemClock, onFailure: (error) => failures.push(error) });

const stores: [string, Fixture][] = [
  ['PostgreSQL', { rates: inPostgres(), another: inPostgres(), age: ahead, open: inPostgres }],
  ['memory', inMemory()],
];
const redis = hasRedis ? await openTwice() : undefined;
if (redis !== undefined) stores.push(['Redis', redis]);

async function ahead(seconds: number): Promise<void> {
  await db.script(`update app.clock set ahead = ahead + make_interval(secs => ${seconds})`);
}

/** A single process has no other beside it. */
function inMemory(): Fixture {
  let passed = 0;
  const clock: Clock = {
    now: () => systemClock.now() + passed,
    monotonic: () => systemClock.monotonic() + passed,
  };
  const rates = createMemoryRates(clock);
  return {
    rates,
    another: rates,
    age: async (seconds) => {
      passed += seconds * 1_000;
    },
  };
}

async function openTwice() {
  const { url, age, keys } = await testRedis();
  const [first, second] = [await openRates(url), await openRates(url)];
  const [rates, another] = [createRedisRates(first, systemClock), createRedisRates(second, systemClock)];
  return { rates, another, age, keys, open: () => createRedisRates(first, systemClock) };
}

async function openRates(url: string, deadline = 5_000) {
  const made = await createRedis({ url, deadline, pause: 30 });
  afterAll(() => made.close());
  return made;
}

describe.each(stores)('rates in %s', (_store, { rates, another, age }) => {
  it('calls past the rate are refused until the minute is over', async () => {
    const entry = [{ key: 'a', perMinute: 3 }];
    const verdicts = [];
    for (let call = 0; call < 4; call += 1) verdicts.push(await rates.take(entry));
    expect(verdicts.map((verdict) => verdict?.allowed)).toEqual([true, true, true, false]);
    expect(verdicts.map((verdict) => verdict?.remaining)).toEqual([2, 1, 0, 0]);
    expect(verdicts[3]?.seconds).toBeGreaterThan(50);
    await age(61);
    expect(await rates.take(entry)).toMatchObject({ allowed: true, limit: 3, remaining: 2 });
  });

  it('the minute begins with the first call, however many follow', async () => {
    const entry = [{ key: 'minute', perMinute: 3 }];
    await rates.take(entry);
    await age(40);
    expect(await rates.take(entry)).toMatchObject({ remaining: 1 });
    await age(21);
    expect(await rates.take(entry)).toMatchObject({ remaining: 2 });
  });

  it('entries are taken all or none, and the one that decides is named', async () => {
    const narrow = { key: 'narrow', perMinute: 1 };
    const wide = { key: 'wide', perMinute: 5 };
    expect(await rates.take([wide, narrow])).toMatchObject({ allowed: true, entry: 1, remaining: 0 });
    for (let call = 0; call < 10; call += 1) {
      expect(await rates.take([wide, narrow])).toMatchObject({ allowed: false, entry: 1, limit: 1 });
    }
    expect(await rates.take([wide])).toMatchObject({ allowed: true, remaining: 3 });
  });

  it('of several that deny, the last to reset says when to come back', async () => {
    await rates.take([{ key: 'sooner', perMinute: 1 }]);
    await age(40);
    await rates.take([{ key: 'later', perMinute: 1 }]);
    const both = ['sooner', 'later'].map((key) => ({ key, perMinute: 1 }));
    for (const [entries, entry] of [
      [both, 1],
      [both.toReversed(), 0],
    ] as const) {
      const verdict = await rates.take(entries);
      expect(verdict).toMatchObject({ allowed: false, entry });
      expect(verdict?.seconds).toBeGreaterThan(30);
    }
    await age(21);
    expect(await rates.take(both)).toMatchObject({ allowed: false, entry: 1 });
    expect(await rates.take([both[0] ?? { key: '', perMinute: 0 }])).toMatchObject({ allowed: true });
  });

  it('a refusal names the instant at which the minute of the first call is over', async () => {
    const entry = [{ key: 'instant', perMinute: 1 }];
    const first = await rates.take(entry);
    const refused = await rates.take(entry);
    const apart = Number(refused?.resetsAt) - Number(first?.resetsAt);
    // Each store rounds to milliseconds in its own way.
    expect(Math.abs(apart)).toBeLessThanOrEqual(2);
  });

  it('callers that come at once are counted each, in few calls of the store', async () => {
    const verdicts = await Promise.all(
      Array.from({ length: 500 }, (_, caller) =>
        rates.take([
          { key: 'crowd', perMinute: 120 },
          { key: `own ${caller}`, perMinute: 1 },
        ]),
      ),
    );
    expect(verdicts.filter((verdict) => verdict?.allowed)).toHaveLength(120);
  });

  it('two processes that count the same keys never let more pass', async () => {
    const entries = ['x', 'y', 'z'].map((key) => ({ key, perMinute: 40 }));
    const verdicts = await Promise.all(
      Array.from({ length: 200 }, (_, caller) =>
        (caller % 2 === 0 ? rates : another).take(caller % 3 === 0 ? entries : entries.toReversed()),
      ),
    );
    expect(verdicts.filter((verdict) => verdict?.allowed)).toHaveLength(40);
    expect(failures).toEqual([]);
  });
});

/** Calls one after the other, and how many of them were allowed. */
async function countPasses(rates: Rates, times: number, entry: RateEntry): Promise<number> {
  let passed = 0;
  for (let call = 0; call < times; call += 1) if ((await rates.take([entry]))?.allowed === true) passed += 1;
  return passed;
}

const shared = stores.flatMap(([store, { open, age }]) =>
  open === undefined ? [] : [[store, { open, age }] as const],
);

describe.each(shared)('calls that are lent by %s', (_store, { open, age }) => {
  it('and were not made when their process stops are made by others, and not one more', async () => {
    const [one, other] = [open(), open()];
    const entry = { key: 'stopped', perMinute: 300 };
    expect(await countPasses(one, 30, entry)).toBe(30);
    await one.close();
    expect(await countPasses(other, 300, entry)).toBe(270);
  });

  it('make no room in a later minute, when they are given back too late', async () => {
    const [one, other] = [open(), open()];
    const entry = { key: 'late', perMinute: 200 };
    await countPasses(one, 30, entry);
    await age(61);
    expect(await countPasses(other, 1, entry)).toBe(1);
    await one.close();
    expect(await countPasses(other, 250, entry)).toBe(199);
  });

  it('to three processes at once never let more pass than the limit; what they leave the next one makes', async () => {
    const entry = { key: 'three', perMinute: 250 };
    const processes = [open(), open(), open()];
    const calls = (rates: Rates) =>
      Promise.all([countPasses(rates, 60, entry), countPasses(rates, 60, entry)]);
    const passed = (await Promise.all(processes.map(calls))).flat().reduce((sum, one) => sum + one, 0);
    expect(passed).toBeLessThanOrEqual(250);
    await Promise.all(processes.map((rates) => rates.close()));
    expect(await countPasses(open(), 300, entry)).toBe(250 - passed);
    expect(failures).toEqual([]);
  });
});

test('in PostgreSQL, keys that nobody used for an hour are forgotten', async () => {
  const rates = inPostgres();
  await rates.take([{ key: 'old', perMinute: 1 }]);
  await ahead(7_200);
  expect(await rates.sweep()).toBeGreaterThan(0);
  expect(await db.asMigrator(statement('select key from limits.rates'))).toEqual([]);
});

test('a database that is away lets everybody pass, and is reported', async () => {
  const { db: lost, close } = await testDatabase();
  await close();
  const reported: unknown[] = [];
  const orphan = createPostgresRates({
    db: lost,
    clock: systemClock,
    onFailure: (error) => reported.push(error),
  });
  expect(await orphan.take([{ key: 'a', perMinute: 1 }])).toBeUndefined();
  expect(reported).toHaveLength(1);
});

test.skipIf(redis === undefined)('in Redis, nothing is left of a key when its minute is over', async () => {
  await redis?.rates.take([{ key: 'gone', perMinute: 1 }]);
  expect(await redis?.keys()).toContain('plinth:rate:gone');
  await redis?.age(61);
  expect(await redis?.keys()).toEqual([]);
});

test.skipIf(!hasRedisServer)('while Redis is away, slow or full, PostgreSQL goes on counting', async () => {
  const server = await redisServer();
  const proxy = await proxyTo(server);
  const rates = ratesInTurn(createRedisRates(await openRates(proxy.url, 100), systemClock), inPostgres());
  const limits = async (key: string) => {
    const verdicts = [];
    for (let call = 0; call < 8; call += 1)
      verdicts.push((await rates.take([{ key, perMinute: 1 }]))?.allowed);
    // Each of the two stores may let one pass, the second one whenever it is asked first: of three calls one is no store's first.
    expect(verdicts.filter((allowed) => allowed === undefined)).toEqual([]);
    expect(verdicts.filter(Boolean).length).toBeLessThanOrEqual(2);
    expect(verdicts.slice(0, 3)).toContain(false);
  };
  await limits('well');
  await server.command('config', 'set', 'maxmemory', '1');
  await limits('full');
  await server.command('config', 'set', 'maxmemory', '0');
  await server.command('replicaof', '127.0.0.1', '1');
  await limits('replica');
  await server.command('replicaof', 'no', 'one');
  proxy.delay = 500;
  await limits('slow');
  proxy.delay = 0;
  server.pause();
  await limits('stopped');
  server.resume();
  await server.kill();
  await limits('gone');
  expect(failures).toEqual([]);
});
