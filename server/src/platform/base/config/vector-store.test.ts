import { expect, test } from 'vitest';
import { problemsOf } from '@plinth/testkit/fixtures/config-problems';
import { readConfig } from './index.ts';

const PINECONE = { PINECONE_API_KEY: 'pcsk_example', PINECONE_INDEX: 'vectors' };

test('embeddings are searched at Pinecone, else at Qdrant, else in the database', () => {
  expect(readConfig({}).vectorStore).toBeUndefined();
  const qdrant = { vendor: 'qdrant', url: 'https://qdrant.example.com:6333', apiKey: undefined };
  expect(readConfig({ QDRANT_URL: `${qdrant.url}/` }).vectorStore).toEqual(qdrant);
  expect(readConfig({ ...PINECONE, QDRANT_URL: qdrant.url }).vectorStore).toEqual({
    vendor: 'pinecone',
    url: 'https://api.pinecone.io',
    apiKey: 'pcsk_example',
    index: 'vectors',
  });
});

test('half a store is refused, and so is an index that Pinecone could not have', () => {
  expect(problemsOf({ PINECONE_API_KEY: 'pcsk_example' })).toEqual([
    'PINECONE_API_KEY and PINECONE_INDEX belong together: set both or none.',
  ]);
  expect(problemsOf({ QDRANT_API_KEY: 'key' })).toEqual([
    'QDRANT_API_KEY without QDRANT_URL: embeddings would not be at Qdrant. Set QDRANT_URL too.',
  ]);
  expect(problemsOf({ ...PINECONE, PINECONE_INDEX: '-no-' })[0]).toMatch(/^PINECONE_INDEX must be the name/);
});
