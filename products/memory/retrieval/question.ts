import { type NamedDays, namedDaysIn, type NearWord, nearWords } from 'plinth/product';
import { isStopWord } from './languages.ts';
import { termsOf, termsOfQuestion } from './terms.ts';

/** Days that a question asks about: the first and the last as ISO 8601, and all of both in milliseconds, the end left out. */
export interface Days {
  readonly first: string;
  readonly last: string;
  readonly from: number;
  readonly to: number;
}

interface QuestionWord {
  readonly word: string;
  /** Worth of a match: 1, and less of a near word. */
  readonly weight: number;
}

/** A question, as it is read. */
export interface Question {
  /** To be looked up, each once: without stop words, names of speakers and days. */
  readonly terms: readonly string[];
  /** The word of the question that a term is of, or is near to. */
  readonly words: ReadonlyMap<string, QuestionWord>;
  /** Speakers that it names, as they are known. */
  readonly people: readonly string[];
  readonly days: readonly Days[];
  /** Whether it asks for a time. */
  readonly asksWhen: boolean;
}

interface KnownOfQuestions {
  readonly speakers: readonly string[];
  readonly now: Date;
  /** The answer of `nearWords` of the platform, but for those who measure. */
  readonly near?: (word: string) => readonly NearWord[];
}

/** Words of a question that are looked up, and terms in all: one of 100,000 words costs no more than these. */
const MOST_WORDS = 48;
/** Words that near ones are looked for, and how many of each. */
const MOST_WITH_NEAR = 8;
const MOST_NEAR = 20;
/** Worth of a near word beside the word itself, times its likeness. */
const WORTH_OF_NEAR = 0.5;

const ASKS_WHEN =
  /\b(?:when|(?:what|which) (?:day|date|time|week|month|year|season)|how long ago|how recently|(?:since|until|by|from) when|wann|seit wann|bis wann|cuándo|quand)\b/iu;
/** Roles are words as well: only so is the speaker meant. */
const ROLES: Readonly<Record<string, RegExp>> = {
  user: /\b(?:(?:the|did|by|has|does) user(?:['’]s)?(?=\s+\p{L}|[?.!,]|$)|i|my|me)\b/giu,
  assistant: /\b(?:the|did|by|has|does) assistant(?:['’]s)?\b|\byou\b/giu,
};
/** Names that are other words in lower case. */
const AMBIGUOUS =
  /^(?:will|may|mark|grace|hope|rose|april|june|august|art|bill|rich|faith|joy|summer|dawn|drew|pat|sue)$/iu;
/** Days that turns are compared with, of those that a question names. */
const MOST_DAYS = 14;
const LONGEST = 20_000;
const DAY = 86_400_000;

/** Reads a question: terms to look up, people whom it names, days that it names, whether it asks for a time. */
export function readQuestion(asked: string, known: KnownOfQuestions): Question {
  const text = asked.slice(0, LONGEST);
  const named = namedDaysIn(text, known.now);
  const withoutDays = named.reduceRight(
    (rest, { from, to }) => `${rest.slice(0, from)} ${rest.slice(to)}`,
    text,
  );
  const { people, rest } = takeSpeakers(withoutDays, known.speakers);
  // A question of names or days alone is one for their words.
  const own = [rest, withoutDays, text].map(termsOfQuestion).find(({ size }) => size > 0);
  const words = withNearWords([...(own ?? [])].slice(0, MOST_WORDS), known.near ?? nearWords);
  return {
    terms: [...words.keys()],
    words,
    people,
    days: named.flatMap((days) => withOtherYears(days, text)).slice(0, MOST_DAYS),
    asksWhen: ASKS_WHEN.test(text),
  };
}

function withNearWords(
  own: readonly (readonly [term: string, word: string])[],
  near: (word: string) => readonly NearWord[],
): Map<string, QuestionWord> {
  const words = new Map(own.map(([term, word]) => [term, { word, weight: 1 }]));
  const asked = [...new Set(own.map(([, word]) => word))].slice(0, MOST_WITH_NEAR);
  for (const word of asked) {
    let left = MOST_NEAR;
    for (const [other, likeness] of near(word)) {
      const [term = ''] = termsOf(other).keys();
      if (left === 0) break;
      if (words.has(term) || isStopWord(other, 'english')) continue;
      words.set(term, { word, weight: WORTH_OF_NEAR * likeness });
      left -= 1;
    }
  }
  return words;
}

function takeSpeakers(text: string, speakers: readonly string[]): { people: string[]; rest: string } {
  const people: string[] = [];
  let rest = text;
  const lower = text.toLowerCase();
  for (const speaker of speakers) {
    const role = ROLES[speaker.toLowerCase()];
    if (role === undefined && !lower.includes(firstName(speaker).toLowerCase())) continue;
    const pattern = role ?? patternOf(speaker);
    const without = rest.replaceAll(pattern, ' ');
    if (without !== rest) people.push(speaker);
    rest = without;
  }
  return { people, rest };
}

function firstName(speaker: string): string {
  return speaker.split(/\s+/u)[0] ?? speaker;
}

/** A full name, or its first one. */
function patternOf(speaker: string): RegExp {
  const first = firstName(speaker);
  const names = [speaker, first].map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`));
  const flags = AMBIGUOUS.test(first) ? 'gu' : 'giu';
  return new RegExp(String.raw`(?<![\p{L}\p{N}_])(?:${names.join('|')})(?:['’]s?)?(?![\p{L}\p{N}_])`, flags);
}

/** "In May" and "on 3 March" are asked of any year; two before the nearest one are looked at. */
function withOtherYears({ from, to, first, last }: NamedDays, text: string): Days[] {
  const isOfAnyYear =
    /^(?:in|of|since|until|by|during)?[\s\p{L}\d.,-]*$/iu.test(text.slice(from, to)) &&
    !/\d{4}|ago|last|next|this|day|night|year|week|earlier|now/iu.test(text.slice(from, to));
  return (isOfAnyYear ? [0, 1, 2] : [0]).map((years) => {
    const days = { first: yearsBefore(first, years), last: yearsBefore(last, years) };
    return { ...days, from: Date.parse(days.first), to: Date.parse(days.last) + DAY };
  });
}

function yearsBefore(day: string, years: number): string {
  const earlier = `${String(Number(day.slice(0, 4)) - years)}${day.slice(4)}`;
  return years > 0 ? earlier.replace('-02-29', '-02-28') : earlier;
}
