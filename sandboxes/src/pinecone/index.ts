import { z } from 'zod';
import type { ListeningOptions } from '../listen.ts';
import {
  type KeptPoint,
  nearestPoints,
  serveVectors,
  type VectorAnswer,
  type VectorSandbox,
} from '../vector-server.ts';

export type { VectorCall as PineconeCall, VectorFault as Fault } from '../vector-server.ts';

export interface PineconeSandbox extends VectorSandbox {
  /** The one index that it has, for PINECONE_INDEX. */
  readonly index: string;
}

export interface PineconeOptions extends ListeningOptions {
  /** The index's. */
  readonly dimension?: number | undefined;
}

const values = z.array(z.number()).min(1).max(20_000);
const id = z.string().min(1).max(512);
const namespace = z.string();

/** Bodies that are taken: https://docs.pinecone.io/reference/api */
const BODIES = {
  upsert: z.strictObject({ namespace, vectors: z.array(z.strictObject({ id, values })).min(1).max(1_000) }),
  query: z.strictObject({
    namespace,
    vector: values,
    topK: z.int().min(1).max(10_000),
    includeValues: z.literal(false),
    includeMetadata: z.literal(false),
  }),
  deletion: z.strictObject({ namespace, ids: z.array(id).min(1).max(1_000) }),
};

const ok = (answer: object): VectorAnswer => ({ status: 200, answer });
/** As gRPC words it: the data plane of an index does. */
const refuse = (status: number, message: string): VectorAnswer => ({
  status,
  answer: { code: status === 404 ? 5 : 3, message, details: [] },
});

/** Starts a server on loopback that speaks the part of Pinecone's API that keeps and searches vectors, of one index. */
export async function createPineconeSandbox(options: PineconeOptions = {}): Promise<PineconeSandbox> {
  const { dimension = 1_536 } = options;
  const index = 'sandbox';
  const points = new Map<string, KeptPoint>();
  const lies: string[] = [];

  function upsert(body: unknown): VectorAnswer {
    const { namespace: space, vectors } = BODIES.upsert.parse(body);
    const wrong = vectors.find((one) => one.values.length !== dimension);
    if (wrong !== undefined)
      return refuse(
        400,
        `Vector dimension ${wrong.values.length} does not match the dimension of the index ${dimension}`,
      );
    for (const one of vectors) points.set(one.id, { space, values: Float32Array.from(one.values) });
    return ok({ upsertedCount: vectors.length });
  }
  function query(body: unknown): VectorAnswer {
    const { namespace: space, vector: to, topK: limit } = BODIES.query.parse(body);
    const found = nearestPoints(points, { space, to, limit });
    const matches = [...lies.map((lie) => ({ id: lie, score: 1 })), ...found];
    return ok({ matches, namespace: space, usage: { readUnits: 1 } });
  }
  function drop(body: unknown): VectorAnswer {
    const { namespace: space, ids } = BODIES.deletion.parse(body);
    if (![...points.values()].some((one) => one.space === space)) return refuse(404, 'Namespace not found');
    for (const one of ids) if (points.get(one)?.space === space) points.delete(one);
    return ok({});
  }
  const describe = (url: string): VectorAnswer =>
    ok({
      name: index,
      metric: 'cosine',
      dimension,
      status: { ready: true, state: 'Ready' },
      host: new URL(url).host,
      spec: {
        serverless: {
          region: 'eu-west-1',
          cloud: 'aws',
          read_capacity: { mode: 'OnDemand', status: { state: 'Ready' } },
        },
      },
      deletion_protection: 'disabled',
      vector_type: 'dense',
    });

  const serving = await serveVectors(
    {
      name: 'Pinecone',
      keyHeader: 'api-key',
      refuse,
      answer({ route, body }) {
        if (route === `GET /indexes/${index}`) return describe(serving.url);
        if (route.startsWith('GET /indexes/'))
          return {
            status: 404,
            answer: { status: 404, error: { code: 'NOT_FOUND', message: 'no such index' } },
          };
        if (route === 'POST /vectors/upsert') return upsert(body);
        if (route === 'POST /query') return query(body);
        if (route === 'POST /vectors/delete') return drop(body);
        return refuse(404, 'not found');
      },
    },
    options,
  );
  const { state, ...rest } = serving;
  return {
    ...rest,
    index,
    lies,
    get isAway() {
      return state.isAway;
    },
    set isAway(isAway: boolean) {
      state.isAway = isAway;
    },
    points: () => new Map([...points].map(([one, { space }]) => [one, space])),
    wipe: () => points.clear(),
  };
}
