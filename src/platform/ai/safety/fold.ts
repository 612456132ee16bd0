import { LOOK_ALIKES } from './look-alikes.ts';

/** A word as the rules read it: lower case, Latin letters and digits; an empty one is the end of a sentence. */
export interface Token {
  readonly word: string;
  readonly quoted: boolean;
}

/** What is looked at, at most: beginning and end of a longer text. */
export const MOST_CHARACTERS = 100_000;

const APOSTROPHES = /[´`‘’‛ʼʹ′＇]/g;
const UNSEEN = /[\p{M}\p{Cf}\u115f\u1160\u3164\uffa0]/u;
const LETTER = /[\p{L}\p{N}]/u;
/** Signs that stand for letters inside of words. */
const STANDS_FOR = new Set('@$!|*+€£');
const QUOTES = new Set('"“”„«»‹›');

/**
 * Cuts a text into words. What only looks different is made the same: NFKD without its marks, look-alike letters, zero-width
 * characters, apostrophes of all kinds and none. Linear in the text's length.
 */
export function tokensOf(text: string): Token[] {
  const signs = Array.from(bounded(text).replace(APOSTROPHES, "'").toLowerCase().normalize('NFKD'));
  const tokens: Token[] = [];
  let word = '';
  let quoted = false;
  const end = (): void => {
    if (word !== '') tokens.push({ word, quoted });
    word = '';
  };
  const endSentence = (): void => {
    end();
    if (tokens.at(-1)?.word !== '') tokens.push({ word: '', quoted });
  };
  const seen = signs
    .filter((sign) => sign <= '~' || !UNSEEN.test(sign))
    .map((sign) => LOOK_ALIKES[sign] ?? sign);
  for (const [at, sign] of seen.entries()) {
    if (isWordSign(sign)) word += sign;
    else if (sign === "'" && word !== '') continue;
    else if (STANDS_FOR.has(sign) && standsForLetter(seen, at, word)) word += sign;
    else if (QUOTES.has(sign)) {
      end();
      quoted = !quoted;
    } else if (endsSentence(seen, at, word)) {
      endSentence();
      if (sign === '\n') quoted = false;
    } else end();
  }
  endSentence();
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

function isWordSign(sign: string): boolean {
  if (sign.length === 1 && sign <= '~') return (sign >= 'a' && sign <= 'z') || (sign >= '0' && sign <= '9');
  return LETTER.test(sign);
}

function standsForLetter(signs: readonly string[], at: number, word: string): boolean {
  const next = signs[at + 1] ?? ' ';
  const sign = signs[at];
  // An exclamation mark ends a sentence unless a word goes on behind it.
  if (sign === '!' || sign === '|' || sign === '+') return word !== '' && isWordSign(next);
  return isWordSign(next) || (STANDS_FOR.has(next) && word !== '');
}

function endsSentence(signs: readonly string[], at: number, word: string): boolean {
  const sign = signs[at];
  if (sign === '\n' || sign === '?' || sign === '!' || sign === ';') return true;
  if (sign !== '.') return false;
  // Dots that trail off are no end, and those of k.i.l.l none either.
  if (signs[at - 1] === '.' || signs[at + 1] === '.') return false;
  const next = signs[at + 1] ?? ' ';
  return !(word.length === 1 && isWordSign(next) && !isWordSign(signs[at + 2] ?? ' '));
}
