import type { AssetFilters } from '../../products/reel/library/store.ts';
import { VOCABULARIES } from './texts.ts';

/** Filters for the n-th time that something is asked: other words and another language each time. */
export type Question = (n: number) => AssetFilters;

/** The word of that rank in the language whose turn it is. */
function word(n: number, rank: number): string {
  return VOCABULARIES[n % VOCABULARIES.length]?.words[rank] ?? '';
}

/** In half of all texts; the words before it are stop words. */
const VERY_COMMON = 6;
const commonWord = (n: number) => 12 + (n % 3) * 2;
/** In one text of ten to one of fifty. */
const middlingWord = (n: number) => 36 + (n % 20);
/** In one of some thousands. */
const rareWord = (n: number) => 2_000 + ((n * 37) % 15_000);

export const QUESTIONS: Readonly<Record<string, Question>> = {
  all: () => ({}),
  platform: () => ({ platform: 'x' }),
  'rare platform and status': () => ({ platform: 'linkedin', status: 'archived' }),
  status: () => ({ status: 'published' }),
  'common tag': () => ({ tags: ['tag1'] }),
  'middling tag': (n) => ({ tags: [`tag${10 + (n % 20)}`] }),
  'rare tag': (n) => ({ tags: [`tag${200 + (n % 99)}`] }),
  'two tags': () => ({ tags: ['tag1', 'tag2'] }),
  'tag and platform': (n) => ({ tags: [`tag${1 + (n % 9)}`], platform: 'youtube' }),
  trash: () => ({ deleted: true }),
  'rare word': (n) => ({ q: word(n, rareWord(n)) }),
  'middling word': (n) => ({ q: word(n, middlingWord(n)) }),
  'very common word': (n) => ({ q: word(n, VERY_COMMON) }),
  'two middling words': (n) => ({ q: `${word(n, middlingWord(n))} ${word(n, middlingWord(n + 7))}` }),
  'rare and very common word': (n) => ({ q: `${word(n, VERY_COMMON)} ${word(n, rareWord(n))}` }),
  'phrase of common words': (n) => ({ q: `"${word(n, VERY_COMMON)} ${word(n, commonWord(n))}"` }),
  'phrase of middling words': (n) => ({ q: `"${word(n, middlingWord(n))} ${word(n, middlingWord(n + 3))}"` }),
  'one word or another, without a third': (n) => ({
    q: `${word(n, middlingWord(n))} or ${word(n, middlingWord(n + 5))} -${word(n, VERY_COMMON)}`,
  }),
  'word and platform': (n) => ({ q: word(n, middlingWord(n)), platform: 'linkedin' }),
  'word and tag': (n) => ({ q: word(n, VERY_COMMON), tags: [`tag${5 + (n % 20)}`] }),
  'stop word': (n) => ({ q: word(n, 1) }),
};
