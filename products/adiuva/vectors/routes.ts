import { AppError, equalInConstantTime, namedObject, productRoutes, sha256 } from 'plinth/product';
import { z } from 'zod';
import { checksum } from '../octets.ts';
import type { VectorMemory } from './service.ts';

const route = productRoutes<{ readonly vectors: VectorMemory }>();

const MOST_ITEMS = 500;
const MOST_READ = 100;
const MOST_BODY = 8_388_608;
/** Characters of a blob of 64 KiB. */
const MOST_BASE64 = 87_384;

const common = {
  tag: 'Adiuva vectors',
  auth: 'account',
  rate: { perMinute: 600, by: 'account' },
  soldRates: ['requests'],
  maxBody: MOST_BODY,
} as const;

const bytesOf = (base64: string) => Buffer.from(base64, 'base64');
const base64Of = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

const id = z
  .string()
  .regex(/^[\w.:-]{1,200}$/, '1 to 200 letters, digits and the signs . _ : -')
  .describe('Yours to choose, and read by the server: nothing that says anything.');
const blob = z
  .base64()
  .max(MOST_BASE64)
  // Bits behind the last byte would be lost: the same blob has one form.
  .refine((text) => bytesOf(text).toString('base64') === text, 'This is not base64.')
  .describe('Ciphertext in base64, of 64 KiB at most.');
const embedding = z
  .array(z.number())
  .min(2)
  .max(2_048)
  .refine((values) => values.some((value) => value !== 0), 'A vector of zeros has no direction.')
  .describe('Transformed with your own key. The same number of dimensions in all of your items.');

const item = namedObject('VectorItem', {
  id,
  blob,
  checksum: checksum.describe('SHA-256 of the blob, in hexadecimal digits.'),
  embedding: embedding.optional(),
  if_revision: z
    .int()
    .min(0)
    .optional()
    .describe('The revision that it takes the place of; 0: there is none. Left out: any.'),
});
const revision = z.int().describe('It grows with each change, and is never given again.');

export const upsertVectors = route(
  'POST /v1/storage/vectors/upsert',
  {
    ...common,
    operation: 'upsertStorageVectors',
    summary: 'Store vectors',
    description:
      'Stores items, in the place of those of yours with the same ids: all of them or none. With `if_revision` an item takes the place of that revision alone: where another device was quicker, the answer is 412, and `details.conflicts` has the `id` and `revision` of each that differs (0: it is gone). Their blobs, and two bytes for each dimension, count in the limit `storage`. A request has 195,000 numbers in all at most. It takes no Idempotency-Key: the same again leaves the same items.',
    idempotency: 'none',
    may: 'member',
    scope: 'adiuva:write',
    body: namedObject('VectorUpsertRequest', { vectors: z.array(item).min(1).max(MOST_ITEMS) }).refine(
      ({ vectors }) => new Set(vectors.map((one) => one.id)).size === vectors.length,
      { path: ['vectors'], error: 'Two of them have one id.' },
    ),
    reply: { 200: namedObject('VectorUpsertResponse', { upserted: z.int(), revision }) },
    errors: [
      'checksum_mismatch',
      'precondition_failed',
      'vector_dimensions',
      'vector_invalid',
      'vector_store_unavailable',
      'limit_exceeded',
      'plan_required',
    ],
  },
  async ({ accountId, caller, body }, { vectors }) => {
    const items = body.vectors.map(({ checksum: sent, if_revision: ifRevision, ...one }) => {
      const bytes = bytesOf(one.blob);
      if (!equalInConstantTime(sha256(bytes), sent))
        throw new AppError('checksum_mismatch', { details: { id: one.id } });
      return { ...one, blob: bytes, ifRevision };
    });
    const made = await vectors.upsert({ accountId, userId: caller.userId }, items);
    return { upserted: items.length, revision: made };
  },
);

const result = namedObject('VectorSearchResult', {
  id: z.string(),
  score: z.number().describe('The cosine: 1 is the same direction, -1 the opposite. 1 for the same blob.'),
  revision,
  blob: z.string(),
});

