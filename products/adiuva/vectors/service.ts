import type { ProductContext, StoredVector, VectorItem, VectorSearch } from 'plinth/product';
import type { Members } from '../members/service.ts';
import type { MemberKey } from '../members/store.ts';

interface VectorQuery {
  /** One of the two. */
  readonly embedding: readonly number[] | undefined;
  readonly blob: Uint8Array | undefined;
  readonly k: number;
}

/** A member’s vectors are their own: no other member reads them, nor does the account’s owner. */
const of = (member: MemberKey) => ({ ...member, name: 'vectors', gauge: 'storage' });

/** Vectors that members keep to be found by meaning: blobs that only they can read, with embeddings of their own making. */
export function createVectorMemory(
  { vectors }: Pick<ProductContext, 'vectors'>,
  members: Pick<Members, 'begin'>,
) {
  return {
    async upsert(member: MemberKey, items: readonly VectorItem[]): Promise<number> {
      await members.begin(member);
      return vectors.upsert(of(member), items);
    },
    read: (member: MemberKey, ids: readonly string[]): Promise<readonly StoredVector[]> =>
      vectors.read(of(member), ids),
    search(member: MemberKey, { embedding, blob, k }: VectorQuery): Promise<VectorSearch> {
      if (embedding !== undefined) return vectors.search(of(member), embedding, k);
      return vectors.find(of(member), blob ?? new Uint8Array(), k);
    },
    delete: (
      member: MemberKey,
      ids: readonly string[],
      ifRevisions: ReadonlyMap<string, number>,
    ): Promise<void> => vectors.delete(of(member), ids, ifRevisions),
  };
}

export type VectorMemory = ReturnType<typeof createVectorMemory>;
