import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { languageOf } from '@plinth/documents';
import { SECTION_TYPES } from '../scopes/sections/section.ts';
import { confidenceOf } from './confidence.ts';
import { checkedItems, CERTAINTIES, type Item } from './item.ts';
import { mergeItems } from './merge.ts';
import { quoteFinder } from './quotes.ts';

const item = (more: Partial<Item> & Pick<Item, 'text'>, document = 'one', page = 1): Item => {
  const citations = [{ document_id: document, page, quote: more.text }];
  return { type: 'deliverables', title: '', certainty: 'stated', citations, quoted: 1, ...more };
};
const nameOf = (id: string) => `${id}.pdf`;
const merge = (...items: Item[]) => mergeItems(items, nameOf);

const itemWithQuotes = (...quotes: string[]) => ({
  type: 'deliverables' as const,
  title: 'Shop',
  text: 'A shop with 300 products',
  certainty: 'stated' as const,
  citations: quotes.map((quote) => ({ page: 7, quote })),
});

describe('items', () => {
  const find = quoteFinder([{ page: 1, text: 'The vendor will deliver a shop with 300 products.' }]);

  test('lose quotes that do not occur, and confidence with them', () => {
    const [true_, half, none] = checkedItems(
      {
        items: [
          itemWithQuotes('deliver a shop with 300 products'),
          itemWithQuotes('deliver a shop', 'deliver a shop with 900 products'),
          itemWithQuotes('deliver an app'),
        ],
      },
      { documentId: 'one', find, pages: [] },
    );
    expect(true_?.citations).toEqual([
      { document_id: 'one', page: 1, quote: 'deliver a shop with 300 products' },
    ]);
    expect(half?.citations).toHaveLength(1);
    expect(none?.citations).toEqual([]);
    const rated = [true_, half, none].map((one) => (one === undefined ? '' : confidenceOf(one).toFixed(2)));
    expect(rated).toEqual(['1.00', '0.65', '0.30']);
  });

  test('are cut and cleaned of what a database does not take', () => {
    const [one] = checkedItems(
      { items: [{ ...itemWithQuotes(), text: `a\u0000b\uD800 ${'x'.repeat(5_000)}` }] },
      { documentId: 'one', find, pages: [] },
    );
    expect(one?.text).toHaveLength(1_500);
    expect(one?.text.startsWith('a b\uFFFD x')).toBe(true);
  });
});

const titleIn = (language: string) =>
  mergeItems([item({ text: 'Ein Laden' })], nameOf, languageOf(language).words.sections).sections[0]?.title;

