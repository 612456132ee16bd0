import { isRecord, jsonIn } from '#platform/kernel';
import { csvRecords } from './csv.ts';
import { type Line, linesOf } from './lines.ts';
import type { Problem } from './problems.ts';

export type Format = 'csv' | 'jsonl';

/** The fields of one line, by their names; an empty cell and null are as good as none. */
export interface ImportRecord {
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The format of a file by its name; undefined when the name does not tell. */
export function formatOf(file: string): Format | undefined {
  if (/\.csv$/i.test(file)) return 'csv';
  return /\.(jsonl|ndjson)$/i.test(file) ? 'jsonl' : undefined;
}

/** Reads a file record by record: it keeps no more than one of them. */
export function recordsOf(
  bytes: AsyncIterable<Uint8Array>,
  format: Format,
): AsyncGenerator<ImportRecord | Problem> {
  return format === 'csv' ? fromCsv(linesOf(bytes)) : fromJson(linesOf(bytes));
}

async function* fromCsv(lines: AsyncIterable<Line>): AsyncGenerator<ImportRecord | Problem> {
  let names: readonly string[] | undefined;
  for await (const record of csvRecords(lines)) {
    if ('code' in record) {
      yield record;
    } else if (names === undefined) {
      names = record.cells.map((cell) => cell.trim());
    } else {
      const cells = names.map((name, at) => [name, record.cells[at]] as const);
      yield { line: record.line, fields: Object.fromEntries(cells.filter(([, cell]) => cell !== '')) };
    }
  }
}

async function* fromJson(lines: AsyncIterable<Line>): AsyncGenerator<ImportRecord | Problem> {
  for await (const { number: line, text, problem } of lines) {
    if (text === undefined) {
      yield { line, code: problem ?? 'not_utf8' };
    } else if (text.trim() !== '') {
      const fields = objectIn(text);
      yield fields === undefined ? { line, code: 'json_malformed' } : { line, fields };
    }
  }
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = jsonIn(text);
  if (!isRecord(value)) return undefined;
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}
