import { z } from 'zod';
import { callStore, inCalls, padTo, undefinedIfMissing, type VectorHome } from './home.ts';

export interface QdrantSettings {
  readonly vendor: 'qdrant';
  readonly url: string;
  readonly apiKey: string | undefined;
}

/** Lengths of vectors that collections at Qdrant are made for: as many collections there may be, however many dimensions customers choose. */
const SIZES = [128, 256, 384, 512, 768, 1_024, 1_536, 2_048] as const;
const sizeOf = (dimensions: number) => SIZES.find((size) => size >= dimensions) ?? SIZES[7];

const done = z.object({ result: z.object({ status: z.literal('completed') }) });
const exists = z.object({ result: z.object({ exists: z.boolean() }) });
const found = z.object({ result: z.object({ points: z.array(z.object({ id: z.string() })) }) });

/**
 * Embeddings at Qdrant, by its HTTP API: a collection there for each length, and in it each space by its payload, as Qdrant advises for
 * many tenants. https://qdrant.tech/documentation/guides/multiple-partitions/
 */
export function createQdrantHome({ url: base, apiKey }: QdrantSettings): VectorHome {
  const headers = apiKey === undefined ? {} : { 'api-key': apiKey };
  const made = new Map<number, Promise<void>>();
  const pathOf = (size: number, path = '') => `${base}/collections/plinth-${size}${path}`;

  async function isThere(size: number): Promise<boolean> {
    const answer = await callStore({ method: 'GET', url: pathOf(size, '/exists'), headers, reply: exists });
    return answer.result.exists;
  }
  async function make(size: number): Promise<void> {
    if (await isThere(size)) return;
    const body = { vectors: { size, distance: 'Cosine' }, hnsw_config: { m: 0, payload_m: 16 } };
    await callStore({ method: 'PUT', url: pathOf(size), headers, body, reply: z.object({}) }).catch(
      async (error: unknown) => {
        // Another process was quicker.
        if (!(await isThere(size))) throw error;
      },
    );
    const index = { field_name: 'space', field_schema: { type: 'uuid', is_tenant: true } };
    await callStore({
      method: 'PUT',
      url: pathOf(size, '/index?wait=true'),
      headers,
      body: index,
      reply: done,
    });
  }
  /** Once in each process; after a failure again. */
  function makeOnce(size: number): Promise<void> {
    const making = made.get(size) ?? make(size);
    made.set(size, making);
    return making.catch((error: unknown) => {
      made.delete(size);
      throw error;
    });
  }

  return {
    name: `qdrant ${base.replace(/^https?:\/\//, '')}`,
    most: async () => SIZES[7],
    async upsert(space, points) {
      const size = sizeOf(space.dimensions);
      await makeOnce(size);
      for (const part of inCalls(points, size)) {
        const vectors = part.map(({ id, embedding }) => ({
          id,
          vector: padTo(size, embedding),
          payload: { space: space.id },
        }));
        const write = {
          method: 'PUT',
          url: pathOf(size, '/points?wait=true'),
          headers,
          reply: done,
        } as const;
        await callStore({ ...write, body: { points: vectors } }).catch((error: unknown) => {
          made.delete(size);
          throw error;
        });
      }
    },
    async nearest(space, embedding, limit) {
      const size = sizeOf(space.dimensions);
      const body = {
        query: padTo(size, embedding),
        filter: { must: [{ key: 'space', match: { value: space.id } }] },
        limit,
        with_payload: false,
        with_vector: false,
      };
      const url = pathOf(size, '/points/query');
      const answer = await callStore({ method: 'POST', url, headers, body, reply: found });
      return answer.result.points.map(({ id }) => id);
    },
    async delete(space, ids) {
      const url = pathOf(sizeOf(space.dimensions), '/points/delete?wait=true');
      await callStore({ method: 'POST', url, headers, body: { points: ids }, reply: done }).catch(
        undefinedIfMissing,
      );
    },
  };
}
