import { expect, test } from 'vitest';
import { nearWords } from './near-words.ts';

const near = (word: string) => nearWords(word).map(([other]) => other);

test('words that are used alike are near, the nearest first', () => {
  expect(near('dad')).toEqual(expect.arrayContaining(['mom', 'father']));
  expect(near('vacation')).toEqual(expect.arrayContaining(['trip', 'holiday']));
  const likeness = nearWords('dog').map(([, of]) => of);
  expect(likeness).toEqual(likeness.toSorted((one, other) => other - one));
  expect(Math.max(...likeness)).toBeLessThan(1);
});

test('a word that nobody knows has none', () => {
  expect(near('xyzzy')).toEqual([]);
  expect(near('')).toEqual([]);
});
