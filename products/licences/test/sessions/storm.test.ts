import { afterAll, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { hasRedisServer, redisServer } from '@plinth/testkit/services/redis';
import { endAll, type Program, startProgram } from '@plinth/testkit/program';
import type { Reply } from '@plinth/testkit/services/app';
import { callAt, testApp } from '@plinth/testkit/services/app';
import { type KeptSession, keptOf, machine, type Office, office, officeOf } from './office.ts';

afterAll(endAll);

const app = await testApp({ work: false });
const MAX = 10;

/** A second process of the server, which can be killed at any instant. */
interface Neighbour {
  readonly url: string;
  kill(): Promise<void>;
  /** How it ended, where it is a process of its own. */
  readonly ended?: Program['ended'];
}

async function neighbour(crashAt = ''): Promise<Neighbour> {
  if (app.database.engine === 'pglite') {
    // One process has the embedded database: it is the server beside that goes away, with all that it was asked.
    const beside = await testApp({ work: false, beside: app });
    return { url: beside.url, kill: () => beside.close() };
  }
  const { dataDir } = app.app.modules.options.config;
  const program = startProgram(['serve'], {
    cwd: dataDir,
    environment: {
      ...app.database.settings,
      DATA_DIR: dataDir,
      PORT: '0',
      NODE_ENV: 'test',
      CRASH_AT: crashAt,
    },
  });
  const url = await program.url();
  return {
    url,
    ended: program.ended,
    async kill() {
      program.kill('SIGKILL');
      await program.ended;
    },
  };
}

let long: Promise<Neighbour> | undefined;

/** One for more than one test, until it is killed: to start it takes more than all that it is asked. */
function longLived(): Promise<Neighbour> {
  long ??= neighbour();
  return long;
}

/** The same licence at another process. */
const officeAt = ({ url }: Neighbour, { who }: Office) => officeOf({ call: callAt(url) }, who);
const ignore = (): undefined => undefined;

/** That so many of these machines have their seat, each of the others was denied, and there is nothing else. */
async function expectSeated(at: Office, crowd: ReadonlyMap<string, Reply>, most: number) {
  const replies = [...crowd.values()];
  const others = replies.map(({ status }) => status).filter((status) => status !== 201 && status !== 429);
  expect(others).toEqual([]);
  const seated = [...crowd].flatMap(([name, { status }]) => (status === 201 ? [name] : []));
  const holders = (await at.seats()).map(({ hardware_id: id }) => id);
  expect(holders).toHaveLength(most);
  expect(seated).toHaveLength(most);
  expect(new Set(holders)).toEqual(new Set(seated.map(machine)));
}

/** The most sessions that went on at one instant. */
function mostAtOnce(history: Awaited<ReturnType<Office['history']>>): number {
  const moves = history.flatMap(({ started_at: from, ended_at: until }) => [
    { at: String(from), by: 1 },
    { at: String(until), by: -1 },
  ]);
  let [now, most] = [0, 0];
  for (const { by } of moves.sort((a, b) => (a.at === b.at ? a.by - b.by : a.at < b.at ? -1 : 1))) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}

test('20 machines that come and go ten times at two processes leave no seat, and a history of each time', async () => {
  const at = await office(app, 'pro');
  const other = await longLived();
  const there = await officeAt(other, at);
  const held = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const here = n % 2 === 0 ? at : there;
      let sessions = 0;
      for (let round = 0; round < 10; round += 1) {
        const reply = await here.acquire(`thread-${n}`);
        expect([201, 429]).toContain(reply.status);
        if (reply.status !== 201) continue;
        sessions += 1;
        expect((await here.release(keptOf(reply))).status).toBe(204);
      }
      return sessions;
    }),
  );
  expect(await at.seats()).toEqual([]);
  const history = await at.history();
  expect(history).toHaveLength(held.reduce((sum, sessions) => sum + sessions, 0));
  expect(new Set(history.map(({ status }) => status))).toEqual(new Set(['released']));
  expect(mostAtOnce(history)).toBeLessThanOrEqual(MAX);
});

test('of 100 machines that come at once to two processes, of which one is killed, exactly as many work as there are seats', async () => {
  const at = await office(app, 'pro');
  const other = await longLived();
  const there = await officeAt(other, at);
  const names = Array.from({ length: 100 }, (_, n) => `crowd-${n}`);
  let answered = 0;
  let killed: Promise<void> | undefined;
  const replies = await Promise.all(
    names.map(async (name, n) => {
      const reply = await (n % 2 === 0 ? at : there).acquire(name).catch(ignore);
      answered += 1;
      if (answered >= 5) killed ??= other.kill();
      // A machine without an answer, or told that the server stops, tries the server that is there.
      const heard = reply === undefined || reply.status === 503 ? await at.acquire(name) : reply;
      return [name, heard] as const;
    }),
  );
  await killed;
  await expectSeated(at, new Map(replies), MAX);
});

/** The first acquire of a process goes alone; those that came meanwhile share the commit after it. */
const SEATS_FOR_MANY = {
  before: 'coditect.session-acquired:before:2',
  after: 'coditect.session-acquired:after:2',
};

test.runIf(app.database.engine === 'postgres').each(['before', 'after'] as const)(
  'of 100 machines that come at once to two processes as many work as there are seats, where one dies %s the commit of seats for many',
  async (side) => {
    const at = await office(app, 'enterprise');
    const other = await neighbour(SEATS_FOR_MANY[side]);
    const there = await officeAt(other, at);
    const names = Array.from({ length: 100 }, (_, n) => `crowd-${n}`);
    const replies = await Promise.all(
      names.map(async (name, n) => {
        const reply = await (n % 4 === 0 ? at : there).acquire(name).catch(ignore);
        return [name, reply ?? (await at.acquire(name))] as const;
      }),
    );
    expect(await other.ended).toMatchObject({ signal: 'SIGKILL' });
    await expectSeated(at, new Map(replies), 50);
    // A machine that was told so before the other one died has its seat still.
    const beats = await Promise.all(
      replies.filter(([, { status }]) => status === 201).map(([, reply]) => at.beat(keptOf(reply))),
    );
    expect(new Set(beats.map(({ status }) => status))).toEqual(new Set([200]));
  },
);

test('heartbeats of many licences at once are all answered, by no more than are written down', async () => {
  const offices = await Promise.all([office(app), office(app), office(app)]);
  const kept: { at: Office; one: KeptSession }[] = [];
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
  // As a process reads them after a crash.
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
  const count = (wanted: number) => storm.filter(({ status }) => status === wanted).length;
  expect(count(200) + count(429)).toBe(60);
  // Twenty a minute; two minutes may have begun.
  expect(count(200)).toBeGreaterThanOrEqual(20);
  expect(count(200)).toBeLessThanOrEqual(40);
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
