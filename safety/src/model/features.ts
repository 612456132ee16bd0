import type { Concepts, Phrases } from './concepts.ts';
import { CLUSTERINGS, CLUSTERS, DIMENSIONS, type Meanings, type MeaningWord } from './vectors.ts';

/** Features are hashed into so many places: what falls together is told apart by the rest of the text. */
export const BUCKETS = 1 << 16;
/** Behind those: one for each dimension of the words' vectors, and for each cluster. */
export const PLACES = BUCKETS + DIMENSIONS + CLUSTERINGS * CLUSTERS;

/** How much each part of a text's features weighs, independent of the text's length. */
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

/** What a text is to the model: places, each once in a part, and how much each weighs. */
export interface Features {
  readonly places: Int32Array;
  readonly weights: Float64Array;
}

/** A word as the model reads it. */
export interface ModelWord extends MeaningWord {
  readonly hash: number;
  /** Places of the letters in it: none of an empty word, which ends a sentence. */
  readonly letters: readonly number[];
  readonly concepts: readonly number[];
  readonly phrases: Phrases | undefined;
  /** While the distinct words of a text are looked for. */
  isSeen: boolean;
}

export interface FeatureReader {
  read(word: string): ModelWord;
  /** Features of a text's words, and what the rules found in it (`facts`). Those of the next text overwrite them. */
  features(words: readonly ModelWord[], facts: readonly string[]): Features;
}

/** Words, pairs of words, letters within words, concepts and pairs of them, what words of any language mean, and what the rules found. */
export function createFeatures(concepts: Concepts, meanings: Meanings): FeatureReader {
  const list = createList();
  const ofFact = new Map<string, number>();

  /** There are no more of them than rules. */
  function hashOfFact(fact: string): number {
    const known = ofFact.get(fact);
    if (known !== undefined) return known;
    const made = hashText(fact, FACT);
    ofFact.set(fact, made);
    return made;
  }

  return {
    read: (text) => ({
      ...meanings.read(text),
      hash: hashText(text, WORD),
      letters: lettersOf(text),
      concepts: text === '' ? [] : concepts.ofWord(text),
      phrases: concepts.phrasesOf(text),
      isSeen: false,
    }),
    features(words, facts) {
      const distinct = distinctOf(words);
      const about = words.map((_, at) => conceptsAt(words, at));
      const meant = meanings.meant(words, distinct);
      list.clear();
      addWordsAndPairs(words, list);
      list.endPart(WEIGHTS.words);
      for (const { letters } of distinct) for (const place of letters) list.add(place);
      list.endPart(WEIGHTS.letters);
      for (const some of about) for (const concept of some) list.add(placeOf(mixHash(concept, CONCEPT)));
      list.endPart(WEIGHTS.concepts);
      addConceptPairs(words, about, list);
      list.endPart(WEIGHTS.pairs);
      for (const cluster of meant.clusters) list.add(BUCKETS + DIMENSIONS + cluster);
      list.endPart(WEIGHTS.clusters);
      for (const fact of facts) list.add(placeOf(hashOfFact(fact)));
      list.endEach(WEIGHTS.facts);
      for (let at = 0; at < DIMENSIONS; at++)
        list.addOne(BUCKETS + at, WEIGHTS.vector * (meant.vector[at] ?? 0));
      list.addOne(ALWAYS, WEIGHTS.always);
      return list.features();
    },
  };
}

/** Words of one text are the same objects where they are the same. */
function distinctOf(words: readonly ModelWord[]): ModelWord[] {
  const found: ModelWord[] = [];
  for (const word of words) {
    if (!word.isSeen) found.push(word);
    word.isSeen = true;
  }
  for (const word of found) word.isSeen = false;
  return found;
}

/** Features as they are added: a place counts once in each part. */
interface List {
  clear(): void;
  add(place: number): void;
  /** Ends a part of this weight, shared among its positions. */
  endPart(weight: number): void;
  /** Ends a part whose places weigh so much each. */
  endEach(weight: number): void;
  /** A part of one place. */
  addOne(place: number, weight: number): void;
  features(): Features;
}

