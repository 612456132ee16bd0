import { LOOK_ALIKES } from './look-alikes.ts';

/** A word as the rules read it: lower case, Latin letters and digits; an empty one is the end of a sentence. */
export interface Token {
  readonly word: string;
  readonly quoted: boolean;
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
const KIND_OF_CODE = Uint8Array.from({ length: 128 }, (_, code) => {
  const sign = String.fromCharCode(code);
  if (/[a-z0-9]/.test(sign)) return PART_OF_WORD;
  return '@$!|*+'.includes(sign) ? STANDS_FOR : NOTHING;
});

/**
 * Cuts a text into words. What only looks different is made the same: NFKD without its marks, look-alike letters, zero-width
 * characters, apostrophes of all kinds and none. Linear in the text's length.
 */
export function tokensOf(text: string): Token[] {
  const signs = bounded(text).replaceAll('`', "'").toLowerCase().replace(BEYOND_ASCII, plain);
  const tokens: Token[] = [];
  let word = '';
  let quoted = false;
  const end = (): void => {
    if (word !== '') tokens.push({ word, quoted });
    word = '';
  };
  for (let at = 0; at < signs.length; at++) {
    const kind = kindAt(signs, at);
    if (kind === PART_OF_WORD) {
      const from = at;
      while (kindAt(signs, at + 1) === PART_OF_WORD) at++;
      word += signs.slice(from, at + 1);
      continue;
    }
    const sign = signs[at];
    if (sign === "'" && word !== '') continue;
    if (kind === STANDS_FOR && standsForLetter(signs, at, word)) {
      word += sign;
      continue;
    }
    const isEnd = endsSentence(signs, at, word);
    end();
    if (sign === '"') quoted = !quoted;
    if (isEnd && tokens.at(-1)?.word !== '') tokens.push({ word: '', quoted });
    if (sign === '\n') quoted = false;
  }
  end();
  if (tokens.at(-1)?.word !== '') tokens.push({ word: '', quoted });
  return tokens;
}

/** The words of a rule: as those of a text, without its sentences. */
export function wordsOf(text: string): string[] {
  return tokensOf(text).flatMap(({ word }) => (word === '' ? [] : [word]));
}

function bounded(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  const half = MOST_CHARACTERS / 2;
  return `${text.slice(0, half)}\n${text.slice(-half)}`;
}

/** Signs beyond ASCII, as they were made plain. */
const made = new Map<string, string>();
const MOST_KEPT = 4_000;

/** A sign beyond ASCII in those that the rules read; a space for one that is no letter. */
function plain(sign: string): string {
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
  const letter = LOOK_ALIKES[sign] ?? sign;
  return LETTER.test(letter) || letter === '€' || letter === '£' ? letter : ' ';
}

function kindAt(signs: string, at: number): number {
  if (at >= signs.length) return NOTHING;
  const code = signs.charCodeAt(at);
  if (code < 128) return KIND_OF_CODE[code] ?? NOTHING;
  return code === 0x20ac || code === 0xa3 ? STANDS_FOR : PART_OF_WORD;
}

function standsForLetter(signs: string, at: number, word: string): boolean {
  const next = kindAt(signs, at + 1);
  const sign = signs[at];
  // An exclamation mark ends a sentence unless a word goes on behind it.
  if (sign === '!' || sign === '|' || sign === '+') return word !== '' && next === PART_OF_WORD;
  return next === PART_OF_WORD || (next === STANDS_FOR && word !== '');
}

function endsSentence(signs: string, at: number, word: string): boolean {
  const sign = signs[at];
  if (sign === '\n' || sign === '?' || sign === '!' || sign === ';') return true;
  if (sign !== '.') return false;
  // Dots that trail off are no end, and those of k.i.l.l none either.
  if (signs[at - 1] === '.' || signs[at + 1] === '.') return false;
  const goesOn = kindAt(signs, at + 1) === PART_OF_WORD && kindAt(signs, at + 2) !== PART_OF_WORD;
  return word.length !== 1 || !goesOn;
}
