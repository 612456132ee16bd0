import { createHmac, type KeyObject } from 'node:crypto';

/**
 * How words are looked up without being kept. A word of a turn has a rank, and is kept as 8 bytes of an HMAC over word and rank.
 * With each rank half as many turns have it, those that are more about the word: a search reads ranks from the top, and stops when
 * it has enough, so that it never reads all turns of a frequent word.
 */
export const RANKS = 24;
const KEYS_OF_DIGEST = 4;

/** The index's own term of a turn beside its words: it stands in every turn, and counts them. */
export const ANY = 'any:';
export const wordTerm = (word: string) => `word:${word}`;
export const speakerTerm = (word: string) => `speaker:${word}`;
export const dayTerm = (day: string) => `day:${day}`;

/** The keys of a term, of rank 0 to 23. */
export function keysOf(key: KeyObject, term: string): bigint[] {
  return Array.from({ length: RANKS / KEYS_OF_DIGEST }, (_, group) => digestOf(key, term, group)).flatMap(
    (digest) => Array.from({ length: KEYS_OF_DIGEST }, (_, place) => digest.readBigInt64LE(place * 8)),
  );
}

function digestOf(key: KeyObject, term: string, group: number): Buffer {
  return createHmac('sha256', key).update(`${group}:${term}`).digest();
}

/** A turn as it is indexed. */
export interface IndexedTurn {
  /** Its terms, how often each stands in it. */
  readonly words: ReadonlyMap<string, number>;
  /** Terms that it has or has not: who said it, and on which day. */
  readonly marks: readonly string[];
  /** Tells it from others, the same whenever it is stored: words that it is equally about are ordered by it. */
  readonly hash: Uint8Array;
}

/** The keys of a turn, one for each term: 10 µs each. */
export function* keysOfTurn(key: KeyObject, { words, marks, hash }: IndexedTurn): Generator<bigint> {
  let length = 0;
  for (const count of words.values()) length += count;
  for (const [word, count] of words)
    yield keyOf(key, { term: wordTerm(word), hash, lift: liftOf(count, length) });
  for (const term of [ANY, ...marks]) yield keyOf(key, { term, hash, lift: 0 });
}

/** A turn of usual length has a word once: that lifts it by nothing. The measure is that of BM25. */
function liftOf(count: number, length: number): number {
  const weight = count / (count + 1.2 * (0.25 + (0.75 * length) / 40));
  return 6 * (weight - 0.45);
}

interface RankedTerm {
  readonly term: string;
  readonly hash: Uint8Array;
  readonly lift: number;
}

function keyOf(key: KeyObject, { term, hash, lift }: RankedTerm): bigint {
  const first = digestOf(key, term, 0);
  const chance = Buffer.from(first.map((byte, place) => byte ^ (hash[place % hash.length] ?? 0)));
  const luck = -Math.log2((chance.readUIntBE(24, 6) + 1) / 2 ** 48);
  const rank = Math.min(RANKS - 1, Math.max(0, Math.floor(luck + lift)));
  const digest = rank < KEYS_OF_DIGEST ? first : digestOf(key, term, Math.floor(rank / KEYS_OF_DIGEST));
  return digest.readBigInt64LE((rank % KEYS_OF_DIGEST) * 8);
}
