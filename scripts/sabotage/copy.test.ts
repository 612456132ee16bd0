import { expect, test } from 'vitest';
import { PATCHES } from '../../test/sabotage/index.ts';
import { patched } from './copy.ts';

test('a patch that fits nowhere, in two places, or changes nothing is refused', () => {
  const file = 'src/a.ts';
  expect(patched('a b c', { file, find: 'b', replace: '$&' })).toBe('a $& c');
  expect(() => patched('a b c', { file, find: 'd', replace: 'e' })).toThrow('occurs 0 times in src/a.ts');
  expect(() => patched('b b', { file, find: 'b', replace: 'e' })).toThrow('occurs 2 times in src/a.ts');
  expect(() => patched('a b c', { file, find: 'b', replace: 'b' })).toThrow('changes nothing');
});

test('patches have names of their own', () => {
  const names = PATCHES.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});
