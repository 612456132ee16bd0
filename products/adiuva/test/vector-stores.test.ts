import { expect, test } from 'vitest';
import { createQdrantSandbox } from '#sandbox/qdrant';
import { atEndOfFile } from '@plinth/testkit/closing';
import { type Keeper, openStorage, outcomeOf, sha256 } from './fixture.ts';

const sandbox = await createQdrantSandbox();
atEndOfFile(() => sandbox.close());
const storage = await openStorage({
  settings: { QDRANT_URL: sandbox.url, QDRANT_API_KEY: sandbox.apiKey },
});

const upsert = (by: Keeper, id: string, embedding: readonly number[]) =>
  by.call('POST /v1/storage/vectors/upsert', {
    vectors: [{ id, blob: Buffer.from(id).toString('base64'), checksum: sha256(id), embedding }],
  });
const search = (by: Keeper) => by.call('POST /v1/storage/vectors/search', { embedding: [1, 0] });
const found = async (by: Keeper) => {
  const { results } = (await search(by)).json as { readonly results: readonly { readonly id: string }[] };
  return results.map(({ id }) => id);
};

test('with QDRANT_URL embeddings are searched there, each member’s alone; while it is away calls are 503, and nothing is stored', async () => {
  const [by, stranger] = [await storage.keeper(), await storage.keeper()];
  const colleague = await storage.colleagueOf(by);
  for (const [keeper, id] of [
    [by, 'mine'],
    [colleague, 'hers'],
    [stranger, 'theirs'],
  ] as const)
    expect(outcomeOf(await upsert(keeper, id, [1, 0]))).toBe('200');
  expect(sandbox.points().size).toBe(3);
  sandbox.lies.push(...sandbox.points().keys());
  expect([await found(by), await found(colleague), await found(stranger)]).toEqual([
    ['mine'],
    ['hers'],
    ['theirs'],
  ]);
  const used = await by.used();
  sandbox.isAway = true;
  for (const call of [upsert(by, 'new', [0, 1]), search(by)])
    expect(outcomeOf(await call)).toBe('503 vector_store_unavailable');
  expect(await by.used()).toBe(used);
  sandbox.isAway = false;
  expect(await found(by)).toEqual(['mine']);
});
