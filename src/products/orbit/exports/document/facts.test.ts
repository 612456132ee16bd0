import { expect, test } from 'vitest';
import { fieldsIn } from '../../fields/fields.ts';
import { markdownOf } from '../formats/markdown.ts';
import { section, source } from '../testing/source.ts';
import { documentOf } from './document.ts';
import type { Fields } from './source.ts';

function written(type: string, content: string): string {
  // As they are stored: what has no day or no currency is no column's.
  const { dates, durations, money } = fieldsIn(content);
  const fields = {
    dates: dates.filter(({ date }) => date !== null),
    durations,
    money: money.filter(({ currency }) => currency !== null),
  } as Fields;
  const made = markdownOf(documentOf(source([section(content, { type, fields })])));
  return Buffer.from(made.bytes).toString('utf8');
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
  [
    'timeline',
    'Review: until 15 January 2027',
    ['Review', 'until 15 January 2027', '15\u00A0January\u00A02027'],
  ],
  ['timeline', 'Review: on 15 January 2027', ['Review', '15\u00A0January\u00A02027']],
  [
    'timeline',
    'Review: 15 January 2027, for two days',
    ['Review', '15 January 2027, for two days', '15\u00A0January\u00A02027'],
  ],
  ['timeline', 'Review: ten sprints of two weeks', ['Review', 'ten sprints of two weeks']],
  [
    'timeline',
    'Review: two weeks after the kick-off',
    ['Review', 'two weeks after the kick-off', 'two weeks'],
  ],
] as const)('in a table of %s, “%s” keeps each word that changes what is agreed', (type, item, cells) => {
  const text = written(type, `${OTHERS[type]}\n- ${item}`);
  // An empty cell is that of another row.
  expect(rowOf(cells[0], text).filter((cell) => cell !== '')).toEqual(cells);
});
