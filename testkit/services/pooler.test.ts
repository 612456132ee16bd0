import { expect, inject, test } from 'vitest';
import { openDatabase, statement } from '#platform/db';
import { createIds, systemClock, systemRandom, type AccountId } from '#platform/kernel';
import { testDatabase } from './index.ts';
import { testLogin } from './logins.ts';
import { pooledThrough } from './plan-pooler.ts';

/** The pass through PgBouncer (`TEST_POOLER=pgbouncer`): what makes it a test of anything. */

const services = inject('services');
const pooler = services.engine === 'postgres' ? services.pooler : undefined;
const database = await testDatabase();
const { db } = database;
const backend = statement<{ pid: number }>('select pg_backend_pid() as pid, pg_sleep(0.02)');
const ids = createIds({ clock: systemClock, random: systemRandom });

test.runIf(pooler !== undefined)(
  'a connection of ours is now this, now that one of the server’s',
  async () => {
    const one = await openDatabase({ engine: 'postgres', poolSize: 1, ...pooledOf() });
    const pids = new Set<number>();
    let turn = 0;
    const nextBackend = async () => {
      // Others take what this one had, now more of them, now fewer.
      const others = Array.from({ length: turn % 4 }, () => db.system('db.maintenance', [backend]));
      const [mine] = await one.system('db.maintenance', [backend]);
      pids.add(mine[0]?.pid ?? 0);
      await Promise.all(others);
      turn += 1;
      return pids.size;
    };
    await expect.poll(nextBackend).toBeGreaterThan(1);
    await one.close();
  },
);

test.runIf(pooler !== undefined)('the next user of a connection finds nothing of a transaction', async () => {
  const left = statement<{ who: string; account: string | null }>(
    `select current_user as who, nullif(current_setting('app.account', true), '') as account`,
  );
  for (let turn = 0; turn < 8; turn += 1) {
    await db.tenant(ids.next<AccountId>(), [backend]);
    expect(await db.asMigrator(left)).toEqual([{ who: 'plinth', account: null }]);
  }
});

test.runIf(pooler !== undefined)('the two logins of a production go through it, each as itself', async () => {
  const tenant = await testLogin(database, 'grant plinth_tenant to $login');
  const system = await testLogin(database, 'grant plinth_system to $login');
  const opened = await openDatabase({
    engine: 'postgres',
    ...pooledOf(tenant.url),
    systemUrl: pooledOf(system.url).url,
  });
  const who = statement<{ who: string }>('select session_user as who');
  expect(await opened.tenant(ids.next<AccountId>(), [who])).toEqual([[{ who: tenant.name }]]);
  expect(await opened.system('db.maintenance', [who])).toEqual([[{ who: system.name }]]);
  await opened.close();
});

function pooledOf(url = database.url) {
  if (pooler === undefined) throw new Error('there is no pooler in this pass');
  return pooledThrough(pooler, url).options;
}
