import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmBinaries, pathBinaries } from '../services/binaries.ts';
import { createDatabase, prepareCluster } from '../services/cluster.ts';
import { startPostgres } from '../services/postgres.ts';
import { type RedisServer, redisProgram, startRedis } from '../services/redis-server.ts';
import { openSql, type Sql } from '../services/sql.ts';

/** What everything stands on: a database of its own with a trace, and a Redis where there is one. */
export interface Ground {
  readonly url: string;
  readonly sql: Sql;
  readonly redis: RedisServer | undefined;
  readonly folder: string;
  /** Begins to write down every change. */
  trace(): Promise<void>;
  /** The way to the database for a process, which says by it which one it is. */
  urlFor(member: string): URL;
  /** Moves the database's time on by seconds. Leases move with it, but for those of the process named. */
  advance(seconds: number, butFor?: string): Promise<void>;
  /** Ends the leases of processes that were started again since. */
  endLeasesOfTheDead(): Promise<void>;
  /** Milliseconds since 1970, by the database's clock. */
  time(): Promise<number>;
  close(): Promise<void>;
}

export async function openGround(): Promise<Ground> {
  const isOnPath = process.env['TEST_POSTGRES'] === 'path';
  const binaries = await (isOnPath ? pathBinaries() : npmBinaries());
  if (binaries === undefined)
    throw new Error(
      `there is no PostgreSQL ${isOnPath ? 'on PATH' : 'for this system in the packages of npm'}`,
    );
  const program = redisProgram();
  if (program === undefined) withoutRedis();
  const server = await startPostgres({ binaries });
  const redis = program === undefined ? undefined : await startRedis(program);
  const folder = mkdtempSync(join(tmpdir(), 'plinth-faults-'));
  const url = await createDatabase(await prepareCluster(server.adminUrl, true), 'faults');
  const sql = openSql(url);
  return {
    url,
    sql,
    redis,
    folder,
    urlFor(member) {
      const way = new URL(url);
      way.searchParams.set('options', `-c faults.member=${member}`);
      return way;
    },
    async trace() {
      await sql.rows(readFileSync(join(import.meta.dirname, 'trace.sql'), 'utf8'));
      await sql.rows(AWAY_FROM_MIDNIGHT);
    },
    async advance(seconds, butFor) {
      await sql.rows(ADVANCE, [seconds, butFor ?? '']);
    },
    async endLeasesOfTheDead() {
      await sql.rows(END_DEAD);
    },
    async time() {
      const [row] = await sql.rows<{ at: number }>(
        'select (extract(epoch from app.now()) * 1000)::double precision as at',
      );
      return row?.at ?? 0;
    },
    async close() {
      await sql.close();
      await redis?.stop();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function withoutRedis(): void {
  const lack = 'there is no redis-server on PATH (Debian: apt-get install redis-server)';
  if (process.env['CI'] === 'true') throw new Error(lack);
  process.stdout.write(`${lack}: what it does is done without it\n`);
}

/** A run that begins before midnight of UTC begins after it: the oracle knows budgets of one day. */
const AWAY_FROM_MIDNIGHT = `
  update app.clock set ahead = interval '4 hours' where extract(hour from app.now() at time zone 'UTC') >= 20`;

/** One statement would read the clock both before and after it moved: the leases are moved by what the clock said before. */
const ADVANCE = `
  with before as materialized (select app.now() as at),
    moved as (
      update limits.holders h set expires_at = h.expires_at + make_interval(secs => $1::double precision)
        from before where h.expires_at > before.at
          and not exists (select from faults.holders f where f.id = h.id and f.member = $2::text)
    )
  update app.clock set ahead = ahead + make_interval(secs => $1::double precision) from before`;

const END_DEAD = `
  update limits.holders set expires_at = least(expires_at, app.now())
    where id not in (select max(id::text)::uuid from faults.holders group by member)`;
