import { expect, test } from 'vitest';
import { scorePatterns } from './evaluate.ts';
import { HALVES, readHistory } from './histories.ts';

test.each(HALVES)(
  'of the patterns that are found in the %s half at least 80 % are right, and at least 80 % are found',
  (half) => {
    const { precision, recall } = scorePatterns(half);
    expect(precision).toBeGreaterThanOrEqual(0.8);
    expect(recall).toBeGreaterThanOrEqual(0.8);
  },
);

test('the two halves are at least 60 sessions, and share no pattern', () => {
  const [dev, other] = HALVES.map(readHistory);
  expect((dev?.sessions.length ?? 0) + (other?.sessions.length ?? 0)).toBeGreaterThanOrEqual(60);
  expect(dev?.patterns.filter((name) => other?.patterns.includes(name))).toEqual([]);
});
