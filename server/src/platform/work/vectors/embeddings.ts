import { AppError, nextTurn } from '#platform/kernel';
import './errors.ts';

const DIMENSIONS = { least: 2, most: 2_048 } as const;

/** An embedding as it is stored: of length one, in half precision, which changes a cosine by less than 1e-4. */
export type Embedding = Float16Array;

/** Throws `vector_invalid` for what has no direction: too few or too many dimensions, all of them 0, or one that is no finite number. */
export function embeddingOf(values: readonly number[]): Embedding {
  if (values.length < DIMENSIONS.least || values.length > DIMENSIONS.most)
    throw invalid(`It has ${DIMENSIONS.least} to ${DIMENSIONS.most} dimensions.`);
  if (!values.every(Number.isFinite)) throw invalid('Each dimension is a finite number.');
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  if (largest === 0) throw invalid('A vector of zeros has no direction.');
  // By the largest first: squares of very large and very small numbers are no numbers any more.
  let squares = 0;
  for (const value of values) squares += (value / largest) ** 2;
  const length = Math.sqrt(squares);
  return new Float16Array(values.map((value) => value / largest / length));
}

function invalid(message: string): AppError {
  return new AppError('vector_invalid', { message, details: { field: 'embedding' } });
}

export const bytesOf = (values: Float16Array | Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

const HALF_PRECISION = 65_536;
/** Each number of half precision: looking one up takes a third of the time of a read from a `Float16Array`. */
const VALUES = Float32Array.from(
  new Float16Array(Uint16Array.from({ length: HALF_PRECISION }, (_, bits) => bits).buffer),
);

/** Copied, for the driver's bytes may begin where no number does. */
export const readEmbedding = (bytes: Uint8Array): Embedding => new Float16Array(new Uint8Array(bytes).buffer);

export const readCentre = (bytes: Uint8Array | null): Float32Array | undefined =>
  bytes === null ? undefined : new Float32Array(new Uint8Array(bytes).buffer);

/** The mean of embeddings. */
export function meanOf(embeddings: readonly Embedding[]): Float32Array {
  const mean = new Float32Array(embeddings[0]?.length ?? 0);
  for (const embedding of embeddings)
    for (let dimension = 0; dimension < mean.length; dimension += 1)
      mean[dimension] = (mean[dimension] ?? 0) + (embedding[dimension] ?? 0) / embeddings.length;
  return mean;
}

/** On which side of the centre it lies in each dimension, in zeros and ones: embeddings that are near have most of them in common. */
export function signsOf(embedding: Embedding, centre: Float32Array | undefined): string {
  let signs = '';
  for (let dimension = 0; dimension < embedding.length; dimension += 1)
    signs += (embedding[dimension] ?? 0) > (centre?.[dimension] ?? 0) ? '1' : '0';
  return signs;
}

/** The cosine of two embeddings, to six digits. Rounding has left neither of them a length of exactly one. */
export function cosine(left: Float32Array, right: Embedding): number {
  const bits = new Uint16Array(right.buffer, right.byteOffset, right.length);
  let dot = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  for (let dimension = 0; dimension < left.length; dimension += 1) {
    const a = left[dimension] ?? 0;
    const b = VALUES[bits[dimension] ?? 0] ?? 0;
    dot += a * b;
    leftSquares += a * a;
    rightSquares += b * b;
  }
  return Math.round((dot / Math.sqrt(leftSquares * rightSquares)) * 1e6) / 1e6;
}

/** So many numbers are read, and compared, before others are let go on: under a millisecond of comparing. */
const AT_ONCE = 200_000;

/** Ids in parts whose embeddings are read, and compared, at once. */
export function partsOf(ids: readonly string[], dimensions: number): readonly (readonly string[])[] {
  const size = Math.floor(AT_ONCE / dimensions);
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, n) => ids.slice(n * size, (n + 1) * size));
}

export interface Nearest {
  readonly id: string;
  readonly score: number;
}

/** The `k` nearest to an embedding, the nearest first; of two that are as near, the one with the smaller id. */
export async function nearestOf<Row extends { readonly id: string; readonly embedding: Uint8Array }>(
  parts: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>,
  to: Embedding,
  k: number,
): Promise<readonly Nearest[]> {
  const query = Float32Array.from(to);
  const found: Nearest[] = [];
  for await (const rows of parts) {
    await nextTurn();
    for (const { id, embedding } of rows) found.push({ id, score: cosine(query, readEmbedding(embedding)) });
  }
  return found.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)).slice(0, k);
}
