import { type Database, migrateUp, openDatabase, statement } from '#platform/db';
import { UNLIMITED } from '#platform/entitlements';
import { modules } from '#modules';
import type { Member } from '@plinth/testkit/factories';
import { figures, permitOf, openLimits, plannedCall, request } from '@plinth/testkit/fixtures/limits';
import { Pool } from 'pg';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { createDatabase, prepareCluster } from '@plinth/testkit/services/cluster';
import { startPostgres } from '@plinth/testkit/services/postgres';

/** The tables above refer to permits, which each round truncates. */
const upToLimits = modules.slice(0, modules.findIndex(({ name }) => name === 'limits') + 1);

/** As many as the program opens; bare statements and decisions have the same number. */
export const CONNECTIONS = 10;
export const ACCOUNTS = 400;

/** The five limits that Reel's generation has, so large that nothing is denied. */
export const FIVE = {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
    pause: { kind: 'cooldown', by: 'account' },
  },
  plans: {
    only: { monthly: UNLIMITED, hourly: UNLIMITED, at_once: UNLIMITED, cost: UNLIMITED, pause: 0 },
  },
} as const;

export type Fixture = Awaited<ReturnType<typeof openFixture>>;

/** A durable PostgreSQL of its own with accounts that may do everything, and plain tables beside them for comparison. */
export async function openFixture() {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const server = await startPostgres({ binaries, durable: true });
  const url = await createDatabase(await prepareCluster(server.adminUrl, true), 'bench');
  const db = await openDatabase({ engine: 'postgres', url, poolSize: CONNECTIONS });
  await migrateUp(
    db,
    upToLimits.flatMap(({ migrations }) => migrations()),
  );
  const bare = await openBare(db, url);
  const fixture = await openLimits(db, FIVE);
  const members: Member[] = [];
  for (let n = 0; n < ACCOUNTS; n += 1) members.push(await fixture.member());
  const renewing = setInterval(() => void fixture.holder.renew(), 5_000);
  let calls = 0;

  async function admit(n: number) {
    const member = members[n % ACCOUNTS];
    if (member === undefined) throw new Error('there is no such account');
    calls += 1;
    return permitOf(await fixture.limits.admit(request(member, { reserve: 100, key: `call ${calls}` })));
  }

  return {
    db,
    url,
    bare,
    members,
    version: server.version,
    admit,
    /** The whole of a governed call, but for the call. */
    async pair(n: number) {
      const permit = await admit(n);
      await permit.send(plannedCall(100));
      permit.served(figures(50));
      await permit.settle();
    },
    /** Ends all that is open and clears what was written, so that each round begins alike. */
    async clear() {
      await db.script('truncate limits.usage_events, limits.permits, idempotency.keys, public.bench_rows');
      await db.asMigrator(statement('vacuum analyze limits.meters, public.bench_counters'));
    },
    async close() {
      clearInterval(renewing);
      await fixture.holder.end();
      await bare.close();
      await db.close();
      await server.stop();
    },
  };
}

const UPDATE = 'update public.bench_counters set used = used + 1 where id = $1 returning used';

/** The bare statements over one connection, and whose it is. */
export function openLoneBare(url: string) {
  const pool = new Pool({ connectionString: url, max: 1 });
  return {
    ...statementsOver(pool),
    async pid(): Promise<number> {
      const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');
      return rows[0]?.pid ?? 0;
    },
    close: () => pool.end(),
  };
}

async function openBare(db: Database, url: string) {
  await db.script(`
    create table public.bench_counters (id integer primary key, used bigint not null) with (fillfactor = 70);
    create table public.bench_rows (id uuid primary key, account integer not null, state text not null, cost bigint not null) with (fillfactor = 80);`);
  await db.asMigrator(
    statement('insert into public.bench_counters select n, 0 from generate_series(0, $1::integer - 1) n', [
      ACCOUNTS,
    ]),
  );
  const pool = new Pool({ connectionString: url, max: CONNECTIONS });
  return { ...statementsOver(pool), close: () => pool.end() };
}

/** Statements without anything around them: prepared, one trip each, a commit of their own. */
function statementsOver(pool: Pool) {
  const run = (name: string, text: string, values: unknown[]) => pool.query({ name, text, values });
  return {
    update: (n: number) => run('update', UPDATE, [n % ACCOUNTS]),
    async insertAndUpdate(n: number) {
      const id = crypto.randomUUID();
      await run('insert', `insert into public.bench_rows values ($1, $2, 'open', 0)`, [id, n % ACCOUNTS]);
      await run('close', `update public.bench_rows set state = 'closed', cost = 50 where id = $1`, [id]);
    },
  };
}
