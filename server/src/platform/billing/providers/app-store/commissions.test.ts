import { expect, test } from 'vitest';
import { commissionOf } from './commissions.ts';

test.each<[string | undefined, string, number, boolean, number]>([
  ['USA', '2026-11-01', 30, false, 30],
  ['USA', '2026-11-01', 30, true, 15],
  ['USA', '2026-11-01', 15, false, 15],
  ['CHN', '2026-03-14', 30, false, 30],
  ['CHN', '2026-03-15', 30, false, 25],
  ['CHN', '2026-03-15', 30, true, 12],
  ['CHN', '2026-03-15', 15, false, 12],
  ['JPN', '2026-03-16', 30, false, 30],
  ['JPN', '2026-03-17', 30, false, 26],
  ['JPN', '2026-03-17', 15, false, 15],
  // An agreement of one's own is kept where it is better.
  ['CHN', '2026-11-01', 10, false, 10],
  [undefined, '2026-11-01', 30, false, 30],
  ['constructor', '2026-11-01', 30, true, 15],
])(
  'of a purchase at storefront %s on %s, with %s percent agreed and past a year %s, Apple keeps %s',
  (storefront, day, ...[agreed, isPastYear, percent]) => {
    expect(commissionOf({ storefront, at: new Date(`${day}T00:00:00Z`), isPastYear }, agreed)).toBe(percent);
  },
);
