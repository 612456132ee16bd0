import './errors.ts';
import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { vectorsDataRules } from './data-rules.ts';
import { createVectorStorage } from './service.ts';
import { vectorsSystemUses } from './system-uses.ts';

export { createVectorStorage, type VectorStorage } from './service.ts';
export type { Collection, StoredVector, VectorItem, VectorResult, Vectors, VectorSearch } from './vectors.ts';

/** This module, for the list of all of them. */
export const vectorsModule = defineModule({
  name: 'vectors',
  purpose: 'embeddings of accounts, and what is near to one: by signs in SQL, then exactly',
  migrations: () => migrationsIn('vectors', import.meta.url),
  dataRules: vectorsDataRules,
  systemUses: vectorsSystemUses,
  schedules: { 'vector-centres': { cron: '* * * * *', run: (vectors) => vectors.centre() } },
  create: createVectorStorage,
});
