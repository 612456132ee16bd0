import { cursorOf, type Page, page, positionOf } from '#platform/http';
import { sha256 } from '#platform/kernel';
import { z } from 'zod';

/** A position in a list that is ordered by time: microseconds since 1970 (a Date would cut them off to milliseconds), and the id. */
export interface TimePosition {
  readonly at: number;
  readonly id: string;
}

/** The microseconds of an instant in SQL: what a row of a list by time selects `as at`. */
export const microsecondsOf = (instant: string) => `(extract(epoch from ${instant}) * 1000000)::bigint`;

/** The instant of such microseconds in SQL. */
export const instantOf = (microseconds: string) =>
  `(timestamptz 'epoch' + ${microseconds}::bigint * interval '1 microsecond')`;

/** Microseconds in a cursor. */
export const microseconds = z.int();

/** Beginning of a cursor: it belongs to one list with one set of filters, and elsewhere it means nothing. */
export function listName(list: string, filters: object): string {
  return sha256(
    JSON.stringify([list, Object.entries(filters).toSorted(([a], [b]) => (a < b ? -1 : 1))]),
  ).slice(0, 12);
}

/** A list that is ordered by time, newest first, under one set of filters. */
export interface TimeList {
  /** Where a page goes on; undefined: at the newest. A cursor of another list or of other filters is 400. */
  after(cursor: string | undefined): TimePosition | undefined;
  /** Cuts a page out of the rows of a statement that asked for `limit + 1` of them. */
  page<Row extends TimePosition>(rows: readonly Row[], limit: number): Page<Row>;
  /** The cursor of a position, for lists that know by themselves where they go on. */
  cursor(position: TimePosition): string;
}

/** The cursors and pages of a list: `timeList('drafts', { platform })`. Its name is the list's alone in its product. */
export function timeList(list: string, filters: object): TimeList {
  const name = listName(list, filters);
  const schema = z
    .tuple([z.literal(name), microseconds, z.uuid()])
    .transform(([, at, id]): TimePosition => ({ at, id }));
  const position = ({ at, id }: TimePosition) => [name, at, id];
  return {
    after: (cursor) => (cursor === undefined ? undefined : positionOf(cursor, schema)),
    page: <Row extends TimePosition>(rows: readonly Row[], limit: number) =>
      page(rows, limit, { item: (row): Row => row, position }),
    cursor: (at) => cursorOf(position(at)),
  };
}

/** Puts a value into a statement, and answers how it is named there: `$2`. */
export type Put = (value: unknown) => string;

/** The values of a statement whose text is put together: the first ones are `$1`, `$2` …, others are named by `put`. */
export function valuesOf(...first: readonly unknown[]): { readonly values: unknown[]; readonly put: Put } {
  const values = [...first];
  return { values, put: (value: unknown) => `$${values.push(value)}` };
}

/** The condition that a page goes on after a position in `order by created_at desc, id desc`; none at the newest. */
export function olderThan(after: TimePosition | undefined, put: Put): string[] {
  return after === undefined
    ? []
    : [`(created_at, id) < (${instantOf(put(after.at))}, ${put(after.id)}::uuid)`];
}
