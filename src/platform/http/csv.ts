import { drained } from './draining.ts';
import type { Wire } from './route.ts';

/** The query of a call that also answers CSV. */
export const CSV_FORMATS = ['json', 'csv'] as const;

/** A value of a row: text is quoted and guarded, a number stands as it is, null is empty. */
export type CsvValue = string | number | null;

/** A table on its way to a client: its columns, and its rows in batches that are read when there is room for them. */
export interface CsvTable {
  /** Without the ending: `usage`. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly batches: AsyncIterable<readonly (readonly CsvValue[])[]>;
}

/** Milliseconds that a client has to read it all: one that stands still is let go. */
const LONGEST = 600_000;

/** Whether a call asks for CSV: by `?format=csv`, or else by its Accept header. */
export function wantsCsv(
  wire: Pick<Wire, 'accept'>,
  format: (typeof CSV_FORMATS)[number] | undefined,
): boolean {
  return format === undefined ? /\btext\/csv\b/i.test(wire.accept) : format === 'csv';
}

/**
 * Answers a call with CSV (RFC 4180: commas, CRLF, quotes doubled, a header line), batch by batch: no more than one is in
 * memory, however slowly it is read. What fails before the first row is answered as an error; what fails later cuts the
 * answer off, so that nobody takes a part for the whole.
 */
export async function sendCsv(wire: Pick<Wire, 'take'>, table: CsvTable, hangUp: AbortSignal): Promise<void> {
  const batches = table.batches[Symbol.asyncIterator]();
  let next = await batches.next();
  const response = wire.take();
  response.writeHead(200, {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': `attachment; filename="${table.name}.csv"`,
  });
  const over = AbortSignal.any([hangUp, AbortSignal.timeout(LONGEST)]);
  response.write(csvLine(table.columns));
  while (next.done !== true) {
    // Room may have come while the batch was read: no event tells of it again.
    if (response.writableNeedDrain) await drained(response, over);
    if (over.aborted) return void response.destroy();
    response.write(next.value.map(csvLine).join(''));
    next = await batches.next();
  }
  response.end();
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
