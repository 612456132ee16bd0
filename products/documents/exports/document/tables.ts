import type { Alignment, Column, Runs, TableBlock } from './model.ts';

/** The least share of a table's width that a column has. */
const LEAST = 0.07;
/** Characters that a line of a table has room for, about, over its whole width. */
const LINE = 92;

export const textOf = (runs: Runs): string => runs.map(({ text }) => text).join('');

/**
 * A table whose columns are as wide as what is in them: none narrower than its longest word (within reason), and those with sentences
 * share what is left. Both formats take the widths from here, so that they look alike.
 */
export function tableOf(
  titles: readonly { readonly title: Runs; readonly align: Alignment }[],
  rows: readonly (readonly Runs[])[],
): TableBlock {
  const cells = rows.map((row) => titles.map((_, n) => row[n] ?? []));
  const wishes = titles.map(({ title }, n) =>
    columnWidths([textOf(title), ...cells.map((row) => textOf(row[n] ?? []))]),
  );
  const widths = shares(wishes);
  const columns = titles.map(({ title, align }, n): Column => ({ title, align, width: widths[n] ?? 0 }));
  return { kind: 'table', columns, rows: cells };
}

interface ColumnWidths {
  /** The longest word. */
  readonly least: number;
  /** The longest text, or what of it makes sense in a column. */
  readonly most: number;
}

function columnWidths(texts: readonly string[]): ColumnWidths {
  let [least, most, total] = [1, 1, 0];
  for (const text of texts) {
    const words = text.slice(0, 2_000).split(/[ \n\t]+/);
    least = Math.max(least, ...words.map(({ length }) => Math.min(length, 18)));
    most = Math.max(most, text.length);
    total += text.length;
  }
  const usual = total / texts.length;
  // Room for the space at both sides.
  return { least: least + 4.5, most: Math.max(least, Math.min(most, usual * 1.6 + 8)) + 4.5 };
}

function shares(wishes: readonly ColumnWidths[]): number[] {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const least = sum(wishes.map((one) => one.least));
  const more = sum(wishes.map((one) => one.most - one.least));
  const room = Math.max(0, LINE - least);
  const given = wishes.map((one) => one.least + (more === 0 ? 0 : (room * (one.most - one.least)) / more));
  const floor = Math.min(LEAST, 1 / wishes.length);
  const bounded = given.map((one) => Math.max(one / Math.max(1, sum(given)), floor));
  const whole = sum(bounded);
  return bounded.map((one) => one / whole);
}
