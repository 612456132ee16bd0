import './errors.ts';
import { declareLongUses, migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { vectorsDataRules } from './data-rules.ts';
import { createVectorStorage } from './service.ts';

export { checkVectorHome, type VectorHome } from './home.ts';
export { createPineconeHome, type PineconeSettings } from './pinecone-home.ts';
export { createQdrantHome, type QdrantSettings } from './qdrant-home.ts';
export { createVectorStorage, type VectorStorage } from './service.ts';
export type { Collection, StoredVector, VectorItem, VectorResult, Vectors, VectorSearch } from './vectors.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'vectors.centre': 'collections of all accounts that have grown get a new centre',
  'vectors.points':
    'embeddings of all accounts come to the store outside that is set, and what no item has goes there',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('vectors.centre', 'vectors.points');

/** This module, for the list of all of them. */
export const vectorsModule = defineModule({
  name: 'vectors',
  purpose: 'embeddings of accounts, and what is near to one: by signs in SQL, then exactly',
  migrations: () => migrationsIn('vectors', import.meta.url),
  dataRules: vectorsDataRules,
  systemUses,
  schedules: {
    'vector-centres': { cron: '* * * * *', run: (vectors) => vectors.centre() },
    'vector-points': { cron: '* * * * *', run: (vectors) => vectors.tendPoints() },
  },
  create: createVectorStorage,
});
