import { afterAll, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { hasRedisServer, redisServer } from '#test/redis';
import { endAll, startProgram } from '../../process/program.ts';
import type { Reply } from '../../services/app.ts';
import { testApp } from '../../services/app.ts';
import { type Kept, keptOf, machine, type Office, office } from './office.ts';

afterAll(endAll);

const app = await testApp({ work: false });
const MAX = 10;

/** A second process of the server, which can be killed at any instant. */
interface Neighbour {
  readonly url: string;
  kill(): Promise<void>;
}

async function neighbour(): Promise<Neighbour> {
  if (app.database.engine === 'pglite') {
    // One process has the embedded database: it is the server beside that goes away, with all that it was asked.
    const beside = await testApp({ work: false, beside: app });
    return { url: beside.url, kill: () => beside.close() };
  }
  const { dataDir } = app.app.modules.options.config;
  const program = startProgram(['serve'], {
    cwd: dataDir,
    environment: { ...app.database.settings, DATA_DIR: dataDir, PORT: '0', NODE_ENV: 'test' },
  });
  const url = await program.url();
  return {
    url,
    async kill() {
      program.kill('SIGKILL');
      await program.ended;
    },
  };
}

/** An acquire at a process that may be gone: undefined, nobody answered. */
async function acquireAt(url: string, at: Office, name: string): Promise<Reply | undefined> {
  const body = JSON.stringify({ license_key: at.key, hardware_id: machine(name) });
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/v1/licenses/acquire`, { method: 'POST', headers, body }).then(
    async (response) => ({
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Reply['body'],
    }),
    () => undefined,
  );
}

test('of 100 machines that come at once to two processes, of which one is killed, exactly as many work as there are seats', async () => {
  const at = await office(app, 'pro');
  const other = await neighbour();
  const names = Array.from({ length: 100 }, (_, n) => `crowd-${n}`);
  let answered = 0;
  let killed: Promise<void> | undefined;
  const replies = await Promise.all(
    names.map(async (name, n) => {
      const reply = await acquireAt(n % 2 === 0 ? app.url : other.url, at, name);
      answered += 1;
      if (answered >= 5) killed ??= other.kill();
      // Whoever heard nothing, or that the server stops, comes again to the one that is there.
      return reply === undefined || reply.status === 503 ? at.acquire(name) : reply;
    }),
  );
  await killed;
  const seated = names.filter((_, n) => replies[n]?.status === 201);
  expect(replies.map(({ status }) => status).filter((status) => status !== 201 && status !== 429)).toEqual(
    [],
  );
  const holders = (await at.seats()).map(({ hardware_id: id }) => id);
  expect(holders).toHaveLength(MAX);
  expect(seated).toHaveLength(MAX);
  expect(new Set(holders)).toEqual(new Set(seated.map(machine)));
});

test('20 machines that come and go ten times leave no seat, and a history of each time', async () => {
  const at = await office(app, 'pro');
  const held = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      let sessions = 0;
      for (let round = 0; round < 10; round += 1) {
        const reply = await at.acquire(`thread-${n}`);
        if (reply.status !== 201) continue;
        sessions += 1;
        expect((await at.release(keptOf(reply))).status).toBe(204);
      }
      return sessions;
    }),
  );
  expect(await at.seats()).toEqual([]);
  const history = await at.history();
  expect(history).toHaveLength(held.reduce((sum, sessions) => sum + sessions, 0));
  expect(new Set(history.map(({ status }) => status))).toEqual(new Set(['released']));
});

test('heartbeats of many licences at once are all answered, by no more than are written down', async () => {
  const offices = await Promise.all([office(app), office(app), office(app)]);
  const kept: { at: Office; one: Kept }[] = [];
  for (const at of offices) for (const name of ['a', 'b', 'c']) kept.push({ at, one: await at.seat(name) });
  const storm = await Promise.all(
    Array.from({ length: 15 }, () => kept.map(({ at, one }) => at.beat(one))).flat(),
  );
  expect(new Set(storm.map(({ status }) => status))).toEqual(new Set([200]));
  const told = new Map<string, number>();
  for (const { body } of storm) {
    const [id, when] = [String(body['session_id']), Date.parse(String(body['server_time']))];
    told.set(id, Math.max(told.get(id) ?? 0, when));
  }
  // As whoever comes after a crash reads them.
  const rows = await app.db.asMigrator(
    statement<{ id: string; renewed_at: Date }>(
      'select id, renewed_at from limits.seats where id = any($1::uuid[])',
      [[...told.keys()]],
    ),
  );
  for (const { id, renewed_at: at } of rows)
    expect(at.getTime()).toBeGreaterThanOrEqual(told.get(id) ?? Infinity);
  expect(rows).toHaveLength(9);
});

test('a machine that beats without end is slowed down, and no other is', async () => {
  const at = await office(app);
  const [a, b] = [await at.seat('a'), await at.seat('b')];
  const storm = await Promise.all(Array.from({ length: 60 }, () => at.beat(a)));
  expect(storm.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
  expect((await at.beat(b)).status).toBe(200);
});

test.runIf(hasRedisServer)('a Redis that goes away in between changes nothing', async () => {
  const redis = await redisServer();
  const node = await testApp({ work: false, beside: app, settings: { REDIS_URL: redis.url } });
  const at = await office(node, 'pro');
  const crowd = Array.from({ length: 100 }, (_, n) => at.acquire(`crowd-${n}`));
  const [first] = await Promise.all(crowd.slice(0, 1));
  await redis.kill();
  const replies = await Promise.all(crowd);
  expect(replies.filter(({ status }) => status === 201)).toHaveLength(MAX);
  const one = replies.find(({ status }) => status === 201);
  if (one === undefined || first === undefined) throw new Error('nobody has a seat');
  expect((await at.beat(keptOf(one))).status).toBe(200);
  expect((await at.release(keptOf(one))).status).toBe(204);
  expect((await at.acquire('last')).status).toBe(201);
  expect((await at.acquire('one more')).status).toBe(429);
});
