import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';

/** A row of the ledger as an export has it. */
export type LedgerRow = Readonly<Record<string, unknown>>;

/** Facts that a file is known by. */
export interface FileFacts {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

/**
 * Rows as CSV (RFC 4180), a line of names first. A text is in quotes, a number or a truth value is not, and nothing stands for null: so
 * that it is read again as what it was.
 */
export async function* writeRows(batches: AsyncIterable<readonly LedgerRow[]>): AsyncGenerator<Buffer> {
  let names: readonly string[] | undefined;
  for await (const rows of batches) {
    let text = '';
    for (const row of rows) {
      if (names === undefined) {
        names = Object.keys(row);
        text += lineOf(names);
      }
      text += lineOf(names.map((name) => row[name]));
    }
    yield Buffer.from(text);
  }
}

const lineOf = (values: readonly unknown[]): string => `${values.map(cellOf).join(',')}\r\n`;

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `"${text.replaceAll('"', '""')}"`;
}

/** Columns that hold lists, in quotes as JSON. */
const LISTS: ReadonlySet<string> = new Set(['steps']);
const BATCH = 500;

/** The rows of such a file. Throws where it is none. */
export async function* readRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly LedgerRow[]> {
  let names: readonly string[] | undefined;
  let rows: LedgerRow[] = [];
  for await (const line of linesOf(chunks)) {
    const cells = [...line.matchAll(CELL)].map(({ groups }) => groups ?? {});
    names ??= cells.map(({ text = '' }) => text);
    if (cells.length !== names.length) throw new Error('a line of an archive has another number of cells');
    if (cells[0]?.['text'] === names[0]) continue;
    rows.push(Object.fromEntries(names.map((name, at) => [name, valueOf(name, cells[at] ?? {})])));
    if (rows.length < BATCH) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

const CELL = /(?<=^|,)(?:"(?<text>(?:[^"]|"")*)"|(?<plain>[^",]*))(?=,|$)/g;

function valueOf(name: string, { text, plain = '' }: Readonly<Record<string, string | undefined>>): unknown {
  if (text === undefined) return plain === '' ? null : JSON.parse(plain);
  const value = text.replaceAll('""', '"');
  return LISTS.has(name) ? JSON.parse(value) : value;
}

/** Lines of CSV: one whose quotes are open goes on. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\r\n');
    rest = parts.pop() ?? '';
    let open = '';
    for (const part of parts) {
      const line = open + part;
      if (isWhole(line)) yield line;
      open = isWhole(line) ? '' : `${line}\r\n`;
    }
    rest = open + rest;
  }
}

const isWhole = (line: string): boolean => (line.split('"').length - 1) % 2 === 0;

/** Length and digest of what comes. */
export async function factsOf(chunks: AsyncIterable<Uint8Array> | Readable): Promise<FileFacts> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
