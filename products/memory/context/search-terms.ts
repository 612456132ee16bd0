import { type Question, termsOf } from '../retrieval/index.ts';
import { ANY, dayTerm, speakerTerm, wordTerm } from '../sessions/word-keys.ts';

/** So many of a question's words are looked up, its own before those near to them, then the longest: a question of more is a text itself. */
const MOST_WORDS = 32;
const MOST_NAMES = 8;
const MOST_DAYS = 14;
const DAY = 86_400_000;

/** The terms of a question that are looked up in the index. */
export interface SearchTerms {
  /** The first one stands in every turn. */
  readonly terms: readonly string[];
  /** The question's words among them, in their order from the second one on. */
  readonly words: readonly string[];
}

export function searchTermsOf(question: Question, text: string): SearchTerms {
  const weightOf = (term: string) => question.words.get(term)?.weight ?? 0;
  const words = question.terms
    .toSorted((one, other) => weightOf(other) - weightOf(one) || other.length - one.length)
    .slice(0, MOST_WORDS);
  const names = [...termsOf(Array.from(text.matchAll(/\p{Lu}[\p{L}\p{M}]+/gu), String).join(' ')).keys()];
  const days = question.days.flatMap(({ first, last }) => daysBetween(first, last)).slice(0, MOST_DAYS);
  return {
    words,
    terms: [
      ANY,
      ...words.map(wordTerm),
      ...names.slice(0, MOST_NAMES).map(speakerTerm),
      ...days.map(dayTerm),
    ],
  };
}

function daysBetween(first: string, last: string): string[] {
  const from = Date.parse(first);
  const count = Math.min(MOST_DAYS, Math.max(1, Math.round((Date.parse(last) - from) / DAY) + 1));
  return Array.from({ length: count }, (_, place) => new Date(from + place * DAY).toISOString().slice(0, 10));
}
