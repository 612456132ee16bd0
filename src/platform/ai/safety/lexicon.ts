import type { Reading } from './matcher.ts';
import type { ModelWord } from './model/features.ts';

/** A word, and what it is to each part that looks at it. */
export interface Word {
  readonly text: string;
  /** What it was meant to be: mostly itself. */
  readonly meant: readonly string[];
  /** To the rules for what people write. */
  readonly rules: Reading;
  /** To the rules for what models reply. */
  readonly replyRules: Reading;
  readonly model: ModelWord;
}

/** So many words are kept, and as many that came before them. */
export const MOST_KEPT = 20_000;

/** The same words come again and again: one that did not come while many others did is looked at anew. */
export function createLexicon<T extends { readonly text: string }>(
  look: (text: string) => T,
): (text: string) => T {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  return (text) => {
    const known = young.get(text);
    if (known !== undefined) return known;
    // A copy: what is cut out of a text keeps all of it in memory.
    const word = old.get(text) ?? look(Array.from(text).join(''));
    if (young.size >= MOST_KEPT) {
      old = young;
      young = new Map();
    }
    young.set(word.text, word);
    return word;
  };
}
