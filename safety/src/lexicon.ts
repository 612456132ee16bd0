import { textIn } from './fold.ts';
import type { WordSymbols } from './matcher.ts';
import type { ModelWord } from './model/features.ts';

/** A word, and what it is to each part that looks at it. */
export interface Word {
  readonly text: string;
  /** What it was meant to be. */
  readonly meant: readonly string[];
  /** Whether that is itself, as it mostly is. */
  readonly isMeant: boolean;
  /** To the rules for what people write. */
  readonly rules: WordSymbols;
  /** To the rules for what models reply. */
  readonly replyRules: WordSymbols;
  /** To the statements that no model lowers. */
  readonly direct: WordSymbols;
  readonly model: ModelWord;
}

export interface Lexicon<T> {
  of(text: string): T;
  /** The value of the word that these letters are, so many of them: as they stand in a text, without cutting it out. */
  in(letters: Uint16Array, length: number): T;
}

/** So many words are kept, and as many that came before them. */
export const MOST_KEPT = 20_000;
/** More than three for each word, so that one look mostly finds it. */
const SLOTS = 2 ** 16;

/** The same words come again and again: one that did not come while many others did is looked at anew. */
export function createLexicon<T extends { readonly text: string }>(look: (text: string) => T): Lexicon<T> {
  let young = createGeneration<T>();
  let old = createGeneration<T>();
  let own = new Uint16Array(64);

  function find(letters: Uint16Array, length: number): T {
    const hash = hashOf(letters, length);
    const known = young.get(hash, letters, length);
    if (known !== undefined) return known;
    const word = old.get(hash, letters, length) ?? look(textIn(letters, length));
    if (young.size() >= MOST_KEPT) {
      [young, old] = [old, young];
      young.clear();
    }
    young.add(hash, word);
    return word;
  }

  return {
    in: find,
    of(text) {
      if (text.length > own.length) own = new Uint16Array(2 * text.length);
      for (let at = 0; at < text.length; at++) own[at] = text.charCodeAt(at);
      return find(own, text.length);
    },
  };
}

interface Generation<T> {
  get(hash: number, letters: Uint16Array, length: number): T | undefined;
  add(hash: number, word: T): void;
  size(): number;
  clear(): void;
}

function createGeneration<T extends { readonly text: string }>(): Generation<T> {
  /** Where a word stands in the list, counted from one. */
  const places = new Int32Array(SLOTS);
  const hashes = new Int32Array(MOST_KEPT);
  let words: T[] = [];
  return {
    get(hash, letters, length) {
      for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
        const place = (places[slot] ?? 0) - 1;
        if (place < 0) return undefined;
        const word = hashes[place] === hash ? words[place] : undefined;
        if (word !== undefined && isSame(word.text, letters, length)) return word;
      }
    },
    add(hash, word) {
      let slot = hash & (SLOTS - 1);
      while (places[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
      hashes[words.length] = hash;
      places[slot] = words.push(word);
    },
    size: () => words.length,
    clear() {
      words = [];
      places.fill(0);
    },
  };
}

/** FNV-1a, with its upper half folded into the lower. */
function hashOf(letters: Uint16Array, length: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < length; at++) hash = Math.imul(hash ^ (letters[at] ?? 0), 0x01000193);
  return hash ^ (hash >>> 15);
}

function isSame(text: string, letters: Uint16Array, length: number): boolean {
  if (text.length !== length) return false;
  for (let at = 0; at < length; at++) if (text.charCodeAt(at) !== letters[at]) return false;
  return true;
}
