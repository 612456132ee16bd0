import type { ConceptReader } from './concepts.ts';
import { CLUSTERINGS, CLUSTERS, DIMENSIONS, type MeaningReader } from './vectors.ts';

/** Features are hashed into so many places: what falls together is told apart by the rest of the text. */
export const BUCKETS = 1 << 16;
/** Behind those: one for each dimension of the words' vectors, and for each cluster. */
export const PLACES = BUCKETS + DIMENSIONS + CLUSTERINGS * CLUSTERS;

/** How much each part of a text's features weighs, whatever the text's length. */
const WEIGHTS = {
  words: 1,
  letters: 0.8,
  concepts: 0.8,
  pairs: 0.8,
  clusters: 0.8,
  vector: 2,
  facts: 0.35,
  always: 0.3,
};
/** Concepts of one sentence belong together when so many words or fewer are between them. */
const WINDOW = 8;
const LETTERS = [3, 4, 5];
const MOST_KEPT = 20_000;

/** What a text is to the model: places, each once, and how much each weighs. */
export interface Features {
  readonly places: readonly number[];
  readonly weights: readonly number[];
}

export type FeatureReader = (words: readonly string[], facts: readonly string[]) => Features;

interface Word {
  readonly hash: number;
  readonly letters: readonly number[];
}

/**
 * Words, pairs of words, letters within words, concepts and pairs of them, what words of any language mean, and what the rules found
 * (`facts`). An empty word ends a sentence.
 */
export function createFeatures(conceptsOf: ConceptReader, meaningsOf: MeaningReader): FeatureReader {
  const kept = new Map<string, Word>();
  // Each part of each text has a stamp of its own: a place counts once.
  const seen = new Float64Array(BUCKETS);
  let stamp = 0;

  function wordOf(word: string): Word {
    const known = kept.get(word);
    if (known !== undefined) return known;
    if (kept.size >= MOST_KEPT) kept.clear();
    const made = { hash: hashed(word, WORD), letters: lettersOf(word) };
    kept.set(word, made);
    return made;
  }

  function distinct(hashes: readonly number[]): number[] {
    stamp++;
    const places: number[] = [];
    for (const hash of hashes) {
      const place = hash & (BUCKETS - 1);
      if (seen[place] === stamp) continue;
      seen[place] = stamp;
      places.push(place);
    }
    return places;
  }

  return (words, facts) => {
    const read = words.map(wordOf);
    const about = conceptsOf(words);
    const meant = meaningsOf(words);
    const letters: number[] = [];
    for (const word of read) for (const hash of word.letters) letters.push(hash);
    const parts = [
      [distinct(wordsAndPairs(read)), WEIGHTS.words],
      [distinct(letters), WEIGHTS.letters],
      [distinct(about.flat().map((one) => mixed(one, CONCEPT))), WEIGHTS.concepts],
      [distinct(conceptPairs(read, about)), WEIGHTS.pairs],
      [[...new Set(meant.clusters)].map((one) => BUCKETS + DIMENSIONS + one), WEIGHTS.clusters],
    ] as const;
    const places: number[] = [];
    const weights: number[] = [];
    for (const [found, weight] of parts) {
      const each = weight / Math.sqrt(Math.max(1, found.length));
      for (const place of found) {
        places.push(place);
        weights.push(each);
      }
    }
    for (const place of distinct(facts.map((fact) => hashed(fact, FACT)))) {
      places.push(place);
      weights.push(WEIGHTS.facts);
    }
    for (const [dimension, value] of meant.vector.entries()) {
      places.push(BUCKETS + dimension);
      weights.push(WEIGHTS.vector * value);
    }
    places.push(hashed('', FACT) & (BUCKETS - 1));
    weights.push(WEIGHTS.always);
    return { places, weights };
  };
}

// Seeds that keep the parts apart.
const WORD = 1;
const PAIR = 2;
const LETTER = 3;
const CONCEPT = 4;
const TOGETHER = 5;
const BEFORE = 6;
const BEHIND = 7;
const FACT = 8;

function lettersOf(word: string): number[] {
  if (word === '') return [];
  const edged = `<${word}>`;
  return LETTERS.flatMap((length) =>
    Array.from({ length: Math.max(0, edged.length - length + 1) }, (_, at) =>
      hashed(edged.slice(at, at + length), LETTER),
    ),
  );
}

function wordsAndPairs(words: readonly Word[]): number[] {
  const hashes: number[] = [];
  let before = 0;
  for (const { hash, letters } of words) {
    if (letters.length > 0) hashes.push(hash);
    if (before !== hash) hashes.push(mixed(before, hash ^ PAIR));
    before = hash;
  }
  return hashes;
}

/** Concepts that stand near each other within a sentence, whichever comes first, and each with the words beside it. */
function conceptPairs(words: readonly Word[], about: readonly (readonly number[])[]): number[] {
  const hashes: number[] = [];
  // Those of the sentence so far, and from where on they are near enough.
  let concepts: number[] = [];
  let places: number[] = [];
  let near = 0;
  for (const [at, some] of about.entries()) {
    if (words[at]?.letters.length === 0) {
      concepts = [];
      places = [];
      near = 0;
      continue;
    }
    while (near < places.length && at - (places[near] ?? at) > WINDOW) near++;
    const before = words[at - 1];
    const behind = words[at + 1];
    const last = concepts.length;
    for (const concept of some) {
      for (let other = near; other < last; other++) {
        const one = concepts[other] ?? concept;
        if (one !== concept)
          hashes.push(mixed(Math.min(concept, one) * 1_000 + Math.max(concept, one), TOGETHER));
      }
      if (before !== undefined) hashes.push(mixed(before.hash, concept * 16 + BEFORE));
      if (behind !== undefined) hashes.push(mixed(behind.hash, concept * 16 + BEHIND));
      concepts.push(concept);
      places.push(at);
    }
  }
  return hashes;
}

/** FNV-1a, then mixed. */
function hashed(text: string, seed: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mixed(hash, seed);
}

function mixed(one: number, other: number): number {
  let hash = Math.imul(one ^ Math.imul(other + 1, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}
