import { AppError } from '#platform/kernel';

const DAY = 86_400_000;

/** Whole days from one end of a period to a later one; 0: it ends no earlier. Throws `store_refused` for more than a store gives. */
export function missingDays(ends: Date, until: Date, most: number): number {
  const days = Math.max(0, Math.ceil((until.getTime() - ends.getTime()) / DAY));
  if (days > most) throw new AppError('store_refused', { details: { code: 'too_many_days', most } });
  return days;
}
