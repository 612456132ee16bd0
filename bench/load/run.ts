import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createOpenAISandbox } from '#sandbox/openai';
import { chanceOf } from '../../test/faults/chance.ts';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { asAdmin, createDatabase, prepareCluster } from '@plinth/testkit/services/cluster';
import { startPostgres } from '@plinth/testkit/services/postgres';
import { redisProgram, startRedis } from '@plinth/testkit/services/redis-server';
import { openSql } from '@plinth/testkit/services/sql';
import { ALONE, startProgram } from '../process.ts';
import { type Calls, callsTo } from './calls.ts';
import { compareLedger, type Comparison } from './ledger.ts';
import { type PersonParts, think } from './person.ts';
import { type ResourceUsage, watch } from './watch.ts';

/** A small model as it is called from afar: until the first token, and for each one. Milliseconds. */
const MODEL = { latencyMs: 700, perTokenMs: 15 };

/** Who comes, and what they do. Seconds are averages. */
export interface Scenario {
  /** Until a person comes for the first time, and until they come again. */
  readonly arrival: number;
  readonly between: number;
  /** Makes people in the database of some settings; answers what each of them does when they come. */
  people(
    settings: Readonly<Record<string, string>>,
    count: number,
  ): Promise<readonly ((parts: PersonParts) => Promise<void>)[]>;
}

export interface LoadOptions {
  readonly scenario: Scenario;
  readonly users: number;
  readonly seconds: number;
  /** All stay until each has done all that people come for once, however slow the machine is. */
  readonly untilEachWasThere?: boolean;
  readonly withRedis: boolean;
  /** Which run it is: the same seed makes the same choices. */
  readonly seed: string;
  /** Factor on the time that people take to think: 1 when not said. */
  readonly pace?: number;
  /** Times of the model; those of a real one when not said. */
  readonly model?: { readonly latencyMs: number; readonly perTokenMs: number };
}

export interface Load {
  readonly seconds: number;
  readonly taken: Calls['taken'];
  readonly errors: Calls['errors'];
  readonly used: { readonly server: ResourceUsage; readonly database: ResourceUsage };
  readonly ledger: Comparison;
}

/** Things that were started, the last one first. */
class Cleanups {
  readonly #ends: (() => Promise<unknown> | void)[] = [];

  on(end: () => Promise<unknown> | void): void {
    this.#ends.unshift(end);
  }

  async end(): Promise<void> {
    for (const end of this.#ends) await end();
  }
}

/** People on a server of their own, with a durable PostgreSQL, a Redis if one is wanted, and a model that takes its time. */
export async function runLoad(options: LoadOptions): Promise<Load> {
  const started = new Cleanups();
  try {
    return await runUnder(options, started);
  } finally {
    await started.end();
  }
}

async function runUnder(
  { scenario, users, seconds, withRedis, seed, ...options }: LoadOptions,
  started: Cleanups,
): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-load-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  started.on(() => {
    remove();
    process.off('exit', remove);
  });
  const database = await startDatabase(started);
  const sandbox = await createOpenAISandbox(options.model ?? MODEL);
  started.on(() => sandbox.close());
  const settings = {
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: folder,
    LOG_LEVEL: 'error',
    DATABASE_URL: database.url,
    TRUSTED_PROXIES: '127.0.0.1',
    AI_UPSTREAMS: JSON.stringify([
      {
        name: 'sandbox',
        base_url: sandbox.url,
        api_key: sandbox.apiKey,
        models: ['sandbox-small', 'sandbox-large'],
      },
    ]),
    ...(withRedis ? { REDIS_URL: await redisUrl(started) } : {}),
  };
  const people = await scenario.people({ ...ALONE, ...settings }, users);
  const program = await startProgram('start', settings);
  started.on(() => program.stop());
  const sql = openSql(database.url);
  started.on(() => sql.close());

  const calls = callsTo(program.url);
  const watched = watch({ server: program.pid, database: database.pid, sql });
  const began = performance.now();
  const left = new AbortController();
  const over = left.signal;
  const firstVisits = people.map(() => Promise.withResolvers<void>());
  const wanted = options.untilEachWasThere === true ? firstVisits.map(({ promise }) => promise) : [];
  void Promise.all([pause(seconds * 1_000, undefined, { ref: false }), ...wanted]).then(() => left.abort());
  await Promise.all(
    people.map(async (visit, n) => {
      const chance = chanceOf(`${seed}/${n}`);
      const parts = { calls, address: addressOf(n), chance, pace: options.pace ?? 1, over };
      // A person does not wait for the others to come.
      await think(parts, scenario.arrival);
      do {
        await visit(parts);
        firstVisits[n]?.resolve();
        await think(parts, scenario.between);
      } while (!over.aborted);
    }),
  );
  const lasted = (performance.now() - began) / 1_000;
  const used = await watched.stop();
  const ledger = await compareLedger(sql, () => sandbox.bill());
  return { seconds: lasted, taken: calls.taken, errors: calls.errors, used, ledger };
}

async function startDatabase(started: Cleanups): Promise<{ readonly url: string; readonly pid: number }> {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const server = await startPostgres({ binaries, durable: true });
  started.on(() => server.stop());
  const [rows] = await asAdmin(server.adminUrl, [`select pg_read_file('postmaster.pid') as file`]);
  const url = await createDatabase(await prepareCluster(server.adminUrl, true), 'load');
  return { url, pid: Number.parseInt(String(rows?.[0]?.['file']), 10) };
}

async function redisUrl(started: Cleanups): Promise<string> {
  const program = redisProgram();
  if (program === undefined)
    throw new Error('there is no redis-server on PATH (Debian: apt-get install redis-server)');
  const redis = await startRedis(program);
  started.on(() => redis.stop());
  return redis.url;
}

function addressOf(n: number): string {
  return `10.0.${(n >> 8) & 255}.${n & 255}`;
}
