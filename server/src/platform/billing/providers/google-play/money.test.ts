import { expect, test } from 'vitest';
import { minorUnits } from './money.ts';

test.each([
  ['USD', '9', 990_000_000, 999],
  ['JPY', '1200', 0, 1_200],
  ['KWD', '3', 250_000_000, 3_250],
  // Without cents by ISO 4217, and counted in hundredths by all that reads our amounts.
  ['ISK', '1490', 0, 149_000],
] as const)('%s %s and %i billionths are what all of billing counts in', (...of) => {
  const [currencyCode, units, nanos, minor] = of;
  expect(minorUnits({ currencyCode, units, nanos })).toBe(minor);
});
