import { foldWord } from './words.ts';

const DAY_MS = 86_400_000;
/** Milliseconds of 1973: a number that is no smaller is a time. */
export const LEAST_TIME = 100_000_000_000;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** German names whose first letters differ from the English ones. */
const GERMAN: Readonly<Record<string, string>> = {
  mae: 'mar',
  mai: 'may',
  okt: 'oct',
  dez: 'dec',
  son: 'sun',
  die: 'tue',
  mit: 'wed',
  don: 'thu',
  fre: 'fri',
  sam: 'sat',
};
const MONTH = String.raw`(jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])\p{L}*`;
const WEEKDAY = String.raw`(sun|mon|tues|wednes|thurs|fri|satur)day|(sonn|mon|diens|donners|frei|sams)tag|mittwoch`;

const ISO = /\b(\d{4})-(\d{2})-(\d{2})\b/u;
const DOTTED = /\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b/u;
const DAY_MONTH = new RegExp(String.raw`\b(\d{1,2})(?:\.|st|nd|rd|th)? ${MONTH}(?: (\d{4}))?`, 'iu');
const MONTH_DAY = new RegExp(String.raw`\b${MONTH} (\d{1,2})(?:st|nd|rd|th)?\b(?:,? (\d{4}))?`, 'iu');
const RELATIVE = new RegExp(
  String.raw`(?<!\p{L})(?:(today|heute)|(day after tomorrow|übermorgen)|(tomorrow|morgen)|in (\d{1,3}) (?:(days?|tagen?)|weeks?|wochen?)|(next week|nächste woche)|(?:next |nächsten? )?(${WEEKDAY}))(?!\p{L})`,
  'iu',
);

/** A day that a text names, and where. */
export interface NamedDay {
  /** Noon of it in UTC, which is that day in nearly all time zones. */
  readonly noon: number;
  readonly start: number;
  readonly end: number;
}

/** The first day that a text names. `tomorrow` and the like are known only where the request says what day it is. */
export function dayIn(text: string, now: number | undefined): NamedDay | undefined {
  const iso = ISO.exec(text);
  if (iso !== null) return dayAt(iso, noonOf(Number(iso[1]), Number(iso[2]), Number(iso[3])));
  const dotted = DOTTED.exec(text);
  if (dotted !== null) return dayAt(dotted, noonOf(Number(dotted[3]), Number(dotted[2]), Number(dotted[1])));
  const dayFirst = DAY_MONTH.exec(text);
  const monthFirst = dayFirst === null ? MONTH_DAY.exec(text) : null;
  const named = dayFirst ?? monthFirst;
  if (named !== null) {
    const [month = '', day] = dayFirst === null ? [named[1], named[2]] : [named[2], named[1]];
    return dayAt(named, noonOfMonth({ month, day: Number(day), year: named[3] }, now));
  }
  const relative = RELATIVE.exec(text);
  if (relative === null || now === undefined) return undefined;
  return dayAt(relative, noonAfter(relative, now));
}

function dayAt(match: RegExpExecArray, noon: number): NamedDay | undefined {
  const [text] = match;
  return Number.isFinite(noon) ? { noon, start: match.index, end: match.index + text.length } : undefined;
}

const noonOf = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day, 12);

/** Without a year it is the next such day. */
function noonOfMonth(
  { month, day, year }: { readonly month: string; readonly day: number; readonly year: string | undefined },
  now: number | undefined,
): number {
  const index = MONTHS.indexOf(shortName(month)) + 1;
  if (year !== undefined) return noonOf(Number(year), index, day);
  if (now === undefined) return Number.NaN;
  const thisYear = new Date(now).getUTCFullYear();
  const noon = noonOf(thisYear, index, day);
  return noon + DAY_MS < now ? noonOf(thisYear + 1, index, day) : noon;
}

function shortName(name: string): string {
  const short = foldWord(name).slice(0, 3);
  return GERMAN[short] ?? short;
}

function noonAfter(match: RegExpExecArray, now: number): number {
  const [, today, afterTomorrow, tomorrow, count, isDays, nextWeek, weekday] = match;
  const noon = Math.floor(now / DAY_MS) * DAY_MS + DAY_MS / 2;
  if (today !== undefined) return noon;
  if (afterTomorrow !== undefined) return noon + 2 * DAY_MS;
  if (tomorrow !== undefined) return noon + DAY_MS;
  if (count !== undefined) return noon + Number(count) * (isDays === undefined ? 7 : 1) * DAY_MS;
  if (nextWeek !== undefined || weekday === undefined) return noon + 7 * DAY_MS;
  const ahead = (WEEKDAYS.indexOf(shortName(weekday)) - new Date(now).getUTCDay() + 7) % 7;
  return noon + (ahead === 0 ? 7 : ahead) * DAY_MS;
}

/** The first instant that a text names: prompts say so what time it is. */
export function instantIn(text: string): number | undefined {
  const [now] = /\d{4}-\d{2}-\d{2}T[\d:.]{5,12}Z/u.exec(text.slice(0, 32_768)) ?? [];
  const instant = now === undefined ? Number.NaN : Date.parse(now);
  return Number.isNaN(instant) ? undefined : instant;
}
