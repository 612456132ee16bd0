export const DURATION_UNITS = ['days', 'weeks', 'months', 'sprints'] as const;
export type DurationUnit = (typeof DURATION_UNITS)[number];

/** How long something takes, as a text gives it. */
export interface DurationField {
  readonly text: string;
  readonly unit: DurationUnit;
  readonly count: number;
  /** The most, of a range. */
  readonly until_count?: number;
  /** Days on which people work. */
  readonly business?: true;
}

const WORDS: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  fourteen: 14,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  sixty: 60,
  ninety: 90,
  ein: 1,
  eine: 1,
  zwei: 2,
  drei: 3,
  vier: 4,
  fünf: 5,
  sechs: 6,
  acht: 8,
  zehn: 10,
  zwölf: 12,
  deux: 2,
  trois: 3,
  quatre: 4,
};

/** A unit's words, and how many of a base unit it is. */
const UNITS: readonly { readonly words: RegExp; readonly unit: DurationUnit; readonly times: number }[] = [
  { words: /^(?:days?|tage?n?|werktage?n?|arbeitstage?n?|jours?|días?)$/iu, unit: 'days', times: 1 },
  { words: /^(?:weeks?|wochen?|semaines?|semanas?)$/iu, unit: 'weeks', times: 1 },
  { words: /^(?:months?|monate?n?|mois|mes|meses)$/iu, unit: 'months', times: 1 },
  { words: /^(?:sprints?)$/iu, unit: 'sprints', times: 1 },
  { words: /^(?:quarters?|quartale?n?)$/iu, unit: 'months', times: 3 },
  { words: /^(?:years?|jahre?n?|ans?|años?)$/iu, unit: 'months', times: 12 },
];

const NUMBER = String.raw`(?:\d{1,4}(?:[.,]\d)?|${Object.keys(WORDS)
  .toSorted((one, other) => other.length - one.length)
  .join('|')})`;
const DURATION = new RegExp(
  String.raw`(?<![\p{L}\p{N}.,$€£])(?<count>${NUMBER})(?!\p{L})(?<half>\s+and\s+a\s+half)?(?:\s*\((?<digits>\d{1,4}|[a-z-]+)\))?(?:\s*(?:-|–|—|to|or|bis|à)\s*(?<most>${NUMBER})(?!\p{L}))?[\s-]+(?<kind>(?:business|working|calendar|consecutive|full)[\s-]+)?(?<unit>days?|weeks?|months?|sprints?|quarters?|years?|tage?n?|werktage?n?|arbeitstage?n?|wochen?|monate?n?|quartale?n?|jahre?n?|jours?|semaines?|mois)(?!\p{L})`,
  'giu',
);
const MOST_DURATIONS = 40;

/** How long things take, in order of appearance. A term of payment ("net 30 days") is none. */
export function durationsIn(text: string): DurationField[] {
  return [...text.matchAll(DURATION)]
    .filter(({ index, 0: whole }) => !isTerms(text, index, whole))
    .flatMap(({ 0: whole, groups = {} }) => {
      const field = durationOf(whole, groups);
      return field === undefined ? [] : [field];
    })
    .slice(0, MOST_DURATIONS);
}

function isTerms(text: string, at: number, whole: string): boolean {
  return /\bnet[\s-]*$/iu.test(text.slice(0, at)) || /^\s+net\b/iu.test(text.slice(at + whole.length));
}

function durationOf(
  whole: string,
  groups: Readonly<Record<string, string | undefined>>,
): DurationField | undefined {
  const { count = '', half, digits, most, kind = '', unit: word = '' } = groups;
  const known = UNITS.find(({ words }) => words.test(word));
  // "a day" of "$900 a day" or "once a week" is no length of anything.
  if (known === undefined || /^an?$/iu.test(count)) return undefined;
  const { unit, times } = known;
  const least =
    digits === undefined || !/^\d/u.test(digits)
      ? numberOf(count) + (half === undefined ? 0 : 0.5)
      : Number(digits);
  const until = most === undefined ? undefined : numberOf(most) * times;
  const isBusiness = /business|working/iu.test(kind) || /^(?:werktag|arbeitstag)/iu.test(word);
  return {
    text: whole.trim(),
    unit,
    count: least * times,
    ...(until === undefined || until <= least * times ? {} : { until_count: until }),
    ...(isBusiness ? { business: true } : {}),
  };
}

function numberOf(text: string): number {
  return WORDS[text.toLowerCase()] ?? Number(text.replace(',', '.'));
}
