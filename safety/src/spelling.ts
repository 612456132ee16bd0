import { createBeginnings } from './beginnings.ts';
import type { Token } from './fold.ts';

const DIGITS_AND_SIGNS: Readonly<Record<string, readonly string[]>> = {
  0: ['o'],
  1: ['i', 'l'],
  2: ['z'],
  3: ['e'],
  4: ['a'],
  5: ['s'],
  6: ['g'],
  7: ['t'],
  8: ['b'],
  9: ['g'],
  '@': ['a'],
  $: ['s'],
  '!': ['i', 'l'],
  '|': ['l', 'i'],
  '+': ['t'],
  '€': ['e'],
  '£': ['l'],
};
const MOST_READINGS = 16;
const LONGEST_WORD = 40;
const SHORTEST_JOINED = 7;
/** So many single letters in a row may be a word, or more. */
const FEWEST_LETTERS = 3;

/** Words as they were meant: stretched, with digits for letters, starred, mistyped, spaced out or run together. */
export interface Spelling {
  /** With the words put together that were written in single letters, or parted where an apostrophe was left out. */
  joined<T extends Token>(tokens: readonly T[], renamed: RenameToken<T>): T[];
  /** What a word was meant to be, in one word or more: itself where it is near none of the rules' words. */
  meant(word: string): readonly string[];
}

/** The same token with another word. */
type RenameToken<T extends Token> = (token: T, word: string) => T;

export interface SpellingParts {
  readonly knows: (word: string) => boolean;
  readonly vocabulary: ReadonlySet<string>;
  /** Words that are read with one wrong letter, too. */
  readonly typingErrors: readonly string[];
}

/** Made once from the words of the rules. */
export function createSpelling({ knows, vocabulary, typingErrors }: SpellingParts): Spelling {
  const near = nearWords(typingErrors);
  const spelledOut = new Set([...vocabulary].filter((word) => word.length > 1 || word === 'i'));
  const starred = starredWords([...typingErrors, ...SHORT_STARRED]);

  function read(word: string): string {
    if (knows(word)) return word;
    const squeezed = unstretch(word).find(knows);
    if (squeezed !== undefined) return squeezed;
    if (!/[^\p{L}]/u.test(word)) return near(word) ?? word;
    const ways = readings(word).flatMap((way) => [way, ...unstretch(way)]);
    const found =
      ways.find(knows) ?? starred.get(word) ?? ways.map((way) => near(way)).find((way) => way !== undefined);
    return found ?? word;
  }

  function spacedOut<T extends Token>(tokens: readonly T[], renamed: RenameToken<T>): T[] {
    const out: T[] = [];
    for (let at = 0; at < tokens.length; at++) {
      const token = tokens[at];
      if (token === undefined) break;
      const letters = lettersFrom(tokens, at);
      const words = letters.length < FEWEST_LETTERS ? undefined : segments(letters, spelledOut);
      if (words !== undefined) out.push(...words.map((word) => renamed(token, word)));
      else if (letters.length <= 1) out.push(token);
      else out.push(...tokens.slice(at, at + letters.length));
      at += Math.max(0, letters.length - 1);
    }
    return out;
  }

  /** A letter that an apostrophe was left out behind: `don t`, `j ai`. */
  function rejoinElisions<T extends Token>(tokens: readonly T[], renamed: RenameToken<T>): T[] {
    const out: T[] = [];
    for (const token of tokens) {
      const before = out.at(-1)?.word ?? '';
      if (isSplit(before, token.word) && knows(before + token.word))
        out.splice(-1, 1, renamed(token, before + token.word));
      else out.push(token);
    }
    return out;
  }

  return {
    joined: (tokens, renamed) => rejoinElisions(spacedOut(tokens, renamed), renamed),
    meant(word) {
      const one = read(word);
      if (one.length < SHORTEST_JOINED || knows(one)) return [one];
      return (mayBeJoined(one) ? segments(one, JOINED) : undefined) ?? [one];
    },
  };
}

/** What is written as one word (`iwanttodie`), of these alone: of all words that rules know, too many make up harmless ones. */
const JOINED = new Set(
  (
    'i im want wanna to die kill killing myself my self end it all life me dead be no more suicide suicidal hate cant do this ' +
    'anymore live living tired of goodbye world please help harm cutting not exist yo quiero morir morirme vivir suicidarme ' +
    'adios ich will sterben nicht mehr leben tot sein umbringen mich je jveux veux mourir plus vivre envie en finir suicider'
  ).split(' '),
);
const joinedWords = createBeginnings(new Map([...JOINED].map((word) => [word, true])));
const reached = new Uint8Array(LONGEST_WORD + 1);

