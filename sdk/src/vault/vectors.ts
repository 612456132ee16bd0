import type { Client } from '../client.ts';
import { fromBase64, sha256, toBase64, toHex } from './bytes.ts';
import { createRotation } from './embedding.ts';
import { VaultError, type VaultErrorCode } from './errors.ts';
import type { Keys } from './keys.ts';
import { epochAt, openRecord, sealRecord } from './records.ts';

/** Blobs of vectors are sealed as records of this table. */
const TABLE = '_vectors';

export interface VectorItem {
  /** The server reads it: 1 to 200 letters, digits and the signs . _ : - */
  readonly id: string;
  /** As a model gave it. It is rotated before it is sent. */
  readonly embedding: readonly number[];
  /** What comes back with it; JSON, encrypted. */
  readonly value: unknown;
  /**
   * The revision that it takes the place of, as `read`, `search` or `upsert` answered it; 0: a new one. `any`, or nothing, writes over
   * the version of another device.
   */
  readonly revision: number | 'any';
}

export interface VaultVector {
  readonly id: string;
  /** It grows with each change, and is never given again. */
  readonly revision: number;
  readonly value?: unknown;
  /** Why there is no value. */
  readonly problem?: VaultErrorCode;
}

export interface VectorMatch extends VaultVector {
  /** The cosine, as the server says it. */
  readonly score: number;
}

/** Search by meaning, at a server that knows no meaning. What it learns all the same: docs/vault.md. */
export interface VaultVectors {
  /**
   * Writes all of them or none; answers their revision. Fails with 412 `precondition_failed` where another device was quicker:
   * `details.conflicts` has each `id` with its `revision`, 0 where it is gone.
   */
  upsert(items: readonly VectorItem[]): Promise<number>;
  /** Up to 100 by their ids: those that are there, in no order. */
  read(ids: readonly string[]): Promise<VaultVector[]>;
  /** The nearest first. */
  search(embedding: readonly number[], topK?: number): Promise<VectorMatch[]>;
  /**
   * Deletes all of them or none; one with a `revision` where it is that revision, else as `upsert` fails. One that is gone is deleted
   * already.
   */
  delete(items: readonly (string | Pick<VectorItem, 'id' | 'revision'>)[]): Promise<void>;
}

export function createVectors({
  client,
  keys,
}: {
  readonly client: Pick<Client, 'call'>;
  readonly keys: Keys;
}) {
  const rotate = createRotation(keys.ring());
  const openBlob = async (id: string, blob: string) => {
    try {
      const ring = keys.ring();
      const bytes = fromBase64(blob);
      const { content } = await openRecord(ring, { table: TABLE, id }, bytes);
      return epochAt(ring, bytes) < ring.ended ? ({ problem: 'ended_epoch' } as const) : content;
    } catch (error) {
      return { problem: error instanceof VaultError ? error.code : 'tampered' } as const;
    }
  };
  const vectors: VaultVectors = {
    async upsert(items) {
      const sealed = items.map(async ({ id, embedding, value, revision }) => {
        const content = { revision: 1, content: { value } };
        const blob = await sealRecord(keys.ring(), { table: TABLE, id }, content);
        return {
          id,
          blob: toBase64(blob),
          checksum: toHex(await sha256(blob)),
          embedding: await rotate(embedding),
          ...(typeof revision === 'number' ? { if_revision: revision } : {}),
        };
      });
      const body = { vectors: await Promise.all(sealed) };
      return (await client.call('POST /v1/storage/vectors/upsert', { body })).revision;
    },
    async read(ids) {
      const body = { ids: [...ids] };
      const { vectors: found } = await client.call('POST /v1/storage/vectors/read', { body });
      return Promise.all(
        found.map(async ({ blob, ...one }) => ({ ...one, ...(await openBlob(one.id, blob)) })),
      );
    },
    async search(embedding, topK = 10) {
      const body = { embedding: await rotate(embedding), top_k: topK };
      const { results } = await client.call('POST /v1/storage/vectors/search', { body });
      return Promise.all(
        results.map(async ({ blob, ...one }) => ({ ...one, ...(await openBlob(one.id, blob)) })),
      );
    },
    async delete(items) {
      const ids = items.map((item) => {
        if (typeof item === 'string') return item;
        const { id, revision } = item;
        return typeof revision === 'number' ? { id, if_revision: revision } : id;
      });
      await client.call('DELETE /v1/storage/vectors', { body: { ids } });
    },
  };
  return { rotate, vectors };
}
