import { LOOK_ALIKES } from './look-alikes.ts';

/** A word as the rules read it: lower case, Latin letters and digits; an empty one is the end of a sentence. */
export interface Token {
  readonly word: string;
  readonly quoted: boolean;
  /** How many commas, dashes and brackets stand before it. */
  readonly pauses: number;
}

/** Which sentence each word is in; its end is of the sentence that it ends. */
export function sentencesOf(tokens: readonly Token[]): number[] {
  let sentence = 0;
  return tokens.map(({ word }) => (word === '' ? sentence++ : sentence));
}

/** What is looked at, at most: beginning and end of a longer text. */
export const MOST_CHARACTERS = 100_000;

const APOSTROPHES = new Set('´‘’‛ʼʹ′＇');
const QUOTES = new Set('“”„«»‹›');
const UNSEEN = /[\p{M}\p{Cf}\u115f\u1160\u3164\uffa0]/u;
const LETTER = /[\p{L}\p{N}]/u;
const BEYOND_ASCII = /[^\0-\u007f]/gu;

/** What a sign is to a text that has been made plain. */
const NOTHING = 0;
const PART_OF_WORD = 1;
/** Signs that stand for letters inside of words. */
const STANDS_FOR = 2;
const [APOSTROPHE, QUOTE, LINE] = [0x27, 0x22, 0x0a];
const PAUSES = new Set([',', '(', ')'].map((sign) => sign.charCodeAt(0)));
const KIND_OF_CODE = Uint8Array.from({ length: 128 }, (_, code) => {
  const sign = String.fromCharCode(code);
  if (/[a-z0-9]/.test(sign)) return PART_OF_WORD;
  return '@$!|*+'.includes(sign) ? STANDS_FOR : NOTHING;
});

/** A word's letters as they were read, so many of them; none where a sentence ends. The next word's overwrite them. */
export type TakeWord<T> = (letters: Uint16Array, length: number, mark: Omit<Token, 'word'>) => T;

/**
 * Cuts a text into words. What only looks different is made the same: NFKD without its marks, look-alike letters, zero-width
 * characters, apostrophes of all kinds and none. Linear in the text's length.
 */
export function readWords<T>(text: string, take: TakeWord<T>): T[] {
  const signs = limitLength(text).replaceAll('`', "'").toLowerCase().replace(BEYOND_ASCII, foldSign);
  const taken: T[] = [];
  let length = 0;
  let quoted = false;
  let pauses = 0;
  let isEnded = false;
  const add = (code: number): void => {
    if (length === letters.length) letters = grow(letters);
    letters[length++] = code;
  };
  const endWord = (): void => {
    if (length === 0) return;
    taken.push(take(letters, length, { quoted, pauses }));
    length = 0;
    isEnded = false;
  };
  const endSentence = (): void => {
    if (!isEnded) taken.push(take(letters, 0, { quoted, pauses }));
    isEnded = true;
  };
  for (let at = 0; at < signs.length; at++) {
    const kind = kindAt(signs, at);
    const code = signs.charCodeAt(at);
    if (kind === PART_OF_WORD) add(code);
    else if (code === APOSTROPHE && length > 0) continue;
    else if (kind === STANDS_FOR && standsForLetter(signs, at, length)) add(code);
    else {
      const isEnd = endsSentence(signs, at, length);
      endWord();
      if (code === QUOTE) quoted = !quoted;
      if (PAUSES.has(code)) pauses++;
      if (isEnd) endSentence();
      if (code === LINE) quoted = false;
    }
  }
  endWord();
  endSentence();
  return taken;
}

/** Letters of the word that is read: made once, as long as the longest. */
let letters = new Uint16Array(64);

function grow(old: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const made = new Uint16Array(2 * old.length);
  made.set(old);
  return made;
}

/** So many letters are made a text at once. */
const PART = 1_000;

/** These letters as a text of its own: nothing that it was cut out of stays in memory with it. */
export function textIn(codes: Uint16Array, length: number): string {
  let text = '';
  for (let from = 0; from < length; from += PART)
    text += String.fromCharCode(...codes.subarray(from, Math.min(length, from + PART)));
  return text;
}

/** The words of a rule: as those of a text, without its sentences. */
export function wordsOf(text: string): string[] {
  return readWords(text, textIn).filter((word) => word !== '');
}

/** The beginning and end of a longer text. */
export function limitLength(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  const half = MOST_CHARACTERS / 2;
  return `${text.slice(0, half)}\n${text.slice(-half)}`;
}

/** Signs beyond ASCII, as they were made plain. */
const made = new Map<string, string>();
const MOST_KEPT = 4_000;

/** A sign beyond ASCII in those that the rules read; a space for one that is no letter. */
function foldSign(sign: string): string {
  const known = made.get(sign);
  if (known !== undefined) return known;
  if (made.size >= MOST_KEPT) made.clear();
  const signs = APOSTROPHES.has(sign) ? ["'"] : Array.from(sign.normalize('NFKD'), plainPart);
  made.set(sign, signs.join(''));
  return signs.join('');
}

function plainPart(sign: string): string {
  if (sign <= '~') return sign;
  if (UNSEEN.test(sign)) return '';
  if (QUOTES.has(sign)) return '"';
  if (sign === '–' || sign === '—') return ',';
  const letter = LOOK_ALIKES[sign] ?? sign;
  return LETTER.test(letter) || letter === '€' || letter === '£' ? letter : ' ';
}

function kindAt(signs: string, at: number): number {
  if (at >= signs.length) return NOTHING;
  const code = signs.charCodeAt(at);
  if (code < 128) return KIND_OF_CODE[code] ?? NOTHING;
  return code === 0x20ac || code === 0xa3 ? STANDS_FOR : PART_OF_WORD;
}

function standsForLetter(signs: string, at: number, before: number): boolean {
  const next = kindAt(signs, at + 1);
  const sign = signs[at];
  // An exclamation mark ends a sentence unless a word goes on behind it.
  if (sign === '!' || sign === '|' || sign === '+') return before > 0 && next === PART_OF_WORD;
  return next === PART_OF_WORD || (next === STANDS_FOR && before > 0);
}

function endsSentence(signs: string, at: number, before: number): boolean {
  const sign = signs[at];
  if (sign === '\n' || sign === '?' || sign === '!' || sign === ';') return true;
  if (sign !== '.') return false;
  // Dots that trail off are no end, and those of k.i.l.l none either.
  if (signs[at - 1] === '.' || signs[at + 1] === '.') return false;
  const goesOn = kindAt(signs, at + 1) === PART_OF_WORD && kindAt(signs, at + 2) !== PART_OF_WORD;
  return before !== 1 || !goesOn;
}
