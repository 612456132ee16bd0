import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Database, openDatabase } from '#platform/db';
import { createRedis } from '#platform/redis';
import { chat, openAi } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { plainAnswer, scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';
import { engine, testDatabase } from '@plinth/testkit/services';
import { hasRedis, testRedis } from '@plinth/testkit/services/redis';
import { atEndOfFile } from '@plinth/testkit/closing';

/** A signal that the other process hears, behind all that were sent before it; listening is set up without being waited for. */
async function heard(from: Database, at: Database): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const own = randomUUID();
  const stop = at.onSignal('fence', (id) => {
    if (id === own) resolve();
  });
  const repeat = setInterval(() => from.signal('fence', own), 50);
  await promise;
  clearInterval(repeat);
  stop();
}

async function viaRedis(...databases: readonly Database[]): Promise<void> {
  const { url } = await testRedis();
  for (const db of databases) {
    const redis = await createRedis({ url, deadline: 5_000, pause: 30 });
    atEndOfFile(() => redis.close());
    db.carrySignals({
      publish: (message) => redis.publish('signals', message),
      subscribe: (hear) => redis.subscribe('signals', hear),
    });
  }
}

test.runIf(engine === 'postgres').each([
  ['PostgreSQL', 429, true],
  ['PostgreSQL', 401, true],
  ['Redis', 429, hasRedis],
])(
  'by %s a process learns of a key that answered %i in another, and does not call with it',
  async (by, status, runs) => {
    if (!runs) return;
    const { db, url } = await testDatabase();
    const other = await openDatabase({ engine: 'postgres', url });
    atEndOfFile(() => other.close());
    if (by === 'Redis') await viaRedis(db, other);
    const used: string[] = [];
    const upstream = await scriptedUpstream((response, { request }) => {
      const key = String(request.headers.authorization);
      used.push(key);
      if (key === 'Bearer sk-one') response.writeHead(status, { 'retry-after': '60' }).end('{}');
      else response.end(plainAnswer('tea'));
    });
    const keys = ['one', 'two'].map((name) => ({ key: `sk-${name}`, name, weight: 1 }));
    const upstreams = [{ name: 'sandbox', baseUrl: upstream.url, keys }];
    const [here, there] = [db, other].map((signals) => openAi({ ...drivenTime(), upstreams, signals }));
    await heard(db, other);
    await here?.call(recordingPermit(), { feature: 'chat', wire: chat() });
    await heard(db, other);
    expect(used).toEqual(['Bearer sk-one', 'Bearer sk-two']);
    for (let n = 0; n < 3; n += 1) await there?.call(recordingPermit(), { feature: 'chat', wire: chat() });
    expect(used.filter((key) => key === 'Bearer sk-one')).toHaveLength(1);
    await Promise.all([here?.close(), there?.close(), upstream.close()]);
  },
);
