import { DAY, type Instant, SECOND, type State } from './state.ts';

/** `starts` tells a window from the one before: its first instant, or in an account's time zone its end. */
export interface Span {
  readonly starts: Instant;
  readonly ends: Instant;
}

type Calendar = 'minute' | 'hour' | 'day' | 'week' | 'month';
const FIXED: Readonly<Record<string, number>> = { minute: 60 * SECOND, hour: 3_600 * SECOND, day: DAY };

/** The first instant of the calendar's window that a time without a zone lies in. */
function truncate(per: Calendar, at: Instant): Instant {
  const length = FIXED[per];
  if (length !== undefined) return at - (at % length);
  const day = at - (at % DAY);
  // 1970 began on a Thursday; a week does on Monday.
  if (per === 'week') return day - ((day / DAY + 3) % 7) * DAY;
  return day - (new Date(day / 1_000).getUTCDate() - 1) * DAY;
}

function nextStart(per: Calendar, start: Instant): Instant {
  if (per === 'month') return addMonths(start, 1);
  return start + (FIXED[per] ?? 7 * DAY);
}

/** The same day and time so many months later; of the 31st, the last day of a shorter month. */
function addMonths(at: Instant, months: number): Instant {
  const day = new Date(Math.floor(at / DAY) * 86_400_000);
  const first = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return (first.getTime() / 86_400_000 + Math.min(day.getUTCDate(), last) - 1) * DAY + (at % DAY);
}

/** The month from an anchor's day to the same day, each counted from the anchor itself: after February the 31st comes back. */
export function billingPeriod(anchor: Instant, now: Instant): Span {
  const [from, to] = [new Date(anchor / 1_000), new Date(now / 1_000)];
  let months = (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth();
  if (addMonths(anchor, months) > now) months -= 1;
  return { starts: addMonths(anchor, months), ends: addMonths(anchor, months + 1) };
}

/** From when an account's billing periods are counted: without a paid plan, from when the account was made. */
export function anchorAt(state: State, now: Instant): Instant {
  return state.anchor ?? anchorToKeep(state, now) ?? state.madeAt;
}

/** The anchor that the first use of a paid plan fixes. */
export function anchorToKeep({ timeline }: State, now: Instant): Instant | undefined {
  return timeline.find(({ source, from }) => source !== null && source !== 'default' && from <= now)?.from;
}

/** The window that an instant lies in; `stored` is the one that the meter is in. */
export function windowOf(state: State, per: string, at: { now: Instant; stored: Instant | undefined }): Span {
  if (per === 'billing_period') return billingPeriod(anchorAt(state, at.now), at.now);
  const [calendar, zone] = per.split('@') as [Calendar, string?];
  if (zone !== undefined) return zonedWindow(state.zone, calendar, at);
  const starts = truncate(calendar, at.now);
  return { starts, ends: nextStart(calendar, starts) };
}

const HOUR = 3_600 * SECOND;
/** The shortest and longest windows in a zone, changes of the account's zone included. */
const SHORTEST: Readonly<Record<string, number>> = { day: 23 * HOUR, week: 5 * DAY, month: 26 * DAY };
const LONGEST: Readonly<Record<string, number>> = { day: 76 * HOUR, week: 16 * DAY, month: 64 * DAY };

/** A window in the account's zone is known by its end, fixed when it begins: a change of the zone neither ends nor begins one. */
function zonedWindow(
  zone: string,
  per: Calendar,
  { now, stored }: { readonly now: Instant; readonly stored: Instant | undefined },
): Span {
  // One that would end later began under a clock that was wrong.
  const isOpen = stored !== undefined && now < stored;
  if (isOpen && stored <= now + (LONGEST[per] ?? 0)) return { starts: stored, ends: stored };
  const soonest = stored === undefined || isOpen ? 0 : stored + (SHORTEST[per] ?? 0);
  let ends = zonedEnd(per, zonedStart(per, now, zone), zone);
  while (ends < soonest) ends = zonedEnd(per, ends, zone);
  return { starts: ends, ends };
}

/** Where a clock that is turned back passes midnight twice, the day begins the second time. */
function zonedStart(per: Calendar, at: Instant, zone: string): Instant {
  const start = utcOf(truncate(per, localOf(at, zone)), zone);
  return start > at ? utcOf(truncate(per, localOf(at - 2 * HOUR, zone)), zone) : start;
}

/** The first instant after a window; where midnight is skipped, the first instant that there is. */
export function zonedEnd(per: Calendar, at: Instant, zone: string): Instant {
  return utcOf(nextStart(per, truncate(per, localOf(at, zone))), zone);
}

/** The ends of the present day, week and month in a zone. */
export function presentEnds(zone: string, now: Instant): Instant[] {
  return (['day', 'week', 'month'] as const).map((per) => zonedEnd(per, zonedStart(per, now, zone), zone));
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far a zone's wall clock is ahead of UTC at an instant. */
function zoneOffset(at: Instant, zone: string): number {
  let format = formats.get(zone);
  if (format === undefined) {
    const number = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
    format = new Intl.DateTimeFormat('sv', { timeZone: zone, ...number, ...time });
    formats.set(zone, format);
  }
  const seconds = Math.floor(at / SECOND);
  return Date.parse(`${format.format(seconds * 1_000).replace(' ', 'T')}Z`) * 1_000 - seconds * SECOND;
}

function localOf(at: Instant, zone: string): Instant {
  return at + zoneOffset(at, zone);
}

/** As PostgreSQL reads a wall clock: of a time that there is twice, the second; one that is skipped is counted on from before. */
function utcOf(local: Instant, zone: string): Instant {
  const before = zoneOffset(local - DAY, zone);
  const after = zoneOffset(local + DAY, zone);
  return local - (zoneOffset(local - after, zone) === after ? after : before);
}
