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
  /** Ranks of the English words that it is. */
  readonly ranks: readonly number[];
  readonly clusters: readonly number[];
  /** What a step of their vectors is worth. */
  readonly weight: number;
  readonly share: number;
  /** Where their sum stands in the table of sums, and since when: the table is filled anew when it is full. */
  row: number;
  filling: number;
}

/** A word, and what it means. */
export interface MeaningWord {
  readonly text: string;
  /** The languages that are told by it. */
  readonly tells: readonly number[];
  /** By language, once it was asked for. */
  readonly meant: (WordMeant | undefined)[];
}

/** What the words of a text mean together, in any of the languages. The next text overwrites it. */
export interface Meant {
  readonly clusters: Int32Array;
  /** The mean of the words' vectors, rare words counting more; its length is one, or zero for a text without a known word. */
  readonly vector: Float64Array;
}

export interface Meanings {
  read(word: string): MeaningWord;
  /** Meaning of a text's words, each of them once, in the language that all of them are most in. */
  meant(words: readonly MeaningWord[], distinct: readonly MeaningWord[]): Meant;
}

const NOTHING: WordMeant = { ranks: [], clusters: [], weight: 0, share: 0, row: 0, filling: -1 };

/** So many sums of words' vectors are kept: 3 MB. */
const ROWS = 8_192;
/** Dimensions that are added at once: separate variables add several times as fast. */
const AT_ONCE = 5;

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
  const kept = new Float32Array(ROWS * DIMENSIONS);
  const rows = new Int32Array(ROWS);
  let filling = 0;
  let filled = 0;
  let clusters = new Int32Array(1_024);

  function clustersOf(rank: number): number[] {
    return Array.from(
      { length: CLUSTERINGS },
      (_, at) => at * CLUSTERS + clusterBytes.readUInt16LE((rank * CLUSTERINGS + at) * 2),
    );
  }

  function find(word: string, language: number, share = 1): WordMeant | undefined {
    const found: number[] = [];
    for (const name of translated(word, language)) {
      const rank = ranks.get(name);
      if (rank !== undefined) found.push(rank);
    }
    if (found.length === 0) return undefined;
    const weight = weightOf(Math.min(...found)) / found.length / 127;
    return { ranks: found, clusters: found.flatMap(clustersOf), weight, share, row: 0, filling: -1 };
  }

  function foreign(word: string, language: number): WordMeant | undefined {
    for (const other of languages.keys()) {
      if (other === language || (other === 0 && (ranks.get(word) ?? RARE) >= RARE)) continue;
      const found = find(word, other, FOREIGN);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** In single precision, as the model was trained with. */
  function fill(row: number, { ranks: names, weight, share }: WordMeant): void {
    const to = row * DIMENSIONS;
    kept.fill(0, to, to + DIMENSIONS);
    for (const rank of names) {
      const from = rank * DIMENSIONS;
      for (let at = 0; at < DIMENSIONS; at++)
        kept[to + at] = (kept[to + at] ?? 0) + weight * (table[from + at] ?? 0);
    }
    if (share !== 1) for (let at = to; at < to + DIMENSIONS; at++) kept[at] = share * (kept[at] ?? 0);
  }

  function rowOf(known: WordMeant): number {
    if (known.filling === filling) return known.row;
    known.filling = filling;
    known.row = filled++;
    fill(known.row, known);
    return known.row;
  }

  function addRows(count: number): void {
    for (let from = 0; from < DIMENSIONS; from += AT_ONCE) {
      let [one, two, three, four, five] = [0, 0, 0, 0, 0];
      for (let place = 0; place < count; place++) {
        const at = (rows[place] ?? 0) * DIMENSIONS + from;
        one += kept[at] ?? 0;
        two += kept[at + 1] ?? 0;
        three += kept[at + 2] ?? 0;
        four += kept[at + 3] ?? 0;
        five += kept[at + 4] ?? 0;
      }
      sums[from] = one;
      sums[from + 1] = two;
      sums[from + 2] = three;
      sums[from + 3] = four;
      sums[from + 4] = five;
    }
  }

  return {
    read: (text) => ({ text, tells: telling(text), meant: languages.map(() => undefined) }),
    meant(words, distinct) {
      const language = languageOf(words);
      let count = 0;
      let some = 0;
      if (filled + distinct.length > ROWS) {
        filling++;
        filled = 0;
      }
      for (const word of distinct) {
        if (word.text === '') continue;
        const known = (word.meant[language] ??=
          find(word.text, language) ?? foreign(word.text, language) ?? NOTHING);
        if (known === NOTHING) continue;
        rows[count++] = rowOf(known);
        if (some + known.clusters.length > clusters.length) clusters = grow(clusters, some);
        for (const cluster of known.clusters) clusters[some++] = cluster;
      }
      addRows(count);
      let squares = 0;
      for (const sum of sums) squares += sum * sum;
      const length = Math.sqrt(squares);
      if (length > 0) for (let at = 0; at < DIMENSIONS; at++) sums[at] = (sums[at] ?? 0) / length;
      return { clusters: clusters.subarray(0, some), vector: sums };
    },
  };
}

function grow(list: Int32Array<ArrayBuffer>, by: number): Int32Array<ArrayBuffer> {
  const made = new Int32Array(2 * (list.length + by));
  made.set(list);
  return made;
}

/** The most frequent words say next to nothing: 0.05 to 1, in steps that no machine's logarithm moves. */
function weightOf(rank: number): number {
  const weight = Math.log(1 + rank) / Math.log(3_000) - 0.25;
  return Math.round(256 * Math.min(1, Math.max(0.05, weight))) / 256;
}
