import { AppError } from '#platform/kernel';
import { z } from 'zod';
import { type Embedding, embeddingOf } from './embeddings.ts';
import './errors.ts';

/** A collection as a store outside knows it. */
export interface Space {
  readonly id: string;
  /** All of its embeddings have as many. */
  readonly dimensions: number;
}

/** An embedding at a store, under a random UUID: whose it is, and of which item, stands in the database. */
export interface Point {
  readonly id: string;
  readonly embedding: Embedding;
}

/**
 * A store outside in which embeddings are searched. It knows spaces and points, and no blob, account or user. Every call that is made twice
 * has one effect. Throws `vector_store_unavailable`.
 */
export interface VectorHome {
  /** Names the store in rows: another server or index has another name, and collections move there. */
  readonly name: string;
  /** The most dimensions that it takes: embeddings of more stay in the database alone. */
  most(): Promise<number>;
  upsert(space: Space, points: readonly Point[]): Promise<void>;
  /** Ids of points of the space, the nearest first. */
  nearest(space: Space, embedding: Embedding, limit: number): Promise<readonly string[]>;
  /** A point that is not there is no failure. */
  delete(space: Space, ids: readonly string[]): Promise<void>;
}

/** Milliseconds that a store may take for one call: all calls of an upsert end long before its points are given up. */
const PATIENCE = 20_000;

/** A failed call of a store, for the log. It quotes nothing: messages of vendors may have a key or an embedding in them. */
class StoreFailure extends Error {
  readonly status: number | undefined;
  constructor(call: string, status: number | undefined, cause?: unknown) {
    super(`${call}: ${status ?? 'no answer'}`, { cause });
    this.name = 'StoreFailure';
    this.status = status;
  }
}

interface StoreCall<Reply> {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly reply: z.ZodType<Reply>;
}

/** Calls a store by HTTP and JSON. */
export async function callStore<Reply>({
  method,
  url,
  headers,
  body,
  reply,
}: StoreCall<Reply>): Promise<Reply> {
  const call = `${method} ${new URL(url).pathname}`;
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal,
    });
    if (!response.ok) throw new StoreFailure(call, response.status);
    return reply.parse(await response.json());
  } catch (error) {
    throw new AppError('vector_store_unavailable', {
      retryAfter: 5,
      cause: error instanceof StoreFailure ? error : new StoreFailure(call, undefined, error),
    });
  }
}

/** For a call that failed with 404: undefined. */
export function undefinedIfMissing(error: unknown): undefined {
  const { cause } = error as { readonly cause?: unknown };
  if (cause instanceof StoreFailure && cause.status === 404) return undefined;
  throw error;
}

/** An embedding of the length that a store has: zeros at its end change no cosine. */
export function padTo(size: number, embedding: Embedding): number[] {
  const values = Array.from(embedding, (value) => Math.round(value * 1e7) / 1e7);
  return values.concat(Array.from({ length: size - values.length }, () => 0));
}

/** A body has so many numbers at most: 2 MB as JSON, which is what Pinecone takes. */
const NUMBERS = 150_000;

/** Points in parts that go in one call each. */
export function inCalls<One>(all: readonly One[], size: number): readonly (readonly One[])[] {
  const most = Math.max(1, Math.floor(NUMBERS / size));
  return Array.from({ length: Math.ceil(all.length / most) }, (_, n) => all.slice(n * most, (n + 1) * most));
}

/** Writes, searches and deletes a point of its own, for `plinth doctor`. */
export async function checkVectorHome(home: VectorHome, newId: () => string): Promise<string> {
  const [space, id, embedding] = [{ id: newId(), dimensions: 2 }, newId(), embeddingOf([1, 0])];
  const most = await home.most();
  await home.upsert(space, [{ id, embedding }]);
  await home.nearest(space, embedding, 1);
  await home.delete(space, [id]);
  return `${home.name}: takes, searches and deletes embeddings of up to ${most} dimensions`;
}
