import { describe, expect, test } from 'vitest';
import { discreteLaplace, exactChance } from '../../server/src/platform/operator/privacy/discrete-laplace.ts';
import { brokenNoise } from './broken-noise.ts';
import { judge } from './judgement.ts';
import { seededBytes } from './seeded-bytes.ts';

const chance = exactChance(seededBytes('judgement'));
const exact = discreteLaplace(chance);

test('noise of releases has its law, and by it neighbouring data are told apart as far as ε says, and no further', () => {
  // `npm run privacy` draws twenty times as much.
  const { faults, distinctions } = judge(exact, { draws: 10_000, runs: 10_000 });
  expect(faults).toEqual([]);
  expect(Math.max(...distinctions.map(({ measured }) => measured))).toBeGreaterThan(0.8);
});

describe('noise that is broken on purpose', () => {
  const judged = Object.entries(brokenNoise(exact, chance)).map(
    ([name, noise]) => [name, judge(noise, { draws: 6_000, runs: 3_000 })] as const,
  );

  test.each(judged)('%s is found', (_name, { faults }) => expect(faults).not.toEqual([]));

  test('is found by what releases show alone, where they tell more than ε', () => {
    const telling = judged.filter(([, { distinctions }]) => distinctions.some(({ atLeast }) => atLeast > 1));
    expect(telling.map(([name]) => name)).toEqual([
      'of scale 1/ε, as if an account had one kind',
      'of one side',
      'of zero alone',
      'with zero drawn twice as often',
      'drawn once for all kinds of a release',
    ]);
  });
});
