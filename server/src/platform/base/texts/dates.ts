/** A date as a text gives it. `date` is null where the text alone does not say which day is meant ("two weeks after signing"). */
export interface DateField {
  readonly text: string;
  /** ISO 8601; of a stretch of time, its first day. */
  readonly date: string | null;
  /** The last day, of a stretch of time. */
  readonly until?: string;
}

/** A date, and where in the text it stands. */
export interface DateMatch extends DateField {
  readonly from: number;
  readonly to: number;
  /** A day and a month without their year, which the other end of a stretch may say. */
  readonly yearless?: { readonly day: number; readonly month: number };
}

const MONTH_NAMES = [
  'january|jan|januar|jänner|janvier|enero|gennaio|janeiro',
  'february|feb|februar|février|fevrier|febrero|febbraio|fevereiro',
  'march|mar|märz|maerz|mars|marzo|março',
  'april|apr|avril|abril|aprile',
  'may|mai|mayo|maggio|maio',
  'june|jun|juni|juin|junio|giugno|junho',
  'july|jul|juli|juillet|julio|luglio|julho',
  'august|aug|août|aout|agosto',
  'september|sept|sep|septembre|septiembre|settembre|setembro',
  'october|oct|oktober|okt|octobre|octubre|ottobre|outubro',
  'november|nov|novembre|noviembre',
  'december|dec|dezember|dez|décembre|decembre|diciembre|dicembre|dezembro',
].map((names) => names.split('|'));

/** A month's name, as the group `month` of a pattern. */
export const MONTH = String.raw`(?<month>${MONTH_NAMES.flat()
  .toSorted((one, other) => other.length - one.length)
  .join('|')})(?!\p{L})\.?`;
const BEFORE = String.raw`(?<![\p{L}\p{N}.,/-])`;
export const YEAR = String.raw`(?<year>(?:19|20|21)\d{2})(?!\d)`;
const DAY = String.raw`(?<day>\d{1,2})(?:st|nd|rd|th|er|º|\.)?`;
const OF = String.raw`(?:of\s+|de\s+|di\s+)?`;
const DASH = String.raw`\s*(?:-|–|—|to|until|through|bis|au|al)\s*`;
const QUARTERS: Readonly<Record<string, number>> = { first: 1, second: 2, third: 3, fourth: 4 };

type Groups = Readonly<Record<string, string | undefined>>;
type DateValue = Pick<DateMatch, 'date' | 'until' | 'yearless'>;

interface Form {
  readonly form: RegExp;
  /** Undefined: there is no such day. */
  readonly read: (groups: Groups, hints: Hints) => DateValue | undefined;
}

interface Hints {
  /** Whether the day or the month comes first in 03/04/2026, where the text shows it. */
  readonly slashes: 'dmy' | 'mdy' | undefined;
}

/** For words that the text alone does not date. */
const noDate = () => ({ date: null });

