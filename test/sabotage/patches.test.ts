import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../house/source.ts';
import { type Patch, PATCHES } from './index.ts';
import { hasTitle } from './titles.ts';

/** The text of a file of the project; none, when there is no such file. */
function textOf(path: string): string {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    return '';
  }
}

/** The text of a test file, and of what lies beside it that it imports: tests of a kind are declared there. */
function testsIn(path: string): string {
  const text = textOf(path);
  const beside = [...text.matchAll(/ from '\.\/([\w-]+\.ts)'/g)].map(([, name = '']) =>
    join(dirname(path), name),
  );
  return [text, ...beside.map(textOf)].join('\n');
}

function misfits({ name, file, find, expects }: Patch): string[] {
  const places = textOf(file).split(find).length - 1;
  const [testFile = '', fullName = ''] = expects.split(' :: ');
  const title = fullName.split(' > ').at(-1) ?? '';
  return [
    ...(places === 1 ? [] : [`${name}: "find" occurs ${places} times in ${file}`]),
    ...(expects === 'types' || hasTitle(testsIn(testFile), title)
      ? []
      : [`${name}: ${testFile} has no such test`]),
  ];
}

test('every patch still fits its file, in one place, and the test that it names is there', () => {
  expect(PATCHES.flatMap(misfits)).toEqual([]);
});

test('a patch that fits nowhere, or names a test that is gone, is noticed', () => {
  const [patch] = PATCHES;
  if (patch === undefined) throw new Error('there is no patch');
  expect(misfits({ ...patch, find: 'nowhere to be found' })).toHaveLength(1);
  expect(misfits({ ...patch, expects: 'test/house.test.ts :: a test that nobody wrote' })).toHaveLength(1);
});