describe('merging', () => {
  test('has what two chunks say of one thing once, with the quotes of both', () => {
    const { sections } = merge(
      item({ title: 'Admin dashboard', text: 'An admin dashboard with reports of orders' }),
      item({ title: 'Admin dashboard', text: 'The admin dashboard lists customers' }, 'two', 4),
    );
    expect(sections).toHaveLength(1);
    expect(sections[0]?.content.match(/^- /gmu)).toHaveLength(1);
    expect(sections[0]?.content).toContain('reports of orders');
    expect(sections[0]?.content).toContain('lists customers');
    expect(sections[0]?.citations?.map(({ document_id: id, page }) => [id, page])).toEqual([
      ['one', 1],
      ['two', 4],
    ]);
  });

  test('keeps apart what differs', () => {
    const { sections } = merge(
      item({ title: 'Admin dashboard', text: 'An admin dashboard' }),
      item({ title: 'Customer app', text: 'An app for customers on phones' }),
    );
    expect(sections[0]?.content).toBe(
      '- An admin dashboard\n- **Customer app**: An app for customers on phones',
    );
  });

  test('shows two budgets as a conflict with both places, and averages nothing', () => {
    const { sections, conflicts } = merge(
      item({ type: 'budget', text: 'The total budget is $40,000.' }, 'brief', 2),
      item({ type: 'budget', text: 'Our total budget is $50,000, net 30.' }, 'mail', 1),
    );
    expect(conflicts).toMatchObject([
      { kind: 'money', subject: 'Total budget', values: [{ text: '$40,000' }, { text: '$50,000' }] },
    ]);
    const [budget] = sections;
    expect(budget?.content).toContain('“$40,000” (brief.pdf, page 2) and “$50,000” (mail.pdf, page 1)');
    expect(budget?.content).not.toContain('45,000');
    expect(budget?.fields).toMatchObject({
      money: [{ amount_minor: 4_000_000 }, { amount_minor: 5_000_000 }],
    });
    expect(budget?.confidence).toBe(0.8);
  });

  test('shows two dates of one thing as a conflict', () => {
    const { conflicts } = merge(
      item({ type: 'timeline', text: 'Go-live is on 2026-05-04.' }, 'brief'),
      item({ type: 'timeline', text: 'The shop goes live on June 1, 2026.' }, 'mail'),
    );
    expect(conflicts).toMatchObject([{ kind: 'date', subject: 'Go-live' }]);
  });

  test('takes amounts and dates of parts for no conflict', () => {
    const { conflicts } = merge(
      item({ type: 'budget', text: 'Phase 1 has a budget of $10,000.' }, 'brief'),
      item({ type: 'budget', text: 'Phase 2 has a budget of $20,000.' }, 'mail'),
      item({ type: 'budget', text: 'The logo costs $500.' }, 'brief'),
      item({ type: 'budget', text: 'The hosting costs $90.' }, 'mail'),
    );
    expect(conflicts).toEqual([]);
  });

  test.each([
    ['budget', 'The budget for travel is $5,000.', 'The budget for hosting is $900.'],
    ['budget', 'The travel budget is $5,000.', 'The hosting budget is $900.'],
    ['timeline', 'Go-live of the shop is on 2026-05-04.', 'Go-live of the app is on June 1, 2026.'],
    ['budget', 'Design of five product pages costs $500.', 'Design of five landing pages costs $900.'],
  ] as const)('takes unlike things for no conflict: %s, %s', (type, one, other) => {
    expect(merge(item({ type, text: one }, 'brief'), item({ type, text: other }, 'mail')).conflicts).toEqual(
      [],
    );
  });

  test.each([
    ['budget', 'The total budget is 240,000 EUR.', 'The total budget includes a contingency of 24,000 EUR.'],
    ['budget', 'Total price: EUR 240,000', 'Contingency on the total price: EUR 24,000'],
    ['budget', 'Total price: EUR 100,000', 'Total price (gross): EUR 119,000'],
    ['budget', 'Total: EUR 10,000', 'Total: EUR 12,000'],
    ['timeline', 'The shop goes live on 1 March 2027.', 'The mobile app goes live on 1 June 2027.'],
    ['timeline', 'Go-live is on 1 March 2027.', 'The German portal goes live on 1 June 2027.'],
    ['timeline', 'The German site goes live on 1 March 2027.', 'The French site goes live on 1 June 2027.'],
    ['budget', 'Invoices are paid net 30.', 'The deposit is due net 10.'],
  ] as const)('takes different things of one document for no conflict: %s, %s', (type, one, other) => {
    expect(merge(item({ type, text: one }), item({ type, text: other })).conflicts).toEqual([]);
  });

  test.each([
    ['Total price: EUR 252,140', 'Our budget is 240,000 euros', 'EUR 252,140', '240,000 euros'],
    [
      'The total budget is EUR 252,140, including a contingency of EUR 20,000',
      'Total budget: EUR 240,000',
      'EUR 252,140',
      'EUR 240,000',
    ],
    ['Total 252,140 EUR', 'Our budget is 240,000 euros', '252,140 EUR', '240,000 euros'],
    ['Payment terms: net 45', 'Payment terms: net 30 days', 'net 45', 'net 30'],
    ['Invoices are payable within 45 days.', 'We pay invoices net 30.', 'payable within 45 days', 'net 30'],
  ])('names values of one thing that differ: %s, %s', (one, other, ...values) => {
    const { conflicts } = merge(
      item({ type: 'budget', text: one }, 'a'),
      item({ type: 'budget', text: other }, 'b'),
    );
    expect(conflicts.map((conflict) => conflict.values.map(({ text }) => text))).toEqual([values]);
  });

  test('names the total of a table beside an amount elsewhere, with the currency of its column', () => {
    const table = { before: '', head: ['Part', 'Price (EUR)'], rows: [['Total', '252,140']] };
    const { conflicts } = merge(
      { ...item({ type: 'budget', text: 'Total · 252,140' }, 'offer'), table },
      item({ type: 'budget', text: 'Our budget is 240,000 EUR.' }, 'mail'),
    );
    expect(conflicts).toMatchObject([{ values: [{ text: 'EUR 252,140' }, { text: '240,000 EUR' }] }]);
  });

  const prices =
    '| Part | Due | Price |\n| --- | --- | --- |\n| Catalogue | 1 March 2027 | EUR 12,000 |\n| Check \\| out |  | EUR 18,500 |';

  test.each([
    ['row by row', prices.split('\n')],
    ['in one line', [prices.replaceAll('\n', ' ')]],
    ['in its lines', [prices]],
    ['without its head', prices.split('\n').slice(2)],
  ])('has a table that a model copied %s as one table', (_, texts) => {
    const pages = [{ page: 1, text: `## Price\n\n${prices}\n\nPaid net 30.` }];
    const items = [...texts, 'Paid net 30.'].map((text) => ({
      ...itemWithQuotes(text),
      type: 'budget' as const,
      title: '',
      text,
    }));
    const checked = checkedItems({ items }, { documentId: 'one', find: quoteFinder(pages), pages });
    expect(merge(...checked).sections[0]?.content).toBe(`${prices}\n\n- Paid net 30.`);
  });

  test('gives sections titles in the language of the workspace', () => {
    expect(['en', 'de-CH', 'fr', 'es', 'xx'].map(titleIn)).toEqual([
      'Deliverables',
      'Leistungen',
      'Livrables',
      'Entregables',
      'Deliverables',
    ]);
  });

  test('tells nothing again that an earlier extraction told, but knows it', () => {
    const told = { ...item({ title: 'Shop', text: 'A shop with 300 products' }), isTold: true };
    const { sections, confidences } = mergeItems(
      [told, item({ title: 'Shop', text: 'A shop' }), item({ title: 'App', text: 'An app for phones' })],
      nameOf,
    );
    expect(sections.map(({ content }) => content)).toEqual(['- An app for phones']);
    expect(confidences).toHaveLength(2);
  });

  test('keeps each quote of any items, and no confidence leaves its range', () => {
    const any = fc.record({
      type: fc.constantFrom(...SECTION_TYPES),
      title: fc.lorem({ maxCount: 2 }),
      text: fc.oneof(
        fc.lorem({ maxCount: 8 }),
        fc.constantFrom('The total budget is $5.', 'Total budget: 7 EUR'),
      ),
      certainty: fc.constantFrom(...CERTAINTIES),
      document: fc.constantFrom('one', 'two'),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (all) => {
        const items = all.map(({ document, ...more }) => item(more, document));
        const made = merge(...items);
        expect(made).toEqual(merge(...structuredClone(items)));
        const cited = made.sections.flatMap(({ citations }) => (citations ?? []).map(({ quote }) => quote));
        for (const { text } of items) expect(cited).toContain(text);
        for (const one of made.confidences) expect(one).toBeGreaterThanOrEqual(0);
        for (const one of made.confidences) expect(one).toBeLessThanOrEqual(1);
        expect(new Set(made.sections.map(({ type }) => type)).size).toBe(made.sections.length);
      }),
    );
  });
});
