import type { Config } from '#platform/config';
import { createPineconeHome, createQdrantHome, type VectorHome } from '#platform/vectors';

/** Where the settings have embeddings searched; undefined: in the database. */
export function openVectorHome({ vectorStore }: Pick<Config, 'vectorStore'>): VectorHome | undefined {
  if (vectorStore === undefined) return undefined;
  return vectorStore.vendor === 'qdrant' ? createQdrantHome(vectorStore) : createPineconeHome(vectorStore);
}
