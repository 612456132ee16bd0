import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markdownOf } from '../formats/markdown.ts';
import { section, source } from '@plinth/testkit/fixtures/documents/export-source';
import { documentOf } from './document.ts';
import { textOf } from './tables.ts';

function writeMarkdown(type: string, content: string): string {
  const made = markdownOf(documentOf(source([section(content, { type })])));
  return Buffer.from(made.bytes).toString('utf8');
}

/** The last column of the first table, row by row; undefined where there is no table. */
function lastColumn(type: string, content: string): readonly string[] | undefined {
  const [part] = documentOf(source([section(content, { type })])).parts;
  const table = part?.blocks.find((block) => block.kind === 'table');
  return table?.rows.map((row) => textOf(row.at(-1) ?? []));
}

/** The cells of the row that begins with a name. */
function rowOf(name: string, text: string): string[] {
  const row = text.split('\n').find((line) => line.startsWith(`| ${name} |`)) ?? '';
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

const OTHERS = { budget: '- Design: €12,000', timeline: '- Kick-off: 7 December 2026' };

test.each([
  ['budget', 'Travel: up to €5,000', ['Travel', 'up to €5,000', '€5,000']],
  ['budget', 'Travel: approx. €5,000', ['Travel', 'approx. €5,000', '€5,000']],
  ['budget', 'Travel: €5,000 + VAT', ['Travel', '€5,000 + VAT', '€5,000']],
  ['budget', 'Travel: €5,000', ['Travel', '€5,000']],
  ['timeline', 'Review: until 15 January 2027', ['Review', 'until 15 January 2027', '15 January 2027']],
  ['timeline', 'Review: on 15 January 2027', ['Review', '15 January 2027']],
  [
    'timeline',
    'Review: 15 January 2027, for two days',
    ['Review', '15 January 2027, for two days', '15 January 2027'],
  ],
  ['timeline', 'Review: ten sprints of two weeks', ['Review', 'ten sprints of two weeks']],
  [
    'timeline',
    'Review: two weeks after the kick-off',
    ['Review', 'two weeks after the kick-off', 'two weeks'],
  ],
] as const)('in a table of %s, “%s” keeps each word that changes what is agreed', (type, item, cells) => {
  const text = writeMarkdown(type, `${OTHERS[type]}\n- ${item}`);
  // An empty cell is that of another row.
  expect(rowOf(cells[0], text).filter((cell) => cell !== '')).toEqual(cells);
});

const PLAIN = '- First: €12,000\n- Second: €13,000';

test.each([
  ['EUR 95.00 612 EUR 58,140.00', 'EUR 95.00\nEUR 58,140.00'],
  ['EUR 1500', 'EUR 1500'],
  ['EUR 150', 'EUR 150'],
  ['12 EUR 5 pieces', ''],
  ['€5B', ''],
  ['€5 Mrd.', '€5 Mrd.'],
  ['€5 milliards', '€5 milliards'],
  ['EUR 10.000 000', ''],
  ['10.000 000 EUR', ''],
  ['-€500', ''],
  ['– €500', ''],
  ['€-500', ''],
  ['€500 – €700', '€500 – €700'],
  ['~~€500~~ €400', ''],
  ['€500 or 300 zloty ₴', ''],
  ['<€500', '€500'],
  ['5.5.5 EUR', ''],
  ['100 EUR USD', ''],
  ['EUR 95 612 EUR 58,140.00', ''],
  ['€500-', ''],
  ['less €500', ''],
  ['two hundred 50 EUR', ''],
  ['EUR 1 500 000', 'EUR 1 500 000'],
] as const)('the amount of “%s” is shown as it is written, or not at all', (item, shown) => {
  expect(lastColumn('budget', `${PLAIN}\n- Third: ${item}`)).toEqual(['€12,000', '€13,000', shown]);
});

test.each([
  ['twenty-two weeks', 'twenty-two weeks'],
  ['vingt deux semaines', ''],
  ['one hundred and twenty days', ''],
  ['10 000 days', ''],
  ['2½ weeks', ''],
  ['two and a half weeks', 'two and a half weeks'],
  ['15.01.2027 to 20.01.2027', '15.01.2027 to 20.01.2027'],
] as const)('the time of “%s” is shown as it is written, or not at all', (item, shown) => {
  const plain = '- First: 7 December 2026\n- Second: 8 December 2026';
  expect(lastColumn('timeline', `${plain}\n- Third: ${item}`)?.[2]).toBe(shown);
});

test('a table shows the amounts of all rows, however many there are', () => {
  const items = Array.from({ length: 60 }, (_, n) => `- Part ${n}: EUR ${1_000 + n}.00`);
  expect(lastColumn('budget', items.join('\n'))).toEqual(items.map((item) => item.replace(/^.*: /, '')));
});

test('a word that changes an amount stays beside it, also when it is a sign', () => {
  expect(rowOf('Travel', writeMarkdown('budget', `${PLAIN}\n- Travel: ~€500`))).toContain('\\~€500');
});

/** Amounts as people write them, a separator that belongs to none of them, and what stands around them. */
const amounts = fc
  .tuple(
    fc.integer({ min: 1, max: 9_999_999_99 }),
    fc.constantFrom('en-US', 'de-DE', 'fr-FR', 'es-ES', 'de-CH', 'en-IN'),
    fc.constantFrom('EUR', 'USD', 'GBP', 'CHF', 'INR'),
    fc.constantFrom('symbol' as const, 'code' as const),
  )
  .map(([minor, locale, currency, currencyDisplay]) =>
    new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      currencyDisplay,
    }).format(minor / 100),
  );
