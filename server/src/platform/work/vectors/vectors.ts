import type { Statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';

/** Vectors that are searched together. */
export interface Collection {
  readonly accountId: AccountId;
  /** Whose own it is: another user of the account has another collection of that name. None: it is the account's. */
  readonly userId?: UserId | undefined;
  /** In a word: `records`. */
  readonly name: string;
  /** The gauge of the product that its bytes count in: `storage`. The same at each upsert. */
  readonly gauge?: string | undefined;
}

export interface VectorItem {
  /** Up to 200 letters, digits and `. _ : -`. */
  readonly id: string;
  /** The blob that is answered with it: 64 KiB at most. */
  readonly blob: Uint8Array;
  /** None: it is found by its blob alone. */
  readonly embedding?: readonly number[] | undefined;
  /** The revision that it takes the place of; 0: there is none. Undefined: any. */
  readonly ifRevision?: number | undefined;
}

/** An item as it is kept. */
export interface StoredVector {
  readonly id: string;
  /** It grows with each change, and is never given again. */
  readonly revision: number;
  readonly blob: Uint8Array;
}

export interface VectorResult extends StoredVector {
  /** The cosine: 1 is the same direction, -1 the opposite. */
  readonly score: number;
}

export interface VectorSearch {
  /** `exact`: all of the collection was compared. `approximate`: a neighbour may be missing. */
  readonly mode: 'exact' | 'approximate';
  readonly results: readonly VectorResult[];
}

/** The vectors of one product (docs/decisions/0127-signs-of-centred-vectors.md). */
export interface Vectors {
  /**
   * Stores items, in the place of those with the same ids, all of them or none, and counts what they take in the gauge. Answers
   * their revision. Throws `vector_invalid`, `vector_dimensions`, `precondition_failed` with the `conflicts` where one has another revision
   * than `ifRevision`, and the gauge's refusal: `plan_required` where the plan gives none of it.
   */
  upsert(collection: Collection, items: readonly VectorItem[]): Promise<number>;
  /** Those of the items that are there, in no order. */
  read(collection: Collection, ids: readonly string[]): Promise<readonly StoredVector[]>;
  /** The `k` items whose embeddings are nearest. Throws `vector_invalid`, `vector_dimensions`. */
  search(collection: Collection, embedding: readonly number[], k: number): Promise<VectorSearch>;
  /** Items whose blob is the same, byte for byte. */
  find(collection: Collection, blob: Uint8Array, k: number): Promise<VectorSearch>;
  /**
   * Deletes items, and gives back what they took. An item that is not there is deleted already. Throws `precondition_failed` with the
   * `conflicts`, and deletes none, where one has another revision than is named for its id.
   */
  delete(
    collection: Collection,
    ids: readonly string[],
    ifRevisions?: ReadonlyMap<string, number>,
  ): Promise<void>;
  /** Deletes all that a user keeps in an account, and gives back what it took. */
  forgetting(of: { readonly accountId: AccountId; readonly userId: UserId }): Statement;
}
