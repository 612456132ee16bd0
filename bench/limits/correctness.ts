import { openDatabase } from '#platform/db';
import { openLimits, openNode, request } from '@plinth/testkit/fixtures/limits';
import { Pool } from 'pg';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import { flexibleLimiter, type Limiter } from './peers.ts';

const CALLERS = 500;
const PROCESSES = 4;
const ROOM = 10;
const PLENTY = 1_000;

/** What came of 500 callers at once where a burst of 10 is the tightest of the limits, and the last to be asked. */
export interface Outcome {
  readonly admitted: number;
  /** How many more than there was room for. */
  readonly over_admissions: number;
  /** Units of the month's quota that denied calls took. */
  readonly charged_on_denial: number;
}

function outcome(admitted: number, charged: number): Outcome {
  return { admitted, over_admissions: Math.max(0, admitted - ROOM), charged_on_denial: charged - admitted };
}

/** The program's own admission, through four processes with connections of their own. */
export async function checkOurs(url: string): Promise<Outcome> {
  const db = await openDatabase({ engine: 'postgres', url });
  const dbs = [db];
  try {
    const fixture = await openLimits(db, {
      product: 'tight',
      limits: {
        monthly: { kind: 'quota', per: 'month', by: 'account' },
        hourly: { kind: 'burst', per: 'hour', by: 'account' },
        at_once: { kind: 'concurrency', by: 'account' },
      },
      plans: { only: { monthly: PLENTY, hourly: ROOM, at_once: PLENTY } },
    });
    const nodes = [fixture.node];
    while (nodes.length < PROCESSES) {
      const other = await openDatabase({ engine: 'postgres', url });
      dbs.push(other);
      nodes.push(await openNode(other, [fixture.catalogue]));
    }
    const member = await fixture.member();
    const crowd = await Promise.all(
      Array.from({ length: CALLERS }, (_, n) =>
        (nodes[n % PROCESSES] ?? fixture).limits.admit(request(member, { key: `call ${n}` }, 'tight')),
      ),
    );
    const usage = await fixture.limits.usage(member.accountId);
    const charged = usage.find(({ limit }) => limit === 'monthly')?.used ?? 0;
    return outcome(crowd.filter(({ kind }) => kind === 'permit').length, charged);
  } finally {
    for (const one of dbs) await one.close();
  }
}

/** Two limiters of a kind, asked one after the other. */
export async function checkComposed(
  limiterOf: (name: string, most: number, seconds: number) => Limiter,
): Promise<Outcome> {
  const monthly = limiterOf('monthly', PLENTY, 2_592_000);
  const hourly = limiterOf('hourly', ROOM, 3_600);
  const crowd = await Promise.all(
    Array.from(
      { length: CALLERS },
      async () => (await monthly.take('account')) && (await hourly.take('account')),
    ),
  );
  return outcome(crowd.filter(Boolean).length, await monthly.used('account'));
}

/** Two limiters of rate-limiter-flexible on the same PostgreSQL. */
export async function composedInPostgres(url: string): Promise<Outcome> {
  const pool = new Pool({ connectionString: url, max: 10 });
  const tableName = 'bench_rlf';
  try {
    await new Promise<RateLimiterPostgres>((resolve, reject) => {
      const options = { storeClient: pool, tableName, points: 1, duration: 1 };
      const first = new RateLimiterPostgres(options, (error) => {
        if (error === undefined) resolve(first);
        else reject(error);
      });
    });
    return await checkComposed((keyPrefix, points, duration) =>
      flexibleLimiter(
        new RateLimiterPostgres({
          storeClient: pool,
          tableName,
          tableCreated: true,
          keyPrefix,
          points,
          duration,
        }),
      ),
    );
  } finally {
    await pool.end();
  }
}

/** Both counters read, and raised when both have room: what is written by hand at first. */
export async function readThenWrite(url: string): Promise<Outcome> {
  const pool = new Pool({ connectionString: url, max: 10 });
  try {
    await pool.query('create table bench_by_hand (monthly integer not null, hourly integer not null)');
    await pool.query('insert into bench_by_hand values (0, 0)');
    const read = async () => {
      const { rows } = await pool.query<{ monthly: number; hourly: number }>('table bench_by_hand');
      return rows[0] ?? { monthly: 0, hourly: 0 };
    };
    const admit = async () => {
      const used = await read();
      if (used.monthly >= PLENTY || used.hourly >= ROOM) return false;
      await pool.query('update bench_by_hand set monthly = monthly + 1, hourly = hourly + 1');
      return true;
    };
    const crowd = await Promise.all(Array.from({ length: CALLERS }, admit));
    return outcome(crowd.filter(Boolean).length, (await read()).monthly);
  } finally {
    await pool.end();
  }
}
