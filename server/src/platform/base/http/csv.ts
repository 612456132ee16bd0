import { sendDownload } from './download.ts';
import type { Page } from './pages.ts';
import type { Wire } from './wire.ts';

/** The query of a call that also answers CSV. */
export const CSV_FORMATS = ['json', 'csv'] as const;

/** The types that such a call `produces`. */
export const JSON_OR_CSV = ['application/json', 'text/csv'] as const;

/** A value of a row: text is quoted and guarded, a number stands as it is, null is empty. */
export type CsvValue = string | number | null;

/** A table on its way to a client: its columns, and its rows in batches that are read when there is room for them. */
export interface CsvTable {
  /** Without the ending: `usage`. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly batches: AsyncIterable<readonly (readonly CsvValue[])[]>;
}

interface Paging {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** A list that is read page by page, whose items are one row of a table or several. */
export interface CsvList<Item> {
  readonly name: string;
  readonly columns: readonly string[];
  readonly read: (paging: Paging) => Promise<Page<Item>>;
  readonly rowsOf: (item: Item) => readonly (readonly CsvValue[])[];
  /** Items that one `read` has for CSV; not said: as many as a page has at most. */
  readonly batch?: number;
}

/** Items that a page has at most. */
const ON_PAGE = 100;

/** The page of a list that was asked for; or, as CSV, all of the list (from the cursor on, if there is one), and then there is no other answer. */
export async function pageOrCsv<Item>(
  {
    wire,
    origin,
  }: { readonly wire: Pick<Wire, 'accept' | 'take'>; readonly origin: { readonly signal: AbortSignal } },
  { format, ...paging }: Paging & { readonly format?: (typeof CSV_FORMATS)[number] | undefined },
  { name, columns, read, rowsOf, batch = ON_PAGE }: CsvList<Item>,
): Promise<Page<Item> | undefined> {
  if (!wantsCsv(wire, format)) return read(paging);
  const batches = async function* batches() {
    for (let { cursor } = paging; ; ) {
      const { data, next_cursor: next } = await read({ limit: batch, cursor });
      yield data.flatMap(rowsOf);
      if (next === null) return;
      cursor = next;
    }
  };
  await sendCsv(wire, { name, columns, batches: batches() }, origin.signal);
  return undefined;
}

/** Whether a call asks for CSV: by `?format=csv`, or else by its Accept header. */
export function wantsCsv(
  wire: Pick<Wire, 'accept'>,
  format: (typeof CSV_FORMATS)[number] | undefined,
): boolean {
  return format === undefined ? /\btext\/csv\b/i.test(wire.accept) : format === 'csv';
}

/** Answers a call with CSV (RFC 4180: commas, CRLF, quotes doubled, a header line), as a download. */
export function sendCsv(wire: Pick<Wire, 'take'>, table: CsvTable, signal: AbortSignal): Promise<void> {
  const type = 'text/csv; charset=utf-8; header=present';
  return sendDownload(wire, { name: `${table.name}.csv`, type, batches: linesOf(table) }, signal);
}

async function* linesOf({ columns, batches }: CsvTable): AsyncGenerator<string> {
  let head = csvLine(columns);
  for await (const rows of batches) {
    yield head + rows.map(csvLine).join('');
    head = '';
  }
  if (head !== '') yield head;
}

function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

/**
 * One field. A spreadsheet runs what begins with one of these signs as a formula (OWASP, CSV Injection): an apostrophe makes
 * it text. Numbers are ours, so that -5 stays one.
 */
function csvField(value: CsvValue): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
