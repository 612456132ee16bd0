import { describe, expect, test } from 'vitest';
import { evaluateMemory, scoreMemory } from './evaluate.ts';
import { HALVES, readHistories } from './histories.ts';

describe('evidence is recalled', () => {
  test.each(HALVES)('in the %s half, with at most half the misses of plain BM25', async (half) => {
    const { ours, misses } = scoreMemory(half, await evaluateMemory(half));
    expect(ours.inTurns).toBeGreaterThan(0.6);
    expect(ours.inTokens).toBeGreaterThan(0.65);
    expect(misses.inTurns).toBeLessThan(0.6);
    expect(misses.inTokens).toBeLessThan(0.6);
  });
});

test('no person and no question of the dev half stands in the test half', () => {
  const [dev, other] = HALVES.map((half) => readHistories(half));
  const namesOf = (histories: typeof dev) =>
    (histories ?? [])
      .flatMap(({ speakers }) => speakers)
      .filter((name) => !['user', 'assistant'].includes(name));
  const askedOf = (histories: typeof dev) =>
    (histories ?? []).flatMap(({ questions }) => questions.map(({ asked }) => asked));
  expect(namesOf(dev).filter((name) => namesOf(other).includes(name))).toEqual([]);
  expect(askedOf(dev).filter((asked) => askedOf(other).includes(asked))).toEqual([]);
  expect([...askedOf(dev), ...askedOf(other)].length).toBeGreaterThanOrEqual(300);
});
