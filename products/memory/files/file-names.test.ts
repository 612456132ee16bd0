import { expect, test } from 'vitest';
import { filesIn, normalizedName } from './file-names.ts';

const named = (text: string) => filesIn(text).map(({ name }) => name);

test.each([
  [
    'parseUserId is in src/import/users.ts:12:3, see `lib/a.test.ts`.',
    ['src/import/users.ts', 'lib/a.test.ts'],
  ],
  ['$ vim ./Dockerfile && cat C:\\app\\main.py', ['Dockerfile', 'C:/app/main.py']],
  ['```ts\nimport { a } from "../b/c.ts";\n```\n--config=tsconfig.json', ['../b/c.ts', 'tsconfig.json']],
  ['Is it package.json? (README.md) .eslintrc.json', ['package.json', 'README.md', '.eslintrc.json']],
  ['Node.js and next.js by ada@example.rs at https://a.dev/x.js, www.a.com/b.html, 1.5 and/or e.g. a.b', []],
  ['a.ts A.ts a.ts', ['a.ts', 'A.ts']],
])('files that a text names: %s', (text, files) => {
  expect(named(text)).toEqual(files);
});

test('a span is where the name stands first, and a message has at most 20', () => {
  const text = 'See ./a/../b.ts and b.ts';
  const [first, ...others] = filesIn(text);
  expect(others).toEqual([]);
  expect(text.slice(...(first?.span ?? []))).toBe('./a/../b.ts');
  expect(first?.name).toBe('b.ts');
  expect(filesIn(Array.from({ length: 50 }, (_, n) => `f${n}.ts`).join(' '))).toHaveLength(20);
});

test.each([
  ['./src//a/../b.ts', 'src/b.ts'],
  ['src\\b.ts', 'src/b.ts'],
  ['/src/./b.ts/', '/src/b.ts'],
  ['../../b.ts', '../../b.ts'],
  ['cafe\u0301.ts', 'café.ts'],
])('%s is called %s', (written, name) => {
  expect(normalizedName(written)).toBe(name);
});
