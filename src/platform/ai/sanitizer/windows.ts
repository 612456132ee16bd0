import { LOOK_ALIKES } from '#safety';

/**
 * Letters that a passage must share with a prompt, one after the other: some nine words. Shorter, and a sentence that
 * anybody might write would be cut; longer, and more of a prompt could be asked out of a model at a time.
 */
export const WINDOW = 48;

/** How a passage was disguised. */
export type Disguise = 'plain' | 'rot13' | 'reversed';
export type LeakRule = Disguise | 'base64' | 'hex';

export interface Passage {
  readonly prompt: string;
  readonly version: number;
  readonly disguise: Disguise;
}

/** Characters that are no letters, or invisible ones. Digits are no letters: they number words of a list. */
const BETWEEN = /[^\p{L}]|[\u115f\u1160]/gu;

/** So far apart letters belong to no passage: what follows the last one has not to wait for the next. */
export const FARTHEST = 64;

/**
 * The common form of all ways to write a text: its letters, in lower case, without accents and separators;
 * lookalikes become the Latin letter.
 */
export function lettersOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // Most text is plain, and this runs for each letter of a reply.
  if (code < 0x80)
    return /[a-z]/.test(character) ? character : /[A-Z]/.test(character) ? character.toLowerCase() : '';
  const letters = character.normalize('NFKD').toLowerCase().replaceAll(BETWEEN, '');
  return LOOK_ALIKES[letters] ?? letters;
}

/** Every window of the fixed texts of prompts, and of their usual disguises. */
export function windowsOf(
  prompts: readonly { readonly id: string; readonly version: number; readonly fixed: readonly string[] }[],
): ReadonlyMap<string, Passage> {
  const windows = new Map<string, Passage>();
  for (const { id, version, fixed } of prompts) {
    for (const text of fixed) {
      const letters = Array.from(text).map(lettersOf).join('');
      const forms = [
        ['plain', letters],
        ['rot13', letters.replaceAll(/[a-z]/g, rotate13)],
        ['reversed', Array.from(letters).toReversed().join('')],
      ] as const;
      for (const [disguise, form] of forms)
        for (let at = 0; at + WINDOW <= form.length; at += 1)
          windows.set(form.slice(at, at + WINDOW), { prompt: id, version, disguise });
    }
  }
  return windows;
}

const A = 'a'.charCodeAt(0);

function rotate13(letter: string): string {
  return String.fromCharCode(((letter.charCodeAt(0) - A + 13) % 26) + A);
}

/** Reads a text a character at a time, and sees whether its last letters are a passage of a prompt. */
export class Watch {
  readonly #windows: ReadonlyMap<string, Passage>;
  #letters = '';
  /** Where each of these letters stands in the reply. */
  #positions: number[] = [];

  constructor(windows: ReadonlyMap<string, Passage>) {
    this.#windows = windows;
  }

  /** Takes a character that stands at a place of the reply; answers the passage that it completes. */
  take(character: string, position: number): Passage | undefined {
    if (position - (this.#positions.at(-1) ?? position) > FARTHEST) this.forget();
    for (const letter of lettersOf(character)) {
      this.#letters += letter;
      this.#positions.push(position);
      if (this.#letters.length < WINDOW) continue;
      if (this.#letters.length > WINDOW) {
        this.#letters = this.#letters.slice(1);
        this.#positions.shift();
      }
      const passage = this.#windows.get(this.#letters);
      if (passage !== undefined) return passage;
    }
    return undefined;
  }

  /** Where the earliest letter stands that may yet turn out to begin a passage; undefined: none is waited for. */
  get from(): number | undefined {
    return this.#positions.length < WINDOW ? this.#positions[0] : this.#positions[1];
  }

  /** Where the passage begins that was just found. */
  get begin(): number {
    return this.#positions[0] ?? 0;
  }

  forget(): void {
    this.#letters = '';
    this.#positions = [];
  }
}
