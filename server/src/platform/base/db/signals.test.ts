import { once, EventEmitter } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRedis, type Redis } from '#platform/redis';
import { hasRedis, hasRedisServer, redisServer, testRedis } from '@plinth/testkit/services/redis';
import { engine, testDatabase } from '@plinth/testkit/services';
import { type Database, openDatabase, statement } from './index.ts';

describe('signals', () => {
  it('a listener in the same process hears at once, and not twice', async () => {
    const { db } = await testDatabase();
    const heard: string[] = [];
    const stop = db.onSignal('topic', (id) => heard.push(id));
    db.signal('topic', 'a');
    expect(heard).toEqual(['a']);
    await db.ping();
    stop();
    db.signal('topic', 'b');
    expect(heard).toEqual(['a']);
  });

  if (engine === 'postgres') {
    it.skipIf(!hasRedis)('through Redis reach every listener there, and NOTIFY is not used', () => carried());
    it.skipIf(!hasRedisServer)('that Redis does not take go by NOTIFY', () => refused());
    it('every signal of a crowd reaches another process', () => crowd());
    it('a database that is closed while it begins to listen leaves no connection behind', () => abandoned());
  }
});

async function crowd(): Promise<void> {
  const { db, url } = await testDatabase();
  const another = await openDatabase({ engine: 'postgres', url });
  const heard = new Set<string>();
  const ears = new EventEmitter();
  another.onSignal('topic', (id) => {
    heard.add(id);
    if (heard.size === 1_000) ears.emit('all');
  });
  const first = once(ears, 'all');
  // The test does not wait until listening is set up: signals sent before that are lost, and sent again.
  const repeat = setInterval(() => {
    for (let n = 0; n < 1_000; n += 1)
      db.signal('topic', `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`);
  }, 50);
  await first;
  clearInterval(repeat);
  expect(heard.size).toBe(1_000);
  await another.close();
}

/** Signals that another process hears; said again and again, for listening is set up without being waited for. */
async function heardBy(ear: Database, mouth: Database): Promise<string> {
  const heard = Promise.withResolvers<string>();
  ear.onSignal('topic', heard.resolve);
  const repeat = setInterval(() => mouth.signal('topic', 'news'), 50);
  try {
    return await heard.promise;
  } finally {
    clearInterval(repeat);
  }
}

async function through(url: string, db: Database): Promise<Redis> {
  const redis = await createRedis({ url, pause: 30 });
  const stop = db.carrySignals({
    publish: (message) => redis.publish('signals', message),
    subscribe: (hear) => redis.subscribe('signals', hear),
  });
  onTestFinished(() => {
    stop();
    return redis.close();
  });
  return redis;
}

async function carried(): Promise<void> {
  // Two databases: no NOTIFY leads from one to the other.
  const [{ db: mouth }, { db: ear }, { url }] = [
    await testDatabase(),
    await testDatabase(),
    await testRedis(),
  ];
  await through(url, mouth);
  await through(url, ear);
  expect(await heardBy(ear, mouth)).toBe('news');
}

async function refused(): Promise<void> {
  const { db: mouth, url } = await testDatabase();
  const ear = await openDatabase({ engine: 'postgres', url });
  const server = await redisServer();
  const redis = await through(server.url, mouth);
  await server.kill();
  await expect.poll(() => redis.state).toBe('open');
  expect(await heardBy(ear, mouth)).toBe('news');
  await ear.close();
}

async function abandoned(): Promise<void> {
  const { db, url } = await testDatabase();
  for (let times = 0; times < 3; times += 1) {
    const another = await openDatabase({ engine: 'postgres', url });
    another.onSignal('topic', () => {});
    await another.close();
  }
  const listeners = statement<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where application_name = 'plinth-listen' and datname = current_database()`,
  );
  // The server notices the end of a connection a moment later.
  await expect.poll(() => db.asMigrator(listeners)).toEqual([{ count: 0 }]);
}
