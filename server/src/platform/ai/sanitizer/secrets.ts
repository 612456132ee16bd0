import { allLetters } from './letters.ts';

/**
 * Letters of a secret that may not leave, one after the other: some nine words. Shorter, and a sentence that anybody might write
 * would be cut; longer, and more of a secret could be asked out of a model at a time.
 */
export const WINDOW = 48;

/** Letters that a reply must share with a secret, one after the other, to count as a piece of it: some three words. */
export const FRAGMENT = 16;

/** So many letters between two pieces may be left out or replaced: a word or two. */
const GAP = 8;

/** How a passage was disguised. */
const DISGUISES = ['plain', 'rot13', 'reversed'] as const;
export type Disguise = (typeof DISGUISES)[number];
export type LeakRule = Disguise | 'base64' | 'hex';

/** A text that no reply may repeat, in parts: what stands between two of them is no secret. */
export interface SecretText {
  readonly id: string;
  /** The prompt's version. */
  readonly version: number | undefined;
  readonly parts: readonly string[];
}

/** A passage of a secret that a reply was about to repeat. It names it, and has no text. */
export interface Passage {
  readonly prompt: string;
  readonly version: number | undefined;
  readonly disguise: Disguise;
}

interface Part {
  readonly secret: SecretText;
  /** Where its letters end. */
  readonly end: number;
}

const FILTER_BITS = 19;
const BASE = 0x01000193;
const FIRST = Array.from({ length: FRAGMENT - 1 }).reduce<number>((power) => Math.imul(power, BASE), 1);

/** The hash of a fragment whose first letter leaves and whose next one comes. */
export function rollHash(hash: number, leaving: number, coming: number): number {
  return (Math.imul(hash - Math.imul(leaving, FIRST), BASE) + coming) | 0;
}

/**
 * Every fragment of secret texts and of their usual disguises, by its hash. Two fragments of one hash are taken for the same: what is
 * found is a row of them, and chance makes no row.
 */
export class Secrets {
  /** How many letters there are, with the room between parts. */
  readonly size: number;
  readonly #parts: readonly Part[];
  /** By hash the first place, three times its position and its disguise; further ones follow in `#next`. */
  readonly #first = new Map<number, number>();
  readonly #next: Int32Array;
  /** A bit for the upper bits of each hash: nearly all that is asked for is not there, and this is in the processor's cache. */
  readonly #filter = new Uint8Array(1 << (FILTER_BITS - 3));

  constructor(secrets: readonly SecretText[]) {
    const parts: Part[] = [];
    const letters: number[] = [];
    for (const secret of secrets)
      for (const text of secret.parts) {
        const own = allLetters(text);
        if (own.length < WINDOW) continue;
        for (let at = 0; at < own.length; at += 1) letters.push(own.charCodeAt(at));
        parts.push({ secret, end: letters.length });
        // No passage goes on from one part to the next.
        letters.push(...Array.from({ length: GAP + 1 }, () => 0));
      }
    this.#parts = parts;
    this.size = letters.length;
    this.#next = new Int32Array(letters.length * DISGUISES.length).fill(-1);
    let begin = 0;
    for (const { end } of parts) {
      const plain = letters.slice(begin, end);
      for (const [disguise, form] of [plain, plain.map(rotate13), plain.toReversed()].entries())
        this.#index(form, (at) => {
          const position = DISGUISES[disguise] === 'reversed' ? end - FRAGMENT - at : begin + at;
          return position * DISGUISES.length + disguise;
        });
      begin = end + GAP + 1;
    }
  }

  /** Adds every fragment of letters; `placeAt` says where the one is that begins at an index. */
  #index(letters: readonly number[], placeAt: (index: number) => number): void {
    let hash = 0;
    for (const [index, letter] of letters.entries()) {
      hash = rollHash(hash, letters[index - FRAGMENT] ?? 0, letter);
      if (index < FRAGMENT - 1) continue;
      const place = placeAt(index - FRAGMENT + 1);
      this.#next[place] = this.#first.get(hash) ?? -1;
      this.#first.set(hash, place);
      const bit = hash >>> (32 - FILTER_BITS);
      this.#filter[bit >> 3] = (this.#filter[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
  }

  /** The places of a fragment with this hash, by `next`; -1: there is none. */
  first(hash: number): number {
    if (!isSet(this.#filter, hash >>> (32 - FILTER_BITS))) return -1;
    return this.#first.get(hash) ?? -1;
  }

  next(place: number): number {
    return this.#next[place] ?? -1;
  }

  /** Where the letters of a place begin. */
  positionOf(place: number): number {
    return Math.floor(place / DISGUISES.length);
  }

  passageAt(place: number): Passage | undefined {
    const position = this.positionOf(place);
    const part = this.#parts.find(({ end }) => position < end);
    const disguise = DISGUISES[place % DISGUISES.length];
    if (part === undefined || disguise === undefined) return undefined;
    return { prompt: part.secret.id, version: part.secret.version, disguise };
  }
}

const A = 'a'.charCodeAt(0);
const Z = 'z'.charCodeAt(0);

function rotate13(letter: number): number {
  return letter < A || letter > Z ? letter : A + ((letter - A + 13) % 26);
}

/** Which letters of secrets have left under one permit, in any disguise: a bit for each, and no text. */
export class Exposure {
  readonly #secrets: Secrets;
  #bits: Uint8Array | undefined;
  /** The letters that are marked, in the order of their marking. */
  readonly #marked: number[] = [];

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** Marks the fragments with this hash: undefined when there is none; else the passage that is whole by now, if one is. */
  mark(hash: number): { readonly passage: Passage | undefined } | undefined {
    let place = this.#secrets.first(hash);
    if (place === -1) return undefined;
    this.#bits ??= new Uint8Array((this.#secrets.size >> 3) + 1);
    let passage: Passage | undefined;
    for (; place !== -1; place = this.#secrets.next(place)) {
      const position = this.#secrets.positionOf(place);
      for (let at = position; at < position + FRAGMENT; at += 1) this.#set(this.#bits, at);
      if (this.#around(this.#bits, position) >= WINDOW) passage ??= this.#secrets.passageAt(place);
    }
    return { passage };
  }

  /** How many letters are marked. */
  get count(): number {
    return this.#marked.length;
  }

  /** Letters that were marked since there were so many have not left after all. */
  takeBackTo(count: number): void {
    for (const at of this.#marked.splice(count))
      if (this.#bits !== undefined) this.#bits[at >> 3] = (this.#bits[at >> 3] ?? 0) & ~(1 << (at & 7));
  }

  #set(bits: Uint8Array, at: number): void {
    if (isSet(bits, at)) return;
    bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
    this.#marked.push(at);
  }

  /** How many letters around a position have left, with no more than small gaps between. */
  #around(bits: Uint8Array, position: number): number {
    let count = 0;
    for (const step of [-1, 1]) {
      let gap = 0;
      for (let at = step < 0 ? position - 1 : position; gap <= GAP && at >= 0 && count < WINDOW; at += step) {
        if (at >= this.#secrets.size) break;
        if (isSet(bits, at)) {
          count += 1;
          gap = 0;
        } else gap += 1;
      }
    }
    return count;
  }
}

function isSet(bits: Uint8Array, at: number): boolean {
  return ((bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
}
