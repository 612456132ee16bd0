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

const known = new Map<string, readonly string[]>();

/** The texts of a test file, and of what it imports from its folder or below: tests of a kind, and what they are called, lie there. */
function testsIn(path: string): readonly string[] {
  const read = new Map<string, string>();
  const add = (one: string): void => {
    if (read.has(one)) return;
    const text = textOf(one);
    read.set(one, text);
    for (const [, name = ''] of text.matchAll(/ from '(\.\/[\w/-]+\.ts)'/g)) add(join(dirname(one), name));
  };
  if (!known.has(path)) {
    add(path);
    known.set(path, [...read.values()]);
  }
  return known.get(path) ?? [];
}

/** Of a test and its headings; a title may have the sign between them in it. */
const titlesOf = (fullName: string) => fullName.split(' > ');

function misfits({ name, file, find, expects }: Patch): string[] {
  const places = textOf(file).split(find).length - 1;
  const [testFile = '', fullName = ''] = expects.split(' :: ');
  return [
    ...(places === 1 ? [] : [`${name}: "find" occurs ${places} times in ${file}`]),
    ...(expects === 'types' || titlesOf(fullName).every((title) => hasTitle(testsIn(testFile), title))
      ? []
      : [`${name}: ${testFile} has no such test`]),
  ];
}

test('every patch still fits its file, in one place, and the test that it names is there', () => {
  expect(PATCHES.flatMap(misfits)).toEqual([]);
});

test('a title is written out, or a row away: none that is a mere part of it, nor any that fits all', () => {
  const text =
    "test('is told once', f); test.each([['late']])('is told %s', f); test.each(rows)('%s', f); const row = 'a row';";
  for (const title of ['is told once', 'is told late', 'a row'])
    expect(hasTitle([text], title), title).toBe(true);
  for (const title of ['told once', 'is told', 'is told once, and again', 'anything'])
    expect(hasTitle([`test('it is told once, or not', f); test.each(rows)('%s', f);`], title), title).toBe(
      false,
    );
});

test('a patch that fits nowhere, or names a test that is gone, is noticed', () => {
  const [patch] = PATCHES;
  if (patch === undefined) throw new Error('there is no patch');
  expect(misfits({ ...patch, find: 'nowhere to be found' })).toHaveLength(1);
  expect(misfits({ ...patch, expects: 'test/house.test.ts :: a test that nobody wrote' })).toHaveLength(1);
});
