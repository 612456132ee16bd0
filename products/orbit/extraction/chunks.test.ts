import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHUNK_TOKENS, chunksOf, headingIn, tokensOf } from './chunks.ts';

const line = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.constantFrom(
    '',
    '# Budget',
    '2. Timeline',
    'SCOPE OF WORK',
    'A sentence of some words. Another one follows it.',
    '語'.repeat(40),
  ),
);
const pages = fc
  .array(fc.array(line, { maxLength: 30 }), { maxLength: 8 })
  .map((texts) => texts.map((lines, n) => ({ page: n + 1, text: lines.join('\n') })));

const repeatSentence = (words: string) => `${`${words} are told of in some words. `.repeat(12).trim()}\n`;

describe('chunks', () => {
  test('hold every character of every page once, in order', () => {
    fc.assert(
      fc.property(pages, fc.integer({ min: 5, max: 300 }), (document, most) => {
        const chunks = chunksOf(document, most);
        for (const { page, text: whole } of document) {
          const parts = chunks.flatMap((chunk) => chunk.parts.filter((part) => part.page === page));
          expect(parts.map((part) => part.text).join('')).toBe(whole);
        }
        const order = chunks.flatMap(({ parts }) => parts.map(({ page }) => page));
        expect(order).toEqual(order.toSorted((a, b) => a - b));
      }),
    );
  });

  test('are no longer than they may be, and the same for the same pages', () => {
    fc.assert(
      fc.property(pages, fc.integer({ min: 5, max: 300 }), (document, most) => {
        const chunks = chunksOf(document, most);
        for (const { parts } of chunks)
          expect(tokensOf(parts.map((part) => part.text).join(''))).toBeLessThanOrEqual(most);
        expect(chunksOf(structuredClone(document), most)).toEqual(chunks);
        expect(chunks.map(({ number }) => number)).toEqual(chunks.map((_, n) => n + 1));
      }),
    );
  });

  test('begin at a heading where one stands in the second half of the room, and know which one they are under', () => {
    const document = [
      { page: 1, text: `# Shop\n${repeatSentence('Goods')}# Budget\n${repeatSentence('Prices')}` },
    ];
    const [first, second] = chunksOf(document, 200);
    expect(second?.parts[0]?.text.startsWith('# Budget')).toBe(true);
    expect([first?.heading, second?.heading]).toEqual([null, 'Shop']);
  });

  test('never cut a character in two', () => {
    const document = [{ page: 1, text: '😀'.repeat(500) }];
    for (const { parts } of chunksOf(document, 7)) expect(parts[0]?.text.isWellFormed()).toBe(true);
  });

  test('of a large document come without a long wait', () => {
    const document = Array.from({ length: 300 }, (_, n) => ({ page: n + 1, text: 'word '.repeat(600) }));
    expect(chunksOf(document).length).toBeGreaterThan((300 * 600 * 5) / (CHUNK_TOKENS * 3) - 1);
  });
});

describe('a heading', () => {
  test.each([
    ['## Payment terms', 'Payment terms'],
    ['2.1 Milestones', '2.1 Milestones'],
    ['OUT OF SCOPE', 'OUT OF SCOPE'],
    ['Assumptions:', 'Assumptions'],
  ])('is %s', (text, heading) => expect(headingIn(text, { isAlone: true })).toBe(heading));

  test.each([
    'We deliver a shop.',
    'The total is $5,000',
    '- An entry of a list',
    '12,500',
    'a line that goes on',
  ])('is not %s', (text) => expect(headingIn(text, { isAlone: true })).toBeUndefined());
});
