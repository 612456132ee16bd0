import { z } from 'zod';
import type { ListeningOptions } from '../listen.ts';
import {
  type KeptPoint,
  nearestPoints,
  serveVectors,
  type VectorAnswer,
  type VectorSandbox,
} from '../vector-server.ts';

export type { VectorCall as QdrantCall, VectorFault as Fault } from '../vector-server.ts';
export type QdrantSandbox = VectorSandbox;

const vector = z.array(z.number()).min(1);
const id = z.uuid();
const matchSpace = z.strictObject({ key: z.literal('space'), match: z.strictObject({ value: z.uuid() }) });

/** Bodies that are taken: https://api.qdrant.tech/ */
const BODIES = {
  collection: z.strictObject({
    vectors: z.strictObject({ size: z.int().min(1).max(65_536), distance: z.literal('Cosine') }),
    hnsw_config: z.strictObject({ m: z.int().min(0), payload_m: z.int().min(0) }).optional(),
  }),
  index: z.strictObject({
    field_name: z.literal('space'),
    field_schema: z.strictObject({ type: z.literal('uuid'), is_tenant: z.boolean() }),
  }),
  points: z.strictObject({
    points: z.array(z.strictObject({ id, vector, payload: z.strictObject({ space: z.uuid() }) })).min(1),
  }),
  query: z.strictObject({
    query: vector,
    filter: z.strictObject({ must: z.tuple([matchSpace]) }),
    limit: z.int().min(1),
    with_payload: z.literal(false),
    with_vector: z.literal(false),
  }),
  deletion: z.strictObject({ points: z.array(id) }),
};

interface Collection {
  readonly size: number;
  readonly points: Map<string, KeptPoint>;
}

const ok = (result: unknown): VectorAnswer => ({
  status: 200,
  answer: { result, status: 'ok', time: 0.001 },
});
const refuse = (status: number, message: string): VectorAnswer => ({
  status,
  answer: { status: { error: message }, time: 0.001 },
});

/** Starts a server on loopback that speaks the part of Qdrant's HTTP API that keeps and searches points. */
export async function createQdrantSandbox(options: ListeningOptions = {}): Promise<QdrantSandbox> {
  const collections = new Map<string, Collection>();
  const lies: string[] = [];
  let operations = 0;
  const completed = () => ok({ operation_id: (operations += 1), status: 'completed' });

  function make(name: string, body: unknown): VectorAnswer {
    const { vectors } = BODIES.collection.parse(body);
    if (collections.has(name)) return refuse(409, `Wrong input: Collection \`${name}\` already exists!`);
    collections.set(name, { size: vectors.size, points: new Map() });
    return ok(true);
  }
  function put({ size, points }: Collection, body: unknown): VectorAnswer {
    const sent = BODIES.points.parse(body).points;
    const wrong = sent.find((one) => one.vector.length !== size);
    if (wrong !== undefined)
      return refuse(
        400,
        `Wrong input: Vector dimension error: expected dim: ${size}, got ${wrong.vector.length}`,
      );
    for (const one of sent)
      points.set(one.id, { space: one.payload.space, values: Float32Array.from(one.vector) });
    return completed();
  }
  function query({ points }: Collection, body: unknown): VectorAnswer {
    const { query: to, filter, limit } = BODIES.query.parse(body);
    const found = nearestPoints(points, { space: filter.must[0].match.value, to, limit });
    const all = [...lies.map((lie) => ({ id: lie, score: 1 })), ...found];
    return ok({ points: all.map((one) => ({ ...one, version: 0 })) });
  }
  function drop({ points }: Collection, body: unknown): VectorAnswer {
    for (const one of BODIES.deletion.parse(body).points) points.delete(one);
    return completed();
  }

  const ROUTES: Readonly<Record<string, (collection: Collection, body: unknown) => VectorAnswer>> = {
    'PUT /index': (_, body) => {
      BODIES.index.parse(body);
      return completed();
    },
    'PUT /points': put,
    'POST /points/query': query,
    'POST /points/delete': drop,
  };
  const serving = await serveVectors(
    {
      name: 'Qdrant',
      keyHeader: 'api-key',
      refuse,
      answer({ route, body }) {
        const [, method = '', name = '', rest = ''] = /^(\w+) \/collections\/([^/]+)(.*)$/.exec(route) ?? [];
        const collection = collections.get(name);
        if (`${method} ${rest}` === 'PUT ') return make(name, body);
        if (`${method} ${rest}` === 'GET /exists') return ok({ exists: collection !== undefined });
        if (collection === undefined) return refuse(404, `Not found: Collection \`${name}\` doesn't exist!`);
        return ROUTES[`${method} ${rest}`]?.(collection, body) ?? refuse(404, 'not found');
      },
    },
    options,
  );
  const { state, ...rest } = serving;
  return {
    ...rest,
    lies,
    get isAway() {
      return state.isAway;
    },
    set isAway(isAway: boolean) {
      state.isAway = isAway;
    },
    points: () =>
      new Map(
        [...collections.values()].flatMap(({ points }) =>
          [...points].map(([one, { space }]) => [one, space] as const),
        ),
      ),
    wipe: () => collections.clear(),
  };
}
