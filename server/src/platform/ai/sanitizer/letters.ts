import { LOOK_ALIKES } from '@plinth/safety';

/** Characters that are no letters, or invisible ones. Digits are no letters: they number words of a list. */
const BETWEEN = /[^\p{L}]|[\u115f\u1160]/gu;

/** The letters of the characters that alphabets begin with, once they were asked for: most of what a code says by chance is one of these. */
const known: string[] = [];
const KNOWN = 0x2000;

/**
 * The common form of all ways to write a text: its letters, in lower case, without accents and separators;
 * lookalikes become the Latin letter.
 */
export function lettersOf(code: number): string {
  const kept = known[code];
  if (kept !== undefined) return kept;
  const bare = String.fromCodePoint(code).normalize('NFKD').toLowerCase().replaceAll(BETWEEN, '');
  const letters = LOOK_ALIKES[bare] ?? bare;
  if (code < KNOWN) known[code] = letters;
  return letters;
}

/** The letter of a code below 0x80 in lower case; 0: it is no letter. Most text is plain, and this runs for each character of a reply. */
export function plainLetter(code: number): number {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a ? lower : 0;
}

/** All letters of a text. */
export function allLetters(text: string): string {
  return Array.from(text, (character) => lettersOf(character.codePointAt(0) ?? 0)).join('');
}
