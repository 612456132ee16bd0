import { type Database, dbMigrations, migrateUp, openDatabase, statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import { type Collection, createVectorStorage, vectorsModule, type Vectors } from '#platform/vectors';
import { embeddingOf, nearestOf } from '../server/src/platform/work/vectors/embeddings.ts';
import { ids } from '@plinth/testkit/factories';
import { clusteredVectors } from '@plinth/testkit/fixtures/clustered-vectors';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { startPostgres } from '@plinth/testkit/services/postgres';
import { type Figures, quantile, round } from './figures.ts';
import { databaseCpu } from './vectors/database-cpu.ts';
import { nearestByComparing } from './vectors/nearest-by-comparing.ts';

const DIMENSIONS = 768;
const LARGE = 100_000;
const OTHERS = 10;
const OTHER = 10_000;
const TOPICS = 500;
const AT_ONCE = 500;
const K = 10;
const ROUNDS = 5;
const EACH = 60;
/** Queries whose true neighbours are known. */
const QUERIES = 100;
/** Exact searches among 100,000: each reads 150 MB. */
const EXACT = 3;
const READ_AT_ONCE = 5_000;
const CLUSTERS = { seed: 32, dimensions: DIMENSIONS, topics: TOPICS };
/** A quarter of a small server's memory, as PostgreSQL's manual advises. */
const SETTINGS = { shared_buffers: '1GB' };

/**
 * How good and how fast a search among 100,000 vectors of 768 dimensions is, beside ten accounts with 10,000 each; from the service down,
 * one caller. Exact search of the same queries is beside it: all embeddings of the account read and compared.
 */
export async function benchVectors(say: (line: string) => void): Promise<Figures> {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const server = await startPostgres({ binaries, durable: true, settings: SETTINGS });
  const db = await openDatabase({ engine: 'postgres', url: server.adminUrl, poolSize: 2 });
  try {
    await migrateUp(db, [...dbMigrations(), ...vectorsModule.migrations()]);
    const limits = { gauging: () => statement<{ used: number }>('select 0 as used') };
    const storage = createVectorStorage({ db, ids, limits, upgradeFor: () => null });
    return await measure({ db, vectors: storage.of('memory'), centre: storage.centre, say });
  } finally {
    await db.close();
    await server.stop();
  }
}

interface Bench {
  readonly db: Database;
  readonly vectors: Vectors;
  readonly centre: () => Promise<number>;
  readonly say: (line: string) => void;
}

/** A query, and the ids of those that are nearest to it. */
interface Known {
  readonly query: readonly number[];
  readonly nearest: ReadonlySet<string>;
}

async function measure({ db, vectors, centre, say }: Bench): Promise<Figures> {
  const embed = clusteredVectors(CLUSTERS);
  const [large = collectionOf(), ...others] = Array.from({ length: OTHERS + 1 }, collectionOf);
  const filling = await timed(() => fill(vectors, large, { embed, count: LARGE }));
  say(`${LARGE} items in ${round(filling / 1_000)} s`);
  for (const other of others) await fill(vectors, other, { embed, count: OTHER });
  const queries = Array.from({ length: QUERIES }, () => embed());
  const known = nearestByComparing(queries, { embed: clusteredVectors(CLUSTERS), count: LARGE, k: K });
  say('their true neighbours are known');
  const before = (await recallOf(vectors, large, known)).recall;
  const centring = await timed(centre);
  await db.script('vacuum analyze vectors.collections, vectors.items, vectors.signs');
  const sizes = await sizesOf(db);
  say(`centred in ${round(centring / 1_000)} s: ${JSON.stringify(sizes)}; recall ${before} before`);
  const quality = await recallOf(vectors, large, known);
  const times = await timesOf(db, (n) => vectors.search(large, queries[n % QUERIES] ?? [], K));
  say(`approximate: ${JSON.stringify({ ...quality, ...times })}`);
  const small = await timesOf(db, (n) =>
    vectors.search(others[n % OTHERS] ?? large, queries[n % QUERIES] ?? [], K),
  );
  const exact = await timesOf(db, (n) => exactly(db, large, queries[n] ?? []), { rounds: 1, each: EXACT });
  return {
    items: LARGE,
    dimensions: DIMENSIONS,
    others: OTHERS * OTHER,
    items_per_second: round(LARGE / (filling / 1_000)),
    centring_seconds: round(centring / 1_000),
    ...sizes,
    recall_without_centre: before,
    search: { ...quality, ...times },
    [`search_of_${OTHER}`]: small,
    exact_search: exact,
    by_blob: await timesOf(db, (n) => vectors.find(large, blobOf(n * 7), K), { rounds: 1, each: EACH }),
  };
}

const collectionOf = (): Collection => ({
  accountId: ids.next<AccountId>(),
  userId: ids.next<UserId>(),
  name: 'notes',
});
const blobOf = (n: number) => Buffer.from(`ciphertext ${n}`.padEnd(256));

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function fill(
  vectors: Vectors,
  collection: Collection,
  { embed, count }: { readonly embed: () => number[]; readonly count: number },
): Promise<void> {
  for (let first = 0; first < count; first += AT_ONCE) {
    const items = Array.from({ length: AT_ONCE }, (_, n) => ({
      id: `v${first + n}`,
      blob: blobOf(first + n),
      embedding: embed(),
    }));
    await vectors.upsert(collection, items);
  }
}

async function recallOf(vectors: Vectors, collection: Collection, known: readonly Known[]) {
  let found = 0;
  let mode = '';
  for (const { query, nearest } of known) {
    const answer = await vectors.search(collection, query, K);
    ({ mode } = answer);
    found += answer.results.filter(({ id }) => nearest.has(id)).length;
  }
  return { mode, recall: round(found / (K * known.length)) };
}

/** Medians of several rounds, for one may share its processor with something else; and what the database's processes take for each. */
async function timesOf(
  db: Database,
  ask: (n: number) => Promise<unknown>,
  { rounds = ROUNDS, each = EACH }: { readonly rounds?: number; readonly each?: number } = {},
) {
  const found: { readonly p50: number; readonly p99: number }[] = [];
  const cpu = await databaseCpu(db);
  const [before, own] = [cpu(), process.cpuUsage()];
  for (let turn = 0; turn < rounds; turn += 1) {
    const times: number[] = [];
    for (let n = 0; n < each; n += 1) times.push(await timed(() => ask(turn * each + n)));
    found.push({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) });
  }
  const { user, system } = process.cpuUsage(own);
  const median = (of: 'p50' | 'p99') =>
    round(
      quantile(
        found.map((one) => one[of]),
        0.5,
      ),
    );
  return {
    p50_ms: median('p50'),
    p99_ms: median('p99'),
    database_cpu_ms: round((cpu() - before) / (rounds * each)),
    process_cpu_ms: round((user + system) / 1_000 / (rounds * each)),
  };
}

/** What an exact search of a large collection would take: all embeddings are read, some at a time, and compared. */
async function exactly(db: Database, { accountId }: Collection, query: readonly number[]): Promise<void> {
  const near = embeddingOf(query);
  let after = '';
  for (;;) {
    const [rows] = await db.tenant(accountId, [
      statement<{ id: string; embedding: Uint8Array }>(
        `select id, embedding from vectors.items where account_id = $1 and id > $2 order by account_id, collection_id, id limit ${READ_AT_ONCE}`,
        [accountId, after],
      ),
    ]);
    await nearestOf([rows], near, K);
    if (rows.length < READ_AT_ONCE) return;
    after = rows.at(-1)?.id ?? '';
  }
}

/** Megabytes of the tables with their indexes. */
async function sizesOf(db: Database) {
  const [row] = await db.asMigrator(
    statement<{ items_mb: number; signs_mb: number }>(
      `select round(pg_total_relation_size('vectors.items') / 1e6)::float8 as items_mb,
         round(pg_total_relation_size('vectors.signs') / 1e6)::float8 as signs_mb`,
    ),
  );
  return row;
}