/** The first form that fits a place is the one that is read, so that longer ones come first. */
const FORMS: readonly Form[] = [
  {
    form: formOf(String.raw`(?<year>\d{4})[-/](?<month>\d{1,2})[-/](?<day>\d{1,2})(?![\d-])`),
    read: ({ year, month, day }) => dayOf(year, Number(month), day),
  },
  {
    form: formOf(String.raw`(?<day>\d{1,2})\.\s?(?<month>\d{1,2})\.\s?(?<year>\d{4}|\d{2})(?![\d.,]\d)`),
    read: ({ year, month, day }) => dayOf(longYear(year), Number(month), day),
  },
  {
    form: formOf(String.raw`(?<one>\d{1,2})[/-](?<other>\d{1,2})[/-](?<year>\d{4})(?!\d)`),
    read: parseSlashDate,
  },
  {
    form: formOf(
      String.raw`(?:${DAY}${DASH})(?<last>\d{1,2})(?:st|nd|rd|th|\.)?\s+${OF}${MONTH},?\s+${OF}${YEAR}`,
    ),
    read: ({ day, last, month, year }) =>
      stretch(dayOf(year, monthOf(month), day), dayOf(year, monthOf(month), last)),
  },
  {
    form: formOf(String.raw`${MONTH}\s+${DAY}${DASH}(?<last>\d{1,2})(?:st|nd|rd|th)?,?\s+${YEAR}`),
    read: ({ day, last, month, year }) =>
      stretch(dayOf(year, monthOf(month), day), dayOf(year, monthOf(month), last)),
  },
  {
    form: formOf(String.raw`${DAY}[\s-]+${OF}${MONTH}[,-]?[\s-]*${OF}${YEAR}`),
    read: ({ day, month, year }) => dayOf(year, monthOf(month), day),
  },
  {
    form: formOf(String.raw`${MONTH}\s+${DAY},?\s+${YEAR}`),
    read: ({ day, month, year }) => dayOf(year, monthOf(month), day),
  },
  {
    form: formOf(
      String.raw`(?<part>the\s+end|end|ende|late|fin|beginning|start|begin|beginn|anfang|early|début|mid|middle|mitte)(?:-|(?:\s+of|\s+de)?\s+)${MONTH}(?:,?\s+${OF}${YEAR})?`,
    ),
    read: partOfMonth,
  },
  {
    form: formOf(
      String.raw`(?:(?<end>(?:the\s+)?end|ende|late)(?:\s+of|\s+in)?\s+)?(?:Q(?<quarter>[1-4])(?:\s?[-–]\s?Q(?<last>[1-4]))?[\s/,]*(?:of\s+)?${YEAR}|(?:the\s+)?(?<word>first|second|third|fourth)\s+quarter\s+(?:of\s+)?(?<wordyear>20\d{2}))`,
    ),
    read: parseQuarter,
  },
  {
    form: formOf(String.raw`(?<year>20\d{2})[\s-]?Q(?<quarter>[1-4])(?!\d)`),
    read: parseQuarter,
  },
  {
    form: formOf(String.raw`(?:H(?<half>[12])[\s/]*|(?:the\s+)?(?<word>first|second)\s+half\s+of\s+)${YEAR}`),
    read: ({ half, word, year }) => {
      const isFirst = half === '1' || word?.toLowerCase() === 'first';
      return isFirst ? months(Number(year), [1, 6]) : months(Number(year), [7, 12]);
    },
  },
  {
    form: formOf(String.raw`(?:(?:calendar\s+)?week|KW|CW)\s*(?<week>\d{1,2})[\s/,]*(?:of\s+|in\s+)?${YEAR}`),
    read: ({ week, year }) => isoWeek(Number(year), Number(week)),
  },
  {
    form: formOf(
      String.raw`(?:the\s+)?(?:end\s+of(?:\s+the\s+year)?|year[\s-]end|ende)\s+(?<year>20\d{2})(?![\d-])`,
    ),
    read: ({ year }) => ({ date: `${year ?? ''}-12-31` }),
  },
  {
    form: formOf(String.raw`${MONTH},?\s+${OF}${YEAR}`),
    read: ({ month, year }) => months(Number(year), [monthOf(month), monthOf(month)]),
  },
  {
    form: formOf(String.raw`${MONTH}\s+${DAY}(?![\p{L}\d:%]|[.,]\d)`),
    read: withoutYear,
  },
  {
    form: formOf(String.raw`${DAY}\s+${OF}${MONTH}`),
    read: withoutYear,
  },
  ...relativeForms(),
];

/** Dates that are told by other events are kept as they are written: only the reader knows when these are. */
function relativeForms(): Form[] {
  const amount = String.raw`(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|zwei|drei|vier|sechs)(?:\s?[-–]\s?\d{1,3})?(?:\s+\(\d+\))?`;
  const unit = String.raw`(?:(?:business|working|calendar)\s+)?(?:days?|weeks?|months?|sprints?|Tage?n?|Wochen?|Monate?n?|Werktage?n?)`;
  const event = String.raw`(?:\s+(?:the\s+|our\s+|your\s+|der\s+|dem\s+)?[\p{L}-]+){1,4}`;
  return [
    {
      form: formOf(
        String.raw`(?:within\s+)?${amount}\s+${unit}\s+(?:after|before|from|following|of|prior\s+to|nach|vor)${event}`,
      ),
      read: noDate,
    },
    {
      form: formOf(
        String.raw`(?:by|until|in|on)?\s?(?:next|this|the\s+following)\s+(?:week|month|quarter|year|monday|tuesday|wednesday|thursday|friday)(?!\p{L})`,
      ),
      read: noDate,
    },
    {
      form: formOf(
        String.raw`(?:upon|on)\s+(?:signing|signature|acceptance|delivery|kick-?off|completion|go-?live)(?!\p{L})`,
      ),
      read: noDate,
    },
  ];
}

const MOST_DATES = 40;

/** Dates in a text, in order of appearance. A day that does not exist is none. */
export function datesIn(text: string): DateField[] {
  return joinRanges(text, dateMatchesIn(text)).slice(0, MOST_DATES);
}

/** The same with their places, and two that are the ends of one stretch of time apart. */
export function dateMatchesIn(text: string): DateMatch[] {
  const hints = { slashes: slashOrderIn(text) };
  const taken: DateMatch[] = [];
  for (const { form, read } of FORMS) {
    for (const match of text.matchAll(form)) {
      const [from, to] = [match.index, match.index + match[0].length];
      if (taken.some((other) => from < other.to && other.from < to)) continue;
      const reading = read(match.groups ?? {}, hints);
      if (reading !== undefined) taken.push({ text: match[0].trim(), from, to, ...reading });
    }
  }
  return taken.toSorted((one, other) => one.from - other.from);
}

/** Two dates with "to" between them are one stretch of time. */
function joinRanges(text: string, found: readonly DateMatch[]): DateField[] {
  const fields: DateField[] = [];
  for (let n = 0; n < found.length; n += 1) {
    const [one, next] = [found[n], found[n + 1]];
    if (one === undefined) break;
    const between = next === undefined ? '' : text.slice(one.to, next.from);
    const isRange =
      /^\s*(?:-|–|—|to|until|till|through|bis|au|al)\s*$/iu.test(between) ||
      (/^\s+and\s+$/iu.test(between) && /\bbetween\s*$/iu.test(text.slice(0, one.from)));
    const stretched = isRange && next !== undefined ? rangeOf(one, next) : undefined;
    if (stretched === undefined || next === undefined) {
      fields.push(toField(one));
      continue;
    }
    fields.push({ text: text.slice(one.from, next.to).trim(), ...stretched });
    n += 1;
  }
  return fields;
}

