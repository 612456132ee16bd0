import type { Price } from './objects.ts';

/** The same day of the month, months later, at the same second; the last day where there is no such day. */
export function monthsAfter(instant: number, months: number): number {
  const from = new Date(instant * 1000);
  const first = Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months, 1);
  const days = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months + 1, 0)).getUTCDate();
  const day = Math.min(from.getUTCDate(), days);
  return first / 1000 + (day - 1) * 86_400 + (instant % 86_400);
}

type Interval = Pick<NonNullable<Price['recurring']>, 'interval' | 'interval_count'>;

/** When the period ends that begins at `start`, for a subscription anchored at `anchor`: 31 January, 28 February, 31 March. */
export function periodEnd(
  anchor: number,
  start: number,
  { interval, interval_count: count }: Interval,
): number {
  const step = (steps: number): number => {
    if (interval === 'day') return anchor + steps * count * 86_400;
    if (interval === 'week') return anchor + steps * count * 7 * 86_400;
    return monthsAfter(anchor, steps * count * (interval === 'year' ? 12 : 1));
  };
  if (anchor > start) return anchor;
  let steps = 1;
  while (step(steps) <= start) steps += 1;
  return step(steps);
}
