import { dbMigrations, migrateUp, openDatabase, statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import {
  createPineconeHome,
  createQdrantHome,
  createVectorStorage,
  vectorsModule,
  type VectorStorage,
} from '#platform/vectors';
import { createPineconeSandbox } from '#sandbox/pinecone';
import { createQdrantSandbox } from '#sandbox/qdrant';
import { ids } from '@plinth/testkit/factories';
import { clusteredVectors } from '@plinth/testkit/fixtures/clustered-vectors';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { startPostgres } from '@plinth/testkit/services/postgres';
import { type Figures, round } from './figures.ts';
import { nearestByComparing } from './vectors/nearest-by-comparing.ts';

const CLUSTERS = { seed: 51, dimensions: 768, topics: 100 };
const COUNT = 10_000;
const AT_ONCE = 250;
const QUERIES = 100;
const K = 10;

/**
 * 10,000 vectors of 768 dimensions in the database, at Qdrant's and at Pinecone's stand-in: CPU of this process for each, with the stand-in's,
 * which compares all, and how many of the true neighbours searches find.
 */
export async function benchVectorStores(say: (line: string) => void): Promise<Figures> {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const server = await startPostgres({ binaries });
  const db = await openDatabase({ engine: 'postgres', url: server.adminUrl, poolSize: 2 });
  const [qdrant, pinecone] = [await createQdrantSandbox(), await createPineconeSandbox({ dimension: 768 })];
  try {
    await migrateUp(db, [...dbMigrations(), ...vectorsModule.migrations()]);
    const limits = { gauging: () => statement<{ used: number }>('select 0 as used') };
    const parts = { db, ids, limits, upgradeFor: () => null };
    const homes = {
      database: undefined,
      qdrant: createQdrantHome({ ...qdrant, vendor: 'qdrant' }),
      pinecone: createPineconeHome({ ...pinecone, vendor: 'pinecone' }),
    };
    const figures: Record<string, Figures> = {};
    for (const [name, vectorHome] of Object.entries(homes)) {
      figures[name] = await measure(createVectorStorage({ ...parts, vectorHome }));
      say(`${name}: ${JSON.stringify(figures[name])}`);
    }
    return { items: COUNT, dimensions: CLUSTERS.dimensions, ...figures };
  } finally {
    await Promise.all([qdrant.close(), pinecone.close(), db.close()]);
    await server.stop();
  }
}

async function measure(storage: VectorStorage): Promise<Figures> {
  const vectors = storage.of('memory');
  const notes = { accountId: ids.next<AccountId>(), userId: ids.next<UserId>(), name: 'notes' };
  const embed = clusteredVectors(CLUSTERS);
  const filling = await cpuOf(async () => {
    for (let first = 0; first < COUNT; first += AT_ONCE) {
      const items = Array.from({ length: AT_ONCE }, (_, n) => ({
        id: `v${first + n}`,
        blob: Buffer.alloc(256, 'x'),
        embedding: embed(),
      }));
      await vectors.upsert(notes, items);
    }
  });
  await storage.centre();
  const queries = Array.from({ length: QUERIES }, () => embed());
  const known = nearestByComparing(queries, { embed: clusteredVectors(CLUSTERS), count: COUNT, k: K });
  let found = 0;
  const searching = await cpuOf(async () => {
    for (const { query, nearest } of known)
      for (const { id } of (await vectors.search(notes, query, K)).results) if (nearest.has(id)) found += 1;
  });
  return {
    upsert_cpu_ms_each: round(filling / COUNT),
    recall: round(found / (K * QUERIES)),
    search_cpu_ms: round(searching / QUERIES),
  };
}

async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