function createList(): List {
  /** The part that has the place: parts are numbered, so that nothing has to be taken off when one ends. */
  const partOf = new Uint8Array(PLACES);
  let part = 1;
  let places = new Int32Array(4_096);
  let weights = new Float64Array(places.length);
  let from = 0;
  let count = 0;

  function grow(): void {
    const [oldPlaces, oldWeights] = [places, weights];
    places = new Int32Array(count * 2);
    weights = new Float64Array(count * 2);
    places.set(oldPlaces);
    weights.set(oldWeights);
  }

  function endEach(weight: number): void {
    weights.fill(weight, from, count);
    from = count;
    part++;
    if (part < 256) return;
    part = 1;
    partOf.fill(0);
  }

  function push(place: number): void {
    if (count === places.length) grow();
    places[count++] = place;
  }

  return {
    clear() {
      from = 0;
      count = 0;
    },
    add(place) {
      if (partOf[place] === part) return;
      partOf[place] = part;
      push(place);
    },
    addOne(place, weight) {
      push(place);
      weights[count - 1] = weight;
      from = count;
    },
    endPart: (weight) => endEach(weight / Math.sqrt(Math.max(1, count - from))),
    endEach,
    features: () => ({ places: places.subarray(0, count), weights: weights.subarray(0, count) }),
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
  const places: number[] = [];
  for (const length of LETTERS) {
    for (let at = 0; at + length <= edged.length; at++) {
      const place = placeOf(mixHash(hashOf(edged, at, at + length), LETTER));
      if (!places.includes(place)) places.push(place);
    }
  }
  return places;
}

function addWordsAndPairs(words: readonly ModelWord[], list: List): void {
  let before = 0;
  for (const { hash, letters } of words) {
    if (letters.length > 0) list.add(placeOf(hash));
    if (before !== hash) list.add(placeOf(mixHash(before, hash ^ PAIR)));
    before = hash;
  }
}

/** What a word is about by itself, and with the words behind it. */
function conceptsAt(words: readonly ModelWord[], at: number): readonly number[] {
  const word = words[at];
  let more: readonly number[] = [];
  let node = word?.phrases;
  for (let next = at + 1; node !== undefined && next < words.length; next++) {
    node = node.next.get(words[next]?.text ?? '');
    if (node !== undefined && node.concepts.length > 0) more = [...more, ...node.concepts];
  }
  const own = word?.concepts ?? [];
  return more.length === 0 ? own : [...new Set([...own, ...more])];
}

/** Concepts that stand near each other within a sentence, whichever comes first, and each with the words beside it. */
function addConceptPairs(
  words: readonly ModelWord[],
  about: readonly (readonly number[])[],
  list: List,
): void {
  // Those of the sentence so far, and from where on they are near enough.
  const concepts: number[] = [];
  const places: number[] = [];
  let near = 0;
  for (const [at, some] of about.entries()) {
    if (words[at]?.letters.length === 0) {
      near = concepts.length;
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
          list.add(placeOf(mixHash(Math.min(concept, one) * 1_000 + Math.max(concept, one), TOGETHER)));
      }
      if (before !== undefined) list.add(placeOf(mixHash(before.hash, concept * 16 + BEFORE)));
      if (behind !== undefined) list.add(placeOf(mixHash(behind.hash, concept * 16 + BEHIND)));
      concepts.push(concept);
      places.push(at);
    }
  }
}

function hashText(text: string, seed: number): number {
  return mixHash(hashOf(text, 0, text.length), seed);
}

/** FNV-1a of the letters from one to before another. */
function hashOf(text: string, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

function mixHash(one: number, other: number): number {
  let hash = Math.imul(one ^ Math.imul(other + 1, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return hash ^ (hash >>> 15);
}

function placeOf(hash: number): number {
  return hash & (BUCKETS - 1);
}

const ALWAYS = placeOf(hashText('', FACT));
