import { z } from 'zod';
import { callStore, inCalls, padTo, undefinedIfMissing, type VectorHome } from './home.ts';

export interface PineconeSettings {
  readonly vendor: 'pinecone';
  /** Where indexes are described. */
  readonly url: string;
  readonly apiKey: string;
  readonly index: string;
}

const VERSION = '2026-04';

const described = z.object({ host: z.string().min(1), dimension: z.int().min(2) });
const found = z.object({ matches: z.array(z.object({ id: z.string() })) });

interface Index {
  readonly url: string;
  readonly size: number;
}

/** Embeddings in one index of Pinecone, by its HTTP API: each space is a namespace. The index has a length, to which they are padded. */
export function createPineconeHome({ url, apiKey, index }: PineconeSettings): VectorHome {
  const headers = { 'api-key': apiKey, 'x-pinecone-api-version': VERSION };
  let opening: Promise<Index> | undefined;

  async function describe(): Promise<Index> {
    const { host, dimension } = await callStore({
      method: 'GET',
      url: `${url}/indexes/${index}`,
      headers,
      reply: described,
    });
    const at = host.includes('://') ? host : `${new URL(url).protocol}//${host}`;
    return { url: at, size: dimension };
  }
  /** Once in each process; after a failure again. */
  const openOnce = () =>
    (opening ??= describe().catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));
  const call = <Reply>(at: string, body: object, reply: z.ZodType<Reply>) =>
    callStore({ method: 'POST', url: at, headers, body, reply });

  return {
    name: `pinecone ${index}`,
    most: async () => (await openOnce()).size,
    async upsert({ id: namespace }, points) {
      const { url: at, size } = await openOnce();
      for (const part of inCalls(points, size)) {
        const vectors = part.map(({ id, embedding }) => ({ id, values: padTo(size, embedding) }));
        const reply = z.object({ upsertedCount: z.literal(part.length) });
        await call(`${at}/vectors/upsert`, { namespace, vectors }, reply);
      }
    },
    async nearest({ id: namespace }, embedding, topK) {
      const { url: at, size } = await openOnce();
      const vector = padTo(size, embedding);
      const query = { namespace, vector, topK, includeValues: false, includeMetadata: false };
      return (await call(`${at}/query`, query, found)).matches.map(({ id }) => id);
    },
    async delete({ id: namespace }, ids) {
      const { url: at } = await openOnce();
      await call(`${at}/vectors/delete`, { namespace, ids }, z.object({})).catch(undefinedIfMissing);
    },
  };
}
