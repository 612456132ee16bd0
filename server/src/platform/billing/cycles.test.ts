import { describe, expect, test } from 'vitest';
import { aYear, CYCLE_PATTERN, cycleOfLength, cycleText } from './cycles.ts';

describe('a cycle', () => {
  test.each([
    ['month', 1, 'monthly', 1_200],
    ['month', 3, 'P3M', 400],
    ['month', 6, 'P6M', 200],
    ['month', 12, 'yearly', 100],
    ['year', 1, 'yearly', 100],
    ['year', 2, 'P2Y', 50],
    ['month', 24, 'P2Y', 50],
    ['month', 18, 'P18M', 100 / 1.5],
    ['week', 1, 'P1W', (100 * 365) / 7],
    ['week', 4, 'P4W', (100 * 365) / 28],
    ['day', 30, 'P30D', (100 * 365) / 30],
  ] as const)('of %s × %i is %s, and 100 of it are %d a year', (...of) => {
    const [unit, count, cycle, year] = of;
    expect(cycleOfLength(unit, count)).toBe(cycle);
    expect(cycle).toMatch(CYCLE_PATTERN);
    expect(aYear(cycle, 100)).toBeCloseTo(year, 8);
  });

  test('is said as people say it', () => {
    const said = ['monthly', 'yearly', 'P1W', 'P3M', 'P2Y'].map((cycle) => cycleText(cycle));
    expect(said).toEqual(['a month', 'a year', 'a week', 'every 3 months', 'every 2 years']);
  });
});
