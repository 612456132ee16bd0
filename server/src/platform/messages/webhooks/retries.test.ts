import { describe, expect, test } from 'vitest';
import { systemRandom } from '#platform/kernel';
import { pauseAfter } from './delivery.ts';

const HOUR = 3_600_000;
const at = (uniform: number) => ({ ...systemRandom, uniform: () => uniform });

describe('an endpoint that fails', () => {
  test('is tried ten times, in a little more than three days', () => {
    const pauses = Array.from({ length: 10 }, (_, failed) => pauseAfter(failed + 1, { random: at(0.5) }));
    expect(pauses.at(-1)).toBeUndefined();
    const all = pauses.reduce<number>((sum, pause) => sum + (pause ?? 0), 0);
    expect(all / HOUR).toBeCloseTo(75.6, 1);
  });

  test.each([
    [0, 4_000],
    [0.5, 5_000],
    [1, 6_000],
  ])('is tried again after five seconds, a fifth less or more: %f', (uniform, pause) => {
    expect(pauseAfter(1, { random: at(uniform) })).toBeCloseTo(pause);
  });

  test.each([
    [undefined, 5_000],
    [1, 5_000],
    [120, 120_000],
    [1_000_000, 24 * HOUR],
  ])('that asks for %s seconds gets them, a day at most', (retryAfter, pause) => {
    expect(pauseAfter(1, { retryAfter, random: at(0.5) })).toBe(pause);
  });
});
