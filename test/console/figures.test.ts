import { expect, test } from 'vitest';
import { numberIn } from '../../console/src/parts/number-in.ts';
import { fullAt } from '../../console/src/parts/pace.ts';

const read = (text: string) => [numberIn(text, 'de'), numberIn(text, 'en')];

test('an amount is read as its language writes it, or not at all', () => {
  expect(read('1.000')).toEqual([1_000, 1]);
  expect(read('1,000')).toEqual([1, 1_000]);
  expect(read('-2.500.000,25')).toEqual([-2_500_000.25, undefined]);
  expect(read('1.5')).toEqual([undefined, 1.5]);
  expect(read(' 20 ')).toEqual([20, 20]);
  for (const text of ['', '-', '1e3', '0x1', '1.00', '1 000', 'Infinity'])
    expect(numberIn(text, 'de')).toBe(undefined);
});

test('a limit is full at its pace, unless it begins anew before', () => {
  const now = Date.parse('2026-11-15T00:00:00Z');
  const at = (used: number, resets_at: string | null = '2026-11-29T00:00:00.000Z') =>
    fullAt({ used, max: 300, resets_at }, 'month', now);
  // Half of it after 16 of 30 days.
  expect(at(150)).toBe(undefined);
  expect(at(200)).toBe('2026-11-23T00:00:00.000Z');
  expect([at(0), at(300), at(200, null)]).toEqual([undefined, undefined, undefined]);
  // Two days of the window say nothing yet.
  expect(at(200, '2026-12-13T00:00:00.000Z')).toBe(undefined);
  expect(fullAt({ used: 5, max: 10, resets_at: '2026-11-15T00:30:00.000Z' }, 'hour', now)).toBe(undefined);
});
