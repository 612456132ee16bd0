import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmBinaries, pathBinaries, type PostgresBinaries } from '@plinth/testkit/services/binaries';
import { createDatabase, prepareCluster } from '@plinth/testkit/services/cluster';
import { type PgBouncer, pgbouncerProgram, startPgBouncer } from '@plinth/testkit/services/pgbouncer-server';
import { type RedisServer, redisProgram, startRedis } from '@plinth/testkit/services/redis-server';
import { openSql, type Sql } from '@plinth/testkit/services/sql';
import { type RestartedPostgres, startRestartedPostgres } from './postgres.ts';

/** How a process reaches the database. */
export interface DatabaseWay {
  readonly url: URL;
  /** What it must be told beside the URL. */
  readonly settings: Readonly<Record<string, string>>;
}

/** The services that a run uses: a database of its own with a trace, a PgBouncer in front of it for some, and a Redis where there is one. */
export interface FaultServices {
  readonly url: string;
  readonly sql: Sql;
  readonly postgres: RestartedPostgres;
  readonly pooler: PgBouncer | undefined;
  readonly redis: RedisServer | undefined;
  readonly folder: string;
  /** Begins to write down every change. */
  trace(): Promise<void>;
  /** The way to the database for a process, which says by it which one it is. */
  urlFor(member: string): URL;
  /** The same, and for those that were named by way of PgBouncer. */
  databaseFor(member: string): DatabaseWay;
  /** Moves the database's time on by seconds. Leases move with it, but for those of the process named. */
  advance(seconds: number, butFor?: string): Promise<void>;
  /** Ends the leases of processes that were started again since. */
  endLeasesOfTheDead(): Promise<void>;
  /** Milliseconds since 1970, by the database's clock. */
  time(): Promise<number>;
  close(): Promise<void>;
}

/** Starts them; the members that are named reach the database by way of PgBouncer, where there is one. */
export async function openServices(pooled: readonly string[] = []): Promise<FaultServices> {
  const binaries = await postgresBinaries();
  const redisServer = programOr(redisProgram(), 'redis-server');
  const bouncer = pooled.length === 0 ? undefined : programOr(pgbouncerProgram(), 'pgbouncer');
  const postgres = await startRestartedPostgres(binaries);
  const redis = redisServer === undefined ? undefined : await startRedis(redisServer);
  const folder = mkdtempSync(join(tmpdir(), 'plinth-faults-'));
  const cluster = await prepareCluster(postgres.adminUrl, true);
  const url = await createDatabase(cluster, NAME);
  const databases = pooled.map((member) => aliasOf(member, postgres.port));
  const target = { url, login: cluster.owner, databases, loginRetry: LOGIN_RETRY };
  const pooler = bouncer === undefined ? undefined : await startPgBouncer(bouncer, target);
  const sql = openSql(url);
  const urlFor = (member: string) => {
    const way = new URL(url);
    way.searchParams.set('options', `-c faults.member=${member}`);
    return way;
  };
  return {
    url,
    sql,
    postgres,
    pooler,
    redis,
    folder,
    urlFor,
    databaseFor: (member) =>
      pooler === undefined || !pooled.includes(member)
        ? { url: urlFor(member), settings: {} }
        : throughPooler(pooler, { direct: urlFor(member), member }),
    ...clockOf(sql),
    async trace() {
      await sql.rows(readFileSync(join(import.meta.dirname, 'trace.sql'), 'utf8'));
      await sql.rows(AWAY_FROM_MIDNIGHT);
    },
    async endLeasesOfTheDead() {
      await sql.rows(END_DEAD);
    },
    async close() {
      await sql.close();
      await pooler?.stop();
      await redis?.stop();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function clockOf(sql: Sql): Pick<FaultServices, 'advance' | 'time'> {
  return {
    async advance(seconds, butFor) {
      await sql.rows(ADVANCE, [seconds, butFor ?? '']);
    },
    async time() {
      const [row] = await sql.rows<{ at: number }>(
        'select (extract(epoch from app.now()) * 1000)::double precision as at',
      );
      return row?.at ?? 0;
    },
  };
}

const NAME = 'faults';
/** Seconds; with PgBouncer's own 15 a database that was away for a moment is away for a quarter of a minute. */
const LOGIN_RETRY = 1;

async function postgresBinaries(): Promise<PostgresBinaries> {
  const isOnPath = process.env['TEST_POSTGRES'] === 'path';
  const binaries = await (isOnPath ? pathBinaries() : npmBinaries());
  if (binaries !== undefined) return binaries;
  throw new Error(
    `there is no PostgreSQL ${isOnPath ? 'on PATH' : 'for this system in the packages of npm'}`,
  );
}

function programOr(program: string | undefined, name: 'redis-server' | 'pgbouncer'): string | undefined {
  if (program !== undefined) return program;
  const lack = `there is no ${name} on PATH (Debian: apt-get install ${name})`;
  if (process.env['CI'] === 'true') throw new Error(lack);
  process.stdout.write(`${lack}: what it does is done without it\n`);
  return undefined;
}

/** PgBouncer takes no options of a connection: a process is known by the name of the database that it asks for. */
function aliasOf(member: string, port: number): string {
  const query = `set faults.member to ''${member}''`;
  return `${aliasName(member)} = host=127.0.0.1 port=${port} dbname=${NAME} connect_query='${query}'`;
}

function aliasName(member: string): string {
  return `${NAME}_${member.replaceAll('-', '_')}`;
}

function throughPooler(
  { port, isNamed }: PgBouncer,
  { direct, member }: { readonly direct: URL; readonly member: string },
): DatabaseWay {
  const pathname = `/${aliasName(member)}`;
  const url = Object.assign(new URL(direct), { port: String(port), pathname, search: '' });
  return { url, settings: { DIRECT_URL: direct.href, DATABASE_NAMED_STATEMENTS: String(isNamed) } };
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
