import { expect, test } from 'vitest';
import { digestOf } from './digest.ts';

const CODE = `import { b } from './b.ts';

/** Why. */
export function a(): number {
  return b(1);
}
`;
const TESTS = `import { a } from './a.ts';

const one = a();
test('one is $n', () => expect(one).toBe(1));
test('another', () => expect(a()).toBe(1));
`;

/** The digest of a patch of a file whose tests lie beside it. */
function digest(code: string, tests = TESTS, find = 'b(1)'): string {
  const patch = { file: 'src/a.ts', find, replace: 'b(2)', expects: 'src/a.test.ts :: one is 1' } as const;
  return digestOf(patch, (path) => (path === 'src/a.ts' ? code : tests));
}

test('a run of a patch stays good when its files are moved, commented, laid out anew or get other tests', () => {
  const moved = CODE.replace('./b.ts', '#platform/b')
    .replace('Why.', 'Why not.')
    .replace('  return', '\n    return');
  expect(digest(moved)).toBe(digest(CODE));
  expect(digest(CODE, TESTS.replace('./a.ts', '../a.ts'))).toBe(digest(CODE));
  expect(digest(CODE, TESTS.replace("test('another'", "test('a third'"))).toBe(digest(CODE));
});

test('a run of a patch is out of date when the patch, the code or the test is another one', () => {
  expect(digest(CODE.replace('b(1)', 'b(1) + 0'))).not.toBe(digest(CODE));
  expect(digest(CODE, TESTS, 'return b(1)')).not.toBe(digest(CODE));
  expect(digest(CODE, TESTS.replace('toBe(1));\n', 'toBe(2));\n'))).not.toBe(digest(CODE));
  expect(digest(CODE, TESTS.replace('const one', 'let one'))).not.toBe(digest(CODE));
});
