/** A table that is read, innermost last: those within cells become text of their cell. */
interface Table {
  readonly rows: string[][];
  /** The cell under way: its text, and how many columns and rows it has merged. */
  cell: { readonly text: TextPieces; readonly span: Span } | undefined;
  /** For how many more rows each column belongs to a cell above. */
  readonly held: number[];
}

/** A merged cell. */
interface Span {
  readonly columns: number;
  readonly rows: number;
}

const ONE: Span = { columns: 1, rows: 1 };
/** Columns of a table that merged cells can make. */
const MOST_COLUMNS = 100;

/** A text in the pieces that it comes in: a block may have a hundred thousand. No two spaces where they meet. */
class TextPieces {
  #pieces: string[] = [];
  #endsInSpace = true;

  add(text: string): void {
    const said = this.#endsInSpace ? text.replace(/^ +/, '') : text;
    if (said === '') return;
    this.#pieces.push(said);
    this.#endsInSpace = /\s/.test(said.at(-1) ?? '');
  }

  /** All of it, trimmed; then it is empty. */
  taken(): string {
    const text = this.#pieces.join('').trim();
    this.#pieces = [];
    this.#endsInSpace = true;
    return text;
  }
}

/** Deeper lists and tables are not told apart any more. */
const DEEPEST = 50;

/** Writes Markdown of what comes in the order of a document: blocks, headings, list items, tables, ends of pages. */
export class MarkdownWriter {
  /** Text that is written for good. */
  readonly #out: string[] = [];
  /** The block under way. */
  readonly #block = new TextPieces();
  /** Beginning of the block: `## `, `- `. */
  #mark = '';
  #wasItem = false;
  readonly #lists: { ordered: boolean; count: number }[] = [];
  readonly #tables: Table[] = [];
  #tooDeep = 0;

  text(text: string, isPlain = false): void {
    const table = this.#tables.at(-1);
    const said = isPlain && table === undefined ? text : text.replace(/[\s\f]+/g, ' ');
    if (table === undefined) this.#block.add(said);
    else if (table.cell !== undefined) table.cell.text.add(said);
    // Text between the cells of a table belongs to no cell: it is kept behind the table.
    else if (said.trim() !== '') this.#block.add(said);
  }

  /** The end of a block. Within a table it is a space. */
  block(): void {
    const table = this.#tables.at(-1);
    if (table !== undefined) this.text(' ');
    else this.#flush();
  }

  line(): void {
    if (this.#tables.length > 0) this.text(' ');
    else this.#block.add('\n');
  }

  heading(level: number): void {
    this.block();
    if (this.#tables.length === 0) this.#mark = `${'#'.repeat(level)} `;
  }

  openList(ordered: boolean): void {
    this.block();
    if (this.#lists.length < DEEPEST) this.#lists.push({ ordered, count: 0 });
    else this.#tooDeep += 1;
  }

  closeList(): void {
    this.block();
    if (this.#tooDeep > 0) this.#tooDeep -= 1;
    else this.#lists.pop();
  }

  item(): void {
    this.block();
    if (this.#tables.length > 0) return;
    const list = this.#lists.at(-1);
    if (list !== undefined) list.count += 1;
    const indent = '  '.repeat(Math.max(0, this.#lists.length - 1));
    this.#mark = `${indent}${list?.ordered === true ? `${list.count}.` : '-'} `;
  }

  openTable(): void {
    if (this.#tables.length === 0) this.#flush();
    if (this.#tables.length < DEEPEST) this.#tables.push({ rows: [], cell: undefined, held: [] });
  }

  row(): void {
    const table = this.#tables.at(-1);
    if (table === undefined) return;
    endRow(table);
    table.rows.push([]);
  }

  /** Cells that a cell has merged are there as empty ones: all others stay in their columns. */
  cell(span: Span = ONE): void {
    const table = this.#tables.at(-1);
    if (table === undefined) return;
    endCell(table);
    if (table.rows.length === 0) table.rows.push([]);
    table.cell = { text: new TextPieces(), span };
  }

  closeTable(): void {
    const table = this.#tables.pop();
    if (table === undefined) return;
    endRow(table);
    const rows = table.rows.filter((row) => row.length > 0);
    if (this.#tables.length > 0) {
      this.text(` ${rows.map((row) => row.join(' ')).join(' ')} `);
      return;
    }
    this.#flush();
    if (rows.length > 0) this.#write(markdownTable(rows));
  }

  page(): void {
    if (this.#tables.length > 0) return this.text(' ');
    this.#flush();
    this.#out.push('\f');
  }

  end(): string {
    while (this.#tables.length > 0) this.closeTable();
    this.#flush();
    return this.#out.join('');
  }

  #flush(): void {
    const text = this.#block.taken();
    const mark = this.#mark;
    if (text === '') return;
    this.#mark = '';
    const isItem = mark !== '' && !mark.startsWith('#');
    this.#write(`${mark}${mark.startsWith('#') ? text.replaceAll('\n', ' ') : text}`, isItem);
  }

  #write(block: string, isItem = false): void {
    // Items of a list stand together, and apart from what follows.
    const isApart = this.#wasItem && !isItem;
    this.#out.push(isApart ? '\n' : '', block, isItem ? '\n' : '\n\n');
    this.#wasItem = isItem;
  }
}

function endCell(table: Table): void {
  if (table.cell === undefined) return;
  const { text, span } = table.cell;
  table.cell = undefined;
  const row = table.rows.at(-1);
  if (row === undefined) return;
  passHeld(table, row);
  const end = Math.min(row.length + span.columns, Math.max(row.length + 1, MOST_COLUMNS));
  const said = text.taken().replaceAll('|', '\\|');
  const start = row.length;
  for (let at = start; at < end; at += 1) {
    table.held[at] = span.rows - 1;
    row.push(at === start ? said : '');
  }
}

/** Columns that belong to a cell above have none of their own in this row. */
function passHeld({ held }: Table, row: string[]): void {
  for (let left = held[row.length] ?? 0; left > 0; left = held[row.length] ?? 0) {
    held[row.length] = left - 1;
    row.push('');
  }
}

function endRow(table: Table): void {
  endCell(table);
  const row = table.rows.at(-1);
  if (row !== undefined && row.length > 0) passHeld(table, row);
}

/** The first row is the head, as Markdown has no other tables. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const rowLine = (row: readonly string[]) =>
    `| ${Array.from({ length: columns }, (_, at) => row[at] ?? '').join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [rowLine(head), `|${' --- |'.repeat(columns)}`, ...body.map(rowLine)].join('\n');
}
