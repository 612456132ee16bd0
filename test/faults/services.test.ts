import { describe, expect, test } from 'vitest';
import { atEndOfFile } from '@plinth/testkit/closing';
import { engine } from '@plinth/testkit/services';
import { asAdmin } from '@plinth/testkit/services/cluster';
import { pgbouncerProgram } from '@plinth/testkit/services/pgbouncer-server';
import { chanceOf } from './chance.ts';
import { openServices } from './services.ts';
import { scheduleOf } from './schedule.ts';
import { inTurn } from './turns.ts';

const MEMBER = `select current_setting('faults.member', true) as member`;

const plan = (seed: string) => scheduleOf(chanceOf(`${seed}/faults`), { ms: 600_000, members: 5 });

const lock = (n: number) => `update rows set n = n where n = ${n}`;

async function openPooled(pooled: readonly string[]) {
  const services = await openServices(pooled);
  atEndOfFile(() => services.close());
  return services;
}

describe.runIf(engine === 'postgres')('the services of a run of faults', () => {
  test('a PostgreSQL that is ended in either way has all that it answered for when it is back', async () => {
    const { postgres, url } = await openPooled([]);
    await asAdmin(url, ['create table kept (n integer)']);
    for (const [n, how] of (['fast', 'immediate'] as const).entries()) {
      await asAdmin(url, [`insert into kept values (${n})`]);
      await postgres.end(how);
      await expect(asAdmin(url, ['select 1'])).rejects.toThrow('ECONNREFUSED');
      await postgres.start();
      const [rows] = await asAdmin(url, ['select count(*)::integer as kept from kept']);
      expect(rows, how).toEqual([{ kept: n + 1 }]);
    }
  });

  test('a PostgreSQL tells who waited for whom in a deadlock', async () => {
    const { postgres, url } = await openPooled([]);
    await asAdmin(url, ['create table rows (n integer)', 'insert into rows values (1), (2)']);
    const inOrder = (one: number, other: number) =>
      asAdmin(url, ['begin', lock(one), 'select pg_sleep(0.1)', lock(other), 'commit']);
    const ended = await Promise.allSettled([inOrder(1, 2), inOrder(2, 1)]);
    expect(ended.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(await postgres.deadlocks()).toEqual([expect.stringContaining(lock(1))]);
  });

  test.runIf(pgbouncerProgram() !== undefined)(
    'a process is known to the database, through a PgBouncer that was ended and started again too',
    async () => {
      const services = await openPooled(['serve-2']);
      const [direct, pooled] = ['serve-1', 'serve-2'].map((name) => services.databaseFor(name));
      expect(await asAdmin(direct?.url.href ?? '', [MEMBER])).toEqual([[{ member: 'serve-1' }]]);
      expect(pooled?.url.port).toBe(String(services.pooler?.port));
      const way = pooled?.url.href ?? '';
      expect(await asAdmin(way, [MEMBER])).toEqual([[{ member: 'serve-2' }]]);
      await services.pooler?.kill();
      await expect(asAdmin(way, [MEMBER])).rejects.toThrow('ECONNREFUSED');
      await services.pooler?.start();
      expect(await asAdmin(way, [MEMBER])).toEqual([[{ member: 'serve-2' }]]);
      expect(await asAdmin(pooled?.settings['DIRECT_URL'] ?? '', [MEMBER])).toEqual([
        [{ member: 'serve-2' }],
      ]);
    },
  );
});

test('troubles of one part come one after the other, also after one that failed; those of another do not wait', async () => {
  const [part, other] = [{}, {}];
  const told: string[] = [];
  const first = Promise.withResolvers<void>();
  const tell = (word: string) => async () => void told.push(word);
  const failed = inTurn(part, async () => {
    told.push('first');
    await first.promise;
    throw new Error('could not be made');
  });
  const second = inTurn(part, tell('second'));
  await inTurn(other, tell('other'));
  expect(told).toEqual(['first', 'other']);
  first.resolve();
  await expect(failed).rejects.toThrow('could not be made');
  await second;
  expect(told).toEqual(['first', 'other', 'second']);
});

test('a seed decides the whole plan; ten minutes have every kind of trouble, and every end of the database', () => {
  expect(plan('7')).toEqual(plan('7'));
  expect(plan('8')).not.toEqual(plan('7'));
  const kinds = plan('7').map((trouble) =>
    trouble.kind === 'database' ? `${trouble.how} ${trouble.lasts}` : trouble.kind,
  );
  expect([...new Set(kinds)]).toEqual(
    expect.arrayContaining(['fast 0', 'fast 10000', 'immediate 0', 'immediate 10000', 'pooler', 'commits']),
  );
});
