import {
  CSV_FORMATS,
  type CsvValue,
  namedAfter,
  type Origin,
  type Page,
  page,
  pageOrCsv,
  pageQuery,
  positionOf,
  type Wire,
} from '#platform/http';
import { z } from 'zod';
import { type Range, rangeQuery } from './range.ts';

/** A report that knows its range, and reads itself page by page in the order of its groups. */
export interface Report<Row> {
  readonly range: Range;
  /** The columns that rows are told apart by, in the order of the report. */
  readonly keys: readonly string[];
  /** Up to `limit` rows after a position: the keys of the last row before them, '' for null. */
  page(at: { readonly limit: number; readonly after?: readonly string[] | undefined }): Promise<Row[]>;
  positionOf(row: Row): string[];
}

/** The query of every report: spread it into the route's `query` object. */
export const reportQuery = {
  ...rangeQuery,
  ...pageQuery,
  format: z.enum(CSV_FORMATS).optional().describe('Without it, what the Accept header says.'),
};

/** `group=day,model`: words of a list, each once. */
export function groupQuery(
  names: readonly string[],
  otherwise: string,
  isMore: (word: string) => boolean = () => false,
) {
  const list = names.join(', ');
  return z
    .string()
    .max(100)
    .refine(
      (text) => {
        const words = text.split(',');
        return (
          text === '' ||
          (words.every((word) => names.includes(word) || isMore(word)) &&
            new Set(words).size === words.length &&
            words.filter(isMore).length <= 1)
        );
      },
      { error: `is a list of ${list}, each once` },
    )
    .default(otherwise)
    .describe(`The fields to group by, separated by commas: ${list}. Empty: one total.`);
}

/** The words of a group, in its order. */
export function dimensionsIn<Name extends string>(text: string, names: readonly Name[]): Name[] {
  return text.split(',').flatMap((word) => names.find((name) => name === word) ?? []);
}

/** A report's answer in JSON: its range, and a page of its rows; the report of rows `Revenue` is `RevenueReport`. */
export function reportOf<Row extends z.ZodType>(row: Row) {
  const schema = z.strictObject({
    from: z.string().describe('The first day.'),
    until: z.string().describe('The day after the last.'),
    zone: z.string(),
    data: z.array(row),
    next_cursor: z.string().nullable(),
  });
  return namedAfter(row, 'Report', schema);
}

interface ReportCall {
  readonly query: {
    readonly limit: number;
    readonly cursor?: string | undefined;
    readonly format?: (typeof CSV_FORMATS)[number] | undefined;
  };
  readonly wire: Wire;
  readonly origin: Pick<Origin, 'signal'>;
}

interface Table<Row> {
  /** The CSV file's name. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly line: (row: Row) => readonly CsvValue[];
}

/** A page of a report, as JSON has it. */
type ReportAnswer<Row> = Page<Row> & Pick<Range, 'from' | 'until' | 'zone'>;

/** Rows that one query reads for CSV: each query sums up anew what is left, so that more of them cost less. */
const BATCH = 5_000;

/** A page as JSON; or undefined, when all of it was sent as CSV, which is read as fast as it is taken. */
export async function answerReport<Row>(
  { query, wire, origin }: ReportCall,
  report: Report<Row>,
  table: Table<Row>,
): Promise<ReportAnswer<Row> | undefined> {
  const { range, keys } = report;
  // Two reports of as many fields have positions that look alike.
  const of = [table.name, ...keys].join();
  const position = z.tuple([z.literal(of), ...keys.map(() => z.string())]);
  const found = await pageOrCsv({ wire, origin }, query, {
    name: table.name,
    columns: table.columns,
    read: async ({ limit, cursor }) => {
      const after = cursor === undefined ? undefined : positionOf(cursor, position).slice(1);
      const rows = await report.page({ limit: limit + 1, after });
      return page(rows, limit, { item: (row) => row, position: (row) => [of, ...report.positionOf(row)] });
    },
    rowsOf: (row) => [table.line(row)],
    batch: BATCH,
  });
  if (found === undefined) return undefined;
  const { from, until, zone } = range;
  return { from, until, zone, ...found };
}
