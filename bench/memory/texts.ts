import { chanceOf, VOCABULARIES } from '../library/texts.ts';

export const MESSAGES = 30;
const WORDS = VOCABULARIES[0]?.words ?? [];
/** Words that a session comes back to, of those that few others have. */
const TOPICS = 12;
const RARE = 2_000;
const SENTENCE = 9;

/** What is said in a session, the same in every run: words as frequent as those of a language are, and some that the session is about. */
export function textsOf(session: number, count = MESSAGES): string[] {
  const chance = chanceOf(session + 1);
  const topics = Array.from({ length: TOPICS }, () => WORDS[RARE + Math.floor(chance() ** 2 * 18_000)] ?? '');
  const word = () =>
    chance() < 0.2
      ? (topics[Math.floor(chance() * TOPICS)] ?? '')
      : (WORDS[Math.floor(WORDS.length ** chance()) - 1] ?? '');
  // From 8 to 160 words, 50 on average.
  return Array.from({ length: count }, () => sentences(Math.floor(8 * 20 ** chance()), word));
}

function sentences(length: number, word: () => string): string {
  const made: string[] = [];
  for (let left = length; left > 0; left -= SENTENCE) {
    const text = Array.from({ length: Math.min(left, SENTENCE) }, word).join(' ');
    made.push(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`);
  }
  return made.join(' ');
}

const wordsIn = (text: string) => [...new Set(text.toLowerCase().match(/\p{L}+/gu) ?? [])];
const rankOf = new Map(WORDS.map((word, rank) => [word, rank]));

/** The three rarest words of a text. */
export const rarestWordsOf = (text: string): string =>
  wordsIn(text)
    .toSorted((one, other) => (rankOf.get(other) ?? 0) - (rankOf.get(one) ?? 0))
    .slice(0, 3)
    .join(' ');

/** Five words of a text, as they come. */
export function someWordsOf(text: string, seed: number): string {
  const chance = chanceOf(seed);
  return wordsIn(text)
    .map((word) => ({ word, at: chance() }))
    .toSorted((one, other) => one.at - other.at)
    .slice(0, 5)
    .map(({ word }) => word)
    .join(' ');
}

/** The most frequent words that a question is looked up by. */
export const frequentWords = (isLookedUp: (word: string) => boolean): string =>
  WORDS.filter(isLookedUp).slice(0, 10).join(' ');