function rangeOf(one: DateMatch, next: DateMatch): Pick<DateField, 'date' | 'until'> | undefined {
  const last = next.until ?? next.date;
  if (last === null) return undefined;
  const first = one.date ?? (one.yearless === undefined ? null : yearFrom(one.yearless, last));
  return first === null || first > last ? undefined : { date: first, until: last };
}

/** "March 3 to April 14, 2026": the year before where the month comes later in it. */
function yearFrom(
  { day, month }: { readonly day: number; readonly month: number },
  last: string,
): string | null {
  const year = Number(last.slice(0, 4));
  const same = dayOf(String(year), month, String(day))?.date ?? null;
  return same !== null && same > last ? (dayOf(String(year - 1), month, String(day))?.date ?? null) : same;
}

function toField({ text, date, until }: DateMatch): DateField {
  return until === undefined ? { text, date } : { text, date, until };
}

function formOf(source: string): RegExp {
  return new RegExp(BEFORE + source, 'giu');
}

export function monthOf(name = ''): number {
  const known = name.toLowerCase();
  return 1 + MONTH_NAMES.findIndex((names) => names.includes(known));
}

function longYear(year = ''): string {
  return year.length === 2 ? `20${year}` : year;
}

function dayOf(
  year: string | undefined,
  month: number,
  day: string | undefined,
): { date: string } | undefined {
  const date = new Date(Date.UTC(Number(year), month - 1, Number(day)));
  const isReal =
    Number(year) >= 1900 &&
    date.getUTCFullYear() === Number(year) &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === Number(day);
  return isReal ? { date: isoDay(date) } : undefined;
}

export function isoDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function stretch(
  first: { readonly date: string } | undefined,
  last: { readonly date: string } | undefined,
): DateValue | undefined {
  if (first === undefined || last === undefined || first.date > last.date) return undefined;
  return { date: first.date, until: last.date };
}

/** From the first day of a month to the last of another, both in one year. */
export function months(
  year: number,
  [first, last]: readonly [number, number],
): { date: string; until: string } {
  return {
    date: isoDay(new Date(Date.UTC(year, first - 1, 1))),
    until: isoDay(new Date(Date.UTC(year, last, 0))),
  };
}

function partOfMonth({ part = '', month, year }: Groups): DateValue {
  if (year === undefined) return { date: null };
  const whole = months(Number(year), [monthOf(month), monthOf(month)]);
  if (/end|late|fin/iu.test(part)) return { date: whole.until };
  return { date: /mid|mitte/iu.test(part) ? `${whole.date.slice(0, 8)}15` : whole.date };
}

function parseQuarter({ quarter: number, last, word, year, wordyear, end }: Groups): DateValue {
  const first = Number(number ?? QUARTERS[word?.toLowerCase() ?? '']);
  const whole = months(Number(year ?? wordyear), [first * 3 - 2, Number(last ?? first) * 3]);
  return end === undefined ? whole : { date: whole.until };
}

function isoWeek(year: number, week: number): DateValue | undefined {
  if (week < 1 || week > 53) return undefined;
  const fourth = new Date(Date.UTC(year, 0, 4));
  const monday = new Date(fourth);
  monday.setUTCDate(4 - ((fourth.getUTCDay() + 6) % 7) + (week - 1) * 7);
  const sunday = new Date(monday);
  sunday.setUTCDate(monday.getUTCDate() + 6);
  return { date: isoDay(monday), until: isoDay(sunday) };
}

function withoutYear({ day, month = '' }: Groups): DateValue | undefined {
  // "At least 10 may attend", "5 march on".
  if (/^(?:may|march|mars)$/u.test(month)) return undefined;
  // A leap year has every day that a year may have.
  if (dayOf('2024', monthOf(month), day) === undefined) return undefined;
  return { date: null, yearless: { day: Number(day), month: monthOf(month) } };
}

/** 03/04/2026 is two days, depending on who wrote it: a guess is none, where nothing in the text shows it. */
function parseSlashDate({ one, other, year }: Groups, { slashes }: Hints): DateValue | undefined {
  const order = Number(one) > 12 ? 'dmy' : Number(other) > 12 || one === other ? 'mdy' : slashes;
  if (order === undefined) return { date: null };
  return order === 'dmy' ? dayOf(year, Number(other), one) : dayOf(year, Number(one), other);
}

function slashOrderIn(text: string): 'dmy' | 'mdy' | undefined {
  for (const [, one, other] of text.matchAll(/(?<!\d)(\d{1,2})\/(\d{1,2})\/\d{4}(?!\d)/gu)) {
    if (Number(one) > 12) return 'dmy';
    if (Number(other) > 12) return 'mdy';
  }
  return undefined;
}
