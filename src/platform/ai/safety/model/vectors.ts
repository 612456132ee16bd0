import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { readTranslations } from './translations.ts';

/** Numbers that say what a word means. */
export const DIMENSIONS = 100;
/** Groups of words that are used alike, made several times over: where one parts two words by chance, the others don't. */
export const CLUSTERS = 500;
export const CLUSTERINGS = 3;

const fileSchema = z.strictObject({
  source: z.string(),
  licence: z.string(),
  /** English words, those that people use most first. */
  words: z.string(),
  /** For each word its group in each clustering: two bytes each. */
  clusters: z.base64(),
  /** One signed byte for each word and dimension, of the same length for all words. */
  vectors: z.base64(),
});
export type VectorsFile = z.infer<typeof fileSchema>;

export const VECTORS_FILE = new URL('./vectors.json', import.meta.url);

/** What the words of a text mean together, whatever language they are in. */
export interface Meant {
  readonly clusters: readonly number[];
  /** The mean of the words' vectors, rare words counting more; its length is one, or zero for a text without a known word. */
  readonly vector: Float64Array;
}

export type MeaningReader = (words: readonly string[]) => Meant;

interface WordMeant {
  readonly clusters: readonly number[];
  readonly vector: Float32Array;
}

const MOST_KEPT = 20_000;
/** How much a word of another language than its text's counts. */
const FOREIGN = 0.5;
/** English words that are so rare are names and words of other languages, where the text is not English. */
const RARE = 10_000;

/** Vectors of English words; those of other languages are read by their translations. */
export function readMeanings(): MeaningReader {
  const file = fileSchema.parse(JSON.parse(readFileSync(VECTORS_FILE, 'utf8')));
  const ranks = new Map(file.words.split(' ').map((word, rank) => [word, rank]));
  const table = new Int8Array(Buffer.from(file.vectors, 'base64'));
  const clusterBytes = Buffer.from(file.clusters, 'base64');
  if (table.length !== ranks.size * DIMENSIONS || clusterBytes.length !== ranks.size * CLUSTERINGS * 2)
    throw new Error(`the safety model's vectors are not those of its ${ranks.size} words`);
  const { languages, languageOf, translated } = readTranslations();
  const kept = languages.map(() => new Map<string, WordMeant | undefined>());

  function clustersOf(rank: number): number[] {
    return Array.from(
      { length: CLUSTERINGS },
      (_, at) => at * CLUSTERS + clusterBytes.readUInt16LE((rank * CLUSTERINGS + at) * 2),
    );
  }

  function read(word: string, language: number): WordMeant | undefined {
    const found = translated(word, language)
      .map((name) => ranks.get(name))
      .filter((rank) => rank !== undefined);
    if (found.length === 0) return undefined;
    const weight = weightOf(Math.min(...found)) / found.length / 127;
    const vector = new Float32Array(DIMENSIONS);
    for (const rank of found)
      for (let at = 0; at < DIMENSIONS; at++)
        vector[at] = (vector[at] ?? 0) + weight * (table[rank * DIMENSIONS + at] ?? 0);
    return { clusters: found.flatMap(clustersOf), vector };
  }

  function foreign(word: string, own: number): WordMeant | undefined {
    for (const language of languages.keys()) {
      if (language === own || (language === 0 && (ranks.get(word) ?? RARE) >= RARE)) continue;
      const found = read(word, language);
      if (found === undefined) continue;
      return { ...found, vector: found.vector.map((one) => one * FOREIGN) };
    }
    return undefined;
  }

  function ofWord(word: string, language: number): WordMeant | undefined {
    const own = kept[language] ?? new Map<string, WordMeant | undefined>();
    if (own.has(word)) return own.get(word);
    if (own.size >= MOST_KEPT) own.clear();
    const found = read(word, language) ?? foreign(word, language);
    own.set(word, found);
    return found;
  }

  return (words) => {
    const language = languageOf(words);
    const clusters: number[] = [];
    const sums = new Float64Array(DIMENSIONS);
    for (const word of new Set(words)) {
      const found = word === '' ? undefined : ofWord(word, language);
      if (found === undefined) continue;
      clusters.push(...found.clusters);
      for (let at = 0; at < DIMENSIONS; at++) sums[at] = (sums[at] ?? 0) + (found.vector[at] ?? 0);
    }
    const length = Math.sqrt(sums.reduce((sum, one) => sum + one * one, 0));
    return { clusters, vector: length === 0 ? sums : sums.map((one) => one / length) };
  };
}

/** The most frequent words say next to nothing: 0.05 to 1, in steps that no machine's logarithm moves. */
function weightOf(rank: number): number {
  const weight = Math.log(1 + rank) / Math.log(3_000) - 0.25;
  return Math.round(256 * Math.min(1, Math.max(0.05, weight))) / 256;
}
