import fc from 'fast-check';
import { lexer, type Token } from 'marked';
import { expect, test } from 'vitest';
import { asCode, asLine, linesOf } from './one-line.ts';

const PIECES = [
  '\n',
  '\r',
  '\r\n',
  '\u2028',
  '\t',
  '\u0001',
  ' ',
  '# ',
  '#',
  '- ',
  '+ ',
  '* ',
  '1. ',
  '2) ',
  '> ',
  '```',
  '~~~',
  '---',
  '===',
  '`',
  '_',
  '*',
  '**',
  '~',
  '\\',
  '[a](b)',
  '![a](b)',
  '[a]: b',
  '<b>',
  '<!--',
  '&amp;',
  '| a |',
  'a',
  'B',
  'ä',
  '漢',
  '7',
];
const title = fc
  .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 12 })
  .map((pieces) => pieces.join(''))
  .filter((text) => shownOf(text) !== '');

/** A title as a reader sees it. */
const shownOf = (text: string) => text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();

const textOf = (tokens: readonly Token[] | undefined): string =>
  (tokens ?? [])
    .map((token) => {
      expect(['text', 'escape']).toContain(token.type);
      if (token.type === 'text') expect(token.raw).not.toMatch(/&\w+;/);
      return token.type === 'escape' ? (token as { text: string }).text : token.raw;
    })
    .join('');

test('whatever a title holds, it is one heading and one item, and is read as it is', () => {
  fc.assert(
    fc.property(title, (text) => {
      const line = asLine(text);
      expect(linesOf(line)).toEqual([line]);
      const [heading, ...none] = lexer(`# ${line}\n`);
      expect([heading?.type, none]).toEqual(['heading', []]);
      expect(textOf((heading as { tokens?: Token[] }).tokens)).toBe(shownOf(text));
      const [list, ...more] = lexer(`- ${line} (accepted)\n`) as {
        items?: { tokens: { tokens?: Token[] }[] }[];
      }[];
      expect(more).toEqual([]);
      expect(list?.items?.map((item) => item.tokens.map(({ tokens }) => textOf(tokens)))).toEqual([
        [`${shownOf(text)} (accepted)`],
      ]);
    }),
    { numRuns: 2_000 },
  );
});

test('whatever a path holds, it is code in its line', () => {
  fc.assert(
    fc.property(title, (text) => {
      const [list] = lexer(`- Implements: file ${asCode(text)}\n`) as {
        items?: { tokens: { tokens?: Token[] }[] }[];
      }[];
      const tokens = list?.items?.flatMap((item) => item.tokens.flatMap((one) => one.tokens ?? []));
      expect(tokens).toMatchObject([{ type: 'text' }, { type: 'codespan', text: shownOf(text) }]);
    }),
  );
});
