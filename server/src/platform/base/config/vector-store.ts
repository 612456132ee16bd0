import { z } from 'zod';
import { httpUrl, key, setting } from './setting.ts';
import type { Values } from './settings.ts';

const group = 'Files';

/** Where embeddings are searched (docs/vector-stores.md). */
export const VECTOR_STORE_SETTINGS = {
  QDRANT_URL: setting(httpUrl.optional(), {
    group,
    says: 'Embeddings are searched at this Qdrant (docs/vector-stores.md). Not set, nor PINECONE_API_KEY: in the database.',
    example: 'https://xyz-example.eu-central.aws.cloud.qdrant.io:6333',
  }),
  QDRANT_API_KEY: setting(key.optional(), {
    group,
    says: 'A key of that Qdrant that may write and make collections. Not set: it asks for none.',
    secret: true,
    example: '…',
  }),
  PINECONE_API_KEY: setting(key.optional(), {
    group,
    says: 'Embeddings are searched at Pinecone, with this key of the project that has PINECONE_INDEX, also where QDRANT_URL is set.',
    secret: true,
    example: 'pcsk_…',
  }),
  PINECONE_INDEX: setting(
    z
      .string()
      .regex(
        /^[a-z0-9](?:[a-z0-9-]{0,43}[a-z0-9])?$/,
        'must be the name of an index: 1 to 45 small letters, digits and -',
      )
      .optional(),
    {
      group,
      says: 'The index, dense and of the cosine. Embeddings of fewer dimensions than it has are filled up with zeros; of more, they are searched in the database.',
      example: 'example-vectors',
    },
  ),
  PINECONE_URL: setting(httpUrl.default('https://api.pinecone.io'), {
    group,
    says: 'Where Pinecone is.',
  }),
} as const;

/** The store outside in which embeddings are searched. */
export type VectorStoreSettings =
  | { readonly vendor: 'qdrant'; readonly url: string; readonly apiKey: string | undefined }
  | { readonly vendor: 'pinecone'; readonly url: string; readonly apiKey: string; readonly index: string };

/** Reads where embeddings are searched; undefined: in the database. What is wrong is added to `problems`, a line each. */
export function readVectorStore(values: Values, problems: string[]): VectorStoreSettings | undefined {
  const {
    QDRANT_URL: url,
    QDRANT_API_KEY: qdrantKey,
    PINECONE_API_KEY: apiKey,
    PINECONE_INDEX: index,
  } = values;
  if ((apiKey === undefined) !== (index === undefined))
    problems.push('PINECONE_API_KEY and PINECONE_INDEX belong together: set both or none.');
  if (url === undefined && qdrantKey !== undefined)
    problems.push(
      'QDRANT_API_KEY without QDRANT_URL: embeddings would not be at Qdrant. Set QDRANT_URL too.',
    );
  if (apiKey !== undefined && index !== undefined)
    return { vendor: 'pinecone', url: values.PINECONE_URL, apiKey, index };
  return url === undefined ? undefined : { vendor: 'qdrant', url, apiKey: qdrantKey };
}
