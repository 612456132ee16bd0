import { expect, test } from 'vitest';
import { crashPoints } from '#platform/db';
import { LOST } from './lost.ts';
import '../../server/src/app.ts';

test('of every commit of the program it is said what a lost answer means, once, and of nothing else', () => {
  const commits = [...crashPoints()]
    .filter(([name, { kind }]) => kind === 'commit' && !name.startsWith('test.'))
    .map(([name]) => name);
  expect(LOST.toSorted()).toEqual(commits.toSorted());
});
