import { expect, test } from 'vitest';
import { runInNewContext } from 'node:vm';
import { inAscii } from './ascii.ts';

test.each([
  `'é – 😀'`,
  '`é ${1 + 1} 😀`',
  'String.raw`\\d–\\d ${"é"} 😀`',
  'String.raw`é`.length',
  '/[é–😀]/u.source.length > 0 && /[–😀]/u.test("😀")',
  'new RegExp(String.raw`^(?:-|–|😀)\\s`, "u").test("😀 ")',
  '({ é: 1 }).é',
])('%s means the same in ASCII', (code) => {
  const ascii = inAscii(code);
  expect(ascii).toMatch(/^[\0-\x7f]*$/);
  expect(runInNewContext(ascii)).toEqual(runInNewContext(code));
});

test('a character that has a backslash of its own is refused, for its escape would be text', () => {
  expect(() => inAscii(`'\\é'`)).toThrow('a character beyond ASCII');
});
