import type { Line } from './lines.ts';
import type { Problem } from './problems.ts';

/** Lines of one record: enough for an address; each stray quote costs a look at so many lines. */
const LONGEST_RECORD = 10;

/** A record of a CSV file, and the line that it begins on. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Reads CSV as RFC 4180 has it: commas, quotes doubled inside quotes, line ends inside quotes. Where a record does not fit
 * (a quote that never ends, another number of cells than the first record has), its first line is a problem and reading goes
 * on with the line after it: one stray quote does not swallow the lines behind it.
 */
export async function* csvRecords(lines: AsyncIterable<Line>): AsyncGenerator<CsvRecord | Problem> {
  const source = lines[Symbol.asyncIterator]();
  /** Lines that were read ahead for a record that did not fit. */
  const ahead: Line[] = [];
  let width: number | undefined;
  const take = async () => ahead.shift() ?? (await source.next()).value;

  for (let first = await take(); first !== undefined; first = await take()) {
    const read = await recordFrom(first, take);
    const isFit = typeof read.cells !== 'string' && (width === undefined || read.cells.length === width);
    if (isFit && typeof read.cells !== 'string') {
      width ??= read.cells.length;
      yield { line: first.number, cells: read.cells };
      continue;
    }
    ahead.unshift(...read.more);
    if (first.text === '') continue;
    yield { line: first.number, code: typeof read.cells === 'string' ? read.cells : 'csv_cells' };
  }
}

interface Attempt {
  readonly cells: readonly string[] | Problem['code'];
  /** The lines after the first that it took. */
  readonly more: readonly Line[];
}

async function recordFrom(first: Line, take: () => Promise<Line | undefined>): Promise<Attempt> {
  const more: Line[] = [];
  let text = first.text;
  if (text === undefined) return { cells: first.problem ?? 'not_utf8', more };
  for (;;) {
    const cells = cellsOf(text);
    if (cells !== 'open') return { cells, more };
    const line = more.length + 1 < LONGEST_RECORD ? await take() : undefined;
    if (line !== undefined) more.push(line);
    if (line?.text === undefined) return { cells: 'csv_quote', more };
    text += `\n${line.text}`;
  }
}

const CELL = /(?:"(?<quoted>(?:[^"]|"")*)"|(?<plain>[^",\n]*))(?<end>,|$)/y;

/** The cells of a record; `open` when it ends inside of quotes. */
function cellsOf(text: string): string[] | 'open' | 'csv_quote' {
  const cells: string[] = [];
  CELL.lastIndex = 0;
  for (;;) {
    const from = CELL.lastIndex;
    const found = CELL.exec(text);
    if (found === null) return text[from] === '"' && isOpen(text.slice(from)) ? 'open' : 'csv_quote';
    const { quoted, plain = '', end } = found.groups ?? {};
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '') return cells;
  }
}

/** Whether a quoted cell has no end yet: without its doubled quotes nothing but the first one is left. */
function isOpen(cell: string): boolean {
  return !cell.slice(1).replaceAll('""', '').includes('"');
}