const noise = fc.oneof(
  amounts,
  fc.integer({ min: 0, max: 99_999 }).map(String),
  fc.constantFrom(
    'EUR',
    '€',
    '-',
    '–',
    'k',
    'Mrd.',
    'x',
    '(',
    ')',
    '%',
    '.',
    ',',
    'to',
    'and',
    '500',
    '12.5',
    'weeks',
    '½',
    '~',
  ),
);

test('an amount in a column is an amount of its row, letter by letter and whole', () => {
  fc.assert(
    fc.property(fc.array(amounts, { minLength: 2, maxLength: 50 }), (all) => {
      const shown = lastColumn('budget', all.map((amount) => `- Part: ${amount}`).join('\n'));
      for (const [n, cell] of (shown ?? []).entries()) expect(['', all[n]]).toContain(cell);
    }),
  );
});

test('no column breaks a number', () => {
  const texts = fc.array(fc.tuple(noise, fc.constantFrom('', ' ', '\u00A0')), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(texts, fc.constantFrom('budget', 'timeline', 'deliverables'), (parts, type) => {
      const item = parts.flat().join('').trim();
      const plain = {
        budget: PLAIN,
        timeline: '- A: 7 May 2026\n- B: 8 May 2026',
        deliverables: '- A: b\n- B: 7 May 2026',
      };
      const content = `${plain[type]}\n- Third: ${item}`;
      const [part] = documentOf(source([section(content, { type })])).parts;
      const table = part?.blocks.find((block) => block.kind === 'table');
      const row = table?.rows[2];
      if (row === undefined) return;
      const whole = `Third: ${item}`;
      let at = 0;
      for (const shown of textOf(row.at(-1) ?? [])
        .split('\n')
        .filter((line) => line !== '')) {
        at = whole.indexOf(shown, at);
        expect(at).toBeGreaterThanOrEqual(0);
        const [before, after] = [whole.slice(0, at), whole.slice(at + shown.length)];
        expect(before).not.toMatch(/\d[.,'’]?$|\p{L}\d*$/u);
        expect(after).not.toMatch(/^[.,'’]?\d|^\p{L}|^\s?½/u);
        at += shown.length;
      }
    }),
  );
});
