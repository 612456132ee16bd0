import { describe, expect, test } from 'vitest';
import { isFromRight, readingOrder } from './reading-order.ts';

/** A line as it is painted, with a blank between columns. */
const read = (painted: string, fromRight = true) =>
  readingOrder(painted.split(/( {2,}|)/u).filter(Boolean), fromRight);

describe('a line with letters from right to left', () => {
  test.each([
    ['תורש םכסה', 'הסכם שרות'],
    ['שדח רתאל םילקש 12,000 אוה ריחמה', 'המחיר הוא 12,000 שקלים לאתר חדש'],
    ['.15.4.2027 דע', 'עד 15.4.2027.'],
    ['םילקש 5-10', '5-10 שקלים'],
    ['20% לש החנה', 'הנחה של 20%'],
    ['רתא (Northwind Bakery) לש', 'של (Northwind Bakery) אתר'],
    ['דע )Northwind( רתא', 'אתר (Northwind) עד'],
    ['1,500   ריחמ', 'מחיר   1,500'],
    ['ﻦﺤﻧ', 'نحن'],
  ])('is read as it was meant: %s', (painted, meant) => {
    expect(read(painted)).toBe(meant);
  });

  test('that is mostly English keeps its order, and the words within it get theirs', () => {
    expect(read('Name: השמ ןהכ, Haifa', false)).toBe('Name: כהן משה, Haifa');
    expect(read('Total 5 (net)', false)).toBe('Total 5 (net)');
  });

  test('knows the direction of a page by most of its letters', () => {
    expect([isFromRight('שלום world אתר חדש'), isFromRight('Hello שלום'), isFromRight('12')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
