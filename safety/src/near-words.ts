import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { DIMENSIONS, VECTORS_FILE } from './model/vectors.ts';

/** A word, and how alike its use is: the cosine of two vectors less the mean of all, up to 1. */
export type NearWord = readonly [word: string, likeness: number];

/** Below it words have little more in common than that they are words. */
const LEAST = 0.4;
const MOST = 40;
/** A constant of its own here: a test runner looks an imported one up at each of two million steps. */
const SIZE = DIMENSIONS;
/** Words whose near ones are kept: looking for them takes 2 ms, as all words are compared. */
const KEPT = 2_000;

const fileSchema = z.object({ words: z.string(), vectors: z.base64() });

interface Vectors {
  readonly words: readonly string[];
  readonly ranks: ReadonlyMap<string, number>;
  readonly table: Int8Array;
  /** Products of each vector with the mean, and lengths without it. */
  readonly means: Float64Array;
  readonly lengths: Float64Array;
  readonly squaredMean: number;
}

let vectors: Vectors | undefined;
const kept = new Map<string, readonly NearWord[]>();

/** English words that are used like one, the nearest first; none for a word that is not among the 20,000. Loads their vectors when first asked (4 MB). */
export function nearWords(word: string): readonly NearWord[] {
  const known = kept.get(word);
  if (known !== undefined) return known;
  vectors ??= readVectors();
  const rank = vectors.ranks.get(word);
  const found = rank === undefined ? [] : nearestTo(rank, vectors);
  if (kept.size >= KEPT) kept.clear();
  kept.set(word, found);
  return found;
}

function nearestTo(rank: number, of: Vectors): NearWord[] {
  const { words, table, means, lengths, squaredMean } = of;
  const from = rank * SIZE;
  const found: NearWord[] = [];
  for (let other = 0; other < words.length; other++) {
    let product = 0;
    for (let at = 0; at < SIZE; at++) product += (table[from + at] ?? 0) * (table[other * SIZE + at] ?? 0);
    const centred = product - (means[rank] ?? 0) - (means[other] ?? 0) + squaredMean;
    const likeness = centred / ((lengths[rank] ?? 1) * (lengths[other] ?? 1));
    if (likeness >= LEAST && other !== rank) found.push([words[other] ?? '', likeness]);
  }
  return found.toSorted(([, one], [, other]) => other - one).slice(0, MOST);
}

/** What all vectors have in common is taken off: else frequent words were near to everything. */
function readVectors(): Vectors {
  const file = fileSchema.parse(JSON.parse(readFileSync(VECTORS_FILE, 'utf8')));
  const words = file.words.split(' ');
  const table = new Int8Array(Buffer.from(file.vectors, 'base64'));
  const mean = new Float64Array(SIZE);
  for (let place = 0; place < table.length; place++)
    mean[place % SIZE] = (mean[place % SIZE] ?? 0) + (table[place] ?? 0) / words.length;
  const squaredMean = mean.reduce((sum, value) => sum + value * value, 0);
  const means = new Float64Array(words.length);
  const lengths = new Float64Array(words.length);
  for (let rank = 0; rank < words.length; rank++) {
    let [product, squares] = [0, 0];
    for (let at = 0; at < SIZE; at++) {
      const value = table[rank * SIZE + at] ?? 0;
      product += value * (mean[at] ?? 0);
      squares += value * value;
    }
    means[rank] = product;
    lengths[rank] = Math.sqrt(squares - 2 * product + squaredMean);
  }
  const ranks = new Map(words.map((word, rank) => [word, rank]));
  return { words, ranks, table, means, lengths, squaredMean };
}
