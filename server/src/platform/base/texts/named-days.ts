import { dateMatchesIn, isoDay, MONTH, monthOf, months, YEAR } from './dates.ts';

/** Days that a text names, with their place in it; `first` and `last` are ISO 8601, and the same for one day. */
export interface NamedDays {
  readonly from: number;
  readonly to: number;
  readonly first: string;
  readonly last: string;
}

type Groups = Readonly<Record<string, string | undefined>>;
type Days = Pick<NamedDays, 'first' | 'last'>;

interface Form {
  readonly form: RegExp;
  readonly read: (groups: Groups, saidAt: Date) => Days | undefined;
}

const DAY = 86_400_000;
const COUNTS = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');
const WEEKDAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');
/** How many days beside the one meant still count: "two months ago" is no day. */
const LEEWAY: Readonly<Record<string, number>> = { day: 0, week: 3, month: 15, year: 180 };
const LENGTH: Readonly<Record<string, number>> = { day: 1, week: 7, month: 30.44, year: 365.25 };

/** Forms that need the day on which they were said, or are a whole month or year; dates of a calendar are read by `dateMatchesIn`. */
const FORMS: readonly Form[] = [
  {
    form: /\b(?<word>today|tonight|this (?:morning|afternoon|evening)|yesterday|last night|tomorrow)\b/giu,
    read: ({ word = '' }, saidAt) => {
      const offset = /^(?:yesterday|last)/iu.test(word) ? -1 : /^tomorrow/iu.test(word) ? 1 : 0;
      return around(saidAt, offset, 0);
    },
  },
  {
    form: new RegExp(
      String.raw`\b(?<count>\d{1,3}|an?|a couple of|a few|${COUNTS.join('|')})\s+(?<unit>day|week|month|year)s?\s+(?<side>ago|from now|earlier)\b`,
      'giu',
    ),
    read: ({ count = '', unit = '', side = '' }, saidAt) => {
      const sign = /from/iu.test(side) ? 1 : -1;
      const kind = unit.toLowerCase();
      return around(saidAt, sign * countOf(count) * (LENGTH[kind] ?? 1), LEEWAY[kind] ?? 0);
    },
  },
  {
    form: new RegExp(
      String.raw`\b(?<side>last|next|this|this past)\s+(?<unit>week(?:end)?|month|year|spring|summer|autumn|fall|winter|${WEEKDAYS.join('|')})\b`,
      'giu',
    ),
    read: ({ side = '', unit = '' }, saidAt) =>
      stretchOf(/^last|past/iu.test(side) ? -1 : /^next/iu.test(side) ? 1 : 0, unit.toLowerCase(), saidAt),
  },
  {
    form: new RegExp(
      String.raw`\b(?:in|of|since|until|by|during|last|next|this|early|late|mid)[\s-]+${MONTH}(?!\s+\d)`,
      'giu',
    ),
    read: ({ month }, saidAt) => nearestYear(saidAt, (year) => daysOfMonth(year, monthOf(month))),
  },
  {
    form: new RegExp(String.raw`(?<![\p{L}\p{N}.,/$€£-])${YEAR}(?![\p{L}\p{N}/-]|[.,]\d)`, 'gu'),
    read: ({ year }) => ({ first: `${year ?? ''}-01-01`, last: `${year ?? ''}-12-31` }),
  },
];

/** A text in which none of these stands names no day: most say so in a hundredth of the time that the forms take. */
const MAYBE = new RegExp(
  String.raw`\d{4}|\d[./-]\s?\d|(?<![\p{L}\d])(?:today|tonight|yesterday|tomorrow|ago|earlier|from now|Q[1-4]|year[\s-]end|(?:last|next|this|past)\s+(?:night|morning|afternoon|evening|week|month|year|spring|summer|autumn|fall|winter|${WEEKDAYS.join('|')})|${MONTH})`,
  'iu',
);

/** Days that a text names, told from when it was said: dates, `yesterday`, `two weeks ago`, `in May`. In order of appearance. */
export function namedDaysIn(text: string, saidAt: Date): NamedDays[] {
  if (!MAYBE.test(text)) return [];
  const found: NamedDays[] = [];
  for (const { from, to, date, until, yearless } of dateMatchesIn(text)) {
    const days =
      yearless === undefined
        ? date === null
          ? undefined
          : { first: date, last: until ?? date }
        : nearestYear(saidAt, (year) => {
            const day = isoDay(new Date(Date.UTC(year, yearless.month - 1, yearless.day)));
            return { first: day, last: day };
          });
    if (days !== undefined) found.push({ from, to, ...days });
  }
  for (const { form, read } of FORMS) {
    for (const match of text.matchAll(form)) {
      const [from, to] = [match.index, match.index + match[0].length];
      if (found.some((other) => from < other.to && other.from < to)) continue;
      const days = read(match.groups ?? {}, saidAt);
      if (days !== undefined) found.push({ from, to, ...days });
    }
  }
  return found.toSorted((one, other) => one.from - other.from);
}

function around(saidAt: Date, offset: number, leeway: number): Days {
  const day = saidAt.getTime() + Math.round(offset) * DAY;
  return { first: isoDay(new Date(day - leeway * DAY)), last: isoDay(new Date(day + leeway * DAY)) };
}

function countOf(word: string): number {
  const lower = word.toLowerCase();
  if (/^\d/u.test(lower)) return Number(lower);
  if (lower === 'a couple of') return 2;
  if (lower === 'a few') return 3;
  return lower.startsWith('a') ? 1 : COUNTS.indexOf(lower) + 1;
}

/** A week, weekend, month, year, season or weekday before (-1), around (0) or after (1) the day of saying. */
function stretchOf(side: -1 | 0 | 1, unit: string, saidAt: Date): Days {
  const year = saidAt.getUTCFullYear();
  if (unit === 'year') return { first: `${year + side}-01-01`, last: `${year + side}-12-31` };
  if (unit === 'month') {
    const month = new Date(Date.UTC(year, saidAt.getUTCMonth() + side, 1));
    return daysOfMonth(month.getUTCFullYear(), month.getUTCMonth() + 1);
  }
  const weekday = WEEKDAYS.indexOf(unit);
  const today = saidAt.getUTCDay();
  if (weekday >= 0) {
    const ahead = (weekday - today + 7) % 7;
    return around(saidAt, side < 0 ? ahead - 7 : side > 0 && ahead === 0 ? 7 : ahead, 0);
  }
  // By weeks people mean the days about seven from today.
  if (unit.startsWith('week')) return around(saidAt, side * 7 - ((today + 6) % 7) + 3, 3);
  const season = { spring: 3, summer: 6, autumn: 9, fall: 9, winter: 12 }[unit] ?? 6;
  const start = season > saidAt.getUTCMonth() + 1 && side < 0 ? year - 1 : side > 0 ? year + 1 : year;
  const last = isoDay(new Date(Date.UTC(start, season + 2, 0)));
  return { first: isoDay(new Date(Date.UTC(start, season - 1, 1))), last };
}

function daysOfMonth(year: number, month: number): Days {
  const { date, until } = months(year, [month, month]);
  return { first: date, last: until };
}

/** The nearest of the days of this year, the one before and the one after. */
function nearestYear(saidAt: Date, of: (year: number) => Days): Days {
  const year = saidAt.getUTCFullYear();
  const distance = ({ first }: Days) => Math.abs(Date.parse(first) - saidAt.getTime());
  return (
    [year - 1, year, year + 1].map(of).toSorted((one, other) => distance(one) - distance(other))[0] ??
    of(year)
  );
}
