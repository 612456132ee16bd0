/** Signs that no text is written with: replaced, private, unassigned and control characters. */
const NO_SIGN = /[\uFFFD\p{Co}\p{Cn}\p{Cc}]/gu;
/** Text that some programs write for a letter that they don't know. */
const NO_LETTER = /\(cid:\d+\)/g;
/** Shares of a text above which it is garbled. Of English words one in a hundred has no vowel, of Czech ones one in fifteen. */
const MOST_NO_SIGNS = 0.05;
const MOST_ODD_WORDS = 0.25;
/** Words below which a share of them says nothing. */
const FEW_WORDS = 10;
/** Words of Latin letters, no abbreviations: each of them has a vowel. */
const WORD = /(?<![\p{L}\p{N}])\p{Script=Latin}\p{Ll}{3,}(?![\p{L}\p{N}])/gu;
const VOWEL = /[aeiouy\u00e6\u0153\u00f8\u0131]/u;

/** The confidence that a garbled text keeps: it has letters, but not those that were written. */
export const GARBLED = 0.3;

/** 1, or `GARBLED` where a text can't have been written so: a font without a map of its letters, or OCR of something else. */
export function legibilityOf(text: string): number {
  const signs = text.replace(/\s/g, '').length;
  const unknown = (text.replace(/[\n\t]/g, '').match(NO_SIGN)?.length ?? 0) + lengthOf(text.match(NO_LETTER));
  if (unknown > signs * MOST_NO_SIGNS) return GARBLED;
  const words = text.match(WORD) ?? [];
  const odd = words.filter((word) => !VOWEL.test(word.normalize('NFD').toLowerCase()));
  return words.length >= FEW_WORDS && odd.length > words.length * MOST_ODD_WORDS ? GARBLED : 1;
}

const lengthOf = (found: readonly string[] | null) => (found ?? []).join('').length;
