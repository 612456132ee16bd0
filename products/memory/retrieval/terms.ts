import { nextTurn } from 'plinth/product';
import { isStopWord, type Language, LANGUAGES, languageOf, stemOf } from './languages.ts';

/** A word with an apostrophe inside, or a name of code with its underscores. */
const WORD = /[\p{L}\p{N}\p{M}_]+(?:['’][\p{L}\p{M}]+)*/gu;
/** Words with signs: `--force`, `src/app.ts`, `2.3.1`, `12,000`, `C++`, `check-in`, `.NET`. */
const COMPOUND = /[\p{L}\p{N}\p{M}_@$~.+#/\\:,-]+/gu;
const JOINS = /[@$~.+#/\\:,-]/u;
const BY_PAIRS = String.raw`[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}ー]+`;
const HAS_PAIRS = new RegExp(BY_PAIRS, 'u');
const RUNS = new RegExp(`(${BY_PAIRS})`, 'u');
/** A hump, a change between letters and digits, an underscore. */
const SEAM = /_+|(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/gu;
const IS_PLAIN = /^\p{Lu}?[\p{Ll}\p{M}'’]*$|^\p{Lu}+$|^\p{N}+$/u;
/** Longer ones are data: they are known by their beginning. */
const LONGEST = 64;
/** So many different terms of a text are indexed: 20,000 take 0.4 s to hash, and as long to write. */
const MOST_TERMS = 20_000;
/** Letters that are read before others are let go on: under 100 ms for any text. */
const PIECE = 8_192;
/** A piece ends after white space, where there is some among its last letters. */
const LOOKED_BACK = 1_000;

/** A word as it was written in lower case, and one of the terms that it is found by. */
interface TermOfWord {
  readonly term: string;
  readonly word: string;
}

/** Terms that a text is found by: stems with counts, parts of names and paths, numbers, pairs of characters where words have no gaps. */
export function termsOf(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  const plain = text.normalize('NFKC');
  addTerms(counts, plain, languageOf(wordsIn(plain).map(bareWord)));
  return counts;
}

/**
 * The same of a text of any length, while others go on: its first 20,000 different terms, and how often each stands as far as they reach.
 * Its language is that of its beginning.
 */
export async function termsOfLong(text: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let language: Language | undefined;
  for (const piece of piecesOf(text)) {
    const plain = piece.normalize('NFKC');
    language ??= languageOf(wordsIn(plain).map(bareWord)) ?? 'english';
    addTerms(counts, plain, language);
    await nextTurn();
    if (counts.size === MOST_TERMS) break;
  }
  return counts;
}

function addTerms(counts: Map<string, number>, plain: string, language: Language = 'english'): void {
  const add = ({ term }: TermOfWord): void => {
    const count = counts.get(term) ?? 0;
    if (count > 0 || counts.size < MOST_TERMS) counts.set(term, count + 1);
  };
  for (const word of wordsIn(plain)) for (const term of termsOfWord(word, [language])) add(term);
  for (const term of termsOfCompounds(plain)) add(term);
}

/** Parts of a text, none of which cuts a word, but one that is longer than any that is known whole. Of two characters that are a pair neither lacks one. */
function* piecesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const rest = text.slice(from, from + PIECE);
    if (from + PIECE >= text.length) return yield rest;
    const tail = rest.slice(-LOOKED_BACK);
    const [cut = ''] = /\S*$/u.exec(tail) ?? [];
    const [word = ''] = /[\p{L}\p{N}\p{M}_]*$/u.exec(tail) ?? [];
    const left = [cut, word].find(({ length }) => length < tail.length)?.length ?? 0;
    const piece = rest.slice(0, rest.length - left).replace(/[\ud800-\udbff]$/, '');
    yield piece;
    const last = Array.from(piece.slice(-2)).at(-1) ?? '';
    from += piece.length - (left === 0 && HAS_PAIRS.test(last) ? last.length : 0);
  }
}

/**
 * Terms of a question with the words that they are of, stop words left out unless all words are such. One without any is
 * looked for in every language: its terms may differ by it.
 */
export function termsOfQuestion(text: string): Map<string, string> {
  const plain = text.normalize('NFKC');
  const words = wordsIn(plain);
  const language = languageOf(words.map(bareWord));
  const languages = language === undefined ? LANGUAGES : [language];
  const telling = words.filter((word) => !isStopWord(bareWord(word), language ?? 'english'));
  const compounds = termsOfCompounds(plain);
  const kept = telling.length + compounds.length > 0 ? telling : words;
  const terms = [...kept.flatMap((word) => termsOfWord(word, languages)), ...compounds];
  return new Map(terms.map(({ term, word }) => [term, word]));
}

function wordsIn(text: string): string[] {
  const words = text.match(WORD) ?? [];
  const split = HAS_PAIRS.test(text) ? words.flatMap((word) => word.split(RUNS)) : words;
  return split
    .filter((word) => word !== '')
    .map((word) => (word.length <= LONGEST || HAS_PAIRS.test(word) ? word : word.slice(0, LONGEST)));
}

/** Without `'s`, `'ll`, `l'`; in lower case. */
function bareWord(word: string): string {
  const lower = word.toLowerCase();
  if (!/['’]/u.test(lower)) return lower;
  return lower
    .replace(/^(?:[cdjlmnst]|qu)['’]/u, '')
    .replace(/['’](?:s|ll|ve|re|m|d)$/u, '')
    .replaceAll(/['’]/gu, '');
}

function termsOfWord(word: string, languages: readonly Language[]): TermOfWord[] {
  const bare = bareWord(word);
  if (IS_PLAIN.test(word)) return stemsOf(bare, languages);
  if (HAS_PAIRS.test(word)) return pairsOf(word);
  const parts = word.split(SEAM).filter((part) => part !== '');
  const stems = parts.flatMap((part) => stemsOf(bareWord(part), languages));
  const whole = bare.replaceAll('_', '');
  return parts.length < 2 ? stemsOf(whole, languages) : [...stems, { term: whole, word: bare }];
}

function stemsOf(word: string, languages: readonly Language[]): TermOfWord[] {
  return [...new Set(languages.map((language) => stemOf(word, language)))]
    .filter((term) => term !== '')
    .map((term) => ({ term, word }));
}

function pairsOf(run: string): TermOfWord[] {
  const characters = Array.from(run);
  if (characters.length === 1) return [{ term: run, word: run }];
  return characters.slice(1).map((second, index) => {
    const pair = `${characters[index] ?? ''}${second}`;
    return { term: pair, word: pair };
  });
}

/** Terms of compounds beside their words: flags, paths with the names in them, versions, `c++`, hyphenated words without the hyphen. */
function termsOfCompounds(text: string): TermOfWord[] {
  return (text.match(COMPOUND) ?? []).flatMap((raw) => {
    if (raw.length > 4 * LONGEST || !JOINS.test(raw)) return [];
    const written = raw.toLowerCase().replace(/[.,:;]+$/u, '');
    if (!/[\p{L}\p{N}]/u.test(written)) return [];
    return [...new Set(formsOf(written))].map((term) => ({ term, word: written }));
  });
}

function formsOf(written: string): string[] {
  if (/^-{1,2}[\p{L}\p{N}]/u.test(written)) return [written];
  if (/^\p{N}{1,3}(?:,\p{N}{3})+$/u.test(written)) return [written.replaceAll(',', '')];
  if (/^[\p{L}\p{N}]+(?:\+\+|#)$/u.test(written) || /^\.\p{L}+$/u.test(written)) return [written];
  const segments = written.split(/[/\\,:]+/u).filter((segment) => /.[.@-]./u.test(segment));
  const path = /[\p{L}\p{N}][/\\]|[/\\][\p{L}\p{N}]/u.test(written)
    ? [written.replace(/^[~./\\]+/u, '')]
    : [];
  return [
    ...path,
    ...segments.map((segment) => (/^[\p{L}-]+$/u.test(segment) ? segment.replaceAll('-', '') : segment)),
  ];
}