/** Whether these words make it up, one behind the other: most words are no such thing, which is soon seen. */
function mayBeJoined(word: string): boolean {
  if (word.length > LONGEST_WORD) return false;
  reached.fill(0);
  reached[0] = 1;
  for (let from = 0; from < word.length; from++) {
    if (reached[from] === 0) continue;
    const longest = joinedWords.read(word, from);
    for (let length = 1; length <= longest; length++)
      if (joinedWords.valueOf(length) === true) reached[from + length] = 1;
  }
  return reached[word.length] === 1;
}

const SHORT_STARRED = ['kill', 'die', 'dead', 'death', 'cut', 'rape', 'raped', 'hang', 'selfharm', 'kms'];
const CONTRACTED = new Set(['t', 'm', 've', 'll', 'd', 's', 're']);
const ELIDED = new Set(['j', 'n', 'm', 'd', 'c', 's', 'l', 't', 'qu']);

function isSplit(before: string, after: string): boolean {
  if (before === '' || after === '') return false;
  return (after.length <= 2 && CONTRACTED.has(after)) || (before.length <= 2 && ELIDED.has(before));
}

/** The words of one letter that stand here in a row. */
function lettersFrom(tokens: readonly Token[], at: number): string {
  let letters = '';
  for (let next = at; tokens[next]?.word.length === 1; next++) letters += tokens[next]?.word ?? '';
  return letters;
}

/** `kiiillll` as `kiill` and `kil`, and both mixed. */
function unstretch(word: string): string[] {
  if (!/(.)\1\1/u.test(word)) return [];
  const twice = word.replaceAll(/(.)\1{2,}/gu, '$1$1');
  const once = word.replaceAll(/(.)\1{2,}/gu, '$1');
  const runs = [...word.matchAll(/(.)\1{2,}/gu)];
  const mixed = runs.map(({ index, 0: run, 1: letter = '' }) => {
    const head = word.slice(0, index).replaceAll(/(.)\1{2,}/gu, '$1');
    const tail = word.slice(index + run.length).replaceAll(/(.)\1{2,}/gu, '$1');
    return `${head}${letter}${letter}${tail}`;
  });
  return [once, twice, ...mixed.slice(0, 4)];
}

function readings(word: string): string[] {
  if (word.length > LONGEST_WORD) return [];
  let ways = [''];
  for (const sign of word) {
    const letters = DIGITS_AND_SIGNS[sign] ?? [sign];
    ways = ways.flatMap((way) => letters.map((letter) => way + letter)).slice(0, MOST_READINGS);
  }
  return ways;
}

/** Words with one letter or two replaced by stars, as filters are evaded. */
function starredWords(words: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const word of words) {
    for (let first = 1; first < word.length; first++) {
      found.set(star(word, first), word);
      for (let second = first + 1; second < word.length; second++)
        found.set(star(star(word, first), second), word);
    }
  }
  return found;
}

/** One letter too many, too few, wrong or swapped with its neighbour; never the first. By deletions, made beforehand. */
function nearWords(words: readonly string[]): (word: string) => string | undefined {
  const byDeletion = new Map<string, string>();
  for (const word of words) for (const less of deletions(word)) byDeletion.set(less, word);
  /** The first letters of words that have so many letters, or one more or less: most words are near none. */
  const firsts = Array.from(
    { length: 21 },
    (_, length) =>
      new Set(words.filter((word) => Math.abs(word.length - length) <= 1).map(([first]) => first)),
  );
  return (word) => {
    if (word.length < 5 || word.length > 20 || firsts[word.length]?.has(word[0]) !== true) return undefined;
    for (const less of deletions(word)) {
      const found = byDeletion.get(less);
      if (found !== undefined && found[0] === word[0] && Math.abs(found.length - word.length) <= 1)
        return found;
    }
    return undefined;
  };
}

function deletions(word: string): string[] {
  return [
    word,
    ...Array.from({ length: word.length - 1 }, (_, at) => word.slice(0, at + 1) + word.slice(at + 2)),
  ];
}

function segments(word: string, parts: ReadonlySet<string>): string[] | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  // The fewest words that make up the letters, from the end.
  const best: (string[] | undefined)[] = Array.from({ length: word.length + 1 });
  best[word.length] = [];
  for (let from = word.length - 1; from >= 0; from--) {
    for (let to = from + 1; to <= word.length; to++) {
      const rest = best[to];
      if (rest === undefined) continue;
      const part = word.slice(from, to);
      if (!parts.has(part)) continue;
      if (best[from] === undefined || rest.length + 1 < (best[from]?.length ?? 0))
        best[from] = [part, ...rest];
    }
  }
  return best[0];
}

function star(word: string, at: number): string {
  return `${word.slice(0, at)}*${word.slice(at + 1)}`;
}
