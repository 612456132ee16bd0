import type { AccountId } from 'plinth/product';
import { METRICS, type Metric, type SeriesRow } from './activity-store.ts';
import { type Floor, type Score, scoreOf, THRESHOLD, WEEKS } from './robust-z.ts';

const DAY = 86_400_000;
const EVENTS: Floor = { least: 3, share: 0.3, isCount: true };
/** Ten cents: below, a new model or a longer text is no news. */
const MONEY: Floor = { least: 100_000, share: 0.3, isCount: false };
const FLOORS: Readonly<Record<Metric, Floor>> = {
  calls: EVENTS,
  cost_micros: MONEY,
  memory_messages: EVENTS,
  sessions: EVENTS,
};

interface DayValue {
  readonly day: string;
  readonly value: number;
}

/** A day on which an account did far more of something than on that weekday before. */
export interface Anomaly extends Score, DayValue {
  readonly account_id: AccountId;
  readonly metric: Metric;
  /** The weekdays that it was compared with, the newest first. */
  readonly weeks: readonly DayValue[];
}

/** The anomalies of an account in days from one on and before another, by day and metric. */
export function anomaliesOf(
  { account_id, since, days }: SeriesRow,
  { from, until }: { readonly from: string; readonly until: string },
): Anomaly[] {
  const byDay = new Map(days.map((figures) => [figures.day, figures]));
  const found: Anomaly[] = [];
  // A day without figures is no anomaly.
  for (const { day, ...figures } of days.toSorted((a, b) => (a.day < b.day ? -1 : 1))) {
    if (day < from || day >= until) continue;
    const before = Array.from({ length: WEEKS }, (_, week) => dayBefore(day, 7 * (week + 1))).filter(
      (one) => one >= since,
    );
    for (const metric of METRICS) {
      const weeks = before.map((one) => ({ day: one, value: byDay.get(one)?.[metric] ?? 0 }));
      const value = figures[metric];
      const score = scoreOf(
        value,
        weeks.map((one) => one.value),
        FLOORS[metric],
      );
      if (score !== undefined && score.z >= THRESHOLD)
        found.push({ account_id, metric, day, value, weeks, ...score });
    }
  }
  return found;
}

const dayBefore = (day: string, days: number) =>
  new Date(Date.parse(day) - days * DAY).toISOString().slice(0, 10);
