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

/** What a word means in texts of one language. */
interface WordMeant {
  /** Of the English words that it is. */
  readonly ranks: readonly number[];
  readonly clusters: readonly number[];
  /** What a step of their vectors is worth. */
  readonly weight: number;
  readonly share: number;
}

/** A word, and what it means. */
export interface MeaningWord {
  readonly text: string;
  /** The languages that are told by it. */
  readonly tells: readonly number[];
  /** By language, once it was asked for. */
  readonly meant: (WordMeant | undefined)[];
}

/** What the words of a text mean together, whatever language they are in. */
export interface Meant {
  readonly clusters: readonly number[];
  /** The mean of the words' vectors, rare words counting more; its length is one, or zero for a text without a known word. */
  readonly vector: Float64Array;
}

export interface Meanings {
  read(word: string): MeaningWord;
  /** Of a text's words, each of them once, in the language that all of them are most in. The next text's vector overwrites it. */
  meant(words: readonly MeaningWord[], distinct: readonly MeaningWord[]): Meant;
}

const NOTHING: WordMeant = { ranks: [], clusters: [], weight: 0, share: 0 };

/** How much a word of another language than its text's counts. */
const FOREIGN = 0.5;
/** English words that are so rare are names and words of other languages, where the text is not English. */
const RARE = 10_000;

/** Vectors of English words; those of other languages are read by their translations. */
export function readMeanings(): Meanings {
  const file = fileSchema.parse(JSON.parse(readFileSync(VECTORS_FILE, 'utf8')));
  const ranks = new Map(file.words.split(' ').map((word, rank) => [word, rank]));
  const table = new Int8Array(Buffer.from(file.vectors, 'base64'));
  const clusterBytes = Buffer.from(file.clusters, 'base64');
  if (table.length !== ranks.size * DIMENSIONS || clusterBytes.length !== ranks.size * CLUSTERINGS * 2)
    throw new Error(`the safety model's vectors are not those of its ${ranks.size} words`);
  const { languages, telling, languageOf, translated } = readTranslations();
  const sums = new Float64Array(DIMENSIONS);

  function clustersOf(rank: number): number[] {
    return Array.from(
      { length: CLUSTERINGS },
      (_, at) => at * CLUSTERS + clusterBytes.readUInt16LE((rank * CLUSTERINGS + at) * 2),
    );
  }

  function find(word: string, language: number, share = 1): WordMeant | undefined {
    const found = translated(word, language)
      .map((name) => ranks.get(name))
      .filter((rank) => rank !== undefined);
    if (found.length === 0) return undefined;
    const weight = weightOf(Math.min(...found)) / found.length / 127;
    return { ranks: found, clusters: found.flatMap(clustersOf), weight, share };
  }

  function foreign(word: string, own: number): WordMeant | undefined {
    for (const language of languages.keys()) {
      if (language === own || (language === 0 && (ranks.get(word) ?? RARE) >= RARE)) continue;
      const found = find(word, language, FOREIGN);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** In single precision, as the model was trained with. */
  function add({ ranks: own, weight, share }: WordMeant): void {
    const [first = 0, ...others] = own;
    for (let at = 0; at < DIMENSIONS; at++) {
      let value = Math.fround(weight * (table[first * DIMENSIONS + at] ?? 0));
      for (let other = 0; other < others.length; other++)
        value = Math.fround(value + weight * (table[(others[other] ?? 0) * DIMENSIONS + at] ?? 0));
      sums[at] = (sums[at] ?? 0) + share * value;
    }
  }

  return {
    read: (text) => ({ text, tells: telling(text), meant: languages.map(() => undefined) }),
    meant(words, distinct) {
      const language = languageOf(words);
      const clusters: number[] = [];
      sums.fill(0);
      for (const word of distinct) {
        if (word.text === '') continue;
        const known = (word.meant[language] ??=
          find(word.text, language) ?? foreign(word.text, language) ?? NOTHING);
        for (const cluster of known.clusters) clusters.push(cluster);
        if (known !== NOTHING) add(known);
      }
      let squares = 0;
      for (const sum of sums) squares += sum * sum;
      const length = Math.sqrt(squares);
      if (length > 0) for (let at = 0; at < DIMENSIONS; at++) sums[at] = (sums[at] ?? 0) / length;
      return { clusters, vector: sums };
    },
  };
}

/** The most frequent words say next to nothing: 0.05 to 1, in steps that no machine's logarithm moves. */
function weightOf(rank: number): number {
  const weight = Math.log(1 + rank) / Math.log(3_000) - 0.25;
  return Math.round(256 * Math.min(1, Math.max(0.05, weight))) / 256;
}
