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

/** No letter, or one that nobody sees. Digits are none: they number what is listed word by word. */
const BETWEEN = /[^\p{L}]|[\u115f\u1160]/gu;

/** So far apart letters belong to no passage: what follows the last one has not to wait for the next. */
export const FARTHEST = 64;

/**
 * What all ways to write a text have in common: its letters, in lower case, without accents and whatever stands between;
 * of letters that look alike the Latin one.
 */
export function lettersOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // Most of what is read is plain: this is asked for each letter of a reply.
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
        ['rot13', letters.replaceAll(/[a-z]/g, turned)],
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

function turned(letter: string): string {
  return String.fromCharCode(((letter.charCodeAt(0) - A + 13) % 26) + A);
}

/** Reads a text a character at a time, and sees whether its last letters are a passage of a prompt. */
export class Watch {
  readonly #windows: ReadonlyMap<string, Passage>;
  #letters = '';
  /** Where each of these letters stands in the reply. */
  #places: number[] = [];

  constructor(windows: ReadonlyMap<string, Passage>) {
    this.#windows = windows;
  }

  /** Takes a character that stands at a place of the reply; answers the passage that it completes. */
  take(character: string, place: number): Passage | undefined {
    if (place - (this.#places.at(-1) ?? place) > FARTHEST) this.forget();
    for (const letter of lettersOf(character)) {
      this.#letters += letter;
      this.#places.push(place);
      if (this.#letters.length < WINDOW) continue;
      if (this.#letters.length > WINDOW) {
        this.#letters = this.#letters.slice(1);
        this.#places.shift();
      }
      const passage = this.#windows.get(this.#letters);
      if (passage !== undefined) return passage;
    }
    return undefined;
  }

  /** Where the earliest letter stands that may yet turn out to begin a passage; undefined: none is waited for. */
  get from(): number | undefined {
    return this.#places.length < WINDOW ? this.#places[0] : this.#places[1];
  }

  /** Where the passage begins that was just found. */
  get begin(): number {
    return this.#places[0] ?? 0;
  }

  forget(): void {
    this.#letters = '';
    this.#places = [];
  }
}
