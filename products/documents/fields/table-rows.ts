/** Rows of a table of Markdown, as cells. */
export interface TableRows {
  /** Text before the table. */
  readonly before: string;
  /** Titles of its columns; none where they are not known. */
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface PageText {
  readonly text: string;
}

const RULER = /^:?-{2,}:?$/;
const ROW = /^\s*\|.*\|\s*$/;

/** The cells of a row: `\|` is a bar that was written. */
function cellsIn(row: string): string[] {
  return row
    .trim()
    .replace(/^\||(?<!\\)\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** A text without bars and rulers: what stands in cells, in their order. */
export function withoutBars(text: string): string {
  if (!/(?<!\\)\|.*(?<!\\)\|/.test(text)) return text;
  return cellsIn(text)
    .filter((cell) => cell !== '' && !RULER.test(cell))
    .join(' · ');
}

/** The table that a model copied, even into one line; undefined where there is none. Its head is looked for on the pages. */
export function tableIn(text: string, pages: readonly PageText[]): TableRows | undefined {
  const start = text.search(/(?<!\\)\|/);
  if (start < 0 || !/(?<!\\)\|\s*$/.test(text)) return undefined;
  const before = text.slice(0, start).trim();
  const lines = text
    .slice(start)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const rows =
    lines.every((line) => ROW.test(line)) && lines.length > 1
      ? lines.map(cellsIn)
      : rowsOfLine(lines.join(' '));
  const ruler = rows.findIndex(isRuler);
  const said = rows.filter((row) => !isRuler(row));
  const known = ruler === 1 ? said[0] : headOn(pages, said);
  const head = known ?? [];
  const body = said.filter((row) => !isSame(row, head));
  return { before, head, rows: body };
}

const isRuler = (row: readonly string[]) => row.length > 0 && row.every((cell) => RULER.test(cell));
const isSame = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((cell, n) => cell === other[n]);

/** Rows in one line: the ruler between them says how many cells each has. */
function rowsOfLine(line: string): string[][] {
  const cells = cellsIn(line);
  const at = cells.findIndex((cell) => RULER.test(cell));
  const columns = at < 0 ? 0 : cells.slice(at).findIndex((cell) => !RULER.test(cell));
  if (columns <= 0 || at < columns) return [cells];
  const rows: string[][] = [];
  // Between two rows their bars leave an empty cell.
  for (let from = at % (columns + 1); from < cells.length; from += columns + 1)
    rows.push(cells.slice(from, from + columns));
  return rows;
}

/** The head of the table on a page that has one of these rows. */
function headOn(
  pages: readonly PageText[],
  rows: readonly (readonly string[])[],
): readonly string[] | undefined {
  for (const { text } of pages) {
    let head: readonly string[] | undefined;
    const lines = text.split('\n');
    for (const [n, line] of lines.entries()) {
      if (!ROW.test(line)) head = undefined;
      else if (isRuler(cellsIn(lines[n + 1] ?? ''))) head = cellsIn(line);
      if (head !== undefined && rows.some((row) => isSame(row, cellsIn(line)))) return head;
    }
  }
  return undefined;
}

/** Rows as a table of Markdown. */
export function tableAsMarkdown({ head, rows }: Pick<TableRows, 'head' | 'rows'>): string {
  const columns = Math.max(head.length, ...rows.map((row) => row.length));
  const lineOf = (row: readonly string[]) =>
    `| ${Array.from({ length: columns }, (_, n) => (row[n] ?? '').replaceAll('|', '\\|')).join(' | ')} |`;
  return [lineOf(head), `|${' --- |'.repeat(columns)}`, ...rows.map(lineOf)].join('\n');
}
