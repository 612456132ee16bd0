import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldText, collapseSpaces } from './fold-text.ts';
import { quoteFinder } from './quotes.ts';

const PAGES = [
  { page: 1, text: 'The client wants a shop.\nIt must take infor-\nmation from the old one.' },
  { page: 2, text: 'The total budget is  $40,000\u00a0net\u00ad 30.\nWork goes on until the' },
  { page: 3, text: 'end of May 2026. “Really”, they said — twice.' },
] as const;
const find = quoteFinder(PAGES);

describe('a quote', () => {
  test('is found over line breaks, runs of blanks and unseen characters, and kept in the document’s own words', () => {
    expect(find('The total budget is $40,000 net 30.', 2)).toEqual({
      page: 2,
      quote: 'The total budget is $40,000 net\u00ad 30.',
    });
    expect(find('take information from', 1)).toEqual({ page: 1, quote: 'take infor- mation from' });
  });

  test('is found with other quotation marks, dashes and Unicode forms', () => {
    expect(find('"Really", they said - twice', 3)?.page).toBe(3);
    expect(quoteFinder([{ page: 1, text: 'Das Büro öﬀnet' }])('Das Bu\u0308ro öffnet', 1)?.page).toBe(1);
  });

  test('on another page than the one that was named gets the right one', () => {
    expect(find('The total budget is', 9)?.page).toBe(2);
  });

  test('that goes on over the end of a page is cited by its longer part', () => {
    expect(find('until the end of May 2026.', 2)).toEqual({ page: 3, quote: 'end of May 2026.' });
  });

  test.each(['The total budget is $50,000', 'the client wants a shop', 'shop wants', '', ' . ', 'the…'])(
    'that does not occur is not found: %s',
    (quote) => expect(find(quote, 1)).toBeUndefined(),
  );

  test('of any stretch of a text is found, and what is kept stands in the text', () => {
    const text = fc.array(
      fc.oneof(fc.lorem({ maxCount: 3 }), fc.string({ unit: 'grapheme', maxLength: 12 })),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(), (parts, from, length) => {
        const page = { page: 1, text: parts.join('\n') };
        const whole = foldText(page.text).text;
        const start = from % (whole.length + 1);
        const quote = whole.slice(start, start + (length % 200) + 4);
        const found = quoteFinder([page])(quote, 1);
        if (found === undefined) return;
        expect(collapseSpaces(page.text)).toContain(found.quote);
        expect(foldText(found.quote).text.length).toBeGreaterThanOrEqual(foldText(quote).text.length - 1);
      }),
    );
  });

  test('that is not a stretch of the text is never found', () => {
    const words = fc.array(fc.constantFrom('shop', 'budget', 'May', '$5', 'the', 'end'), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(words, words, (text, quote) => {
        const found = quoteFinder([{ page: 1, text: text.join(' ') }])(quote.join(' '), 1);
        expect(found !== undefined).toBe(text.join(' ').includes(quote.join(' ')));
      }),
    );
  });
});