export const searchVectors = route(
  'POST /v1/storage/vectors/search',
  {
    ...common,
    operation: 'searchStorageVectors',
    summary: 'Search vectors',
    description:
      'By `embedding`: your items whose embeddings are nearest, the nearest first. By `query_blob`: those whose blob is the same, byte for byte; nothing is similar to ciphertext. `mode` is `exact` where all of your items were compared, and `approximate` where one of the nearest may be missing. It takes no Idempotency-Key: it changes nothing.',
    idempotency: 'none',
    may: 'viewer',
    scope: 'adiuva:read',
    body: namedObject('VectorSearchRequest', {
      query_blob: blob.optional(),
      embedding: embedding.optional(),
      top_k: z.int().min(1).max(MOST_READ).default(10),
    }).refine(
      (body) => (body.query_blob === undefined) !== (body.embedding === undefined),
      'Send one of `query_blob` and `embedding`.',
    ),
    reply: {
      200: namedObject('VectorSearchResponse', {
        results: z.array(result),
        mode: z.enum(['exact', 'approximate']),
      }),
    },
    errors: ['vector_dimensions', 'vector_invalid', 'vector_store_unavailable'],
  },
  async ({ accountId, caller, body }, { vectors }) => {
    const { results, mode } = await vectors.search(
      { accountId, userId: caller.userId },
      {
        embedding: body.embedding,
        blob: body.query_blob === undefined ? undefined : bytesOf(body.query_blob),
        k: body.top_k,
      },
    );
    return {
      results: results.map((one) => ({ ...one, blob: base64Of(one.blob) })),
      mode,
    };
  },
);

export const readVectors = route(
  'POST /v1/storage/vectors/read',
  {
    ...common,
    maxBody: 65_536,
    operation: 'readStorageVectors',
    summary: 'Read vectors by their ids',
    description:
      'Up to 100 items with their revisions, in no order. An id of none of your items is passed over. It takes no Idempotency-Key: it changes nothing.',
    idempotency: 'none',
    may: 'viewer',
    scope: 'adiuva:read',
    body: namedObject('VectorReadRequest', { ids: z.array(id).min(1).max(MOST_READ) }),
    reply: {
      200: namedObject('VectorReadResponse', {
        vectors: z.array(namedObject('StoredVector', { id: z.string(), revision, blob: z.string() })),
      }),
    },
  },
  async ({ accountId, caller, body }, { vectors }) => {
    const found = await vectors.read({ accountId, userId: caller.userId }, body.ids);
    return { vectors: found.map((one) => ({ ...one, blob: base64Of(one.blob) })) };
  },
);

const deleted = namedObject('DeletedVector', { id, if_revision: z.int().min(1) });

export const deleteVectors = route(
  'DELETE /v1/storage/vectors',
  {
    ...common,
    summary: 'Delete vectors',
    description:
      'What they took of the limit `storage` is free at once. An id of none of your items is passed over. In place of an id, `{ id, if_revision }` deletes that revision alone: where another device has written a later one, the answer is 412, `details.conflicts` has its `id` and `revision`, and nothing is deleted.',
    may: 'member',
    scope: 'adiuva:write',
    body: namedObject('VectorDeleteRequest', {
      ids: z
        .array(z.union([id, deleted]))
        .min(1)
        .max(MOST_ITEMS),
    }),
    reply: { 200: namedObject('VectorDeleteResponse', { ok: z.literal(true) }) },
    errors: ['precondition_failed'],
  },
  async ({ accountId, caller, body }, { vectors }) => {
    const ids = body.ids.map((one) => (typeof one === 'string' ? one : one.id));
    const revisions = body.ids.flatMap((one): [string, number][] =>
      typeof one === 'string' ? [] : [[one.id, one.if_revision]],
    );
    await vectors.delete({ accountId, userId: caller.userId }, ids, new Map(revisions));
    return { ok: true };
  },
);
